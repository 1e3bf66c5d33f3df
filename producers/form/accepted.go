package form

import (
	"context"
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

// pending are those just accepted that aren't counted yet, the newest first. Those counted are asked for by their
// ids: a list of the latest needn't hold them. With an error, nobody knows, and it is all of them.
func (h *Handler) pending(ctx context.Context, lab string) ([]acceptedEntry, error) {
	just := h.accepted.of(lab, h.config.Clock())
	if len(just) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(just))
	for i, e := range just {
		ids[i] = e.ID
	}
	revisions, err := h.config.Entries.Counted(ctx, lab, ids)
	if err != nil {
		return just, err
	}
	return slices.DeleteFunc(just, func(e acceptedEntry) bool {
		counted, known := revisions[e.ID]
		return known && counted >= e.Revision
	}), nil
}

// merge lays what isn't counted yet over what is.
func merge(counted []Entry, pending []acceptedEntry, limit int) []shownEntry {
	var out []shownEntry
	over := map[uuid.UUID]bool{}
	for _, e := range pending {
		over[e.ID] = true
		out = append(out, shownEntry{Entry: e.Entry, Pending: true, Retracted: e.retracted})
	}
	for _, e := range counted {
		if !over[e.ID] {
			out = append(out, shownEntry{Entry: e})
		}
	}
	return out[:min(len(out), limit)]
}
