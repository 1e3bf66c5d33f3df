// Package backup copies an installation into a folder while it is in use, checks such a folder, and puts it back.
//
// The engine's tables are read before the streams, and the stream of events last: whatever a copy speaks of is in the copy of
// the stream of events, and the stream is never behind the engine. What was counted while it was made is counted again after
// a restore, which changes nothing where it was there already.
package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ManifestFile is the file in a backup that says what is in it. It is written last: without it a folder is no backup.
const ManifestFile = "manifest.json"

// Format is the version of the layout of backups.
const Format = 1

// Manifest says what is in a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"vitrine"` // of the program that made it
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	// CountedUpTo is the message of the stream of events up to which the engine's tables surely have everything.
	CountedUpTo uint64 `json:"counted_up_to"`
	// MadeWith is the catalogue and the zone that the engine's figures were made with; "" without an engine.
	MadeWith string   `json:"made_with,omitempty"`
	Tables   []Table  `json:"tables,omitempty"`
	Streams  []Stream `json:"streams,omitempty"`
	Files    []File   `json:"files"` // all of the backup but the manifest
}

// Table is a table of the engine.
type Table struct {
	Name  string   `json:"name"`
	Rows  uint64   `json:"rows"`
	Files []string `json:"files"` // Native, compressed with zstd
}

// Stream is a stream as JetStream's snapshot has it.
type Stream struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	First    uint64 `json:"first_seq"`
	Last     uint64 `json:"last_seq"`
	Folder   string `json:"folder"`
}

// File is a file of the backup.
type File struct {
	Path   string `json:"path"` // from the backup's folder, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes is the size of all files together.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// Has says whether there are files under a folder of the backup.
func (m *Manifest) Has(folder string) bool {
	for _, f := range m.Files {
		if filepath.Dir(filepath.FromSlash(f.Path)) == folder || len(f.Path) > len(folder) && f.Path[:len(folder)+1] == folder+"/" {
			return true
		}
	}
	return false
}

// Stream is the backup's copy of a stream.
func (m *Manifest) Stream(name string) (Stream, bool) {
	for _, s := range m.Streams {
		if s.Name == name {
			return s, true
		}
	}
	return Stream{}, false
}

// The errors of a backup's folder, by what the caller does next.
var (
	// ErrNoBackup says that a folder holds no backup, or one that was interrupted: take another.
	ErrNoBackup = errors.New("it is no whole backup")
	// ErrDamaged says that a file of a backup isn't as it was written: take another backup.
	ErrDamaged = errors.New("the backup is damaged")
)

// Read reads a backup's manifest.
func Read(dir string) (*Manifest, error) {
	raw, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: there is no %s", dir, ErrNoBackup, ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	m, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ManifestFile), err)
	}
	return m, nil
}

// decode reads a manifest, which may come from anywhere: no path in it leads out of the backup's folder.
func decode(raw []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if m.Format != Format {
		return nil, fmt.Errorf("format %d: expected %d: use the version of vitrine that made it (%q)", m.Format, Format, m.Version)
	}
	var paths []string
	for _, f := range m.Files {
		paths = append(paths, f.Path)
	}
	for _, t := range m.Tables {
		paths = append(paths, t.Files...)
	}
	for _, s := range m.Streams {
		paths = append(paths, s.Folder)
	}
	for _, p := range paths {
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return nil, fmt.Errorf("%w: path %q leads out of it", ErrDamaged, p)
		}
	}
	return &m, nil
}

// Check reads a whole backup and compares every file with what the manifest says. progress, which may be nil, hears how
// many bytes are done.
func Check(dir string, progress func(done, total uint64)) (*Manifest, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	done := uint64(0)
	for _, f := range m.Files {
		found, err := sum(dir, f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: %w: %s is missing", dir, ErrDamaged, f.Path)
		case err != nil:
			return nil, fmt.Errorf("check backup: %w", err)
		case found != f:
			return nil, fmt.Errorf("%s: %w: %s has %d bytes with SHA-256 %.12s…, expected %d with %.12s…", dir, ErrDamaged, f.Path, found.Bytes, found.SHA256, f.Bytes, f.SHA256)
		}
		if done += uint64(f.Bytes); progress != nil {
			progress(done, uint64(m.Bytes()))
		}
	}
	listed := map[string]bool{}
	for _, f := range m.Files {
		listed[f.Path] = true
	}
	for _, t := range m.Tables {
		for _, f := range t.Files {
			if !listed[f] {
				return nil, fmt.Errorf("%s: %w: %s of table %s isn't among its files", dir, ErrDamaged, f, t.Name)
			}
		}
	}
	return m, nil
}

func sum(dir, path string) (File, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(path)))
	if err != nil {
		return File{}, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Path: path, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// write puts the manifest into a folder whose files are all there, and all of it onto the disk.
func (m *Manifest) write(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := sum(dir, filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		m.Files = append(m.Files, f)
		return flush(path)
	})
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ManifestFile)
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return errors.Join(flush(path), flush(dir))
}

// Flush brings all files and folders under a folder onto the disk.
func Flush(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return flush(path)
	})
}

// flush brings a file or folder onto the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
