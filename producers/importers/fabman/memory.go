package fabman

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"vitrine/producers/importers"
)

// memoryKey is where the memory stands in the state.
const memoryKey = "memory"

// keptFor is how long an entry is remembered, after its session began and after the last message about
// it: until then an outdated message about it is known as such, and its deletion is noticed as far as
// the lookback reaches.
const keptFor = 30 * 24 * time.Hour

// memory is what was read until when, and what was told of the latest entries. It holds numbers and
// times of the activity log, nothing about members.
type memory struct {
	state importers.State

	mu   sync.Mutex
	kept kept
	next reading // becomes kept.reading once its events are kept
}

type kept struct {
	reading
	Entries map[int64]told `json:"entries"`
}

// reading is a stretch of time that was read without a gap; a zero From is the beginning of time,
// a zero At that nothing was read yet.
type reading struct {
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
}

// told is what was told of an entry last.
type told struct {
	// Version is the entry's lockVersion then, Revision the event's; Start is when the session began.
	Version  int64     `json:"v"`
	Revision int64     `json:"r"`
	Start    time.Time `json:"t"`
	Said     said      `json:"s,omitempty"`
	// Heard is when the last message about it came; zero: only lists told of it.
	Heard time.Time `json:"h,omitzero"`
	// Warned is set once a person was told to look at this version.
	Warned bool `json:"w,omitempty"`
}

type said string

const (
	// saidNothing: it was seen, but doesn't count.
	saidNothing said = ""
	// saidUsage: a usage was told.
	saidUsage said = "usage"
	// saidRetracted: a usage was told and taken back.
	saidRetracted said = "retracted"
	// saidDeleted: likewise, and the entry is gone for good.
	saidDeleted said = "deleted"
)

func remember(state importers.State) (*memory, error) {
	m := &memory{state: state}
	raw, err := state.Get(memoryKey)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	// A memory that can't be read is none: everything is read again then, which changes no figure.
	if raw == nil || json.Unmarshal(raw, &m.kept) != nil {
		m.kept = kept{}
	}
	if m.kept.Entries == nil {
		m.kept.Entries = map[int64]told{}
	}
	return m, nil
}

// plan is how far back a reading of r must go; zero: to the beginning. Unless all of r is to be read, it goes on from the last one
// if that began no later than r does.
func (m *memory) plan(r importers.Range, now time.Time, lookback time.Duration, whole bool) (horizon time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !r.Since.IsZero() {
		horizon = r.Since.Add(-maxSession) // a session that began before may last into the range
	}
	last, at := m.kept.reading, now
	if !r.Until.IsZero() && r.Until.Before(now) {
		at = r.Until
	}
	m.next = reading{From: r.Since, At: at}
	if last.At.IsZero() || r.Since.Before(last.From) || r.Since.After(last.At) || at.Before(last.At) {
		return horizon
	}
	m.next.From = last.From
	if again := last.At.Add(-lookback); !whole && again.After(horizon) {
		horizon = again
	}
	return horizon
}

// commit keeps what was read, unless it leaves a gap to what was read before, or is a part of it.
func (m *memory) commit() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.kept.reading
	switch {
	case m.next.At.IsZero():
	case last.At.IsZero(), !m.next.From.After(last.At) && m.next.At.After(last.At):
		m.kept.reading = m.next // whose begin is the last one's, or before it
	case m.next.From.Before(last.From) && !m.next.At.Before(last.From):
		m.kept.From = m.next.From
	}
	m.next = reading{}
	return m.save()
}

// save writes the memory down without what is old. The lock is held.
func (m *memory) save() error {
	newest := m.kept.At
	for _, t := range m.kept.Entries {
		newest = latest(newest, t.Start, t.Heard)
	}
	maps.DeleteFunc(m.kept.Entries, func(_ int64, t told) bool { return latest(t.Start, t.Heard).Before(newest.Add(-keptFor)) })
	raw, err := json.Marshal(m.kept)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if err := m.state.Put(memoryKey, raw); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// fit is whether an entry is a usage.
type fit int

const (
	// never: it is something else.
	never fit = iota
	// running: it will be one once it is stopped.
	running
	finished
)

// verdict is what there is to tell of an entry.
type verdict int

const (
	nothing verdict = iota
	usage
	retraction
)

// settle says what to tell of a version of an entry, and at which revision; counts is whether it is
// a usage by itself. Told again, the same version gives the same: what wasn't kept the first time
// isn't lost. heard is when a message came, zero for a list: a message may be late, while a list is of now. What never can
// count (a door, an access that was denied) isn't remembered.
func (m *memory) settle(id, version int64, start time.Time, fits fit, heard time.Time) (verdict, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, known := m.kept.Entries[id]
	if version < was.Version || was.Said == saidDeleted && !heard.IsZero() || !known && fits == never {
		return nothing, 0
	}
	counts := fits == finished
	is := told{Version: version, Revision: was.Revision, Start: start, Said: was.Said, Warned: was.Warned && version == was.Version, Heard: latest(was.Heard, heard)}
	v := nothing
	switch before := was.Said; {
	case counts:
		v, is.Said = usage, saidUsage
		if before == saidRetracted || before == saidDeleted {
			is.Revision++ // it must win over the retraction
		}
		is.Revision = max(version, is.Revision)
	case before == saidUsage:
		v, is.Said, is.Revision = retraction, saidRetracted, max(version, was.Revision+1)
	case before == saidRetracted, before == saidDeleted:
		v, is.Said = retraction, saidRetracted
	}
	m.kept.Entries[id] = is
	return v, is.Revision
}

// remove is [memory.settle] for an entry that was deleted; heard is likewise. known is whether a usage was told.
func (m *memory) remove(id, version int64, start, heard time.Time) (revision int64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.kept.Entries[id]
	known = was.Said != saidNothing
	if was.Said == saidDeleted {
		return was.Revision, known
	}
	is := told{Version: max(version, was.Version), Start: start, Said: saidDeleted, Heard: latest(was.Heard, heard)}
	is.Revision = max(is.Version, was.Revision) + 1
	m.kept.Entries[id] = is
	return is.Revision, known
}

// missing are the entries told of that began in the range and weren't found, by number; total is how
// many were told of in it.
func (m *memory) missing(r importers.Range, found map[int64]*entry) (ids []int64, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.kept.Entries {
		if t.Said == saidNothing || !r.Contains(t.Start) {
			continue
		}
		total++
		if found[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, total
}

// entry is what was told of one last.
func (m *memory) entry(id int64) told {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept.Entries[id]
}

// warn says whether a person is still to be told to look at an entry.
func (m *memory) warn(id int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.kept.Entries[id]
	if t.Warned {
		return false
	}
	t.Warned = true
	m.kept.Entries[id] = t
	return true
}

func (m *memory) persist() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.save()
}
