package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// ProgrammeFigure is one row of programme_figures, or of programme_monthly or programme_quarterly: an indicator, or a
// segment of it, over all labs.
type ProgrammeFigure struct {
	Indicator string `json:"indicator"`
	Segment   string `json:"segment"` // "" is the whole
	// Period is the period's first day; zero for a figure since the start.
	Period time.Time `json:"period,omitzero"`
	// Value is nil for a ratio whose denominator is 0.
	Value *float64 `json:"value"`
	// Numerator is nil for a median, Denominator for what isn't a ratio.
	Numerator   *float64 `json:"numerator"`
	Denominator *float64 `json:"denominator"`
	// Labs is how many labs have such a figure.
	Labs uint64 `json:"labs"`
	// OverLabs is how the labs were combined: sum, union, ratio or median.
	OverLabs string `json:"over_labs"`
	NameFR   string `json:"name_fr"`
	NameEN   string `json:"name_en"`
	Unit     string `json:"unit"`
}

// ProgrammeFigures are the programme's figures from its start to a day, in the catalogue's order, the whole of an
// indicator before its segments, which are read only where they are asked for. An indicator without a figure isn't there.
func (s *Store) ProgrammeFigures(ctx context.Context, asOf time.Time, segments bool) ([]ProgrammeFigure, error) {
	return selectAll[ProgrammeFigure](ctx, s, "programme_figures", clickhouse.Parameters{
		"as_of": asOf.Format(time.DateOnly), "segments": strconv.FormatBool(segments),
	})
}

// ProgrammeFiguresBetween are the programme's figures by "month" or "quarter" of the periods that begin between two days, as of
// the second: what is carried on goes up to that day's period. Segments are read only where they are asked for.
func (s *Store) ProgrammeFiguresBetween(ctx context.Context, grain string, from, asOf time.Time, segments bool) ([]ProgrammeFigure, error) {
	return selectAll[ProgrammeFigure](ctx, s, "programme_by_period", clickhouse.Parameters{
		"grain": grain, "from": from.Format(time.DateOnly), "as_of": asOf.Format(time.DateOnly), "segments": strconv.FormatBool(segments),
	})
}

// CallCounts say how many labs are concerned by what the call asks for, as of a day.
type CallCounts struct {
	Registry Registry
	// Phrases are how many labs have an event or a commitment that counts for a phrase, by its id.
	Phrases map[string]uint64
	// Committed are how many labs have a commitment on an indicator, by its code.
	Committed map[string]uint64
}

// Registry is what is known of the labs themselves.
type Registry struct {
	Labs       uint64 `json:"labs"`       // registered
	Archetypes uint64 `json:"archetypes"` // of them, those whose archetype is known
	Opened     uint64 `json:"opened"`     // of them, those that are open
}

// CallCounts reads them.
func (s *Store) CallCounts(ctx context.Context, asOf time.Time) (CallCounts, error) {
	parameters := clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly)}
	out := CallCounts{Phrases: map[string]uint64{}, Committed: map[string]uint64{}}
	registry, err := selectAll[Registry](ctx, s, "call_registry", parameters)
	if err != nil {
		return out, err
	}
	out.Registry = registry[0] // an aggregate without groups has one row
	type count struct {
		Of   string
		Labs uint64
	}
	for query, into := range map[string]map[string]uint64{"call_phrases": out.Phrases, "call_committed": out.Committed} {
		rows, err := selectAll[count](ctx, s, query, parameters)
		if err != nil {
			return out, err
		}
		for _, r := range rows {
			into[r.Of] = r.Labs
		}
	}
	return out, nil
}
