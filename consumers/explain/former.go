package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// bar is what an older version must beat to have counted, where others decide.
type bar struct {
	firsts  map[string]fact // of each reference
	holder  *fact           // what was said last
	highest *decimal.Decimal
	turns   map[string]turn // the last of each reference
}

// former works out what older versions of events contributed. event_store keeps an event's latest facts alone, so
// they are worked out again from event_history.
type former struct {
	config     Config
	registered uint64 // the lab's zone holds for what stands behind it in the stream; 0: it has none
	zone       *time.Location
}

func newFormer(c Config, q Question, registrations []clickhouse.Registration) (*former, error) {
	f := &former{config: c}
	if len(registrations) > 0 && registrations[0].Zone != "" {
		zone, err := time.LoadLocation(registrations[0].Zone)
		if err != nil {
			return nil, fmt.Errorf("time zone of %s: %w", q.Lab, err)
		}
		f.registered, f.zone = registrations[0].StreamSeq, zone
	}
	return f, nil
}

// tell gives each event behind the figure its versions, and finds the events that once were.
func (f *former) tell(a *Answer, b bar, versions []clickhouse.VersionOf) {
	history := map[uuid.UUID][]Version{}
	var order []uuid.UUID
	for _, v := range versions {
		if len(history[v.ID]) == 0 {
			order = append(order, v.ID)
		}
		history[v.ID] = append(history[v.ID], Version{VersionOf: v})
	}
	counted := map[uuid.UUID]bool{}
	a.each(func(e *Event) { counted[e.ID] = true })
	for _, id := range order {
		all := history[id]
		for i := range all[:len(all)-1] {
			all[i+1].Again = sameContent(all[i], all[i+1])
			all[i].Late = slices.ContainsFunc(all[i+1:], func(v Version) bool {
				return v.StreamSeq < all[i].StreamSeq
			})
			if a.Begun() && !all[i].Late {
				f.weigh(a, &all[i], func(x fact) bool { return counted[id] || a.beats(b, x) })
			}
		}
		if !counted[id] {
			a.addFormer(all)
		}
	}
	slices.SortStableFunc(a.Former, func(x, y Event) int { return x.Day.Compare(y.Day) })
	a.latest = true
	a.each(func(e *Event) {
		e.Versions = history[e.ID]
		n := len(e.Versions)
		a.latest = a.latest && n > 0 && e.Versions[n-1].StreamSeq == e.seq && !e.Versions[n-1].Retracted
	})
}

func sameContent(a, b Version) bool {
	return a.Revision == b.Revision && a.Kind == b.Kind && a.OccurredAt.Equal(b.OccurredAt) && a.Retracted == b.Retracted && a.Data == b.Data
}

// addFormer adds an event that counted by one of its older versions.
func (a *Answer) addFormer(versions []Version) {
	latest := versions[len(versions)-1]
	for _, v := range slices.Backward(versions[:len(versions)-1]) {
		if v.Numerator == nil && v.Denominator == nil {
			continue
		}
		e := Event{ID: v.ID, Kind: v.Kind, Day: v.LocalDay, Versions: versions, Why: Changed, seq: latest.StreamSeq}
		for _, amount := range []*decimal.Decimal{v.Denominator, v.Numerator} {
			if amount != nil {
				e.Amount = *amount
			}
		}
		switch {
		case latest.Retracted:
			e.Why = Retracted
		case latest.Kind != v.Kind:
			e.Why = OtherKind
		case !latest.LocalDay.Equal(v.LocalDay):
			e.Why = Moved
		}
		a.Former = append(a.Former, e)
		return
	}
}

// weigh says what an older version would add to the figure.
func (f *former) weigh(a *Answer, v *Version, counts func(fact) bool) {
	facts, err := f.facts(a, *v)
	if err != nil {
		v.Unreadable = true
		return
	}
	for _, x := range facts {
		if x.Day.After(a.To) || x.Day.Before(a.From) || !counts(x) {
			continue
		}
		to := &v.Numerator
		if x.Part == denominator {
			to = &v.Denominator
		}
		if *to == nil {
			*to = new(decimal.Decimal)
		}
		**to = (*to).Add(x.Amount)
	}
}

// beats says whether a fact would count besides those that do: where one of several decides, it must be that one.
func (a *Answer) beats(b bar, x fact) bool {
	switch a.Rule {
	case First:
		first, known := b.firsts[x.Ref]
		return !known || compareDays(x, first) < 0
	case Last, Age:
		return b.holder == nil || a.compareSaid(x, *b.holder) > 0
	case Max:
		return b.highest == nil || x.Amount.GreaterThan(*b.highest)
	case Stock, Kinds:
		t, known := b.turns[x.Ref]
		return !known && !x.Amount.IsZero() || known && compareTurns(x, t.fact) > 0 && (!x.Amount.IsZero() || t.ever[a.Segment] || a.Rule == Kinds)
	}
	return true
}

// facts are what a version contributed when it was the latest.
func (f *former) facts(a *Answer, v Version) ([]fact, error) {
	if v.Retracted {
		return nil, nil
	}
	raw, err := json.Marshal(schemas.Event{
		SpecVersion: "1.0", ID: v.ID, Source: v.Source, Type: schemas.TypePrefix + v.Kind, Time: v.OccurredAt,
		Revision: int64(v.Revision), Data: json.RawMessage(v.Data),
	})
	if err != nil {
		return nil, err
	}
	e, err := schemas.Decode(raw, v.ReceivedAt)
	if err != nil {
		return nil, err
	}
	zone := f.config.Zone
	if f.zone != nil && v.StreamSeq >= f.registered {
		zone = f.zone
	}
	place := rollup.PlaceOf(e, zone)
	if !place.LocalDay.Equal(v.LocalDay) {
		return nil, errors.New("its day was another")
	}
	worked, err := f.config.Rules.Facts(e, place)
	if err != nil {
		return nil, err
	}
	var facts []fact
	for _, w := range worked {
		ends := w.Fn == rollup.State && w.Amount.Sign() == 0
		inSegment := w.Segment == a.Segment || ends
		if a.Rule == Kinds {
			inSegment = strings.HasPrefix(w.Segment, a.Indicator.Counts+"=") || ends
		}
		if w.Indicator != a.Indicator.Code || !inSegment || a.Rule == Repeat && w.Part == rollup.Numerator {
			continue
		}
		x := fact{ID: v.ID, Kind: v.Kind, OccurredAt: v.OccurredAt, StreamSeq: v.StreamSeq, Part: numerator, Day: w.Day,
			Segment: w.Segment, Ref: w.Ref, Amount: decimal.New(w.Amount.Micros(), -6)}
		if w.Part == rollup.Denominator {
			x.Part = denominator
		}
		facts = append(facts, x)
	}
	return facts, nil
}
