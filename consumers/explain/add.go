package explain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
)

type fact = clickhouse.Contribution

const (
	numerator   = "numerator"
	denominator = "denominator"
)

// add works the figure out from the facts of the live events. It gives what an older version must beat to have
// counted.
func (a *Answer) add(facts []fact) bar {
	b := bar{}
	of := func(part string) []fact {
		return slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return f.Part != part })
	}
	switch a.Rule {
	case First:
		facts, b.firsts = a.firsts(facts)
		a.Numerator = partOf(facts)
		a.exists = len(facts) > 0
	case Repeat:
		all := of(denominator)
		a.Numerator, a.Denominator = partOf(seenAgain(all)), partOf(all)
		a.exists = len(all) > 0
	case Last, Age:
		a.Numerator, b.holder = a.last(facts)
		a.exists = len(facts) > 0
	case Max:
		a.Numerator = highest(facts)
		if a.exists = len(facts) > 0; a.exists {
			b.highest = &a.Numerator.Total
		}
	case Stock, Kinds:
		a.exists, b.turns = a.stock(facts)
	default:
		a.Numerator, a.Denominator = partOf(of(numerator)), partOf(of(denominator))
		a.exists = len(facts) > 0
	}
	a.Value = a.value()
	return b
}

// value is numerator ÷ scale or numerator ÷ denominator, cut after the sixth decimal as ClickHouse's is.
func (a *Answer) value() *decimal.Decimal {
	dividend, divisor := a.Numerator.Total, decimal.NewFromInt(a.Indicator.Scale)
	if a.Denominated() {
		divisor = a.Denominator.Total
		if a.Indicator.Percent() {
			dividend = dividend.Mul(decimal.NewFromInt(100))
		}
	}
	if !a.exists || divisor.IsZero() {
		return nil
	}
	value, _ := dividend.QuoRem(divisor, 6)
	return &value
}

// Denominated says whether the figure is a quotient of two parts.
func (a *Answer) Denominated() bool { return len(a.Indicator.Denominator) > 0 }

// partOf adds sums up event by event, and counts each reference once.
func partOf(facts []fact) Part {
	var p Part
	index := map[string]int{}
	for _, f := range inOrder(facts) {
		key := f.ID.String()
		if f.Fn == "distinct" {
			key = "ref " + f.Ref
		}
		i, known := index[key]
		if !known {
			i = len(p.Entries)
			index[key] = i
			p.Entries = append(p.Entries, Entry{})
		}
		e := &p.Entries[i]
		if f.Fn == "distinct" {
			e.Ref, e.Amount = f.Ref, one()
		} else {
			e.Amount = e.Amount.Add(f.Amount)
		}
		e.include(f)
	}
	p.total()
	return p
}

func (p *Part) total() {
	for _, e := range p.Entries {
		p.Total = p.Total.Add(e.Amount)
	}
}

// include adds a fact to its event's amount.
func (e *Entry) include(f fact) {
	i := slices.IndexFunc(e.Events, func(o Event) bool { return o.ID == f.ID })
	if i < 0 {
		i = len(e.Events)
		e.Events = append(e.Events, eventOf(f))
		e.Events[i].Cut = f.Days > 1
	} else if f.Fn == "sum" {
		e.Events[i].Amount = e.Events[i].Amount.Add(f.Amount)
	}
}

func eventOf(f fact) Event {
	return Event{ID: f.ID, Kind: f.Kind, Day: f.Day, Amount: f.Amount, seq: f.StreamSeq}
}

// inOrder sorts by day, then by time, then by place in the stream.
func inOrder(facts []fact) []fact {
	slices.SortStableFunc(facts, compareDays)
	return facts
}

func compareDays(a, b fact) int { return cmp.Or(a.Day.Compare(b.Day), compareTurns(a, b)) }

// compareTurns sorts by time, then by place in the stream: what was said last holds.
func compareTurns(a, b fact) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.StreamSeq, b.StreamSeq))
}

// firsts keeps the first fact of each reference that lies in the period. It gives all first facts, too.
func (a *Answer) firsts(facts []fact) (inPeriod []fact, firsts map[string]fact) {
	firsts = map[string]fact{}
	for _, f := range inOrder(facts) {
		if _, seen := firsts[f.Ref]; seen {
			continue
		}
		firsts[f.Ref] = f
		if !f.Day.Before(a.Period.Start) {
			inPeriod = append(inPeriod, f)
		}
	}
	return inPeriod, firsts
}

