// Package call answers the call for projects phrase by phrase: what the programme has reached of each, and where it is shown.
package call

import (
	"context"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Store is what is read.
type Store interface {
	ProgrammeFigures(ctx context.Context, asOf time.Time, segments bool) ([]clickhouse.ProgrammeFigure, error)
	CallCounts(ctx context.Context, asOf time.Time) (clickhouse.CallCounts, error)
}

// Line is a phrase of the call with what was reached.
type Line struct {
	schemas.Phrase
	// Figures are the phrase's indicators, in its order.
	Figures []Figure
	// Labs is how many labs have at least one of the figures, or a commitment on one; for a phrase of the registry, how many
	// labs are registered.
	Labs uint64
}

// Figure is an indicator over all labs from the start to a day.
type Figure struct {
	Indicator *schemas.Indicator
	// Value is nil where there is none yet.
	Value *float64
	// Labs is how many labs have such a figure, Committed how many promised one.
	Labs, Committed uint64
}

// Answer is the whole call as of a day.
type Answer struct {
	AsOf time.Time
	// Registry is what is known of the labs themselves, which S03 is about.
	Registry clickhouse.Registry
	Lines    []Line
}

// Read asks for all of it. Indicators that the catalogue doesn't have are left out.
func Read(ctx context.Context, store Store, catalogue *schemas.Catalogue, asOf time.Time) (*Answer, error) {
	figures, err := store.ProgrammeFigures(ctx, asOf, false)
	if err != nil {
		return nil, err
	}
	counts, err := store.CallCounts(ctx, asOf)
	if err != nil {
		return nil, err
	}
	answer := &Answer{AsOf: asOf, Registry: counts.Registry}
	have := map[string]Figure{}
	for _, f := range figures {
		have[f.Indicator] = Figure{Value: f.Value, Labs: f.Labs}
	}
	for _, p := range schemas.Phrases() {
		line := Line{Phrase: p, Labs: counts.Phrases[p.ID]}
		for _, code := range p.Indicators {
			f := have[code]
			var known bool
			if f.Indicator, known = catalogue.Lookup(code); !known {
				continue
			}
			f.Committed = counts.Committed[code]
			line.Figures = append(line.Figures, f)
		}
		if len(p.Indicators) == 0 {
			line.Labs = answer.Registry.Labs
		}
		answer.Lines = append(answer.Lines, line)
	}
	return answer, nil
}
