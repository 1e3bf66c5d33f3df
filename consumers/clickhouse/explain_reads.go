package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/consumers/rollup"
)

// Contribution is what a live event adds to an indicator: one of its facts.
type Contribution struct {
	ID         uuid.UUID
	Kind       string
	OccurredAt time.Time
	StreamSeq  uint64
	Part       string    // "numerator" or "denominator"
	Fn         string    // "sum", "distinct", "last", "state" or "max"
	Day        time.Time // midnight UTC of the local day that it counts on
	Segment    string    // "" is the whole
	Ref        string    // what is counted once
	Amount     decimal.Decimal
	Days       uint32 // on how many different days the event adds to the indicator
}

// FigureKey names one figure: a lab's indicator in a segment ("" is the whole) over a period.
type FigureKey struct {
	Lab, Indicator, Segment string
	Grain                   string    // "day", "month" or "quarter"
	Period                  time.Time // its first day
}

// Contributions are what a lab's live events add to an indicator on the days from..to, in one segment, by the rules of the catalogue;
// references that are active or not come with all their segments. The earliest day first.
func (s *Store) Contributions(ctx context.Context, rules *rollup.Rules, key FigureKey, from, to time.Time) ([]Contribution, error) {
	var out []Contribution
	err := s.eachEvent(ctx, rules, key.Lab, rules.Kinds(key.Indicator), func(e storedEvent, facts []rollup.Fact) {
		days, first := map[time.Time]bool{}, len(out)
		for _, f := range facts {
			if f.Indicator != key.Indicator {
				continue
			}
			days[f.Day] = true
			if f.Day.Before(from) || f.Day.After(to) || f.Segment != key.Segment && f.Fn != rollup.State {
				continue
			}
			out = append(out, Contribution{ID: e.id, Kind: e.kind, OccurredAt: e.occurredAt, StreamSeq: e.streamSeq, Part: f.Part.String(), Fn: f.Fn.String(),
				Day: f.Day, Segment: f.Segment, Ref: f.Ref, Amount: exact(f.Amount)})
		}
		for i := first; i < len(out); i++ {
			out[i].Days = uint32(len(days))
		}
	})
	slices.SortFunc(out, func(a, b Contribution) int {
		return cmp.Or(a.Day.Compare(b.Day), a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.StreamSeq, b.StreamSeq), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Segment, b.Segment))
	})
	return out, err
}

// Segments are those in which a lab's live events add to an indicator, by the rules of the catalogue; "" is the whole.
func (s *Store) Segments(ctx context.Context, rules *rollup.Rules, lab, indicator string) ([]string, error) {
	seen := map[string]bool{}
	err := s.eachEvent(ctx, rules, lab, rules.Kinds(indicator), func(_ storedEvent, facts []rollup.Fact) {
		for _, f := range facts {
			if f.Indicator == indicator {
				seen[f.Segment] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(seen)), err
}

// VersionOf is one version of an event of a lab that is known. Data is empty where the event has no other version.
type VersionOf struct {
	ID       uuid.UUID
	LocalDay time.Time // midnight UTC
	EventVersion
}

// VersionsOf are all versions of some events of a lab, and of those events of some kinds that have several,
// the oldest of each first.
func (s *Store) VersionsOf(ctx context.Context, lab string, ids []uuid.UUID, kinds []string) ([]VersionOf, error) {
	table, err := tableOfIDs(ids)
	if err != nil {
		return nil, err
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithExternalTable(table))
	return selectAll[VersionOf](ctx, s, "explain_versions", clickhouse.Parameters{"lab": lab, "kinds": arrayOf(kinds)})
}

// Registration is a version of a lab's registration.
type Registration struct {
	StreamSeq  uint64
	Zone, Name string // Zone "" is the programme's
}

// Registrations are all of a lab's that were accepted, in the order of the stream.
func (s *Store) Registrations(ctx context.Context, lab string) ([]Registration, error) {
	return selectAll[Registration](ctx, s, "explain_registrations", clickhouse.Parameters{"lab": lab})
}

// RegisteredLabs are the slugs of all labs that are registered, in the order of the alphabet.
func (s *Store) RegisteredLabs(ctx context.Context) ([]string, error) {
	rows, err := selectAll[struct {
		Lab string `ch:"lab"`
	}](ctx, s, "explain_labs", nil)
	labs := make([]string, len(rows))
	for i, r := range rows {
		labs[i] = r.Lab
	}
	return labs, err
}

// HasEvents says whether anything was ever accepted from a lab.
func (s *Store) HasEvents(ctx context.Context, lab string) (has bool, err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"lab": lab}))
	if err := s.conn.QueryRow(ctx, s.query("explain_has_events")).Scan(&has); err != nil {
		return false, fmt.Errorf("read events of %s: %w", lab, err)
	}
	return has, nil
}

// Figure is one figure as it stood on a day; nil if there is none.
func (s *Store) Figure(ctx context.Context, key FigureKey, asOf time.Time) (*Figure, error) {
	rows, err := selectAll[Figure](ctx, s, "explain_figure", clickhouse.Parameters{
		"lab": key.Lab, "indicator": key.Indicator, "segment": key.Segment, "grain": key.Grain,
		"period": key.Period.Format(time.DateOnly), "as_of": asOf.Format(time.DateOnly),
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// arrayOf writes names, which hold no quotes, as a parameter of type Array(String).
func arrayOf(names []string) string { return "['" + strings.Join(names, "','") + "']" }
