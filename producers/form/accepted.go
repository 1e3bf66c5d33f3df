package form

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// What was just accepted isn't in ClickHouse yet: it is kept for acceptedFor, so that the pages
// show it as being counted, and so that a form sent twice is recognised. It is lost with the
// process, which loses no entry: only this notice.
const (
	acceptedFor    = 10 * time.Minute
	acceptedPerLab = 200
	acceptedLabs   = 2000
)

// accepted is what was accepted lately, by lab.
type accepted struct {
	mu   sync.Mutex
	labs map[string][]acceptedEntry // the newest last
}

type acceptedEntry struct {
	Entry
	at        time.Time
	retracted bool
}

// shownEntry is an entry as the pages know it.
type shownEntry struct {
	Entry
	// Pending says that it is accepted and not counted yet; Retracted that it is being taken back.
	Pending, Retracted bool
}

func (a *accepted) add(lab string, e *schemas.Event, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.labs[lab]; !known && len(a.labs) >= acceptedLabs {
		for other, list := range a.labs {
			if len(list) == 0 || now.Sub(list[len(list)-1].at) >= acceptedFor {
				delete(a.labs, other)
			}
		}
		if len(a.labs) >= acceptedLabs {
			return
		}
	}
	entry := acceptedEntry{at: now, retracted: e.Retracted, Entry: Entry{ID: e.ID, Kind: e.Kind(), Time: e.Time,
		System: e.System(), Revision: e.Revision, Data: json.RawMessage(slices.Clone([]byte(e.Data)))}}
	list := slices.DeleteFunc(a.labs[lab], func(o acceptedEntry) bool { return o.ID == e.ID || now.Sub(o.at) >= acceptedFor })
	if len(list) >= acceptedPerLab {
		list = slices.Delete(list, 0, len(list)-acceptedPerLab+1)
	}
	a.labs[lab] = append(list, entry)
}

// of lists a lab's, the newest first.
func (a *accepted) of(lab string, now time.Time) []acceptedEntry {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []acceptedEntry
	for _, e := range slices.Backward(a.labs[lab]) {
		if now.Sub(e.at) < acceptedFor {
			out = append(out, e)
		}
	}
	return out
}

func (a *accepted) find(lab string, id uuid.UUID, now time.Time) (acceptedEntry, bool) {
	for _, e := range a.of(lab, now) {
		if e.ID == id {
			return e, true
		}
	}
	return acceptedEntry{}, false
}

// merge lays what was just accepted over what is counted.
func merge(counted []Entry, just []acceptedEntry, limit int) []shownEntry {
	at := map[uuid.UUID]Entry{}
	for _, e := range counted {
		at[e.ID] = e
	}
	var out []shownEntry
	pending := map[uuid.UUID]bool{}
	for _, e := range just {
		known, isCounted := at[e.ID]
		switch {
		case e.retracted && !isCounted:
			continue // it is gone, or was never there
		case !e.retracted && isCounted && known.Revision >= e.Revision:
			continue
		}
		pending[e.ID] = true
		out = append(out, shownEntry{Entry: e.Entry, Pending: true, Retracted: e.retracted})
	}
	for _, e := range counted {
		if !pending[e.ID] {
			out = append(out, shownEntry{Entry: e})
		}
	}
	return out[:min(len(out), limit)]
}
