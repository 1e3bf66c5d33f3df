package periods

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// History is what the events behind an adjustment are found in; *clickhouse.Store is one.
type History interface {
	registrations
	VersionsSince(ctx context.Context, lab string, kinds []string, seq uint64, to time.Time) ([]clickhouse.PastVersion, error)
}

// Archive finds the events behind adjustments.
type Archive struct {
	// Store is where all versions of all events are.
	Store History
	// Catalogue says what counts; the figures must be made with it.
	Catalogue *schemas.Catalogue
	// Zone is the programme's, for labs without one of their own.
	Zone *time.Location
}

// Late is an event that came, or was corrected or retracted, after a period was approved, and adds something else to a
// figure of it since.
type Late struct {
	ID     uuid.UUID
	Change Change
	// Then is what it added when the period was approved, and Now what it adds today; each is nil if nothing.
	Then, Now *Added
	// Latest is the version that holds today: who sent it, when it came, and why.
	Latest clickhouse.PastVersion
	// Unreadable says that Then or Now can't be told: today's contract doesn't accept that version any more.
	Unreadable bool
}

// Added is what a version of an event adds to a figure.
type Added struct {
	Kind string
	Day  time.Time // of the event, midnight UTC of the local day
	// Numerator and Denominator are the sums of what it adds to either; nil if nothing. Where things are counted once, each
	// that it names adds 1; where one value decides (the last, the highest), it is what the event says.
	Numerator, Denominator *decimal.Decimal
	// Value is the numerator in the figure's own unit: hours where seconds are counted, the days up to the period's end where the day of the
	// last event is. A ratio's parts aren't in its unit: nil.
	Value *decimal.Decimal
}

// Change says what became of an event since a period was approved.
type Change string

// The changes.
const (
	Arrived   Change = "arrived"   // it wasn't there
	Corrected Change = "corrected" // another version holds
	Retracted Change = "retracted" // it never happened
	Restored  Change = "restored"  // it had been retracted, and is said again
)

// Behind are the events behind an adjustment of a figure, the earliest day first: those that add something else today than
// when the period was approved. Where one of many decides (the last, the highest, the first of a reference), some of them may not have moved
// the figure.
func (a Archive) Behind(ctx context.Context, adjusted clickhouse.Adjustment) ([]Late, error) {
	indicator, known := a.Catalogue.Lookup(adjusted.Indicator)
	period, ok := explain.ParsePeriod(adjusted.Period)
	if !known || !ok {
		return nil, fmt.Errorf("events behind %s of %s: unknown indicator or period", adjusted.Indicator, adjusted.Period)
	}
	figure := figure{indicator: indicator, segment: adjusted.Segment, rule: explain.RuleOf(indicator)}
	figure.from, figure.to = explain.Reach(indicator, period)
	rules := rollup.NewRules(a.Catalogue)
	z, err := zoneOf(ctx, a.Store, adjusted.Lab, a.Zone)
	if err != nil {
		return nil, err
	}
	versions, err := a.Store.VersionsSince(ctx, adjusted.Lab, rules.Kinds(indicator.Code), adjusted.ApprovalSeq, figure.latest())
	if err != nil {
		return nil, err
	}
	var out []Late
	for len(versions) > 0 {
		n := slices.IndexFunc(versions, func(v clickhouse.PastVersion) bool { return v.ID != versions[0].ID })
		if n < 0 {
			n = len(versions)
		}
		if late, differs := figure.compare(rules, z, versions[:n], adjusted.ApprovalSeq); differs {
			out = append(out, late)
		}
		versions = versions[n:]
	}
	slices.SortStableFunc(out, func(x, y Late) int {
		return cmp.Or(x.day().Compare(y.day()), cmp.Compare(x.Latest.StreamSeq, y.Latest.StreamSeq))
	})
	return out, nil
}

func (l Late) day() time.Time {
	switch {
	case l.Now != nil:
		return l.Now.Day
	case l.Then != nil:
		return l.Then.Day
	}
	return l.Latest.LocalDay
}

