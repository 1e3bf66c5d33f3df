package spreadsheet

import (
	"fmt"
	"strings"
	"time"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

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
		if day, ok := r.serialDay(c); ok {
			return day.String(), true, nil
		}
	}
	v, given, err := entry.ValueIn(f, c.text, r.cfg.Zone)
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
