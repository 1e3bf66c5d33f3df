package agreement

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/google/uuid"

	"vitrine/schemas"
)

const kindName = "agreement.signed"

// maxFileBytes bounds a file: the event that it becomes is bounded too, and comments come on top.
const maxFileBytes = 4 * schemas.MaxEventBytes

// File is an agreement that was read and found good.
type File struct {
	Name string
	Lab  string
	Data schemas.AgreementSigned

	places map[string]place
}

// Read reads a file and checks it whole, by the door's rules and against the catalogue. name is what messages call it; now
// is the time. Its error is a *[Mistakes].
func Read(name string, raw []byte, catalogue *schemas.Catalogue, now time.Time) (*File, error) {
	body, found := parse(raw)
	if len(found) > 0 {
		return nil, mistakes(name, found)
	}
	t := &tree{places: map[string]place{"": placeOf(body)}}
	data := t.object("", body, fileFields())
	lab, _ := data[labField].(string)
	if !schemas.IsSlug(lab) {
		p := schemas.Problem{Field: labField, Code: schemas.CodeMissing, Expected: schemas.Text{FR: "le nom court d'un fab lab, par exemple atelier-nord", EN: "a lab's short name, such as atelier-nord"}}
		if lab != "" {
			p.Code, p.Found = schemas.CodeFormat, fmt.Sprintf("%q", schemas.Evidence(lab, 60))
		}
		t.mistakes = append(t.mistakes, Mistake{place: t.nearestPlace(labField), Problem: p})
	}
	delete(data, labField)
	filled := complete(data)
	t.catalogue(data, catalogue)
	f := &File{Name: name, Lab: lab, places: t.places}
	if event := t.door(lab, data, filled, now); event != nil {
		if err := json.Unmarshal(event.Data, &f.Data); err != nil {
			return nil, fmt.Errorf("%s: the door's data: %w", name, err) // it checked them
		}
	}
	if err := mistakes(name, t.mistakes); err != nil {
		return nil, err
	}
	return f, nil
}

// parse reads the one document that a file holds, a mapping.
func parse(raw []byte) (ast.Node, []Mistake) {
	wrong := func(at place, fr, en string) (ast.Node, []Mistake) {
		return nil, []Mistake{{place: at, Other: schemas.Text{FR: fr, EN: en}}}
	}
	if len(raw) > maxFileBytes {
		return wrong(place{1, 1}, fmt.Sprintf("trop volumineux (au plus %d octets)", maxFileBytes), fmt.Sprintf("too large (at most %d bytes)", maxFileBytes))
	}
	doc, err := parser.ParseBytes(schemas.PlainYAML(raw), 0)
	if err != nil {
		at, what := place{1, 1}, err.Error()
		var placed yaml.Error
		if errors.As(err, &placed) {
			what = placed.GetMessage()
			if token := placed.GetToken(); token != nil && token.Position != nil {
				at = place{token.Position.Line, token.Position.Column}
			}
		}
		what = schemas.Evidence(strings.Join(strings.Fields(what), " "), 200)
		return wrong(at, "YAML illisible ("+what+")", "not readable as YAML ("+what+")")
	}
	var bodies []ast.Node
	for _, d := range doc.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) != 1 || !isMapping(bodies[0]) {
		return wrong(place{1, 1}, "une convention par fichier était attendue : des lignes « champ: valeur »", "one agreement per file was expected: lines of `field: value`")
	}
	return bodies[0], nil
}

// complete fills what follows from the agreement itself, and says which fields it filled.
func complete(data map[string]any) (filled map[string]bool) {
	filled = map[string]bool{}
	list, _ := data["commitments"].([]any)
	for n, item := range list {
		c, isObject := item.(map[string]any)
		if !isObject {
			continue
		}
		for field, from := range map[string]string{"from": "start", "due": "end_date"} {
			if day, given := data[from].(string); given && c[field] == nil {
				c[field] = day
				filled[fmt.Sprintf("commitments[%d].%s", n, field)] = true
			}
		}
		if c["mode"] == nil {
			c["mode"] = "cumulative"
			if c["every"] != nil {
				c["mode"] = "periodic"
			}
		}
	}
	return filled
}

// door asks schemas.Decode about the data; nil if they are refused, with its problems among the mistakes.
func (t *tree) door(lab string, data map[string]any, filled map[string]bool, now time.Time) *schemas.Event {
	if !schemas.IsSlug(lab) {
		lab = "lab" // said already
	}
	raw, err := json.Marshal(map[string]any{"specversion": "1.0", "id": schemas.RecordID(lab, idSystem, ""), "source": schemas.SourceOf(lab, ""),
		"type": schemas.TypePrefix + kindName, "time": now.Format(time.RFC3339), "data": data})
	if err != nil {
		t.mistakes = append(t.mistakes, Mistake{place: place{1, 1}, Other: schemas.Text{FR: err.Error(), EN: err.Error()}})
		return nil
	}
	event, err := schemas.Decode(raw, now)
	var invalid *schemas.Invalid
	if !errors.As(err, &invalid) {
		return event
	}
	for _, p := range invalid.Problems {
		p.Field = strings.TrimPrefix(strings.TrimPrefix(p.Field, "data"), ".")
		if filled[p.Field] && p.Code == schemas.CodeFormat {
			continue // the agreement's own date is at fault, and said to be
		}
		if slices.ContainsFunc(t.mistakes, func(m Mistake) bool { return m.Field == p.Field }) {
			continue // said already, with what was meant
		}
		m := Mistake{place: t.nearestPlace(p.Field), Problem: p}
		if p.Code == schemas.CodeUnknown {
			parent, name := parentOf(p.Field)
			m.Near = nearField(name, fieldsAt(parent))
		}
		t.mistakes = append(t.mistakes, m)
	}
	return nil
}

// nearestPlace is where a field stands, or else what it would stand in.
func (t *tree) nearestPlace(field string) place { return nearestPlace(t.places, field) }

func nearestPlace(places map[string]place, field string) place {
	for {
		if at, known := places[field]; known {
			return at
		}
		field, _ = parentOf(field)
	}
}

// parentOf splits a path at its last part: "commitments[2].target" is commitments[2] and target, "commitments[2]" is
// commitments and 2.
func parentOf(path string) (parent, name string) {
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return "", path
	}
	return path[:i], strings.TrimSuffix(path[i+1:], "]")
}

var index = regexp.MustCompile(`\[[0-9]+\]`)

// fieldsAt are the fields of the object at a path.
func fieldsAt(path string) []schemas.Field {
	fields := fileFields()
	for _, name := range strings.Split(index.ReplaceAllString(path, ""), ".") {
		if f := fieldNamed(fields, name); f != nil {
			fields = f.Items
		}
	}
	return fields
}

// idSystem is the system of agreements' ids.
const idSystem = "agreement"

// idOf is the id of an agreement that nobody has signed before.
func idOf(lab, number string) uuid.UUID { return schemas.RecordID(lab, idSystem, number) }
