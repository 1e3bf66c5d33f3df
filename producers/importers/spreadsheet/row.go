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
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// rowReader reads one row of a known kind.
type rowReader struct {
	*sheetReader
	*layout
	row  gridRow
	out  Row
	data map[string]any
	// failed are the keys of columns with a problem.
	failed map[string]bool
	// itemKeys are, for each list, the column's key that each of its items came from.
	itemKeys map[string][]string
	at       time.Time
}

// row reads a row into the analysis, unless it says nothing.
func (s *sheetReader) row(row gridRow) {
	kind := s.sheet.Kind
	var problem *Problem
	if s.kindAt >= 0 {
		said, p := s.kindOf(row)
		if kind, problem = said, p; said == "" && p == nil && s.saysNothing(row) {
			return
		} else if said == "" && p == nil {
			problem = s.problemAt(row, s.kindAt, kindColumn(), schemas.CodeMissing, "", kindColumn().expected())
		}
	}
	out := Row{Sheet: s.grid.name, Line: row.line, Kind: kind}
	if problem != nil {
		out.Problems = []Problem{*problem}
		s.analysis.Rows = append(s.analysis.Rows, out)
		return
	}
	r := &rowReader{sheetReader: s, layout: s.layout(kind), row: row, out: out, data: map[string]any{}, failed: map[string]bool{}, itemKeys: map[string][]string{}}
	if !slices.ContainsFunc(row.cells, func(c cell) bool { return !c.blank() }) || !r.saysSomething() {
		return
	}
	r.countUnused()
	r.read()
	s.analysis.Rows = append(s.analysis.Rows, r.out)
}

// kindOf is the kind that a row says; empty without a problem if its cell is blank.
func (s *sheetReader) kindOf(row gridRow) (string, *Problem) {
	c := row.at(s.kindAt)
	if c.blank() {
		return "", nil
	}
	text := strings.TrimSpace(c.text)
	if kind := s.cfg.Mapping.value(keyKind, text); kind != "" {
		return kind, nil
	}
	kind, err := s.code(keyKind, nil, text, readKind)
	if err != nil {
		var e *entry.Error
		if errors.As(err, &e) {
			return "", s.problemAt(row, s.kindAt, kindColumn(), e.Problem.Code, e.Problem.Found, e.Problem.Expected)
		}
	}
	return kind, nil
}

// saysNothing says whether a row is blank in every column that has a header.
func (s *sheetReader) saysNothing(row gridRow) bool {
	for i, header := range s.headers {
		if header != "" && !row.at(i).blank() {
			return false
		}
	}
	return true
}

// saysSomething says whether a row holds something in a column that is taken, besides its reference.
func (r *rowReader) saysSomething() bool {
	if r.kindAt >= 0 && !r.row.at(r.kindAt).blank() {
		return true
	}
	for key, i := range r.layout.at {
		if key != keyReference && !r.row.at(i).blank() {
			return true
		}
	}
	return false
}

// countUnused counts the values in columns that this kind has no field for.
func (r *rowReader) countUnused() {
	for i := range r.headers {
		if i != r.kindAt && r.headers[i] != "" && !r.row.at(i).blank() && r.keyAt(i, r.layout) == "" {
			r.unused[unused{i, r.kind.Name}]++
		}
	}
}

func (s *sheetReader) problemAt(row gridRow, at int, c column, code, found string, expected schemas.Text) *Problem {
	p := &Problem{Title: c.title, Key: c.key, Code: code, Found: found, Expected: expected}
	if at >= 0 && at < len(s.headers) {
		p.Column, p.Cell = s.header(at), fmt.Sprintf("%s%d", letter(at), row.line)
	}
	return p
}

// problem says what is wrong in the column of a key.
func (r *rowReader) problem(key, code, found string, expected schemas.Text) {
	at, has := r.layout.at[key]
	if !has {
		at = -1
	}
	r.failed[key] = true
	r.out.Problems = append(r.out.Problems, *r.problemAt(r.row, at, r.columns[key], code, found, expected))
}

