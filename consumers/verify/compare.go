package verify

import (
	"context"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
)

// comparison compares what an oracle computed with what the store holds.
type comparison struct {
	oracle    *Oracle
	store     *clickhouse.Store
	most      int // differences of a check given in words
	report    *Report
	batch     int // about how many expected rows are worked out, or in memory, at a time
	rules     Rules
	standings map[string][]standing // of each lab; known once figures are compared
}

const batchSize = 1_000_000

func compare(ctx context.Context, config Config, o *Oracle, report *Report) error {
	c := comparison{oracle: o, store: config.Store, most: config.Differences, report: report, batch: batchSize}
	var err error
	if c.rules, err = c.readRules(ctx); err != nil {
		return err
	}
	steps := []func(context.Context) ([]Check, error){
		c.messages, c.live, c.cells, c.figures, c.small,
		func(ctx context.Context) ([]Check, error) {
			return c.frozen(ctx, clickhouse.MadeWith(config.Catalogue, config.Zone), DayOf(time.Now().In(config.Zone)))
		},
	}
	for i, step := range steps {
		config.Comparing(i, len(steps))
		checks, err := step(ctx)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, checks...)
	}
	config.Comparing(len(steps), len(steps))
	report.sort()
	return nil
}

// messages compares what became of each message: it must have been accepted or rejected.
func (c *comparison) messages(ctx context.Context) ([]Check, error) {
	rejections, err := c.rejections(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := c.versions(ctx)
	if err != nil {
		return nil, err
	}
	all := Check{Name: "messages", Expected: c.report.Messages, Found: rejections.Found + versions.Found}
	if lost := all.Expected - all.Found; lost != 0 {
		all.Differing = max(lost, -lost)
		c.report.Differences = append(c.report.Differences, Difference{
			Check: all.Name, What: "accepted and rejected together", Expected: fmt.Sprint(all.Expected), Found: fmt.Sprint(all.Found),
		})
	}
	return []Check{all, rejections, versions}, nil
}

// small compares what has few rows: the catalogue, the registry and the statuses.
func (c *comparison) small(ctx context.Context) ([]Check, error) {
	catalogued, err := c.catalogued(ctx)
	if err != nil {
		return nil, err
	}
	checks := []Check{catalogued}
	for _, r := range c.relations() {
		check, err := c.rows(ctx, r)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// ledger is the expected things of a check that weren't found yet.
type ledger[K comparable, V any] struct {
	check    Check
	expected map[K]V
	// describe gives a difference its place; Check, Expected and Found are filled in by the ledger.
	describe func(K) Difference
	// write puts a thing in words.
	write      func(K, V) string
	comparison *comparison
	blamed     map[string]bool // labs that something differs of; nil: nobody asks
}

func newLedger[K comparable, V any](c *comparison, name string, describe func(K) Difference, write func(K, V) string) *ledger[K, V] {
	return &ledger[K, V]{check: Check{Name: name}, expected: map[K]V{}, describe: describe, write: write, comparison: c}
}

// expect enters a thing.
func (l *ledger[K, V]) expect(k K, v V) {
	l.check.Expected++
	l.expected[k] = v
}

// pair is a difference in words.
type pair struct{ expected, found string }

// find strikes a thing out. found is what was found, in words; compare says how what was expected
// differs from it, nil if it doesn't.
func (l *ledger[K, V]) find(k K, found string, compare func(V) *pair) {
	l.check.Found++
	v, known := l.expected[k]
	if !known {
		l.differ(k, pair{nothing, found})
		return
	}
	delete(l.expected, k)
	if d := compare(v); d != nil {
		l.differ(k, *d)
	}
}

// settle reports what wasn't found, and empties the ledger for the next batch.
func (l *ledger[K, V]) settle() {
	for k, v := range l.expected {
		l.differ(k, pair{l.write(k, v), nothing})
	}
	clear(l.expected)
}

func (l *ledger[K, V]) differ(k K, p pair) {
	d := l.describe(k)
	d.Expected, d.Found = p.expected, p.found
	l.tell(d)
}

// tell counts a difference, and puts it into the report if there aren't too many.
func (l *ledger[K, V]) tell(d Difference) {
	if l.blamed != nil {
		l.blamed[d.Lab] = true
	}
	if l.check.Differing++; l.check.Differing > l.comparison.most {
		return
	}
	d.Check = l.check.Name
	l.comparison.report.Differences = append(l.comparison.report.Differences, d)
}

// byLabs compares all labs by batches, and settles each.
func (l *ledger[K, V]) byLabs(expect func(lab string) int, read func(clickhouse.LabRange) error) error {
	return l.comparison.byLabs(expect, func(labs clickhouse.LabRange) error {
		if err := read(labs); err != nil {
			return err
		}
		l.settle()
		return nil
	})
}

// byLabs goes through all labs in batches: expect works out what a lab should have and says how much memory that takes, in rows;
// read reads what the store has. The batches' ranges leave no lab out, known or not.
func (c *comparison) byLabs(expect func(lab string) int, read func(clickhouse.LabRange) error) error {
	labs := c.oracle.Labs()
	var batch clickhouse.LabRange
	size := 0
	for i, lab := range labs {
		size += max(expect(lab), c.events(lab)) // few figures may stand on many events, which ClickHouse reads at once
		if size < c.batch || i == len(labs)-1 {
			continue
		}
		batch.To = labs[i+1]
		if err := read(batch); err != nil {
			return err
		}
		batch, size = clickhouse.LabRange{From: batch.To}, 0
	}
	return read(batch)
}

// events is how many versions of events a lab has.
func (c *comparison) events(lab string) int {
	if l, known := c.oracle.labs[lab]; known {
		return l.size()
	}
	return 0
}

// rejections compares the messages that weren't accepted.
func (c *comparison) rejections(ctx context.Context) (Check, error) {
	write := func(_ uint64, code string) string { return "rejected: " + code }
	l := newLedger(c, "rejections", func(seq uint64) Difference { return Difference{What: message(seq)} }, write)
	for seq, code := range c.oracle.rejected {
		l.expect(seq, code)
	}
	err := c.store.EachRejection(ctx, func(r clickhouse.StoredRejection) error {
		text := write(r.StreamSeq, r.Code)
		l.find(r.StreamSeq, text, func(code string) *pair { return differing(write(r.StreamSeq, code), text) })
		return nil
	})
	if err == nil {
		l.settle()
	}
	return l.check, err
}

func message(seq uint64) string { return fmt.Sprintf("message %d", seq) }

// differing is nil if both are the same words.
func differing(expected, found string) *pair {
	if expected == found {
		return nil
	}
	return &pair{expected, found}
}
