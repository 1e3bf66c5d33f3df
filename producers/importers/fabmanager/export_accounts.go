package fabmanager

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// exports tells the own revenue of the accounting exports' months. A month is the record, as over
// the API, under the same id: what is imported last replaces what was told of it before. The
// export names customers, but doesn't say which are companies: their share stays unknown.
//
// The other exports can't be told as events, see [unusable].
func (s *session) exports() error {
	all, broken, err := readExports(s.cfg.Exports, s.cfg.ExportNames)
	if err != nil {
		return s.report(err)
	}
	if err := s.report(broken...); err != nil {
		return err
	}
	var lines []*line
	files := map[string]string{} // by month
	for _, e := range all {
		if e.kind != "accounting" {
			if err := s.report(unusable(e)); err != nil {
				return err
			}
			continue
		}
		read, problems := s.entries(e)
		if len(problems) > 0 {
			return s.report(problems...) // no figure rather than a wrong one
		}
		for _, l := range read {
			month := importers.MonthOf(l.date, s.cfg.Zone).String()
			if other := files[month]; other != "" && other != e.name {
				return s.report(exportProblem(e.name, "", schemas.Text{
					FR: fmt.Sprintf("le mois %s est aussi dans %s : un mois ne doit être que dans un seul export", month, other),
					EN: fmt.Sprintf("the month %s is in %s too: a month must be in one export only", month, other)}))
			}
			files[month] = e.name
		}
		lines = append(lines, read...)
	}
	return s.revenue(lines, "export")
}

// entries reads the accounting export's rows as what the API calls item lines: the accounts tell
// revenue from payments and VAT.
func (s *session) entries(e *export) (lines []*line, problems []error) {
	for _, row := range e.rows {
		l := &line{Type: "item", Account: row.cells[accountCode], Label: row.cells[accountLabel]}
		var err error
		if l.date, err = localDay(row.cells[entryDate], s.cfg.Zone); err != nil {
			problems = append(problems, exportProblem(row.origin, e.titles[entryDate], found(row.cells[entryDate], schemas.Text{
				FR: "une date comme 31/03/2026", EN: "a date such as 31/03/2026"})))
			continue
		}
		for _, column := range []int{debitEuro, creditEuro} {
			d, err := amount(row.cells[column])
			if err != nil {
				problems = append(problems, exportProblem(row.origin, e.titles[column], found(row.cells[column], schemas.Text{
					FR: "un montant comme 40,00", EN: "an amount such as 40,00"})))
			}
			if column == debitEuro {
				l.Debit = &d
			} else {
				l.Credit = &d
			}
		}
		lines = append(lines, l)
	}
	return lines, problems
}

// found says what stands in a cell instead of what was expected.
func found(cell string, want schemas.Text) schemas.Text {
	shown := importers.Title(cell, 40)
	return schemas.Text{FR: fmt.Sprintf("reçu %q, attendu : %s", shown, want.FR), EN: fmt.Sprintf("found %q, expected %s", shown, want.EN)}
}

// localDay reads a day as Fab-manager or a spreadsheet program writes it; it is told as its noon.
func localDay(s string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation("02/01/2006", s, zone)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, s, zone)
	}
	if err == nil && (t.Year() < 2000 || t.Year() > 2148) {
		err = fmt.Errorf("the year %d", t.Year())
	}
	return t.Add(12 * time.Hour), err
}

// frenchAmount has at most one decimal sign, and blanks or nothing between the thousands.
var frenchAmount = regexp.MustCompile(`^-?[0-9]{1,3}(?:[0-9]*|(?: [0-9]{3})*)(?:[.,][0-9]{1,6})?$`)

// amount reads "40,00", "1 234,56" or an empty cell.
func amount(s string) (schemas.Decimal, error) {
	s = strings.TrimSpace(strings.NewReplacer("\u00a0", " ", "\u202f", " ", "€", "", "\u2212", "-").Replace(s))
	if s == "" {
		return schemas.Decimal{}, nil
	}
	if !frenchAmount.MatchString(s) {
		return schemas.Decimal{}, fmt.Errorf("not an amount")
	}
	d, err := schemas.ParseDecimal(strings.NewReplacer(" ", "", ",", ".").Replace(s))
	if err == nil && (maxAmount.Less(d) || d.Less(schemas.Micros(-maxAmount.Micros()))) {
		err = fmt.Errorf("out of bounds")
	}
	return d, err
}

// unusable says why the other exports give no events.
func unusable(e *export) error {
	what := schemas.Text{
		FR: "l'export des réservations ne dit pas quand les créneaux ont lieu (sa date est celle de la réservation), compte aussi les créneaux annulés et n'a pas de clé : importez par l'API (--url) ou saisissez les heures",
		EN: "the reservations export doesn't say when the slots take place (its date is that of the booking), counts cancelled slots too and has no key: import over the API (--url), or enter the hours"}
	if e.kind == "statistics" {
		what = schemas.Text{
			FR: "l'export des statistiques compte les heures au jour de la réservation, telles qu'elles étaient la nuit suivante, sans heure de début ni clé : importez par l'API (--url) ou saisissez les heures",
			EN: "the statistics export counts hours on the day of the booking, as they were in the night after, without a time of day or a key: import over the API (--url), or enter the hours"}
	}
	return exportProblem(e.name, "", what)
}
