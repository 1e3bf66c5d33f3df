package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// formSystem is the system in the source of what the form's entries are.
const formSystem = "formulaire"

// maxRows bounds the rows of a list that a form reads: one more than the longest list of an event.
const maxRows = 1001

// problemAt is one thing wrong with what was typed in a field: a text's key, what was expected, or
// the words themselves.
type problemAt struct {
	key      string
	expected schemas.Text
	text     string
	line     int // of a field with several, from 1; 0: the whole
}

// typed is a form read.
type typed struct {
	event *schemas.Event
	raw   []byte
	// wrong is what is wrong, by the name of the input; "" for the form as a whole.
	wrong map[string]problemAt
}

// readForm makes an event of what was typed and passes it through the door.
func (h *Handler) readForm(k schemas.Kind, lab string, in url.Values, zone *time.Location, t texts) (typed, error) {
	out := typed{wrong: map[string]problemAt{}}
	w := readWhen(k, in, zone)
	maps.Copy(out.wrong, w.wrong)
	data := map[string]any{}
	lists := map[string][]typedLine{}
	for _, f := range k.Fields() {
		if f.Name == "end" {
			if w.end != nil {
				data["end"] = w.end.Format(time.RFC3339Nano)
			}
			continue
		}
		readField(f, in, zone, data, lists, out.wrong)
	}
	id, err := uuid.Parse(in.Get(inID))
	if err != nil {
		return out, errStale
	}
	revision, err := strconv.ParseInt(in.Get(inRevision), 10, 64)
	if err != nil {
		return out, errStale
	}
	system := in.Get(inSystem)
	if system != "" && !schemas.IsSlug(system) {
		return out, errStale
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return out, fmt.Errorf("form: write the data of a %s: %w", k.Name, err)
	}
	start := w.start
	if start.IsZero() { // wrong, and said so: the door shall see to the rest
		start = h.config.Clock()
	}
	out.event = &schemas.Event{SpecVersion: "1.0", ID: id, Source: schemas.SourceOf(lab, system), Type: schemas.TypePrefix + k.Name,
		Time: start, Revision: revision, Data: raw}
	if out.raw, err = json.Marshal(out.event); err != nil {
		return out, fmt.Errorf("form: write a %s: %w", k.Name, err)
	}
	if _, err := schemas.Decode(out.raw, h.config.Clock()); err != nil {
		var invalid *schemas.Invalid
		if !errors.As(err, &invalid) {
			return out, fmt.Errorf("form: check a %s: %w", k.Name, err)
		}
		if w.start.IsZero() && in.Get(inEnd)+in.Get(inEndDate)+in.Get(inDuration) != "" { // the end was typed, and is read from the start
			invalid.Problems = slices.DeleteFunc(invalid.Problems, func(p schemas.Problem) bool { return p.Field == "data.end" })
		}
		out.blame(k, invalid, w.endField, lists, t)
	}
	return out, nil
}

// errStale says that a form lacks what it was given to carry along.
var errStale = errors.New("form: the hidden fields aren't those that were sent out")

func inputName(field string) string { return "f." + field }

func readField(f schemas.Field, in url.Values, zone *time.Location, data map[string]any, lists map[string][]typedLine, wrong map[string]problemAt) {
	name := inputName(f.Name)
	switch {
	case f.Type != schemas.FieldList:
		v, given, err := entry.ValueIn(f, in.Get(name), zone)
		if err != nil {
			wrong[name] = problemOf(err)
		} else if given {
			data[f.Name] = v
		}
	case f.Name == "companies":
		items, lines, bad := readCompanies(f, in.Get(name), in.Get(name+codesSuffix), name)
		for at, p := range bad {
			wrong[at] = p
		}
		if len(items) > 0 {
			data[f.Name], lists[f.Name] = items, lines
		}
	default:
		var items []any
		for i := range rowsOf(in, f) {
			item := map[string]any{}
			for _, sub := range f.Items {
				at := fmt.Sprintf("%s.%d.%s", name, i, sub.Name)
				v, given, err := entry.Value(sub, in.Get(at))
				if err != nil {
					wrong[at] = problemOf(err)
				} else if given {
					item[sub.Name] = v
				}
			}
			if len(item) > 0 {
				items = append(items, item)
				lists[f.Name] = append(lists[f.Name], typedLine{name: fmt.Sprintf("%s.%d", name, i)})
			}
		}
		if len(items) > 0 {
			data[f.Name] = items
		}
	}
}

// emptyRows is how many rows of a list a new form shows.
const emptyRows = 3

// rowsOf is how many rows of a list a form has.
func rowsOf(in url.Values, f schemas.Field) int {
	n, err := strconv.Atoi(in.Get("n." + f.Name))
	if err != nil {
		return emptyRows
	}
	return max(1, min(n, maxRows))
}
