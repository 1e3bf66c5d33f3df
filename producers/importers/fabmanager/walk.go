package fabmanager

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// maxWalks is how often a list that changes under the reading is read.
const maxWalks = 4

// walked is what was read of a list.
type walked[T record] struct {
	records []T // by id
	origins map[int64]string
	// broken are the records that couldn't be read.
	broken []error
	status string
}

// origin is where a record stands.
func (w *walked[T]) origin(id int64) string { return w.origins[id] }

// walk reads a list to its end. Fab-manager pages by position in a list that is ordered by date of
// creation, latest first: what is created meanwhile pushes records onto the next page, where they
// come a second time; what is deleted pulls records onto a page that was read already, where they
// are missed. So records are told apart by id, and the list is read again if there are fewer than
// the server says there are.
func walk[T record](ctx context.Context, src source, list string, query url.Values, newT func() T) (*walked[T], error) {
	found := map[int64]T{}
	w := &walked[T]{origins: map[int64]string{}}
	said := map[string]bool{}
	var before map[int64]bool
	for range maxWalks {
		seen, unreadable, total := map[int64]bool{}, 0, -1
		w.status = ""
		for p, err := range src.pages(ctx, list, query) {
			if err != nil {
				return nil, err
			}
			raws, status, err := decodePage(p, list)
			if err != nil {
				return nil, err
			}
			if w.status != statusBuilding {
				w.status = status
			}
			total = p.total
			for i, raw := range raws {
				r := newT()
				if err := decodeRecord(raw, r); err != nil {
					unreadable++
					for _, e := range recordErrors(err, p.origin, recordName(list, raw, i)) {
						if !said[e.Error()] {
							said[e.Error()] = true
							w.broken = append(w.broken, e)
						}
					}
					continue
				}
				seen[r.key()] = true
				if have, twice := found[r.key()]; !twice || !r.age().Before(have.age()) {
					found[r.key()], w.origins[r.key()] = r, p.origin
				}
			}
		}
		if !src.live() || len(seen)+unreadable >= total || before != nil && maps.Equal(seen, before) {
			w.records = slices.SortedFunc(maps.Values(found), func(a, b T) int { return cmp.Compare(a.key(), b.key()) })
			return w, nil
		}
		before = seen
	}
	return nil, &rest.UnavailableError{System: product, URL: list, Err: errors.New("the list changes faster than it can be read")}
}

// recordErrors says each thing that is wrong with a record.
func recordErrors(err error, origin, record string) []error {
	var errs []error
	for _, e := range flatten(err) {
		var f *fieldError
		if errors.As(e, &f) {
			errs = append(errs, &importers.RecordError{Origin: origin, Record: record, Field: f.field, What: f.what})
		}
	}
	return errs
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

// recordName names a record that couldn't be read: by its id if that can be.
func recordName(list string, raw json.RawMessage, index int) string {
	var r struct {
		ID json.Number `json:"id"`
	}
	if json.Unmarshal(raw, &r) == nil && r.ID != "" {
		return fmt.Sprintf("%s id %.20s", list, r.ID.String())
	}
	return fmt.Sprintf("%s #%d", list, index+1)
}

const statusBuilding = "building"

// accounts reads the accounting lines, but not while Fab-manager rebuilds them: it deletes them
// and makes new ones then, under new ids.
func (im *Importer) accounts(ctx context.Context, query url.Values) (*walked[*line], error) {
	for waited := time.Duration(0); ; waited += im.cfg.BuildPoll {
		w, err := walk(ctx, im.source, "accounting", query, func() *line { return &line{} })
		if err != nil || w.status != statusBuilding {
			return w, err
		}
		if !im.source.live() || waited >= im.cfg.BuildWait {
			return nil, &importers.RecordError{Origin: "accounting", Field: "status", What: schemas.Text{
				FR: "Fab-manager est en train de recalculer sa comptabilité (« building ») : les recettes ne sont pas importées, relancez l'import plus tard",
				EN: "Fab-manager is rebuilding its accounts (“building”): the revenue isn't imported, import again later"}}
		}
		im.cfg.Logger.Info("Fab-manager is rebuilding its accounting lines, waiting", "pause", im.cfg.BuildPoll)
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(im.cfg.BuildPoll):
		}
	}
}
