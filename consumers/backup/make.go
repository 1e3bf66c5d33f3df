package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/jsm.go"
	"github.com/nats-io/nats.go"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// The folders of a backup.
const (
	FolderEngine   = "engine"
	FolderStreams  = "streams"
	FolderOpenData = "open-data"
	FolderKeys     = "keys"
)

// Engine is what a backup reads of ClickHouse; *clickhouse.Store is one.
type Engine interface {
	FiguresMade(ctx context.Context) (clickhouse.Made, error)
	Slices(ctx context.Context, table string, most uint64) ([]clickhouse.Slice, error)
	Dump(ctx context.Context, table string, part clickhouse.Slice) (io.ReadCloser, error)
}

// Config says what is backed up, and where to.
type Config struct {
	// Dir is the backup's folder; it must not exist. Required.
	Dir string
	// Conn leads to the streams; its credentials must be the service's. nil: without streams.
	Conn *nats.Conn
	// Engine is where the figures are. nil: without the engine; the streams are enough to make all figures again.
	Engine Engine
	// Counted says up to which message of the stream of events everything is in Engine. Required with Engine.
	Counted func(ctx context.Context) (seq uint64, err error)
	// OpenData is the folder of the published releases. "": without; the streams can't give them back.
	OpenData string
	// Keys is the folder of the keys that NATS credentials are signed with: whoever reads the backup can then issue some. "": without.
	Keys string
	// Version is the program's.
	Version string
	// Progress hears what is being read; may be nil.
	Progress func(what string)
	// Logger hears of what is left behind; nil: nobody does.
	Logger *slog.Logger
}

// rowsAtOnce bounds a file of a table, and so the memory of an insert: 100,000 events are some 200 MB.
const rowsAtOnce = 100_000

// ErrMadeMeanwhile says that the figures were made again, or something erased, during the backup: begin again.
var ErrMadeMeanwhile = errors.New("the figures were made again during the backup")

// Make backs an installation up while it is in use. A backup that was interrupted is a folder whose name ends in
// ".partial"; the next one removes it.
func Make(ctx context.Context, c Config) (_ *Manifest, err error) {
	if c.Dir == "" || c.Conn == nil && c.Engine == nil || c.Engine != nil && c.Counted == nil {
		return nil, errors.New("backup: configuration: Dir, Conn or Engine, and Counted with Engine are required")
	}
	if _, err := os.Lstat(c.Dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backup: %s is there already (%w)", c.Dir, cmp.Or(err, fs.ErrExist))
	}
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	partial := filepath.Clean(c.Dir) + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if err := os.MkdirAll(partial, 0o700); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	m := &Manifest{Format: Format, Version: c.Version, Began: time.Now().UTC()}
	for _, part := range []func(context.Context, string, *Manifest) error{c.engine, c.streams, c.folders} {
		if err := part(ctx, partial, m); err != nil {
			return nil, fmt.Errorf("backup: %w", errors.Join(err, os.RemoveAll(partial)))
		}
	}
	m.Ended = time.Now().UTC()
	c.Progress(ManifestFile)
	if err := m.write(partial); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(partial, c.Dir); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return m, flush(filepath.Dir(c.Dir))
}

