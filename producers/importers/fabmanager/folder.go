package fabmanager

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// source gives the pages of a list, e.g. "reservations".
type source interface {
	pages(ctx context.Context, list string, query url.Values) iter.Seq2[page, error]
	// live says that asking again may give another answer.
	live() bool
}

// page is one answer of the API.
type page struct {
	// origin is the file or address, for messages.
	origin string
	body   []byte
	// total is how many records the whole list has; -1 if it wasn't told.
	total int
}

// folder reads saved pages.
type folder struct{ files fs.FS }

func (*folder) live() bool { return false }

// pageFile is "events.json", "events_page2.json" or "events_2.json".
var pageFile = regexp.MustCompile(`^([a-z_]+?)(?:_(?:page)?([0-9]{1,6}))?\.json$`)

func (f *folder) pages(ctx context.Context, list string, _ url.Values) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		names, err := f.named(list)
		if err != nil {
			yield(page{}, err)
			return
		}
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				yield(page{}, err)
				return
			}
			body, err := fs.ReadFile(f.files, name)
			if err != nil {
				err = fmt.Errorf("saved page: %w", err)
			}
			if !yield(page{origin: name, body: body, total: -1}, err) || err != nil {
				return
			}
		}
	}
}

// named are a list's files, by page number.
func (f *folder) named(list string) ([]string, error) {
	entries, err := fs.ReadDir(f.files, ".")
	if err != nil {
		return nil, fmt.Errorf("saved pages: %w", err)
	}
	var names []string
	number := map[string]int{}
	anyPage := false
	for _, e := range entries {
		m := pageFile.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		if _, known := recordKeys[m[1]]; known {
			anyPage = true
		}
		if m[1] == list {
			names = append(names, e.Name())
			number[e.Name()], _ = strconv.Atoi(m[2])
		}
	}
	if !anyPage {
		return nil, &rest.PageError{Origin: "--dir", What: schemas.Text{
			FR: "aucune page enregistrée de Fab-manager (par exemple reservations_page1.json) dans ce dossier",
			EN: "no saved page of Fab-manager (such as reservations_page1.json) in this folder"}}
	}
	slices.SortFunc(names, func(a, b string) int { return number[a] - number[b] })
	return names, nil
}
