package verify

import (
	"context"
	"fmt"
	"time"
)

// attempts is how often a comparison is made when events arrive during it.
const attempts = 3

// Verify waits until the pipeline is at rest, computes everything anew from the stream, and compares.
// Its error says that nothing could be proved; differences are in the report.
func Verify(ctx context.Context, c Config) (Report, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Report{}, err
	}
	if err := c.Store.CheckCatalogue(ctx, c.Catalogue); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	for try := 1; ; try++ {
		report, err := c.once(ctx)
		if err != nil {
			return report, fmt.Errorf("verify: %w", err)
		}
		if report.Exact() {
			return report, nil
		}
		// What was counted after the stream was read looks like a difference, but isn't one.
		state, _ := c.look(ctx)
		if state.LastSeq == report.LastSeq {
			return report, nil
		}
		if try == attempts {
			return report, fmt.Errorf("verify: %w", &MovedError{From: report.LastSeq, To: state.LastSeq})
		}
		c.Logger.InfoContext(ctx, "events arrived during the comparison: comparing again", "from", report.LastSeq, "to", state.LastSeq)
	}
}

// once verifies the stream as it is now.
func (c Config) once(ctx context.Context) (Report, error) {
	start := time.Now()
	state, err := c.rest(ctx)
	if err != nil {
		return Report{}, err
	}
	report := Report{AsOf: DayOf(c.AsOf), LastSeq: state.LastSeq, Waited: time.Since(start)}
	c.Logger.InfoContext(ctx, "the pipeline is at rest", "messages", state.Msgs, "waited", report.Waited)

	start = time.Now()
	o := NewOracle(c.Catalogue, c.Zone)
	if report.Messages, err = c.read(ctx, o, state); err != nil {
		return report, err
	}
	report.Accepted, report.Rejected, report.Labs = o.Accepted(), len(o.rejected), len(o.labs)
	report.Computed = time.Since(start)
	c.Logger.InfoContext(ctx, "the figures are computed anew", "accepted", report.Accepted, "rejected", report.Rejected, "took", report.Computed)

	start = time.Now()
	err = compare(ctx, c, o, &report)
	report.Compared = time.Since(start)
	return report, err
}
