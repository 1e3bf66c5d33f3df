package spreadsheet

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// check passes the row through the door and says its problems by column.
func (r *rowReader) check() *schemas.Event {
	at, placeholder := r.at, false
	if at.IsZero() {
		// The date is wrong, which is said; the rest is checked nevertheless.
		at, placeholder = r.cfg.Clock().Add(-time.Hour).In(r.cfg.Zone).Truncate(time.Second), true
	}
	id := r.out.ID
	if id == uuid.Nil {
		id = schemas.RecordID(r.cfg.Lab, System, "unknown")
	}
	if placeholder || r.failed[keyEnd] || r.failed[keyEndDate] || r.failed[keyDuration] || r.failed[keyStart] {
		r.placeholders(at)
	}
	event, problems := decode(r.event(id, at), r.cfg.Clock())
	r.tell(problems, placeholder)
	if len(problems) > 0 {
		// What fields say about each other is judged only where each is valid by itself: those that aren't are left out.
		for _, p := range problems {
			field, _, _ := strings.Cut(strings.TrimPrefix(p.Field, "data."), "[")
			delete(r.data, field)
		}
		_, further := decode(r.event(id, at), r.cfg.Clock())
		r.tell(slices.DeleteFunc(further, func(p schemas.Problem) bool { return p.Code == schemas.CodeMissing || slices.Contains(problems, p) }), placeholder)
	}
	return event
}

// placeholders are put where an end that must be there is wrong.
func (r *rowReader) placeholders(at time.Time) {
	for _, f := range r.kind.Fields() {
		if f.Name == keyEnd && (f.Required || r.data[keyEnd] != nil) {
			r.data[keyEnd] = at.Format(time.RFC3339)
		}
	}
}

func (r *rowReader) event(id uuid.UUID, at time.Time) *schemas.Event {
	raw, err := json.Marshal(r.data)
	if err != nil {
		raw = nil // the door says that there are no data
	}
	return &schemas.Event{SpecVersion: "1.0", ID: id, Source: schemas.SourceOf(r.cfg.Lab, System), Type: schemas.TypePrefix + r.kind.Name, Time: at, Data: raw}
}

func decode(e *schemas.Event, now time.Time) (*schemas.Event, []schemas.Problem) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, []schemas.Problem{{Code: schemas.CodeNotJSON, Found: err.Error()}}
	}
	decoded, err := schemas.Decode(raw, now)
	var invalid *schemas.Invalid
	if errors.As(err, &invalid) {
		return nil, invalid.Problems
	}
	return decoded, nil
}

// tell says the door's problems by column, but for those that the row's own reading has said.
func (r *rowReader) tell(problems []schemas.Problem, placeholder bool) {
	for _, p := range problems {
		key := r.keyOfPath(p.Field)
		switch {
		case r.failed[key] && (p.Code == schemas.CodeMissing || key == keyEnd), placeholder && (key == keyDate || key == keyEnd):
			continue
		case p.Code == schemas.CodeMissing && key == keyEnd && (r.failed[keyEndDate] || r.failed[keyStart] || r.failed[keyDuration]):
			continue
		}
		c, has := r.columns[key]
		if has && (p.Code == schemas.CodeMissing || p.Code == schemas.CodeValue) && c.role != roleReference {
			p.Expected = c.expected()
		}
		if key == keyEnd && p.Code == schemas.CodeOrder {
			p.Expected = schemas.Text{FR: "une fin après le début, ou le jour de la fin dans « Date de fin »", EN: "an end after the start, or the day of the end in “End date”"}
			p.Found = ""
			if c, given := r.cell(keyEnd); given {
				p.Found = entry.Excerpt(c.text)
			}
		}
		r.problem(key, p.Code, p.Found, r.byHeader(p.Expected))
	}
}

// byHeader names another field that the door speaks of ("at most attendees (6)") as the sheet does.
func (r *rowReader) byHeader(expected schemas.Text) schemas.Text {
	for key, c := range r.columns {
		if name := " " + key + " ("; c.role == roleField && strings.Contains(expected.EN, name) {
			header := c.title
			if i, has := r.layout.at[key]; has {
				header = schemas.Text{FR: r.header(i), EN: r.header(i)}
			}
			return schemas.Text{FR: strings.Replace(expected.FR, name, " « "+header.FR+" » (", 1), EN: strings.Replace(expected.EN, name, " “"+header.EN+"” (", 1)}
		}
	}
	return expected
}

// keyOfPath is the key of the column that a field of the event came from.
func (r *rowReader) keyOfPath(path string) string {
	if path == "time" {
		return keyDate
	}
	name, isData := strings.CutPrefix(path, "data.")
	if !isData {
		return ""
	}
	list, item, isItem := strings.Cut(name, "[")
	if !isItem {
		if keys := r.itemKeys[list]; len(keys) > 0 {
			return keys[0]
		}
		if _, has := r.columns[name]; has {
			return name
		}
		return r.columnOfList(list)
	}
	index, field, _ := strings.Cut(item, "]")
	if key := list + field; field != "" {
		if _, has := r.columns[key]; has {
			return key // field is ".siren"
		}
	}
	n := 0
	if _, err := fmt.Sscanf(index, "%d", &n); err == nil && n < len(r.itemKeys[list]) {
		return r.itemKeys[list][n]
	}
	return ""
}

// columnOfList is the key of the column that a list that is missing should stand in: one that was given and couldn't be read, the
// required one, one that the sheet has, or the first.
func (r *rowReader) columnOfList(list string) string {
	best, weight := "", -1
	for _, c := range columnsOf(r.kind) {
		if c.list != list {
			continue
		}
		w := 0
		if _, has := r.layout.at[c.key]; has {
			w = 1
		}
		if c.required {
			w = 2
		}
		if r.failed[c.key] {
			w = 3
		}
		if w > weight {
			best, weight = c.key, w
		}
	}
	return best
}
