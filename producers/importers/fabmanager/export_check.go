package fabmanager

import (
	"fmt"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Columns of the exports of reservations and of statistics, which begin alike.
const (
	bookingDate     = 0
	bookingType     = 1
	bookingObject   = 2
	statisticObject = 1
	statisticHours  = 2
)

// countable is something that an export and the lists both tell: so much of it on a day.
type countable struct {
	day time.Time
	// what it is of, e.g. a machine's name.
	what string
	// amount in millionths of a euro, an hour or a booking.
	amount int64
}

// compare holds the exports against what was read besides, and warns of each month and machine where
// they differ. That finds what a list left out; nothing is told of the exports themselves.
func (s *session) compare() error {
	if s.cfg.Exports == nil {
		return nil
	}
	all, broken, err := readExports(s.cfg.Exports, s.cfg.ExportNames)
	if err != nil {
		return s.report(err)
	}
	if err := s.report(broken...); err != nil {
		return err
	}
	for _, e := range all {
		exported, problems := s.countExport(e)
		if len(problems) == 0 {
			problems = s.differences(e, exported, s.countLists(e))
		}
		if err := s.report(problems...); err != nil {
			return err
		}
	}
	return nil
}

// countExport counts what an export says.
func (s *session) countExport(e *export) (all []countable, problems []error) {
	if e.kind == "accounting" {
		lines, problems := s.entries(e)
		return s.countRevenue(lines), problems
	}
	for _, row := range e.rows {
		day, err := localDay(row.cells[bookingDate], s.cfg.Zone)
		if err != nil {
			problems = append(problems, exportProblem(row.origin, e.titles[bookingDate], found(row.cells[bookingDate], schemas.Text{
				FR: "une date comme 31/03/2026", EN: "a date such as 31/03/2026"})))
			continue
		}
		if e.kind == "reservations" {
			all = append(all, countable{day, row.cells[bookingType] + ", " + row.cells[bookingObject], 1e6})
			continue
		}
		hours, err := amount(row.cells[statisticHours])
		if err != nil {
			problems = append(problems, exportProblem(row.origin, e.titles[statisticHours], found(row.cells[statisticHours], schemas.Text{
				FR: "un nombre d'heures comme 2 ou 1,5", EN: "a number of hours such as 2 or 1,5"})))
			continue
		}
		all = append(all, countable{day, row.cells[statisticObject], hours.Micros()})
	}
	return all, problems
}

// countLists counts the same in what was read besides.
func (s *session) countLists(e *export) (all []countable) {
	if e.kind == "accounting" {
		return s.countRevenue(s.lines)
	}
	for _, r := range s.reservations.records {
		made := r.made()
		if made.IsZero() || r.Reservable == nil {
			continue
		}
		if e.kind == "reservations" {
			all = append(all, countable{made, r.Type + ", " + r.Reservable.name(), 1e6})
			continue
		}
		var hours time.Duration
		for _, slot := range r.Slots {
			if !slot.canceled {
				hours += slot.end.Sub(slot.start)
			}
		}
		if r.Type == "Machine" && hours > 0 {
			all = append(all, countable{made, r.Reservable.name(), hours.Microseconds() / 3600})
		}
	}
	return all
}

func (s *session) countRevenue(lines []*line) (all []countable) {
	for _, l := range lines {
		if _, isRevenue := s.cfg.Mapping.stream(l.Account, l.Label); isRevenue && l.Type == "item" {
			all = append(all, countable{l.date, "", l.Credit.Micros() - l.Debit.Micros()})
		}
	}
	return all
}

// differences warns of each month and thing of which an export and the lists tell different
// amounts, on the days from the export's first row to its last.
func (s *session) differences(e *export, exported, listed []countable) (warnings []error) {
	if len(exported) == 0 {
		return nil
	}
	byDay := func(a, b countable) int { return a.day.Compare(b.day) }
	first, last := s.dayOf(slices.MinFunc(exported, byDay).day), s.dayOf(slices.MaxFunc(exported, byDay).day)
	type sum struct{ exported, listed int64 }
	sums := map[string]*sum{}
	var keys []string
	add := func(c countable, into func(*sum) *int64) {
		if day := s.dayOf(c.day); day.Before(first) || day.After(last) {
			return
		}
		key := importers.MonthOf(c.day, s.cfg.Zone).String()
		if c.what != "" {
			key += ", " + importers.Title(c.what, 80)
		}
		if sums[key] == nil {
			sums[key] = &sum{}
			keys = append(keys, key)
		}
		*into(sums[key]) += c.amount
	}
	for _, c := range exported {
		add(c, func(s *sum) *int64 { return &s.exported })
	}
	for _, c := range listed {
		add(c, func(s *sum) *int64 { return &s.listed })
	}
	slices.Sort(keys)
	for _, key := range keys {
		// Hours are cut to millionths row by row: less than a second apart is the same.
		if d := sums[key]; max(d.exported-d.listed, d.listed-d.exported) > 200 {
			warnings = append(warnings, &importers.Warning{Origin: e.name, Record: key, What: differs(e.kind, schemas.Micros(d.exported), schemas.Micros(d.listed))})
		}
	}
	return warnings
}

func differs(kind string, exported, listed schemas.Decimal) schemas.Text {
	unit := map[string]schemas.Text{
		"accounting":   {FR: "€ de recettes propres", EN: "€ of own revenue"},
		"reservations": {FR: "réservations", EN: "bookings"},
		"statistics":   {FR: "heures réservées", EN: "hours booked"},
	}[kind]
	text := schemas.Text{
		FR: fmt.Sprintf("%s %s dans l'export, %s dans ce qui est importé", exported, unit.FR, listed),
		EN: fmt.Sprintf("%s %s in the export, %s in what is imported", exported, unit.EN, listed)}
	if kind == "statistics" {
		text.FR += " (les statistiques gardent un créneau annulé plus tard)"
		text.EN += " (the statistics keep a slot that was cancelled later)"
	}
	return text
}
