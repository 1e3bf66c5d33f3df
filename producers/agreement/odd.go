package agreement

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"vitrine/schemas"
)

// What the call of 2013 set (makery, 2015-02-10): at most 70 % of aid, and two years.
const (
	highestAidRate = 70
	longestMonths  = 24
)

// Odd looks for what is allowed but rarely meant, in the file's order.
func (f *File) Odd(catalogue *schemas.Catalogue) []Remark {
	o := &oddities{file: f, catalogue: catalogue}
	o.money()
	o.dates()
	for n, c := range f.Data.Commitments {
		o.commitment(fmt.Sprintf("commitments[%d].", n), c)
	}
	slices.SortStableFunc(o.found, func(a, b Remark) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.column - b.column
	})
	return o.found
}

type oddities struct {
	file      *File
	catalogue *schemas.Catalogue
	found     []Remark
}

func (o *oddities) add(field, fr, en string, args ...any) {
	o.found = append(o.found, Remark{nearestPlace(o.file.places, field), field, schemas.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}})
}

func (o *oddities) money() {
	a := o.file.Data
	if a.AidRateCap != nil && schemas.Int(highestAidRate).Less(*a.AidRateCap) {
		o.add("aid_rate_cap", "plafond de %s %% : l'appel en admet %d au plus", "a cap of %s %%: the call allows %d at most", a.AidRateCap, highestAidRate)
	}
	if a.Grant == nil || a.PlannedBudget == nil {
		return
	}
	limit := schemas.Int(highestAidRate)
	if a.AidRateCap != nil {
		limit = *a.AidRateCap
	}
	// In millionths of a percent: cap × budget against 100 × grant.
	most := new(big.Int).Mul(big.NewInt(limit.Micros()), big.NewInt(a.PlannedBudget.Micros()))
	asked := new(big.Int).Mul(big.NewInt(a.Grant.Micros()), big.NewInt(100*1e6))
	if asked.Cmp(most) > 0 {
		o.add("grant", "%s € de subvention dépassent %s %% du budget éligible prévu (%s €)", "a grant of %s € is more than %s %% of the planned eligible budget (%s €)", a.Grant, limit, a.PlannedBudget)
	}
}

func (o *oddities) dates() {
	a := o.file.Data
	start, end := day(a.Start), day(a.End)
	if end.After(start.AddDate(0, longestMonths, -1)) {
		o.add("end_date", "plus de %d mois : l'appel en admet %[1]d au plus", "more than %d months: the call allows %[1]d at most", longestMonths)
	}
	for n, r := range a.Reporting {
		field := fmt.Sprintf("reporting[%d].", n)
		first, last := periodDays(r.Period)
		if last.Before(start) || first.After(end) {
			o.add(field+"period", "%s est hors de la convention (%s au %s)", "%s lies outside the agreement (%s to %s)", r.Period, a.Start, a.End)
		}
		if !day(r.Due).After(last) {
			o.add(field+"due", "échéance le %s, avant la fin de %s", "due on %s, before the end of %s", r.Due, r.Period)
		}
	}
	if len(a.Reporting) == 0 {
		o.add("reporting", "aucune déclaration n'est due : complétude et ponctualité (Q02, Q03) n'auront pas de valeur", "no report is due: completeness and timeliness (Q02, Q03) will have no value")
	}
}

func (o *oddities) commitment(at string, c schemas.Commitment) {
	a := o.file.Data
	i, known := o.catalogue.Lookup(c.Indicator)
	if !known {
		return
	}
	if c.Due > a.End {
		o.add(at+"due", "échéance le %s, après la fin de la convention (%s)", "due on %s, after the agreement's end (%s)", c.Due, a.End)
	}
	if c.From < a.Start {
		o.add(at+"from", "commence le %s, avant la convention (%s)", "begins on %s, before the agreement (%s)", c.From, a.Start)
	}
	switch {
	case c.Baseline == nil:
	case i.Direction == "up" && c.Target.Less(*c.Baseline):
		o.add(at+"target", "cible %s inférieure à la valeur de départ %s, pour un indicateur qui doit monter", "target %s below the baseline %s, for an indicator that should rise", c.Target, c.Baseline)
	case i.Direction == "down" && c.Baseline.Less(c.Target):
		o.add(at+"target", "cible %s supérieure à la valeur de départ %s, pour un indicateur qui doit baisser", "target %s above the baseline %s, for an indicator that should fall", c.Target, c.Baseline)
	}
	if i.Direction == "cap" && a.AidRateCap != nil && c.Indicator == "I03" && c.Target != *a.AidRateCap {
		o.add(at+"target", "plafond de %s, mais aid_rate_cap dit %s", "a cap of %s, but aid_rate_cap says %s", c.Target, a.AidRateCap)
	}
	dimension, code, given := strings.Cut(c.Segment, "=")
	if terms := schemas.DimensionTerms(dimension); given && len(terms) > 0 {
		var codes []string
		for _, t := range terms {
			codes = append(codes, t.Code)
		}
		if !slices.Contains(codes, code) {
			near := nearest(code, codes)
			if near == "" {
				near = strings.Join(codes, ", ")
			}
			o.add(at+"segment", "valeur inconnue %q : rien ne sera compté (vouliez-vous dire %s ?)", "unknown value %q: nothing will be counted (did you mean %s?)", code, near)
		}
	}
}

// day reads a date that the door has checked.
func day(s string) time.Time {
	d, _ := time.Parse(time.DateOnly, s)
	return d
}

// periodDays are the first and last day of a period that the door has checked: "2026-Q1" or "2026-03".
func periodDays(period string) (first, last time.Time) {
	months := 1
	first, err := time.Parse("2006-01", period)
	if year, quarter, is := strings.Cut(period, "-Q"); is && err != nil {
		first, _ = time.Parse("2006", year)
		first, months = first.AddDate(0, 3*int(quarter[0]-'1'), 0), 3
	}
	return first, first.AddDate(0, months, -1)
}