// fail says that a cell couldn't be read.
func (r *rowReader) fail(key string, err error) {
	var e *entry.Error
	if errors.As(err, &e) {
		r.problem(key, e.Problem.Code, e.Problem.Found, e.Problem.Expected)
		return
	}
	r.problem(key, schemas.CodeFormat, "", r.columns[key].expected())
}

// cell is what stands in the column of a key; false if nothing does, or nothing that can be read.
func (r *rowReader) cell(key string) (cell, bool) {
	i, has := r.layout.at[key]
	if !has || r.row.at(i).blank() {
		return cell{}, false
	}
	c := r.row.at(i)
	switch c.kind {
	case cellError:
		r.problem(key, schemas.CodeFormat, entry.Excerpt(c.text), r.columns[key].expected())
		return cell{}, false
	case cellUncounted:
		r.problem(key, schemas.CodeMissing, "", schemas.Text{
			FR: "la valeur de la formule : ouvrez le classeur dans votre tableur et enregistrez-le", EN: "the formula's value: open the workbook in your spreadsheet program and save it"})
		return cell{}, false
	case cellCovered:
		r.problem(key, schemas.CodeValue, "", schemas.Text{
			FR: "une valeur dans chaque ligne : cette cellule est fusionnée avec celle du dessus", EN: "a value in each row: this cell is merged with the one above"})
		return cell{}, false
	}
	return c, true
}

func (r *rowReader) read() {
	reference := r.reference()
	end := r.when()
	for _, f := range r.kind.Fields() {
		switch {
		case f.Name == keyEnd:
			if !end.IsZero() {
				r.data[keyEnd] = end.Format(time.RFC3339)
			}
		case f.Type == schemas.FieldList:
			r.list(f)
		default:
			if v, given := r.value(f.Name, f); given {
				r.data[f.Name] = v
			}
		}
	}
	r.derive()
	r.identify(reference)
	event := r.check()
	if len(r.out.Problems) == 0 {
		r.out.Event = event
	}
}

// value reads the cell of a field.
func (r *rowReader) value(key string, f schemas.Field) (any, bool) {
	c, given := r.cell(key)
	if !given {
		return nil, false
	}
	v, given, err := r.valueOf(key, f, c)
	if err != nil {
		r.fail(key, err)
		return nil, false
	}
	return v, given
}

func (r *rowReader) valueOf(key string, f schemas.Field, c cell) (any, bool, error) {
	numeric := f.Type == schemas.FieldInt || f.Type == schemas.FieldDecimal
	switch {
	case numeric && c.kind == cellNumber:
		v, err := entry.Number(f, c.text)
		return v, err == nil, err
	case f.Type == schemas.FieldCode:
		text := strings.TrimSpace(c.text)
		if code := r.cfg.Mapping.value(key, text); code != "" {
			return code, true, nil
		}
		code, err := r.code(r.kind.Name+" "+key, f.Terms, text, nil)
		return code, err == nil, err
	case f.Format == "date" && c.kind == cellMoment:
		return c.text[:len(time.DateOnly)], true, nil
	case f.Format == "date" && c.kind == cellNumber:
		if day, ok := serialDay(c); ok {
			return day.String(), true, nil
		}
	}
	v, given, err := entry.Value(f, c.text)
	return v, given, err
}

// codeRead is what a text in a code column was understood as.
type codeRead struct {
	code string
	err  error
}

// code finds the code that a text means, by read, else by the terms' names. The key names the terms: "nature" has other
// ones in another kind.
func (rd *reader) code(key string, terms []schemas.Term, text string, read func(string) (string, error)) (string, error) {
	cached, known := rd.codes[key+"\x00"+text]
	if !known {
		if read != nil {
			cached.code, cached.err = read(text)
		} else {
			cached.code, cached.err = entry.Code(terms, text)
		}
		rd.codes[key+"\x00"+text] = cached
	}
	return cached.code, cached.err
}

