package fabman

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

const (
	// perPage is how many records a page is asked to have; Fabman's default is 50.
	perPage = 100
	// maxPages ends a list that never does.
	maxPages = 100_000
	// maxWalks is how often a list that changes under the reading is read.
	maxWalks = 4
	// totalHeader says how many records a list has.
	totalHeader = "X-Total-Count"
)

// pages gives a list page by page. Fabman pages by the Link header, and asks that its addresses
// are followed and none made up.
func (im *Importer) pages(ctx context.Context, list string, query url.Values) iter.Seq2[rest.Answer, error] {
	return func(yield func(rest.Answer, error) bool) {
		query.Set("limit", strconv.Itoa(perPage))
		asked := map[string]bool{}
		for query != nil {
			if asked[query.Encode()] || len(asked) >= maxPages {
				yield(rest.Answer{}, &rest.PageError{Origin: list, What: schemas.Text{FR: "la liste ne finit pas", EN: "the list has no end"}})
				return
			}
			page, err := im.client.Get(ctx, list, query)
			if !yield(page, err) || err != nil {
				return
			}
			asked[query.Encode()] = true
			query = rest.Next(page.Header, query)
		}
	}
}

// machines are the pieces of equipment by number; nil: Fabman doesn't know it.
type machines map[int64]*resource

// equipment reads all there is. broken are those that couldn't be read.
func (im *Importer) equipment(ctx context.Context) (all machines, broken []error, err error) {
	all = machines{}
	for page, err := range im.pages(ctx, "resources", url.Values{}) {
		if err != nil {
			return nil, nil, err
		}
		raws, err := decodePage(page)
		if err != nil {
			return nil, nil, err
		}
		for i, raw := range raws {
			r, err := decodeResource(raw, page.URL, recordName("resource", raw, i))
			if err != nil {
				broken = append(broken, err)
				continue
			}
			all[*r.ID] = r
		}
	}
	im.mu.Lock()
	im.machines = maps.Clone(all)
	im.mu.Unlock()
	return all, broken, nil
}

func decodeResource(raw []byte, origin, record string) (*resource, error) {
	r := &resource{}
	field := ""
	if err := unmarshal(raw, r); err != nil {
		field = err.Error()
	} else if r.ID == nil || *r.ID < 0 {
		field = "id"
	} else if r.ControlType == nil {
		field = "controlType"
	}
	if field != "" {
		return nil, &importers.RecordError{Origin: origin, Record: record, Field: field,
			What: schemas.Text{FR: "absent ou inattendu : les activités de cet équipement ne sont pas lues", EN: "missing or unexpected: the activity of this equipment isn't read"}}
	}
	return r, nil
}

