package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/jsm.go"
	"github.com/nats-io/jsm.go/api"
	"github.com/nats-io/nats.go"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// ErrNotEmpty says that there is something where a backup is to be put: nothing was changed.
var ErrNotEmpty = errors.New("it isn't empty")

// snapshotState is the state of a stream as its snapshot says it.
func snapshotState(dir string) (api.StreamState, error) {
	var meta struct {
		State api.StreamState `json:"state"`
	}
	raw, err := os.ReadFile(filepath.Join(dir, jsm.SnapshotMetaFile))
	if err != nil {
		return meta.State, err
	}
	return meta.State, json.Unmarshal(raw, &meta)
}

// RestoreStreams puts a backup's streams back, each whole, with its consumers' positions. A stream that holds anything is
// [ErrNotEmpty], or is kept if it is as the backup has it, so that a restore that was interrupted may be done again; an empty one makes way.
// replicas is how many servers shall keep each; 0: as many as in the backup.
func RestoreStreams(ctx context.Context, conn *nats.Conn, dir string, m *Manifest, replicas int, progress func(what string)) error {
	manager, err := jsm.New(conn, jsm.WithTimeout(apiTimeout))
	if err != nil {
		return fmt.Errorf("restore streams: %w", err)
	}
	kept := map[string]bool{}
	for _, s := range m.Streams {
		if kept[s.Name], err = wayIsFree(manager, s); err != nil {
			return fmt.Errorf("restore stream %s: %w", s.Name, err)
		}
	}
	for _, s := range m.Streams {
		if kept[s.Name] {
			continue
		}
		progress(s.Name)
		if err := restoreStream(ctx, manager, dir, s, replicas); err != nil {
			return fmt.Errorf("restore stream %s: %w", s.Name, err)
		}
	}
	return nil
}

// wayIsFree says whether a stream is there as the backup has it. An error says that there is another.
func wayIsFree(manager *jsm.Manager, s Stream) (kept bool, err error) {
	known, err := manager.IsKnownStream(s.Name)
	if err != nil || !known {
		return false, err
	}
	stream, err := manager.LoadStream(s.Name)
	if err != nil {
		return false, err
	}
	info, err := stream.LatestInformation()
	if err != nil {
		return false, err
	}
	state := info.State
	switch {
	case state.LastSeq == 0:
		return false, nil
	case state.Msgs == s.Messages && state.FirstSeq == s.First && state.LastSeq == s.Last:
		return true, nil
	}
	return false, fmt.Errorf("%w: it has %d messages up to %d", ErrNotEmpty, state.Msgs, state.LastSeq)
}

func restoreStream(ctx context.Context, manager *jsm.Manager, dir string, s Stream, replicas int) error {
	if known, err := manager.IsKnownStream(s.Name); err != nil {
		return err
	} else if known {
		if err := manager.DeleteStream(s.Name); err != nil { // empty, as was seen before
			return err
		}
	}
	from := filepath.Join(dir, filepath.FromSlash(s.Folder))
	var options []jsm.SnapshotOption
	if replicas > 0 {
		var meta struct {
			Config api.StreamConfig `json:"config"`
		}
		raw, err := os.ReadFile(filepath.Join(from, jsm.SnapshotMetaFile))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &meta); err != nil {
			return err
		}
		meta.Config.Replicas = replicas
		options = append(options, jsm.RestoreConfiguration(meta.Config))
	}
	_, state, err := manager.RestoreSnapshotFromDirectory(ctx, s.Name, from, options...)
	if err != nil {
		return err
	}
	if state.Msgs != s.Messages || state.LastSeq != s.Last {
		return fmt.Errorf("%w: the server has %d messages up to %d, expected %d up to %d", ErrDamaged, state.Msgs, state.LastSeq, s.Messages, s.Last)
	}
	return nil
}

// Target is where the engine's tables go; *clickhouse.Store is one.
type Target interface {
	Count(ctx context.Context, relation string) (uint64, error)
	SetFiguresMadeWith(ctx context.Context, made string) error
	Load(ctx context.Context, table string, rows io.Reader) error
}

// RestoreEngine puts a backup's tables into a database that is migrated and empty. Until the caller says what the figures
// were made with, the database says that they are being made: consumers wait, and so does whoever would take them for the
// figures. An interrupted one may be done again with again: what is there already is loaded again, to the same rows.
func RestoreEngine(ctx context.Context, target Target, dir string, m *Manifest, again bool, progress func(done, total uint64)) error {
	if len(m.Tables) == 0 {
		return errors.New("restore engine: the backup has no engine: make the figures again from the stream")
	}
	if !again {
		for _, table := range []string{"event_versions", "rejection_store"} {
			n, err := target.Count(ctx, table)
			if err != nil {
				return fmt.Errorf("restore engine: %w", err)
			}
			if n > 0 {
				return fmt.Errorf("restore engine: %w: table %s has %d rows", ErrNotEmpty, table, n)
			}
		}
	}
	if err := target.SetFiguresMadeWith(ctx, clickhouse.Rebuilding); err != nil {
		return fmt.Errorf("restore engine: %w", err)
	}
	done, total := uint64(0), uint64(0)
	for _, t := range m.Tables {
		total += uint64(len(t.Files))
	}
	for _, t := range m.Tables {
		for _, file := range t.Files {
			if err := load(ctx, target, t.Name, filepath.Join(dir, filepath.FromSlash(file))); err != nil {
				return fmt.Errorf("restore engine: %s: %w", file, err)
			}
			done++
			progress(done, total)
		}
	}
	return nil
}

func load(ctx context.Context, target Target, table, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r, err := zstd.NewReader(f)
	if err != nil {
		return err
	}
	defer r.Close()
	return target.Load(ctx, table, r)
}

// RestoreFolder puts a folder of the backup back, unless there is something where it goes.
func RestoreFolder(dir, folder, to string) error {
	entries, err := os.ReadDir(to)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("restore %s: %w", folder, err)
	case len(entries) > 0:
		return fmt.Errorf("restore %s: %s: %w", folder, to, ErrNotEmpty)
	}
	if err := copyFolder(filepath.Join(dir, folder), to); err != nil {
		return fmt.Errorf("restore %s: %w", folder, err)
	}
	return nil
}

// EventsUpTo is the last message of the stream of events in a backup; 0 without.
func (m *Manifest) EventsUpTo() uint64 {
	s, _ := m.Stream(schemas.StreamEvents)
	return s.Last
}