// engine reads the tables. Consumers go on meanwhile: what they count after CountedUpTo may be there or not, in one table
// and not in another, and is counted again after a restore.
func (c *Config) engine(ctx context.Context, dir string, m *Manifest) error {
	if c.Engine == nil {
		return nil
	}
	counted, err := c.Counted(ctx)
	if err != nil {
		return err
	}
	made, err := c.Engine.FiguresMade(ctx)
	if err != nil {
		return err
	}
	if m.MadeWith = made.With; m.MadeWith == "" || m.MadeWith == clickhouse.Rebuilding {
		return fmt.Errorf("%w: nothing worth a backup is in ClickHouse (run `vitrine rebuild`, or leave the engine out)", clickhouse.ErrMadeOtherwise)
	}
	m.CountedUpTo = counted
	if err := os.MkdirAll(filepath.Join(dir, FolderEngine), 0o700); err != nil {
		return err
	}
	for _, name := range clickhouse.BackedUp() {
		c.Progress(name)
		t := Table{Name: name, Files: []string{}}
		parts, err := c.Engine.Slices(ctx, name, rowsAtOnce)
		if err != nil {
			return err
		}
		for i, part := range parts {
			file := fmt.Sprintf("%s/%s-%04d.native.zst", FolderEngine, name, i)
			if err := c.dump(ctx, name, part, filepath.Join(dir, filepath.FromSlash(file))); err != nil {
				return err
			}
			t.Files, t.Rows = append(t.Files, file), t.Rows+part.Rows
		}
		m.Tables = append(m.Tables, t)
	}
	switch now, err := c.Engine.FiguresMade(ctx); {
	case err != nil:
		return err
	case now != made:
		return ErrMadeMeanwhile
	}
	return nil
}

func (c *Config) dump(ctx context.Context, table string, part clickhouse.Slice, path string) (err error) {
	rows, err := c.Engine.Dump(ctx, table, part)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, rows); err != nil {
		return fmt.Errorf("dump %s: %w", table, errors.Join(err, w.Close()))
	}
	return w.Close()
}

// streams takes a snapshot of each of Vitrine's streams, with their consumers' positions.
func (c *Config) streams(ctx context.Context, dir string, m *Manifest) error {
	if c.Conn == nil {
		return nil
	}
	manager, err := jsm.New(c.Conn, jsm.WithTimeout(apiTimeout))
	if err != nil {
		return err
	}
	names, err := manager.StreamNames(nil)
	if err != nil {
		return fmt.Errorf("list the streams: %w", err)
	}
	for _, name := range inOrder(names) {
		c.Progress(name)
		stream, err := manager.LoadStream(name)
		if err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
		folder := FolderStreams + "/" + name
		if _, err := stream.SnapshotToDirectory(ctx, filepath.Join(dir, filepath.FromSlash(folder)), jsm.SnapshotConsumers()); err != nil {
			return fmt.Errorf("snapshot of stream %s: %w", name, err)
		}
		state, err := snapshotState(filepath.Join(dir, filepath.FromSlash(folder)))
		if err != nil {
			return fmt.Errorf("snapshot of stream %s: %w", name, err)
		}
		m.Streams = append(m.Streams, Stream{Name: name, Messages: state.Msgs, First: state.FirstSeq, Last: state.LastSeq, Folder: folder})
	}
	return nil
}

// apiTimeout bounds one request to JetStream: a large stream takes a while to open.
const apiTimeout = time.Minute

// inOrder are Vitrine's streams in the order in which they are read: what speaks of another stream comes before it. Buckets
// hold places in streams; all speak of events. The trace of erasures comes last: it speaks of what is gone, and what is erased meanwhile from a
// stream, but not from what was read before, must stand in it, so that a restore erases it again.
func inOrder(names []string) []string {
	rank := func(name string) int {
		switch {
		case strings.HasPrefix(name, "KV_"):
			return 0
		case name == schemas.StreamEvents:
			return 2
		case name == schemas.StreamErasures:
			return 3
		}
		return 1
	}
	own := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !strings.HasPrefix(strings.TrimPrefix(name, "KV_"), "VITRINE_") || name == "KV_"+claim.Bucket // what was at work then isn't after a restore
	})
	slices.SortFunc(own, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return own
}

// folders copies the published releases and the keys.
func (c *Config) folders(_ context.Context, dir string, _ *Manifest) error {
	for folder, from := range map[string]string{FolderOpenData: c.OpenData, FolderKeys: c.Keys} {
		if from == "" {
			continue
		}
		c.Progress(folder)
		if err := copyFolder(from, filepath.Join(dir, folder)); err != nil {
			return err
		}
	}
	return nil
}

// copyFolder copies regular files, all of them for the owner alone. What isn't there is nothing to copy.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if path == from && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