// one finds a piece of equipment: among those known, or by asking for it; nil if Fabman doesn't
// know it, or not any longer.
func (im *Importer) one(ctx context.Context, id int64) (*resource, error) {
	im.mu.Lock()
	r, known := im.machines[id]
	im.mu.Unlock()
	if known {
		return r, nil
	}
	answer, err := im.client.Get(ctx, fmt.Sprintf("resources/%d", id), nil)
	if gone(err) {
		r = nil
	} else if err != nil {
		return nil, err
	} else if r, err = decodeResource(answer.Body, answer.URL, fmt.Sprintf("resource %d", id)); err != nil {
		return nil, err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.machines == nil {
		im.machines = machines{}
	}
	im.machines[id] = r
	return r, nil
}

// gone says whether what was asked for isn't there.
func gone(err error) bool {
	var address *rest.AddressError
	return errors.As(err, &address) && (address.Code == http.StatusNotFound || address.Code == http.StatusGone)
}

// walked is what was read of the activity log.
type walked struct {
	entries map[int64]*entry
	broken  []error
}

// activity reads the log from the latest entry back to the first one before horizon; all of it if
// that is zero.
//
// Fabman pages by position. What is logged meanwhile pushes entries onto the next page, where they
// come a second time: the higher version counts. What is deleted pulls entries onto a page that was
// read already; then the total falls, and the log is read again.
func (im *Importer) activity(ctx context.Context, horizon time.Time) (*walked, error) {
	var before *walked
	for range maxWalks {
		w, total, steady, err := im.walk(ctx, horizon)
		if err != nil {
			return nil, err
		}
		if steady {
			return w, nil
		}
		if before != nil && sameEntries(before, w) {
			// The same again, though there should be more: a page is missing, or the account can't see all.
			w.broken = append(w.broken, &importers.RecordError{Origin: "resource-logs", What: schemas.Text{
				FR: fmt.Sprintf("Fabman annonce %d activités et en donne %d : les autres ne sont pas lues", total, len(w.entries)+len(w.broken)),
				EN: fmt.Sprintf("Fabman announces %d activities and gives %d: the others aren't read", total, len(w.entries)+len(w.broken))}})
			return w, nil
		}
		before = w
	}
	return nil, &rest.UnavailableError{System: "Fabman", URL: "resource-logs", Err: errors.New("the list changes faster than it can be read")}
}

// walk reads the log once; steady is false if entries may have been missed.
func (im *Importer) walk(ctx context.Context, horizon time.Time) (w *walked, total int, steady bool, err error) {
	w = &walked{entries: map[int64]*entry{}}
	seen, fell, total := map[string]bool{}, false, -1
	var before time.Time // the latest start on the page before
	// Only parameters that Fabman's own application sends: an unknown one is refused.
	for page, err := range im.pages(ctx, "resource-logs", url.Values{"order": {"desc"}, "status": {"all"}}) {
		if err != nil {
			return nil, 0, false, err
		}
		raws, err := decodePage(page)
		if err != nil {
			return nil, 0, false, err
		}
		now := rest.Total(page.Header, totalHeader)
		fell, total = fell || now < total, now
		var starts []time.Time
		for i, raw := range raws {
			record := recordName("resource-log", raw, i)
			if record == unnamed("resource-log", i) {
				record = page.URL + record // two pages have each a first one
			}
			seen[record] = true
			e, err := decodeEntry(raw, page.URL, recordName("resource-log", raw, i))
			if err != nil {
				w.broken = append(w.broken, err)
				continue
			}
			if have := w.entries[*e.ID]; have == nil || have.version <= e.version {
				w.entries[*e.ID] = e
			}
			starts = append(starts, e.start)
		}
		if len(starts) == 0 {
			continue
		}
		latest := slices.MaxFunc(starts, time.Time.Compare)
		// The order is asked for, but not relied upon: a bridge that was offline hands in entries late,
		// and a server that begins with the oldest ones would have us stop at once.
		first, last := starts[0], starts[len(starts)-1]
		rises := last.After(first) || !before.IsZero() && latest.After(before)
		falls := first.After(last) || latest.Before(before)
		if falls && !rises && latest.Before(horizon) {
			return w, total, !fell, nil
		}
		before = latest
	}
	return w, total, !fell && len(seen) >= total, nil
}

func sameEntries(a, b *walked) bool {
	if len(a.entries) != len(b.entries) || len(a.broken) != len(b.broken) {
		return false
	}
	for id := range a.entries {
		if b.entries[id] == nil {
			return false
		}
	}
	return true
}

// deleted says whether an entry that a reading didn't find is no longer there.
func (im *Importer) deleted(ctx context.Context, id int64) (bool, error) {
	answer, err := im.client.Get(ctx, fmt.Sprintf("resource-logs/%d", id), nil)
	if gone(err) {
		return true, nil
	}
	if err == nil && !json.Valid(answer.Body) {
		err = &rest.PageError{Origin: answer.URL, What: schemas.Text{FR: "réponse illisible, attendu : du JSON", EN: "unreadable answer, expected JSON"}}
	}
	return false, err
}