// figure is what the events are behind.
type figure struct {
	indicator *schemas.Indicator
	segment   string
	rule      explain.Rule
	from, to  time.Time
}

// latest is the last day that an event may lie on to count in the figure. Where a date in its data says when it
// counts, that is any.
func (f figure) latest() time.Time {
	for _, s := range slices.Concat(f.indicator.Numerator, f.indicator.Denominator) {
		if s.Day != "" {
			return time.Date(2148, 12, 31, 0, 0, 0, 0, time.UTC)
		}
	}
	return f.to
}

// compare holds what an event added when the stream stood at seq against what it adds today.
func (f figure) compare(rules *rollup.Rules, z zone, versions []clickhouse.PastVersion, seq uint64) (Late, bool) {
	latest := versions[len(versions)-1]
	late := Late{ID: latest.ID, Latest: latest, Change: Arrived}
	var before *clickhouse.PastVersion
	for i := range versions {
		if versions[i].StreamSeq < seq {
			before = &versions[i]
		}
	}
	now, added, errNow := f.added(rules, z, latest)
	late.Now = added
	var then []rollup.Fact
	var errThen error
	if before != nil {
		if before.StreamSeq == latest.StreamSeq { // what came since was older than what was there
			return late, false
		}
		then, late.Then, errThen = f.added(rules, z, *before)
		switch {
		case latest.Retracted:
			late.Change = Retracted
		case before.Retracted:
			late.Change = Restored
		default:
			late.Change = Corrected
		}
	}
	late.Unreadable = errNow != nil || errThen != nil
	return late, late.Unreadable || !slices.Equal(then, now)
}

// added is what a version adds to the figure, fact by fact in the order of the rules, and in all.
func (f figure) added(rules *rollup.Rules, z zone, v clickhouse.PastVersion) ([]rollup.Fact, *Added, error) {
	row, added, err := rowOf(rules, v, z)
	if err != nil {
		return nil, nil, err
	}
	var facts []rollup.Fact
	sum := &Added{Kind: v.Kind, Day: row.Place.LocalDay}
	for _, x := range added {
		if x.Indicator != f.indicator.Code || x.Day.Before(f.from) || x.Day.After(f.to) || !f.inSegment(x) || f.rule == explain.Repeat && x.Part == rollup.Numerator {
			continue
		}
		facts = append(facts, x)
		to := &sum.Numerator
		if x.Part == rollup.Denominator {
			to = &sum.Denominator
		}
		amount := decimal.New(x.Amount.Micros(), -6)
		if x.Fn == rollup.Distinct {
			amount = decimal.NewFromInt(1)
		}
		if *to == nil || x.Fn == rollup.Max && amount.GreaterThan(**to) || x.Fn == rollup.Last {
			*to = &amount
		} else if x.Fn != rollup.Max {
			total := (*to).Add(amount)
			*to = &total
		}
	}
	if len(facts) == 0 {
		return nil, nil, nil
	}
	sum.Value = f.inUnit(sum.Numerator)
	return facts, sum, nil
}

// inUnit is an amount in the figure's unit, cut after the sixth decimal as figures are; nil for a ratio's.
func (f figure) inUnit(v *decimal.Decimal) *decimal.Decimal {
	if v == nil || len(f.indicator.Denominator) > 0 {
		return nil
	}
	value, _ := v.QuoRem(decimal.NewFromInt(f.indicator.Scale), 6)
	if f.rule == explain.Age {
		value = decimal.NewFromInt(f.to.Unix() / 86400).Sub(value)
	}
	return &value
}

// inSegment says whether a fact concerns the figure's segment. What ends something ends it in every segment.
func (f figure) inSegment(x rollup.Fact) bool {
	if x.Fn == rollup.State && x.Amount.Sign() == 0 {
		return true
	}
	if f.rule == explain.Kinds {
		return strings.HasPrefix(x.Segment, f.indicator.Counts+"=")
	}
	return x.Segment == f.segment
}
