package verify

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
)

// labFigure is a figure's place.
type labFigure struct {
	lab string
	seriesKey
	period period
}

// figures compares whatever rests on the facts of the labs, one lab after the other while its facts are at hand: its figures of each
// grain, and the programme's. The labs' standings are worked out with them.
func (c *comparison) figures(ctx context.Context) ([]Check, error) {
	asOf := c.report.AsOf
	sieves, overLabs := map[Grain]*sieve{}, newProgramme(c.oracle)
	c.standings = map[string][]standing{}
	for grain, name := range map[Grain]string{Daily: "kpi_daily", Monthly: "kpi_monthly", Quarterly: "kpi_quarterly"} {
		sieves[grain] = newSieve(name)
	}
	err := c.digestFigures(ctx, sieves, func(lab string) (n int) {
		facts := c.oracle.factsOf(lab)
		c.standings[lab] = c.oracle.standings(lab, facts, asOf, c.rules)
		for grain, s := range sieves {
			series := c.oracle.seriesOf(facts, grain, asOf)
			if grain == Quarterly {
				overLabs.enter(lab, facts, series, asOf)
			}
			figures := c.digestOfFigures(series, grain)
			s.expect(lab, figures)
			n += figures.rows
		}
		return n
	})
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, grain := range Grains() {
		sieves[grain].settle()
		check, err := c.figuresApart(ctx, grain, sieves[grain])
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	programme, err := c.programme(ctx, overLabs)
	return append(checks, programme...), err
}

// digestFigures has the store's figures found; what is expected of the next batches of labs is worked out while it reads one.
func (c *comparison) digestFigures(ctx context.Context, sieves map[Grain]*sieve, expect func(lab string) int) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan clickhouse.LabRange, 1)
	group.Go(func() error {
		defer close(batches)
		return c.byLabs(expect, func(labs clickhouse.LabRange) error {
			select {
			case batches <- labs:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	group.Go(func() error {
		for labs := range batches {
			for grain, s := range sieves {
				if err := c.store.EachDigest(ctx, clickhouse.DigestedFigures, labs, string(grain), c.report.AsOf.Time(), s.find); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return group.Wait()
}

// digestOfFigures is of a lab's figures of a grain.
func (c *comparison) digestOfFigures(all map[seriesKey]series, grain Grain) digest {
	var d digester
	for key, series := range all {
		indicator, _ := c.oracle.catalogue.Lookup(key.indicator)
		for p, f := range series {
			d.text(key.indicator)
			d.text(key.segment)
			d.number(int64(grain.start(p)))
			d.amount(f.numerator)
			d.row = append(f.appendDenominator(d.row, indicator), between...)
			d.row = append(f.appendValue(d.row, indicator), between...)
			d.end()
		}
	}
	return d.digest
}

// figuresApart compares those figures of a grain, one by one, that are of labs kept apart.
func (c *comparison) figuresApart(ctx context.Context, grain Grain, s *sieve) (Check, error) {
	asOf := c.report.AsOf
	write := func(k labFigure, f figure) string {
		indicator, _ := c.oracle.catalogue.Lookup(k.indicator)
		kpi := kpiOf(k.lab, k.seriesKey, indicator, grain, k.period, f)
		return writeFigure(kpi.Value, kpi.Numerator.String(), kpi.Denominator)
	}
	l := newLedger(c, s.check.Name, func(k labFigure) Difference {
		return Difference{Lab: k.lab, Indicator: k.indicator, Segment: k.segment, Period: grain.name(grain.start(k.period))}
	}, write)
	err := l.among(s, func(lab string) (n int) {
		for key, series := range c.oracle.seriesOf(c.oracle.factsOf(lab), grain, asOf) {
			for p, f := range series {
				l.expect(labFigure{lab, key, p}, f)
			}
			n += len(series)
		}
		return n
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachFigure(ctx, string(grain), asOf.Time(), labs, func(found clickhouse.StoredFigure) error {
			if !s.keeps(found.Lab) {
				return nil
			}
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
