// Package explain takes a figure apart: into the events that it is made of, what each adds, and every version
// of each. It works from the stored events, by rules stated here and not by those of the views, and compares
// its total with theirs.
package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Store is what explain reads from; *clickhouse.Store is one.
type Store interface {
	Registrations(ctx context.Context, lab string) ([]clickhouse.Registration, error)
	HasEvents(ctx context.Context, lab string) (bool, error)
	RegisteredLabs(ctx context.Context) ([]string, error)
	Contributions(ctx context.Context, rules *rollup.Rules, key clickhouse.FigureKey, from, to time.Time) ([]clickhouse.Contribution, error)
	VersionsOf(ctx context.Context, lab string, ids []uuid.UUID, kinds []string) ([]clickhouse.VersionOf, error)
	Segments(ctx context.Context, rules *rollup.Rules, lab, indicator string) ([]string, error)
	Figure(ctx context.Context, key clickhouse.FigureKey, asOf time.Time) (*clickhouse.Figure, error)
}

// Config is what explaining needs besides the question.
type Config struct {
	Store Store
	// Rules are the catalogue's that the figures were made with.
	Rules *rollup.Rules
	// Zone is the programme's, for labs without one of their own.
	Zone *time.Location
	// Patience is how long to wait for the figure and the events to agree: a consumer may be between
	// storing events and counting them. 0: they are read once.
	Patience time.Duration
}

// Question names a figure.
type Question struct {
	Lab       string
	Indicator *schemas.Indicator
	Segment   string // "" is the whole
	Period    Period
	// AsOf is the day that what looks back or is carried on is looked at from, midnight UTC.
	AsOf time.Time
}

// Answer is a figure with what it is made of.
type Answer struct {
	Question
	LabName string // as registered; "" if it isn't
	Rule    Rule
	// From and To are the first and the last day counted; From is zero for "since the beginning".
	From, To time.Time
	// Numerator is what makes the value; Denominator what it is divided by, in a ratio.
	Numerator, Denominator Part
	// Value is worked out from the parts; nil if there is none.
	Value *decimal.Decimal
	// Figure is what the view says; nil if it has no such row.
	Figure *clickhouse.Figure
	// Former are the events that would count by one of their older versions, and no longer do.
	Former []Event

	exists bool // by the rules, the figure has a row
	latest bool // each event counts by its latest version
}

// Part is what is added up.
type Part struct {
	Total   decimal.Decimal
	Entries []Entry
	// Base is what the entries are taken from: the day number of the period's end where days since are
	// counted, otherwise nil.
	Base *decimal.Decimal
	// Among is how many events the entries were chosen from, where only one decides (last, max).
	Among int
}

// Entry is one thing that is added up: an event, or a reference counted once.
type Entry struct {
	Ref    string // "" where each event counts by itself
	Amount decimal.Decimal
	Events []Event // in the order of their days
}

// Event is an event behind a figure.
type Event struct {
	ID       uuid.UUID
	Kind     string
	Day      time.Time // the first day that it counts on here, midnight UTC
	Amount   decimal.Decimal
	Cut      bool // it counts on other days too, outside of this figure
	Versions []Version
	// Why it doesn't count any more; "" where it does.
	Why Why

	seq uint64
}

// Version is one version of an event; the last one holds.
type Version struct {
	clickhouse.VersionOf
	// Again says that it repeats the version before.
	Again bool
	// Late says that it never held: when it came, a higher revision was there.
	Late bool
	// Numerator and Denominator are what an older version would add to this figure if it still held; nil if nothing.
	Numerator, Denominator *decimal.Decimal
	// Unreadable says that this can't be told: today's contract doesn't accept it any more.
	Unreadable bool
}

// Why says why an event doesn't count any more.
type Why string

// The reasons.
const (
	Retracted Why = "retracted"
	Moved     Why = "moved"   // to another day
	OtherKind Why = "kind"    // it is now of another kind
	Changed   Why = "changed" // what made it count, or its segment, was corrected
)

// UnknownLab says that nothing was ever accepted from a lab.
type UnknownLab struct {
	Lab  string
	Have []string // all that are registered
}

func (e *UnknownLab) Error() string { return fmt.Sprintf("unknown lab %q", e.Lab) }

// UnknownSegment says that nothing ever counted in a segment.
type UnknownSegment struct {
	Segment string
	Have    []string // those of the lab's indicator, without the whole
}

func (e *UnknownSegment) Error() string { return fmt.Sprintf("unknown segment %q", e.Segment) }

// ErrNoDailyFigure says that an indicator over the last months has none by day.
var ErrNoDailyFigure = errors.New("an indicator over the last months has no figure by day")

