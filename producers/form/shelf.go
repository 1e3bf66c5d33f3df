package form

import (
	"crypto/rand"
	"sync"
	"time"
)

// A file that was checked is kept until its rows are sent: for fileKept, in memory, at most
// maxFiles of them and maxFileRows rows altogether, some 100 MB; the oldest gives way.
const (
	fileKept    = 30 * time.Minute
	maxFiles    = 200
	maxFileRows = 120_000
)

// shelf keeps checked files by key.
type shelf struct {
	mu    sync.Mutex
	files map[string]*shelved
}

// shelved is a checked file. owner is the session that brought it: nobody else sees it.
type shelved struct {
	owner, lab, name string
	at               time.Time
	rows             int
	analysis         Analysis

	mu      sync.Mutex // held while sending, so that a second click waits for the first
	sent    map[int]bool
	refused map[int]string // by the door, at the last moment
	failed  bool           // the last time, the stream didn't acknowledge all
	// interrupted says that the last time ended before all were sent: it took too long, or the visitor left.
	interrupted bool
}

func (s *shelf) put(f *shelved) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(func(o *shelved) bool { return f.at.Sub(o.at) >= fileKept })
	for len(s.files) > 0 && (len(s.files) >= maxFiles || s.total()+f.rows > maxFileRows) {
		oldest := f.at
		for _, o := range s.files {
			if o.at.Before(oldest) {
				oldest = o.at
			}
		}
		s.drop(func(o *shelved) bool { return !o.at.After(oldest) })
	}
	key := rand.Text()
	s.files[key] = f
	return key
}

func (s *shelf) drop(old func(*shelved) bool) {
	for key, f := range s.files {
		if old(f) {
			delete(s.files, key)
		}
	}
}

func (s *shelf) total() int {
	n := 0
	for _, f := range s.files {
		n += f.rows
	}
	return n
}

// get finds a session's file.
func (s *shelf) get(key, owner, lab string, now time.Time) (*shelved, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[key]
	if !ok || f.owner != owner || f.lab != lab || now.Sub(f.at) >= fileKept {
		return nil, false
	}
	return f, true
}
