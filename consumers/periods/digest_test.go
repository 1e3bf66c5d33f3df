package periods

import (
	"testing"

	"vitrine/consumers/clickhouse"
)

// TestDigestTellsPromisesApart: an approval freezes the promise as well, so one that was amended isn't what was seen.
func TestDigestTellsPromisesApart(t *testing.T) {
	of := func(change func(*clickhouse.CommitmentStatus)) string {
		c := clickhouse.CommitmentStatus{Indicator: "D01", Agreement: "A-1", Mode: "cumulative", Target: 20, Expected: 10, Status: "on_track"}
		change(&c)
		return digest(&Look{Commitments: []clickhouse.CommitmentStatus{c}})
	}
	value := 3.0
	seen := of(func(*clickhouse.CommitmentStatus) {})
	for name, change := range map[string]func(*clickhouse.CommitmentStatus){
		"expected": func(c *clickhouse.CommitmentStatus) { c.Expected = 11 }, "agreement": func(c *clickhouse.CommitmentStatus) { c.Agreement = "A-2" },
		"mode": func(c *clickhouse.CommitmentStatus) { c.Mode = "periodic" }, "every": func(c *clickhouse.CommitmentStatus) { c.Every = "year" },
		"baseline": func(c *clickhouse.CommitmentStatus) { c.Baseline = &value }, "actual": func(c *clickhouse.CommitmentStatus) { c.Actual = &value },
	} {
		if of(change) == seen {
			t.Errorf("another %s has the same digest", name)
		}
	}
	if of(func(c *clickhouse.CommitmentStatus) { c.Baseline = &value }) == of(func(c *clickhouse.CommitmentStatus) { c.Actual = &value }) {
		t.Error("a baseline reads as an actual")
	}
}
