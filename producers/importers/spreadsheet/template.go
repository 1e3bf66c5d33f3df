package spreadsheet

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"vitrine/schemas"
)

// listsSheet is the hidden sheet that holds what the drop-down lists offer.
const listsSheet = "vitrine_listes"

// lastTemplateRow is down to where a template's rows have formats and drop-down lists; rows below are read as well.
const lastTemplateRow = 5000

// Template writes a workbook to fill in, in a language: a sheet for each of the kinds (none: every kind that
// labs publish), with headers, drop-down lists, formats and explanations. The error is a *[KindError] for a kind that a
// spreadsheet can't hold.
//
// Row 1 of each sheet is hidden and holds the columns' keys, so that headers and sheets may be renamed. What is required has
// a star and a darker header.
func Template(w io.Writer, kinds []string, l schemas.Lang) (err error) {
	list, err := kindsNamed(kinds)
	if err != nil {
		return err
	}
	t := &template{File: excelize.NewFile(), lang: l, lists: map[string]string{}}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.styles(); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	for i, k := range list {
		if i == 0 {
			err = t.SetSheetName(t.GetSheetName(0), sheetName(k, l))
		} else {
			_, err = t.NewSheet(sheetName(k, l))
		}
		if err == nil {
			err = t.sheet(k)
		}
		if err != nil {
			return fmt.Errorf("template of %s: %w", k.Name, err)
		}
	}
	if err := errors.Join(t.readme(list), t.hideLists(), t.SetDocProps(&excelize.DocProperties{Creator: "Vitrine", Title: "Vitrine", Created: templateDate, Modified: templateDate})); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := t.Write(w); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

// templateDate is put where a workbook says when it was made: the same template is the same bytes.
const templateDate = "2026-01-01T00:00:00Z"

func kindsNamed(names []string) ([]schemas.Kind, error) {
	if len(names) == 0 {
		return labKinds(), nil
	}
	var kinds []schemas.Kind
	for _, name := range names {
		k, ok := labKind(name)
		if !ok {
			return nil, &KindError{Found: name}
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// sheetName is a kind's title as a sheet may be called: 31 characters at most.
func sheetName(k schemas.Kind, l schemas.Lang) string {
	r := []rune(k.Title.In(l))
	return string(r[:min(len(r), 31)])
}

func readmeSheet(l schemas.Lang) string {
	if l == schemas.French {
		return "Lisez-moi"
	}
	return "Read me"
}

// template is a workbook that is being made.
type template struct {
	*excelize.File
	lang schemas.Lang
	// lists are the columns of the hidden sheet, by what they hold.
	lists map[string]string
	// The styles: headers of required and other columns, and columns by what they take.
	required, optional, bold, wrapped            int
	text, date, clock, moment, whole, money, any int
}

func (t *template) styles() error {
	header := func(fill string) *excelize.Style {
		return &excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}, NumFmt: 49}
	}
	format := func(code string) *excelize.Style { return &excelize.Style{CustomNumFmt: &code} }
	var errs []error
	for _, s := range []struct {
		at    *int
		style *excelize.Style
	}{
		{&t.required, header("1B4965")}, {&t.optional, header("5B7C8D")}, {&t.bold, &excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&t.wrapped, &excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&t.text, &excelize.Style{NumFmt: 49}}, {&t.date, format("dd/mm/yyyy")}, {&t.clock, format("hh:mm")}, {&t.moment, format("dd/mm/yyyy hh:mm")},
		{&t.whole, &excelize.Style{NumFmt: 1}}, {&t.money, &excelize.Style{NumFmt: 4}}, {&t.any, &excelize.Style{}},
	} {
		var err error
		*s.at, err = t.NewStyle(s.style)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// templateColumns are a kind's columns but for those that are only understood.
func templateColumns(k schemas.Kind) []column {
	var all []column
	for _, c := range columnsOf(k) {
		if c.role != roleDuration {
			all = append(all, c)
		}
	}
	return all
}

// sheet lays out the sheet of a kind.
func (t *template) sheet(k schemas.Kind) error {
	name := sheetName(k, t.lang)
	columns := templateColumns(k)
	keys, headers := make([]any, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		if err := t.column(name, letter(i), c); err != nil {
			return fmt.Errorf("column %s: %w", c.key, err)
		}
		keys[i], headers[i] = c.key, t.header(c)
	}
	keys[0] = keysMark + k.Name
	errs := []error{t.SetSheetRow(name, "A1", &keys), t.SetSheetRow(name, "A2", &headers), t.SetRowVisible(name, 1, false), t.SetRowHeight(name, 2, 45)}
	for i, c := range columns {
		style := t.optional
		if c.required {
			style = t.required
		}
		at := letter(i) + "2"
		errs = append(errs, t.SetCellStyle(name, at, at, style))
	}
	return errors.Join(append(errs, t.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A3", ActiveCell: "A3", Pane: "bottomLeft"}}}))...)
}

// header is a column's title, with a star where it is required.
func (t *template) header(c column) string {
	if c.required {
		return c.title.In(t.lang) + " *"
	}
	return c.title.In(t.lang)
}

// column gives a column its format, its width, its explanation and what may be chosen.
func (t *template) column(sheet, at string, c column) error {
	style, width := t.text, 18.0
	v := excelize.NewDataValidation(true)
	v.Sqref = fmt.Sprintf("%s3:%s%d", at, at, lastTemplateRow)
	help := t.prompt(c)
	v.SetInput(cut(c.title.In(t.lang), 32), cut(help, 255))
	number := func(kind excelize.DataValidationType) error {
		v.SetError(excelize.DataValidationErrorStyleStop, cut(c.title.In(t.lang), 32), cut(help, 255))
		return v.SetRange(c.field.Min.String(), c.field.Max.String(), kind, excelize.DataValidationOperatorBetween)
	}
	v.Type = "none"
	var err error
	switch {
	case c.role == roleDate, c.role == roleEndDate, c.field.Format == "date":
		style, width = t.date, 13
	case c.role == roleStart, c.role == roleEnd:
		style, width = t.clock, 11
	case c.field.Type == schemas.FieldTime:
		style, width = t.moment, 17
	case c.field.Type == schemas.FieldInt:
		style, width, err = t.whole, 13, number(excelize.DataValidationTypeWhole)
	case c.field.Type == schemas.FieldDecimal:
		if style, width = t.any, 15; c.field.Max != nil && schemas.Int(1000).Less(*c.field.Max) {
			style = t.money
		}
		err = number(excelize.DataValidationTypeDecimal)
	case c.role == roleItem:
		width = 24 // several may be written into one cell: no list to choose from
	case c.field.Type == schemas.FieldBool:
		width = 11
		err = t.choose(v, []string{schemas.Text{FR: "oui", EN: "yes"}.In(t.lang), schemas.Text{FR: "non", EN: "no"}.In(t.lang)}, help)
	case c.field.Type == schemas.FieldCode:
		var labels []string
		for _, term := range c.field.Terms {
			labels = append(labels, term.Label.In(t.lang))
		}
		width = 28
		err = t.choose(v, labels, help)
	case c.key == "title":
		width = 36
	}
	return errors.Join(err, t.AddDataValidation(sheet, v), t.SetColStyle(sheet, at, style), t.SetColWidth(sheet, at, at, width))
}

// choose lets a column's cells be chosen from a list, which stands on the hidden sheet.
func (t *template) choose(v *excelize.DataValidation, labels []string, help string) error {
	key := fmt.Sprint(labels)
	ref := t.lists[key]
	if ref == "" {
		if index, err := t.GetSheetIndex(listsSheet); err != nil {
			return err
		} else if index < 0 {
			if _, err := t.NewSheet(listsSheet); err != nil {
				return err
			}
		}
		at := letter(len(t.lists))
		if err := t.SetSheetCol(listsSheet, at+"1", &labels); err != nil {
			return err
		}
		ref = fmt.Sprintf("%s!$%s$1:$%s$%d", listsSheet, at, at, len(labels))
		t.lists[key] = ref
	}
	v.SetSqrefDropList(ref)
	v.SetError(excelize.DataValidationErrorStyleStop, schemas.Text{FR: "Choisissez dans la liste", EN: "Choose from the list"}.In(t.lang), cut(help, 255))
	return nil
}

func (t *template) hideLists() error {
	if len(t.lists) == 0 {
		return nil
	}
	return t.SetSheetVisible(listsSheet, false)
}

// cut shortens a text to what a cell's explanation may hold, in UTF-16 units as Excel counts.
func cut(s string, most int) string {
	n := 0
	for i, r := range s {
		width := 1
		if r > 0xffff {
			width = 2
		}
		if n+width > most-1 && len(s)-i > 1 {
			return s[:i] + "…"
		}
		n += width
	}
	return s
}
