package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// installation is a vitrine up on a data folder.
type installation struct {
	*process
	web, natsURL, clickhouseURL string
}

func install(t *testing.T, data string) *installation {
	t.Helper()
	addrs, web, natsURL, clickhouseURL := addresses(t)
	i := &installation{start(t, append([]string{"up", "--data", data}, addrs...)...), web, natsURL, clickhouseURL}
	awaitReady(t, web, http.StatusOK)
	return i
}

// run runs a command against the installation, which must work.
func (i *installation) run(args ...string) string {
	i.t.Helper()
	status, out, errs := command(i.t, "", i.natsURL, append([]string{"--clickhouse-url", i.clickhouseURL}, args...)...)
	if status != 0 {
		i.t.Fatalf("%s exits %d: %s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// restoreInto runs vitrine restore as a process of its own: the engine can't start twice in one.
func restoreInto(t *testing.T, backup, data string, args ...string) {
	t.Helper()
	p := start(t, append([]string{"restore", "--from", backup, "--data", data}, args...)...)
	if err := p.wait(5 * time.Minute); err != nil {
		t.Fatalf("restore: %v\n%s", err, p.out)
	}
}

// publishUntil sends events one after the other until the returned function is called, which says how many were accepted.
func publishUntil(t *testing.T, natsURL string) (stop func() int) {
	js := testkit.JetStream(t, natsURL)
	ctx, cancel := context.WithCancel(t.Context())
	var accepted int
	var working sync.WaitGroup
	working.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			text := eventJSON(n, "4")
			if n%7 == 0 {
				text = eventJSON(n, "-3") // it will be rejected
			}
			if _, err := js.Publish(context.WithoutCancel(ctx), schemas.Subject("atelier-nord", "discovery.held"), []byte(text)); err != nil {
				t.Errorf("publish: %v", err)
				return
			}
			accepted++
		}
	})
	return func() int {
		cancel()
		working.Wait()
		return accepted
	}
}

// TestBackupAndRestore backs up while events come, loses the engine's folder, then everything, and gets it back: from the
// backup and the stream, from the stream alone, and from the whole backup.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	data, backup := filepath.Join(dir, "data"), filepath.Join(dir, "backup")
	i := install(t, data)
	stop := publishUntil(t, i.natsURL)
	testkit.Eventually(t, time.Minute, func() error {
		if n := consumed(t.Context(), i.natsURL); n < 50 {
			return fmt.Errorf("%d messages are counted", n)
		}
		return nil
	})
	i.run("backup", "--to", backup, "--keys", filepath.Join(data, "keys"), "--open-data", filepath.Join(data, "open-data"))
	if n := stop(); n == 0 {
		t.Fatal("nothing was published during the backup")
	}
	waitCounted(t, i.natsURL)
	const census = "SELECT (SELECT count() FROM events), (SELECT count() FROM event_history), (SELECT count() FROM rejections)"
	before := query(t, i.clickhouseURL, census)
	if status, _, _ := command(t, "", i.natsURL, "backup", "--clickhouse-url", i.clickhouseURL, "--to", backup); status == 0 {
		t.Error("a second backup went into the same folder")
	}
	i.kill()

	t.Run("a part of it missing or changed is refused", func(t *testing.T) {
		i.run("backup", "check", backup)
		damaged := filepath.Join(dir, "damaged")
		if err := os.CopyFS(damaged, os.DirFS(backup)); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(damaged, "engine", "event_store-*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%v, %v", files, err)
		}
		if err := os.WriteFile(files[0], []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := command(t, "", i.natsURL, "restore", "--from", damaged, "--data", filepath.Join(dir, "none")); status != 1 || !strings.Contains(errs, "damaged") {
			t.Errorf("restore of a damaged backup exits %d: %s", status, errs)
		}
		if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
			t.Error("it began all the same")
		}
	})
	t.Run("engine lost", func(t *testing.T) {
		if err := os.RemoveAll(filepath.Join(data, "clickhouse")); err != nil {
			t.Fatal(err)
		}
		restoreInto(t, backup, data, "--only", "engine")
		i := install(t, data)
		if got := query(t, i.clickhouseURL, census); got != before {
			t.Errorf("%s, before %s", got, before)
		}
		i.run("verify")
		i.stop()
		if p := start(t, "restore", "--from", backup, "--data", data); p.wait(time.Minute) == nil || !strings.Contains(p.out.String(), "isn't empty") {
			t.Errorf("a restore over what is there:\n%s", p.out)
		}
	})
	for name, only := range map[string][]string{"everything lost": nil, "the stream alone": {"--only", "streams"}} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(dir, fmt.Sprint(len(only)))
			restoreInto(t, backup, data, only...)
			i := install(t, data)
			i.run("verify")
			i.stop()
		})
	}
}

