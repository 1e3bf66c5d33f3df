package chd

import (
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
)

const (
	// spareRoom is what the engine leaves free on the disk, in bytes: with less it refuses to write. Others may fill it.
	spareRoom = 64 << 20
	// scarceRoom is how little is left when writes may have failed. The engine wouldn't have begun one.
	scarceRoom = spareRoom / 4
	// lookEvery is how often the disk is looked at, beside the look after each write: one that fills and is free again
	// between two looks isn't seen.
	lookEvery = 50 * time.Millisecond
	// clockSlack is added to both ends of the time in which a disk was full: the engine notes when a part was written in whole seconds.
	clockSlack = 2 * time.Second
)

// room is what the disk of the data has left.
type room struct {
	free func() (bytes uint64, known bool)

	mu      sync.Mutex
	full    spell
	last    time.Time         // the last look that found too little; kept when the spell is over
	writing map[int]time.Time // when the statements that write began, by their numbers
	next    int
}

func newRoom(dir string) *room {
	return &room{writing: map[int]time.Time{}, free: func() (uint64, bool) {
		use, err := disk.Usage(dir)
		if err != nil {
			return 0, false
		}
		return use.Free, true
	}}
}

// spell is a time in which there was too little room, ending with the last look that found so; zero if there was none. One that
// isn't over yet when the disk is full again goes on, with the time in between.
type spell struct{ from, to time.Time }

// covers says whether something may have been written in it.
func (s spell) covers(t time.Time) bool {
	return !s.from.IsZero() && !t.Before(s.from.Add(-clockSlack)) && !t.After(s.to.Add(clockSlack))
}

// look measures, and notes if there is too little.
func (r *room) look() {
	if free, known := r.free(); !known || free >= scarceRoom {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	r.full.to = r.last
	if r.full.from.IsZero() {
		r.full.from = r.last
	}
}

func (r *room) spell() spell {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full
}

// atWork says whether a statement writes that began before a spell's end.
func (r *room) atWork(s spell) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, began := range r.writing {
		if !began.After(s.to) {
			return true
		}
	}
	return false
}

// over forgets a spell, unless it went on.
func (r *room) over(s spell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full == s {
		r.full = spell{}
	}
}

// enough is the engine's error if there isn't the room that the engine keeps: for what it doesn't look at by itself.
func (r *room) enough() error {
	if free, known := r.free(); known && free < spareRoom {
		return newException(codeNotEnoughSpace, "NOT_ENOUGH_SPACE", "%d bytes are left on the disk, at least %d must be", free, spareRoom)
	}
	return nil
}

// write notes that a statement writes. The returned function is called at its end, and gives the engine's error for it if the disk
// was full meanwhile.
func (r *room) write() (end func() error) {
	began := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	n := r.next
	r.writing[n] = began
	return func() error {
		r.look()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.writing, n)
		if r.last.Before(began) {
			return nil
		}
		return newException(codeNotEnoughSpace, "NOT_ENOUGH_SPACE", "The disk became full while this was written: it may be there in part; send it again")
	}
}
