// Package ledger keeps, in one file at the lab, what importers sent, what they told last and where they left off. The
// file holds digests and ids, no content and no personal data. Losing it makes everything be sent
// again, under the same ids, which changes no figure. But what was corrected twice or more before stands at
// a revision that isn't known any more: a further correction doesn't count until it has as many
// again. So keep the file, and use one file for a source.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// lockWait is how long Open waits for another process that has the file open.
const lockWait = 5 * time.Second

// buckets of the file: "sent/LAB" by event id, "state/SOURCE" by the importer's own keys.
const (
	sentPrefix  = "sent/"
	statePrefix = "state/"
)

// File is a ledger in a file. It is safe for concurrent use within one process; no other process
// can open the file meanwhile.
type File struct{ db *bolt.DB }

var _ importers.Ledger = (*File)(nil)

// Open opens the file, making it and its folder if missing.
func Open(path string) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &BusyError{Path: path}
	}
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	return &File{db: db}, nil
}

// BusyError says that another process has the file open: try again when it is done.
type BusyError struct{ Path string }

// Error is [BusyError.In] English.
func (e *BusyError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *BusyError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "%s : un autre import ou l'agent utilise ce fichier ; réessayez quand il aura fini",
		EN: "%s: another import or the agent is using this file; try again when it is done"}.In(l), e.Path)
}

// Close lets others open the file.
func (f *File) Close() error { return f.db.Close() }

// Last implements [importers.Ledger].
func (f *File) Last(_ context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]importers.Sent, error) {
	found := make(map[uuid.UUID]importers.Sent)
	err := f.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(sentPrefix + lab))
		if b == nil {
			return nil
		}
		for _, id := range ids {
			raw := b.Get(id[:])
			if raw == nil {
				continue
			}
			var sent importers.Sent
			if err := json.Unmarshal(raw, &sent); err != nil {
				return fmt.Errorf("ledger, event %s: %w", id, err)
			}
			found[id] = sent
		}
		return nil
	})
	return found, err
}

// OfSystem implements [importers.Ledger].
func (f *File) OfSystem(_ context.Context, lab, system string) ([]importers.Sent, error) {
	var all []importers.Sent
	err := f.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(sentPrefix + lab))
		if b == nil {
			return nil
		}
		return b.ForEach(func(_, raw []byte) error {
			var sent importers.Sent
			if err := json.Unmarshal(raw, &sent); err != nil {
				return fmt.Errorf("ledger: %w", err)
			}
			if sent.System == system {
				all = append(all, sent)
			}
			return nil
		})
	})
	return all, err
}

// Record implements [importers.Ledger]; it returns once the file is on the disk.
func (f *File) Record(_ context.Context, lab string, sent []importers.Sent) error {
	if len(sent) == 0 {
		return nil
	}
	return f.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(sentPrefix + lab))
		if err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
		for _, s := range sent {
			raw, err := json.Marshal(s)
			if err != nil {
				return fmt.Errorf("ledger, event %s: %w", s.ID, err)
			}
			if err := b.Put(s.ID[:], raw); err != nil {
				return fmt.Errorf("ledger, event %s: %w", s.ID, err)
			}
		}
		return nil
	})
}

// State is the memory of one source, e.g. "atelier-nord/fabman".
func (f *File) State(source string) importers.State {
	return state{db: f.db, bucket: []byte(statePrefix + source)}
}

type state struct {
	db     *bolt.DB
	bucket []byte
}

func (s state) Get(key string) (value []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket(s.bucket); b != nil {
			if v := b.Get([]byte(key)); v != nil {
				value = append([]byte{}, v...) // bolt's own memory ends with the transaction
			}
		}
		return nil
	})
	return value, err
}

func (s state) Put(key string, value []byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(s.bucket)
		if err != nil {
			return fmt.Errorf("state: %w", err)
		}
		if value == nil {
			return b.Delete([]byte(key))
		}
		return b.Put([]byte(key), value)
	})
}