// seenAgain keeps the references seen in two or more quarters, each with its first fact in every one.
func seenAgain(facts []fact) []fact {
	type visit struct {
		ref     string
		quarter time.Time
	}
	var visits []fact
	seen, quarters := map[visit]bool{}, map[string]int{}
	for _, f := range inOrder(facts) {
		v := visit{f.Ref, PeriodOf(Quarter, f.Day).Start}
		if !seen[v] {
			seen[v] = true
			quarters[f.Ref]++
			visits = append(visits, f)
		}
	}
	return slices.DeleteFunc(visits, func(f fact) bool { return quarters[f.Ref] < 2 })
}

// last is what was said last in the last period in which anything was.
func (a *Answer) last(facts []fact) (Part, *fact) {
	var p Part
	if len(facts) == 0 {
		return p, nil
	}
	holder := slices.MaxFunc(facts, a.compareSaid)
	p.Among = events(facts)
	p.Entries = []Entry{{Amount: holder.Amount, Events: []Event{eventOf(holder)}}}
	p.Total = holder.Amount
	if a.Rule == Age {
		base := decimal.NewFromInt(a.To.Unix() / 86400)
		p.Base = &base
		p.Total = base.Sub(holder.Amount)
	}
	return p, &holder
}

// compareSaid sorts by period, then by time. Where one event says several amounts, the highest counts.
func (a *Answer) compareSaid(x, y fact) int {
	period := func(f fact) time.Time { return PeriodOf(a.Period.Grain, f.Day).Start }
	return cmp.Or(period(x).Compare(period(y)), compareTurns(x, y), x.Amount.Cmp(y.Amount))
}

func events(facts []fact) int {
	ids := map[uuid.UUID]bool{}
	for _, f := range facts {
		ids[f.ID] = true
	}
	return len(ids)
}

// highest is the greatest amount, with every event that says it.
func highest(facts []fact) Part {
	var p Part
	if len(facts) == 0 {
		return p
	}
	top := slices.MaxFunc(facts, func(x, y fact) int { return x.Amount.Cmp(y.Amount) }).Amount
	e := Entry{Amount: top}
	for _, f := range inOrder(slices.Clone(facts)) {
		if f.Amount.Equal(top) {
			e.include(f)
		}
	}
	return Part{Total: top, Entries: []Entry{e}, Among: events(facts)}
}

// turn is an event about a reference: from then on it is active in these segments.
type turn struct {
	fact
	active []string
	ever   map[string]bool // the segments that it was active in, then or before
}

// stock counts the references that are active at the end. It gives the last turn of each, and whether the figure
// exists: anything was ever active in its segment.
func (a *Answer) stock(facts []fact) (exists bool, turns map[string]turn) {
	slices.SortStableFunc(facts, compareTurns)
	turns = map[string]turn{}
	var refs []string
	for _, f := range facts {
		t, known := turns[f.Ref]
		if !known {
			refs = append(refs, f.Ref)
			t.ever = map[string]bool{"": true}
		}
		if t.StreamSeq != f.StreamSeq {
			t = turn{fact: f, ever: t.ever}
		}
		if f.Amount.Equal(one()) {
			t.active = append(t.active, f.Segment)
			t.ever[f.Segment] = true
		}
		turns[f.Ref] = t
	}
	for _, ref := range refs {
		t := turns[ref]
		switch {
		case a.Rule == Kinds && a.Segment == "":
			exists = true
			a.Numerator.addKinds(a.Indicator.Counts, t)
		case a.Rule == Stock && t.ever[a.Segment]:
			exists = true
			e := Entry{Ref: ref, Events: []Event{eventOf(t.fact)}}
			if slices.Contains(t.active, a.Segment) {
				e.Amount = one()
			}
			e.Events[0].Amount = e.Amount
			a.Numerator.Entries = append(a.Numerator.Entries, e)
		}
	}
	a.Numerator.total()
	return exists, turns
}

func one() decimal.Decimal { return decimal.NewFromInt(1) }

// addKinds counts each different segment of a dimension that a reference is active in.
func (p *Part) addKinds(dimension string, t turn) {
	for _, segment := range t.active {
		if !strings.HasPrefix(segment, dimension+"=") {
			continue
		}
		i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.Ref == segment })
		if i < 0 {
			i = len(p.Entries)
			p.Entries = append(p.Entries, Entry{Ref: segment, Amount: one()})
		}
		e := eventOf(t.fact)
		e.Amount = one()
		p.Entries[i].Events = append(p.Entries[i].Events, e)
	}
}
