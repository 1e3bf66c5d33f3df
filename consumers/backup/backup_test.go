package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestEveryTableIsBackedUpOrMadeAnew: a table that is added is in one of the lists, or a restore loses it.
func TestEveryTableIsBackedUpOrMadeAnew(t *testing.T) {
	store := storekit.Open(t)
	have, err := store.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(clickhouse.BackedUp(), clickhouse.MadeAnew()...)))
	if !slices.Equal(have, want) {
		t.Errorf("tables %q, want %q", have, want)
	}
}

// TestStreamsInOrder: what speaks of events is read before the events, so that the copy speaks of none that it lacks. Whatever was erased by
// the time that the events are read stands in the trace, which a restore goes by. Who was at work on the figures isn't after a restore.
func TestStreamsInOrder(t *testing.T) {
	got := inOrder([]string{"VITRINE_EVENTS", "OTHERS", "VITRINE_REJECTED", "KV_VITRINE_CREDENTIALS", "VITRINE_ALERTS", "KV_other", "KV_VITRINE_CLAIM", "VITRINE_ERASURES"})
	want := []string{"KV_VITRINE_CREDENTIALS", "VITRINE_ALERTS", "VITRINE_REJECTED", "VITRINE_EVENTS", "VITRINE_ERASURES"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCheckSeesWhatChanged writes a backup of one file and spoils it.
func TestCheckSeesWhatChanged(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "open-data", "a.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(dir, nil); !errors.Is(err, ErrNoBackup) {
		t.Errorf("a folder without a manifest: %v", err)
	}
	if err := os.WriteFile(file, []byte("12"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &Manifest{Format: Format}
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	if m, err := Check(dir, nil); err != nil || m.Bytes() != 2 || !m.Has(FolderOpenData) || m.Has(FolderKeys) {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := os.WriteFile(file, []byte("13"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(dir, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("a changed file: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(dir, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzManifest: a manifest that is taken names no path outside of its folder.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"files":[{"path":"streams/VITRINE_EVENTS/backup.json","bytes":1,"sha256":"00"}],"tables":[{"name":"event_store","rows":1,"files":["engine/event_store-0000.native.zst"]}]}`))
	f.Add([]byte(`{"format":1,"files":[{"path":"../../etc/passwd"}]}`))
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := decode(raw)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Path)) {
				t.Errorf("%q", file.Path)
			}
		}
		for _, s := range m.Streams {
			if !filepath.IsLocal(filepath.FromSlash(s.Folder)) {
				t.Errorf("%q", s.Folder)
			}
		}
	})
}
