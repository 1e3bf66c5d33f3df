package verify

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"vitrine/consumers/clickhouse"
)

// row is a row of a small relation in words, by column; NULL has none.
type row map[string]string

// given adds to a row the columns that aren't NULL: an empty text stands for it.
func given(r row, nullable row) row {
	for column, value := range nullable {
		if value != "" {
			r[column] = value
		}
	}
	return r
}

// rowKey is what names a row of any of the small relations.
type rowKey struct{ lab, agreement, number, indicator, segment, code, period string }

func keyOf(r row) rowKey {
	k := rowKey{r["lab"], r["agreement"], r["number"], r["indicator"], r["segment"], r["code"], r["period"]}
	if k.code != "" {
		k.period = "" // the catalogue's usual one, which names nothing
	}
	return k
}

func (k rowKey) place() Difference {
	d := Difference{Lab: k.lab, Indicator: k.indicator + k.code, Segment: k.segment, Period: k.period}
	if k.agreement != "" {
		d.What = "agreement " + k.agreement
	}
	if k.number != "" {
		d.What += ", commitment " + k.number
	}
	return d
}

// relation is a small relation: what it should hold of a lab, and how it is read.
type relation struct {
	name     string
	read     clickhouse.Relation
	expected func(lab string) []row
}

// relations are the registry and the statuses; those of commitments and labs are made of the labs' standings.
func (c *comparison) relations() []relation {
	o, asOf := c.oracle, c.report.AsOf
	return []relation{
		{"labs", clickhouse.Labs, o.labRows},
		{"agreements", clickhouse.Agreements, o.agreementRows},
		{"commitments", clickhouse.Commitments, o.commitmentRows},
		{"commitment_status", clickhouse.CommitmentStatusAsOf, func(lab string) []row { return standingRows(c.standings[lab], lab, asOf) }},
		{"period_states", clickhouse.PeriodStatesAsOf, func(lab string) []row { return o.periodRows(lab, asOf) }},
		{"lab_status", clickhouse.LabStatusAsOf, func(lab string) []row { return o.labStandingRows(c.standings[lab], lab, asOf) }},
	}
}

// rows compares a relation that has few rows for each lab.
func (c *comparison) rows(ctx context.Context, r relation) (Check, error) {
	l := c.rowLedger(r.name)
	err := l.byLabs(func(lab string) int {
		expected := r.expected(lab)
		for _, e := range expected {
			l.expect(keyOf(e), e)
		}
		return len(expected)
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachRow(ctx, r.read, labs, c.report.AsOf.Time(), l.findRow)
	})
	return l.check, err
}

// catalogued compares the indicators with the catalogue.
func (c *comparison) catalogued(ctx context.Context) (Check, error) {
	l := c.rowLedger("indicators")
	for _, e := range indicatorRows(c.oracle.catalogue) {
		l.expect(keyOf(e), e)
	}
	err := c.store.EachRow(ctx, clickhouse.Indicators, clickhouse.LabRange{}, c.report.AsOf.Time(), l.findRow)
	if err == nil {
		l.settle()
	}
	return l.check, err
}

type rowLedger struct{ *ledger[rowKey, row] }

func (c *comparison) rowLedger(name string) rowLedger {
	return rowLedger{newLedger(c, name, rowKey.place, func(_ rowKey, r row) string { return writeRow(r, slices.Sorted(maps.Keys(r))) })}
}

func (l rowLedger) findRow(found map[string]string) error {
	all := writeRow(found, slices.Sorted(maps.Keys(found)))
	l.find(keyOf(found), all, func(expected row) *pair { return differingColumns(expected, found) })
	return nil
}

// differingColumns puts those columns in words that differ; nil if none does.
func differingColumns(expected, found row) *pair {
	columns := map[string]bool{}
	for _, r := range []row{expected, found} {
		for column, value := range r {
			if e, here := expected[column]; !here || e != value {
				columns[column] = true
			} else if f, there := found[column]; !there || f != value {
				columns[column] = true
			}
		}
	}
	if len(columns) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(columns))
	return &pair{writeRow(expected, names), writeRow(found, names)}
}

func writeRow(r row, columns []string) string {
	var out []string
	for _, column := range columns {
		if value, here := r[column]; here {
			out = append(out, strings.TrimSpace(column+" "+value))
		} else {
			out = append(out, "no "+column)
		}
	}
	return strings.Join(out, ", ")
}

// readRules reads the thresholds. They are a programme's own settings, so there is nothing to hold them against.
func (c *comparison) readRules(ctx context.Context) (Rules, error) {
	stored, err := c.store.StatusRules(ctx)
	if err != nil {
		return Rules{}, err
	}
	var out Rules
	for rule, into := range map[string]**big.Rat{"on_track": &out.OnTrack, "at_risk": &out.AtRisk} {
		value, given := stored[rule]
		if !given {
			continue
		}
		r, ok := new(big.Rat).SetString(value)
		if !ok {
			return Rules{}, fmt.Errorf("status rule %s: %q is no number", rule, value)
		}
		*into = r
	}
	return out, nil
}
