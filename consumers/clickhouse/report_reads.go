package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"vitrine/consumers/rollup"
)

// LabSheet is a lab as registered.
type LabSheet struct {
	Lab, Name, Commune, Department, Region, Archetype string
	Opened                                            *time.Time
}

// LabSheets are the labs as registered; lab "" is all.
func (s *Store) LabSheets(ctx context.Context, lab string) ([]LabSheet, error) {
	return selectAll[LabSheet](ctx, s, "report_labs", clickhouse.Parameters{"lab": lab})
}

// AgreementSheet is an agreement in force, without its commitments. Amounts are in EUR, the rate in %.
type AgreementSheet struct {
	Lab, Agreement, Programme        string
	Starts, Ends                     time.Time
	Grant, PlannedBudget, AidRateCap *decimal.Decimal
	Revision                         uint32
}

// AgreementSheets are the agreements in force; lab "" is all. The latest of a lab comes first.
func (s *Store) AgreementSheets(ctx context.Context, lab string) ([]AgreementSheet, error) {
	return selectAll[AgreementSheet](ctx, s, "report_agreements", clickhouse.Parameters{"lab": lab})
}

// FiguresBetween are the figures by "month" or "quarter" of the periods that begin between two days, looked at from
// the second; lab "" is all, and so are no indicators.
func (s *Store) FiguresBetween(ctx context.Context, grain, lab string, from, asOf time.Time, indicators ...string) ([]Figure, error) {
	codes := "[]"
	if len(indicators) > 0 {
		codes = arrayOf(indicators)
	}
	return selectAll[Figure](ctx, s, "report_figures", clickhouse.Parameters{
		"grain": grain, "lab": lab, "from": from.Format(time.DateOnly), "as_of": asOf.Format(time.DateOnly), "indicators": codes,
	})
}

// Item is an event that a report names: its day, codes and the lab's own words. It holds nothing of companies.
type Item struct {
	Lab, Kind                                                                       string
	Day                                                                             time.Time // midnight UTC
	Type, Audience, Scope, Medium, Licence, Decision, Hypothesis, Milestone, Action string
	Title, Outlet, URL, Due                                                         string
	Attendance                                                                      *int64
}

// Items are the live events of some kinds on the days from..to; lab "" is all.
func (s *Store) Items(ctx context.Context, lab string, from, to time.Time, kinds ...string) ([]Item, error) {
	return selectAll[Item](ctx, s, "report_items", clickhouse.Parameters{
		"lab": lab, "kinds": arrayOf(kinds), "from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly),
	})
}

// Conduct is how a lab reported what happened in a time: events that hold, those of them that were corrected, and
// those that were withdrawn. Labs without any have none.
type Conduct struct {
	Lab                          string
	Events, Corrected, Retracted uint64
}

// Conducts are those of the days from..to; lab "" is all.
func (s *Store) Conducts(ctx context.Context, lab string, from, to time.Time) ([]Conduct, error) {
	if lab == "" {
		return selectAll[Conduct](ctx, s, "report_conduct_all", clickhouse.Parameters{"from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly)})
	}
	return selectAll[Conduct](ctx, s, "report_conduct", clickhouse.Parameters{
		"lab": lab, "from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly),
	})
}

// Counted is how many live events add to an indicator of a lab: on the days of a period, and up to its end.
type Counted struct {
	Lab, Indicator   string
	InPeriod, ToDate uint64
}

// CountedEvents are those of the days from..to, by the rules of the catalogue; lab "" is all.
func (s *Store) CountedEvents(ctx context.Context, rules *rollup.Rules, lab string, from, to time.Time) ([]Counted, error) {
	type key struct{ lab, indicator string }
	counted := map[key]*Counted{}
	err := s.eachEvent(ctx, rules, lab, nil, func(e storedEvent, facts []rollup.Fact) {
		ever, within := map[string]bool{}, map[string]bool{} // by indicator: an event counts once, whatever it adds
		for _, f := range facts {
			if !f.Day.After(to) {
				ever[f.Indicator] = true
				within[f.Indicator] = within[f.Indicator] || !f.Day.Before(from)
			}
		}
		for indicator := range ever {
			c := counted[key{e.lab, indicator}]
			if c == nil {
				c = &Counted{Lab: e.lab, Indicator: indicator}
				counted[key{e.lab, indicator}] = c
			}
			c.ToDate++
			if within[indicator] {
				c.InPeriod++
			}
		}
	})
	out := make([]Counted, 0, len(counted))
	for _, c := range counted {
		out = append(out, *c)
	}
	return out, err
}
