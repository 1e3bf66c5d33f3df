package spreadsheet

import (
	"errors"
	"fmt"
	"strings"

	"vitrine/schemas"
)

// help explains a column.
func (t *template) help(c column) string {
	return t.explain(c, c.expected().In(t.lang))
}

// prompt is what a cell says of its column: as [template.help], without repeating a list that opens there.
func (t *template) prompt(c column) string {
	if c.field.Type == schemas.FieldCode && c.role == roleField {
		return t.explain(c, schemas.Text{FR: "choisissez dans la liste", EN: "choose from the list"}.In(t.lang))
	}
	return t.help(c)
}

func (t *template) explain(c column, s string) string {
	if about := c.about.In(t.lang); about != "" {
		s = about + schemas.Text{FR: " : ", EN: ": "}.In(t.lang) + s
	}
	french := t.lang == schemas.French
	switch {
	case c.role == roleEndDate:
		s += schemas.Text{FR: " ; seulement si la fin est un autre jour", EN: "; only where the end is on another day"}.In(t.lang)
	case c.role == roleItem && c.list == "companies" && (c.field.Name == "siren" || c.field.Name == "siret" || c.field.Name == "ref"):
		s += schemas.Text{FR: " ; plusieurs : séparées par des points-virgules", EN: "; several: with semicolons between them"}.In(t.lang)
	case c.role == roleItem:
		s += schemas.Text{FR: " ; plusieurs : séparées par des points-virgules, une par élément, dans le même ordre", EN: "; several: with semicolons between them, one for each item, in the same order"}.In(t.lang)
	}
	if c.required && french {
		return "Obligatoire : " + s + "."
	} else if c.required {
		return "Required: " + s + "."
	}
	return strings.ToUpper(string([]rune(s)[:1])) + string([]rune(s)[1:]) + "."
}

// example is what a column may hold.
func (t *template) example(c column) string {
	french := t.lang == schemas.French
	pick := func(fr, en string) string {
		if french {
			return fr
		}
		return en
	}
	switch c.role {
	case roleReference:
		return "2026-014"
	case roleDate, roleEndDate:
		return "12/03/2026"
	case roleStart:
		return pick("18h00", "18:00")
	case roleEnd:
		return pick("20h30", "20:30")
	}
	switch f := c.field; f.Type {
	case schemas.FieldCode:
		return f.Terms[0].Label.In(t.lang)
	case schemas.FieldTime:
		return pick("12/03/2026 18h00", "12/03/2026 18:00")
	case schemas.FieldBool:
		return pick("oui", "yes")
	case schemas.FieldInt:
		if typical := schemas.Int(12); f.Min.Less(typical) && typical.Less(*f.Max) {
			return typical.String()
		}
		return f.Max.String()
	case schemas.FieldDecimal:
		if f.Max.Less(schemas.Int(1000)) {
			return pick("12,5", "12.5")
		}
		return pick("1 234,50", "1234.50")
	default:
		return exampleText(f)
	}
}

func exampleText(f schemas.Field) string {
	switch f.Format {
	case "siren":
		return "732 829 320"
	case "siret":
		return "732 829 320 00074"
	case "ref":
		return f.Name + "-1"
	case "url":
		return "https://example.org"
	case "date":
		return "12/03/2026"
	}
	return ""
}

// readme writes the sheet that explains the others.
func (t *template) readme(kinds []schemas.Kind) error {
	name := readmeSheet(t.lang)
	if _, err := t.NewSheet(name); err != nil {
		return err
	}
	intro := []schemas.Text{
		{FR: "Une ligne par activité. Les colonnes avec * sont obligatoires ; laissez vide ce que vous ne savez pas.", EN: "One row for each activity. Columns with * are required; leave blank what you don't know."},
		{FR: "Aucune donnée personnelle : ni nom, ni adresse électronique, ni téléphone. Cette feuille n'est pas importée.", EN: "No personal data: no name, no e-mail address, no phone number. This sheet isn't imported."},
		{FR: "La référence est à vous : un numéro ou un code par ligne, jamais repris, même dans un autre fichier. Avec elle, une ligne corrigée remplace la précédente.",
			EN: "The reference is yours: a number or code for each row, never used again, not in another file either. With it a corrected row replaces the one before."},
		{FR: "Vous pouvez réimporter le même fichier autant de fois que vous voulez : rien n'est compté deux fois.", EN: "You may import the same file as often as you like: nothing is counted twice."},
	}
	line := 1
	var errs []error
	for _, text := range intro {
		errs = append(errs, t.SetCellStr(name, fmt.Sprintf("A%d", line), text.In(t.lang)))
		line++
	}
	for _, k := range kinds {
		line++
		errs = append(errs, t.SetCellStr(name, fmt.Sprintf("A%d", line), k.Title.In(t.lang)), t.SetCellStyle(name, fmt.Sprintf("A%d", line), fmt.Sprintf("A%d", line), t.bold))
		for _, c := range templateColumns(k) {
			line++
			row := []any{t.header(c), t.help(c), t.example(c)}
			errs = append(errs, t.SetSheetRow(name, fmt.Sprintf("A%d", line), &row), t.SetCellStyle(name, fmt.Sprintf("A%d", line), fmt.Sprintf("C%d", line), t.wrapped))
		}
		line++
	}
	errs = append(errs, t.SetColWidth(name, "A", "A", 40), t.SetColWidth(name, "B", "B", 90), t.SetColWidth(name, "C", "C", 30))
	return errors.Join(errs...)
}