// Exact says whether the contributions add up to the figure in the view, and each event counts by its latest version.
func (a *Answer) Exact() bool {
	if !a.latest || a.exists != (a.Figure != nil) {
		return false
	}
	if a.Figure == nil {
		return true
	}
	denominator := a.Figure.Denominator == nil || a.Figure.Denominator.Equal(a.Denominator.Total)
	return denominator && a.Figure.Numerator.Equal(a.Numerator.Total) && equal(a.Figure.Value, a.Value)
}

func equal(a, b *decimal.Decimal) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// poll is how often the figure is read again while it doesn't agree.
const poll = 200 * time.Millisecond

// Explain takes a figure apart. Its errors are an *[UnknownLab], an *[UnknownSegment], [ErrNoDailyFigure], or those
// of the store; that the contributions don't make the figure is no error, but the answer isn't Exact.
func Explain(ctx context.Context, c Config, q Question) (*Answer, error) {
	if q.Indicator.Window == schemas.WindowRolling && q.Period.Grain == Day {
		return nil, ErrNoDailyFigure
	}
	registrations, err := c.knownLab(ctx, q.Lab)
	if err != nil {
		return nil, err
	}
	former, err := newFormer(c, q, registrations)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(c.Patience); ; {
		a, err := c.explain(ctx, q, former)
		if err != nil {
			return nil, err
		}
		if a.Exact() || !time.Now().Before(deadline) {
			if n := len(registrations); n > 0 {
				a.LabName = registrations[n-1].Name
			}
			return a, c.knownSegment(ctx, a)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(poll):
		}
	}
}

func (c Config) knownLab(ctx context.Context, lab string) ([]clickhouse.Registration, error) {
	registrations, err := c.Store.Registrations(ctx, lab)
	if err != nil || len(registrations) > 0 {
		return registrations, err
	}
	if has, err := c.Store.HasEvents(ctx, lab); err != nil || has {
		return nil, err
	}
	labs, err := c.Store.RegisteredLabs(ctx)
	if err != nil {
		return nil, err
	}
	return nil, &UnknownLab{Lab: lab, Have: labs}
}

// knownSegment is nil if a figure has, had or may have a segment.
func (c Config) knownSegment(ctx context.Context, a *Answer) error {
	unknown := &UnknownSegment{Segment: a.Segment}
	switch {
	case a.Segment == "":
		return nil
	case a.Indicator.Counts != "": // it has the whole only
	case a.exists || a.Figure != nil || len(a.Former) > 0:
		return nil
	default:
		have, err := c.Store.Segments(ctx, c.Rules, a.Lab, a.Indicator.Code)
		if err != nil || slices.Contains(have, a.Segment) {
			return err
		}
		unknown.Have = slices.DeleteFunc(have, func(s string) bool { return s == "" })
	}
	return unknown
}

func (c Config) explain(ctx context.Context, q Question, former *former) (*Answer, error) {
	a := &Answer{Question: q, Rule: ruleOf(q.Indicator)}
	kinds := c.Rules.Kinds(q.Indicator.Code)
	key := clickhouse.FigureKey{Lab: q.Lab, Indicator: q.Indicator.Code, Segment: q.Segment, Grain: string(q.Period.Grain), Period: q.Period.Start}
	var readFrom time.Time
	a.From, readFrom, a.To = a.window()
	var facts []clickhouse.Contribution
	var err error
	if a.Begun() {
		if facts, err = c.Store.Contributions(ctx, c.Rules, key, readFrom, a.To); err != nil {
			return nil, err
		}
	}
	counted := a.add(facts)
	versions, err := c.Store.VersionsOf(ctx, q.Lab, a.ids(), kinds)
	if err != nil {
		return nil, err
	}
	if a.Figure, err = c.Store.Figure(ctx, key, q.AsOf); err != nil {
		return nil, err
	}
	former.tell(a, counted, versions)
	return a, nil
}

// Begun says whether the period has begun, as far as the figure looks.
func (a *Answer) Begun() bool { return !a.To.Before(a.Period.Start) }

// ids are the events behind the parts, each once.
func (a *Answer) ids() []uuid.UUID {
	var ids []uuid.UUID
	seen := map[uuid.UUID]bool{}
	a.each(func(e *Event) {
		if !seen[e.ID] {
			seen[e.ID] = true
			ids = append(ids, e.ID)
		}
	})
	return ids
}

// each visits the events behind the parts; one may come several times.
func (a *Answer) each(visit func(*Event)) {
	for _, p := range []*Part{&a.Numerator, &a.Denominator} {
		for i := range p.Entries {
			for j := range p.Entries[i].Events {
				visit(&p.Entries[i].Events[j])
			}
		}
	}
}
