package main

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"vitrine/internal/bench/running"
)

// step is what the consumer's metrics say of one of its steps.
type step struct {
	name           string
	times, seconds float64
}

var stepPattern = regexp.MustCompile(`(?m)^vitrine_consumer_step_seconds_(sum|count)\{step="(\w+)"\} (\S+)$`)

func stepsOf(ctx context.Context, up *running.Up) (map[string]step, error) {
	text, err := up.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]step{}
	for _, m := range stepPattern.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		s := all[m[2]]
		s.name = m[2]
		if m[1] == "sum" {
			s.seconds = n
		} else {
			s.times = n
		}
		all[m[2]] = s
	}
	return all, nil
}

// since is what came between, the longest first.
func since(before, after map[string]step) []step {
	for name, s := range after {
		s.times -= before[name].times
		s.seconds -= before[name].seconds
		after[name] = s
	}
	return slices.SortedFunc(maps.Values(after), func(a, b step) int { return cmp.Compare(b.seconds, a.seconds) })
}
