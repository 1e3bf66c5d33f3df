package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"vitrine/consumers/clickhouse"
)

// comparison compares what an oracle computed with what the store holds.
type comparison struct {
	oracle *Oracle
	store  *clickhouse.Store
	most   int // differences of a check given in words
	report *Report
}

// batchSize is about how many expected rows are in memory at a time.
const batchSize = 500_000

func compare(ctx context.Context, config Config, o *Oracle, report *Report) error {
	c := comparison{oracle: o, store: config.Store, most: config.Differences, report: report}
	rejections, err := c.rejections(ctx)
	if err != nil {
		return err
	}
	versions, err := c.versions(ctx)
	if err != nil {
		return err
	}
	// Every message must have become one or the other.
	messages := Check{Name: "messages", Expected: report.Messages, Found: rejections.Found + versions.Found}
	if lost := messages.Expected - messages.Found; lost != 0 {
		messages.Differing = max(lost, -lost)
		report.Differences = append(report.Differences, Difference{
			Check: messages.Name, What: "accepted and rejected together",
			Expected: fmt.Sprint(messages.Expected), Found: fmt.Sprint(messages.Found),
		})
	}
	report.Checks = append(report.Checks, messages, rejections, versions)
	for _, step := range []func(context.Context) (Check, error){c.live, c.cells} {
		check, err := step(ctx)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, check)
	}
	for _, grain := range Grains() {
		check, err := c.figures(ctx, grain, report.AsOf)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, check)
	}
	programme, err := c.programme(ctx)
	if err != nil {
		return err
	}
	report.Checks = append(report.Checks, programme...)
	catalogued, err := c.catalogued(ctx)
	if err != nil {
		return err
	}
	report.Checks = append(report.Checks, catalogued)
	rules, err := c.rules(ctx)
	if err != nil {
		return err
	}
	for _, r := range c.relations(rules) {
		check, err := c.rows(ctx, r)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, check)
	}
	frozen, err := c.frozen(ctx, clickhouse.MadeWith(config.Catalogue, config.Zone), rules, DayOf(time.Now().In(config.Zone)))
	report.Checks = append(report.Checks, frozen...)
	return err
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
	before     int // differences of the checks before
}

func newLedger[K comparable, V any](c *comparison, name string, describe func(K) Difference, write func(K, V) string) *ledger[K, V] {
	return &ledger[K, V]{check: Check{Name: name}, expected: map[K]V{}, describe: describe, write: write, comparison: c, before: len(c.report.Differences)}
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

// settle reports what wasn't found, and empties the ledger for the next batch. Neither a map nor
// ClickHouse has an order, so the differences told are sorted.
func (l *ledger[K, V]) settle() {
	for k, v := range l.expected {
		l.differ(k, pair{l.write(k, v), nothing})
	}
	clear(l.expected)
	all := l.comparison.report.Differences
	slices.SortFunc(all[l.before:], func(a, b Difference) int { return cmp.Compare(a.String(), b.String()) })
}

func (l *ledger[K, V]) differ(k K, p pair) {
	if l.check.Differing++; l.check.Differing > l.comparison.most {
		return
	}
	d := l.describe(k)
	d.Check, d.Expected, d.Found = l.check.Name, p.expected, p.found
	l.comparison.report.Differences = append(l.comparison.report.Differences, d)
}

// byLabs goes through all labs in batches: expect enters a lab's things into the ledger and says how
// much memory they take, in rows; read finds the store's. The batches' ranges leave no lab out, known or not.
func (l *ledger[K, V]) byLabs(expect func(lab string) int, read func(clickhouse.LabRange) error) error {
	c := l.comparison
	labs := c.oracle.Labs()
	var batch clickhouse.LabRange
	size := 0
	for i, lab := range labs {
		size += max(expect(lab), c.events(lab)) // few figures may stand on many events, which ClickHouse reads at once
		if size < batchSize || i == len(labs)-1 {
			continue
		}
		batch.To = labs[i+1]
		if err := read(batch); err != nil {
			return err
		}
		l.settle()
		batch, size = clickhouse.LabRange{From: batch.To}, 0
	}
	if err := read(batch); err != nil {
		return err
	}
	l.settle()
	return nil
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
