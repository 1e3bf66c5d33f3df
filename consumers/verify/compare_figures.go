package verify

import (
	"context"
	"fmt"

	"vitrine/consumers/clickhouse"
)

// labFigure is a figure's place.
type labFigure struct {
	lab string
	seriesKey
	period period
}

// figures compares every figure of a grain.
func (c *comparison) figures(ctx context.Context, grain Grain, asOf Day) (Check, error) {
	name := map[Grain]string{Daily: "kpi_daily", Monthly: "kpi_monthly", Quarterly: "kpi_quarterly"}[grain]
	write := func(k labFigure, f figure) string {
		indicator, _ := c.oracle.catalogue.Lookup(k.indicator)
		kpi := kpiOf(k.lab, k.seriesKey, indicator, grain, k.period, f)
		return writeFigure(kpi.Value, kpi.Numerator.String(), kpi.Denominator)
	}
	l := newLedger(c, name, func(k labFigure) Difference {
		return Difference{Lab: k.lab, Indicator: k.indicator, Segment: k.segment, Period: grain.name(grain.start(k.period))}
	}, write)
	err := l.byLabs(func(lab string) (n int) {
		for key, series := range c.oracle.seriesOf(lab, grain, asOf) {
			for p, f := range series {
				l.expect(labFigure{lab, key, p}, f)
			}
			n += len(series)
		}
		return n
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachFigure(ctx, string(grain), asOf.Time(), labs, func(found clickhouse.StoredFigure) error {
			start := Day(found.Start)
			k := labFigure{found.Lab, seriesKey{found.Indicator, found.Segment}, grain.of(start)}
			text := writeFigure(found.Value, found.Numerator, found.Denominator)
			if grain.start(k.period) != start {
				text += fmt.Sprintf(" on %s, where no period begins", start)
			}
			l.find(k, text, func(f figure) *pair { return differing(write(k, f), text) })
			return nil
		})
	})
	return l.check, err
}

// writeFigure puts a figure in words; two figures are the same if their words are.
func writeFigure(value *string, numerator string, denominator *string) string {
	s := "no value"
	if value != nil {
		s = *value
	}
	if denominator == nil {
		return s + " (numerator " + numerator + ")"
	}
	return s + " (" + numerator + " ÷ " + *denominator + ")"
}