// reference is the row's own, checked; empty for none.
func (r *rowReader) reference() string {
	c, given := r.cell(keyReference)
	if !given {
		return ""
	}
	text := strings.Join(strings.Fields(c.text), " ")
	if schemas.Redact(text) != text {
		r.problem(keyReference, schemas.CodePersonal, "", r.columns[keyReference].expected())
		return ""
	}
	if len(text) > 200 {
		r.problem(keyReference, schemas.CodeRange, entry.Excerpt(text), schemas.Text{FR: "au plus 200 caractères", EN: "at most 200 characters"})
		return ""
	}
	key := r.kind.Name + "\x00" + text
	if where, taken := r.references[key]; taken {
		r.problem(keyReference, schemas.CodeDuplicate, entry.Excerpt(text), schemas.Text{
			FR: "une référence par ligne ; celle-ci est déjà en " + where, EN: "a reference of its own; this one is at " + where + " already"})
		return ""
	}
	where := fmt.Sprintf("%s%d", letter(r.layout.at[keyReference]), r.row.line)
	if r.grid.name != "" {
		where = r.grid.name + "!" + where
	}
	r.references[key] = where
	return text
}

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
		if keys := r.itemKeys[list]; keys != nil && len(keys) > 0 {
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

// derive concludes what the sheet has no column for from what it says, and notes it.
func (r *rowReader) derive() {
	title, _ := r.data["title"].(string)
	conclude := func(key string, from string, code string) {
		if code == "" || r.data[key] != nil || r.failed[key] {
			return
		}
		r.data[key] = code
		label := schemas.Text{}
		for _, t := range r.columns[key].field.Terms {
			if t.Code == code {
				label = t.Label
			}
		}
		c := r.columns[key].title
		r.out.Notes = append(r.out.Notes, schemas.Text{
			FR: fmt.Sprintf("%s : « %s », d'après « %s »", c.FR, label.FR, r.columns[from].title.FR), EN: fmt.Sprintf("%s: “%s”, from “%s”", c.EN, label.EN, r.columns[from].title.EN)})
	}
	if title != "" && schemas.Redact(title) == title {
		switch r.kind.Name {
		case "training.held", "training.cancelled":
			if topic := importers.TrainingTopic(title); topic != "other" {
				conclude("topic", "title", topic)
			}
		case "discovery.held":
			conclude("type", "title", discoveryType(r.columns["type"].field.Terms, title))
		}
	}
	if machine, _ := r.data["machine"].(string); machine != "" {
		if category := importers.MachineCategory(machine); category != "other" {
			conclude("machine_category", "machine", category)
		}
	}
}

// discoveryType is the type of discovery event that a title names; empty if none.
func discoveryType(terms []schemas.Term, title string) string {
	if code, err := entry.Code(terms, title); err == nil {
		return code
	}
	return importers.Classify(title, []importers.Rule{
		{Words: []string{"openlab", "open lab"}, Code: "open_lab"},
		{Words: []string{"repair cafe"}, Code: "repair_cafe"},
		{Words: []string{"hackathon"}, Code: "hackathon"},
		{Words: []string{"portes ouvertes", "open day"}, Code: "open_day"},
		{Words: []string{"matinale", "visite entreprise", "company visit", "business breakfast"}, Code: "company_discovery"},
		{Words: []string{"visite scolaire", "school visit"}, Code: "school_visit"},
		{Words: []string{"conference", "table ronde", "round table"}, Code: "conference"},
		{Words: []string{"fete de la science", "maker faire", "science festival"}, Code: "fair_outreach"},
		{Words: []string{"atelier decouverte", "initiation", "introductory workshop"}, Code: "workshop_intro"},
		{Words: []string{"delegation"}, Code: "delegation_visit"},
	}, "")
}