// rowsOf counts a lab's rows in every table that has some of labs.
const rowsOf = "SELECT (SELECT count() FROM event_store WHERE lab = 'L') + (SELECT count() FROM event_keys WHERE lab = 'L') + (SELECT count() FROM event_versions WHERE lab = 'L')" +
	" + (SELECT count() FROM kpi_cells WHERE lab = 'L') + (SELECT count() FROM rejection_store WHERE lab = 'L')" +
	" + (SELECT count() FROM snapshot_store WHERE lab = 'L') + (SELECT count() FROM snapshot_marks WHERE lab = 'L') + (SELECT count() FROM snapshot_commitment_store WHERE lab = 'L')"

// TestEraseALab erases a lab of a running programme, whose backup was made before: nothing brings it back. What an erasure does to
// figures, statuses and frozen periods is tried in consumers/verify.
func TestEraseALab(t *testing.T) {
	dir := t.TempDir()
	data, backup := filepath.Join(dir, "data"), filepath.Join(dir, "backup")
	i := install(t, data)
	js := testkit.JetStream(t, i.natsURL)
	const lab, other = "atelier-nord", "atelier-sud"
	for n := range 40 {
		name := lab
		if n%4 == 0 {
			name = other
		}
		text := strings.ReplaceAll(eventJSON(n+1, "4"), lab, name)
		if _, err := js.Publish(t.Context(), schemas.Subject(name, "discovery.held"), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	waitCounted(t, i.natsURL)
	rows := strings.ReplaceAll(rowsOf, "'L'", "'"+lab+"'")
	event := query(t, i.clickhouseURL, "SELECT id FROM event_history WHERE lab = '"+other+"' ORDER BY stream_seq LIMIT 1")
	token, _ := (&running{web: i.web, nats: i.natsURL, clickhouse: i.clickhouseURL, data: data}).addLab(t, "parti")
	send := func() int {
		t.Helper()
		text := strings.ReplaceAll(eventJSON(1, "4"), "atelier-nord", "parti")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.web+"/v1/events", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/cloudevents+json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if status := send(); status != http.StatusAccepted {
		t.Fatalf("an event is answered %d", status)
	}
	waitCounted(t, i.natsURL)
	i.run("backup", "--to", backup, "--keys", filepath.Join(data, "keys"))

	before := query(t, i.clickhouseURL, rows)
	if out := i.run("erase", lab, "--reason", "a test"); !strings.Contains(out, "Nothing was changed") || query(t, i.clickhouseURL, rows) != before {
		t.Errorf("without --yes: %s", out)
	}
	if status, _, _ := command(t, "", i.natsURL, "erase", lab, "--yes", "--clickhouse-url", i.clickhouseURL); status != 2 {
		t.Errorf("without a reason it exits %d", status)
	}
	i.run("erase", other, "--event", event, "--reason", "a name in the title", "--yes", "--data", data)
	i.run("erase", lab, "--reason", "it left and asked for it", "--yes", "--data", data)
	i.run("erase", "parti", "--reason", "it left", "--yes", "--data", data)
	if status := send(); status != http.StatusUnauthorized {
		t.Errorf("a late event of an erased lab is answered %d", status)
	}
	gone := func(i *installation) {
		t.Helper()
		if out := i.run("verify"); !strings.Contains(out, "erasures: 3, of which not finished 0; messages still there: 0") {
			t.Errorf("verify: %s", out)
		}
		if n := query(t, i.clickhouseURL, rows); n != "0" {
			t.Errorf("%s rows of %s are left", n, lab)
		}
		if n := query(t, i.clickhouseURL, "SELECT count() FROM event_versions WHERE id = '"+event+"'"); n != "0" {
			t.Errorf("%s versions of the event are left", n)
		}
	}
	gone(i)
	i.run("rebuild", "--from-stream")
	gone(i)
	trace := write(t, "erasures.json", i.run("erase", "list", "--json"))
	i.kill()

	again := filepath.Join(dir, "again")
	restoreInto(t, backup, again, "--erasures", trace)
	i = install(t, again)
	gone(i)
	i.stop()
}
