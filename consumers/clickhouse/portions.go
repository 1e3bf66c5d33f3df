package clickhouse

import "context"

// labWeight is a lab with how many contributions its cells hold, those of replaced versions too until they are merged.
type labWeight struct {
	Lab           string
	Contributions uint64
}

// portions are ranges of all labs, known or not, of which none weighs more than most, but for a lab that does by itself.
func (s *Store) portions(ctx context.Context, most uint64) ([]LabRange, error) {
	weights, err := selectAll[labWeight](ctx, s, "lab_weights", nil)
	if err != nil {
		return nil, err
	}
	return portionsOf(weights, most), nil
}

// portionsOf divides labs that are in order.
func portionsOf(weights []labWeight, most uint64) []LabRange {
	var out []LabRange
	var next LabRange
	var weight uint64
	for _, w := range weights {
		if weight > 0 && weight+w.Contributions > most {
			next.To = w.Lab
			out, next, weight = append(out, next), LabRange{From: w.Lab}, 0
		}
		weight += w.Contributions
	}
	return append(out, next)
}
