package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
)

// attempts is how often a comparison is made when something was counted during it.
const attempts = 3

// Verify waits until what is in the stream has been counted, computes everything anew from it, and
// compares. The ingest is paused for the comparison, so that it works on a system that is in use.
// Its error says that nothing could be proved; differences are in the report.
func Verify(ctx context.Context, c Config) (Report, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Report{}, err
	}
	for try := 1; ; try++ {
		made, err := c.Store.FiguresMadeWith(ctx, clickhouse.MadeWith(c.Catalogue, c.Zone))
		if err != nil {
			return Report{}, fmt.Errorf("verify: %w", err)
		}
		report, moved, err := c.once(ctx, made)
		switch {
		case errors.Is(err, clickhouse.ErrMadeOtherwise) && try < attempts:
			c.Logger.InfoContext(ctx, "the figures were made again meanwhile: computing again", "cause", err)
			continue
		case err != nil:
			return report, fmt.Errorf("verify: %w", err)
		case report.Exact() || moved == 0:
			return report, nil
		case try == attempts:
			return report, fmt.Errorf("verify: %w", &MovedError{From: report.LastSeq, To: moved})
		}
		c.Logger.InfoContext(ctx, "messages were counted during the comparison: comparing again", "from", report.LastSeq, "to", moved)
	}
}

// once verifies the stream as it is now. moved is the last message counted, if any was during the comparison. Figures that aren't those made any more
// when they are held are an [clickhouse.ErrMadeOtherwise]: some of what was read may be erased since.
func (c Config) once(ctx context.Context, made clickhouse.Made) (report Report, moved uint64, err error) {
	start := time.Now()
	last, err := c.caughtUp(ctx)
	if err != nil {
		return Report{}, 0, err
	}
	report = Report{AsOf: DayOf(c.AsOf), LastSeq: last, Waited: time.Since(start)}
	c.Logger.InfoContext(ctx, "the pipeline has caught up", "message", last, "waited", report.Waited)

	if err := c.awaitFrozen(ctx); err != nil {
		return report, 0, err
	}
	start = time.Now()
	o := NewOracle(c.Catalogue, c.Zone)
	if report.Messages, err = c.read(ctx, o, 1, last); err != nil {
		return report, 0, err
	}
	held, ctx, release, err := c.hold(ctx)
	if err != nil {
		return report, 0, err
	}
	defer release()
	defer func() { err = claim.Cause(ctx, err) }()
	if err := clickhouse.StillMade(ctx, c.Store.FiguresMade, made); err != nil {
		return report, 0, err
	}
	more, err := c.read(ctx, o, last+1, held)
	if err != nil {
		return report, 0, err
	}
	if err := c.awaitFrozen(ctx); err != nil { // what was approved since
		return report, 0, err
	}
	report.Messages, report.LastSeq = report.Messages+more, max(last, held)
	report.Accepted, report.Rejected, report.Labs = o.Accepted(), len(o.rejected), len(o.labs)
	report.Computed = time.Since(start)
	c.Logger.InfoContext(ctx, "the figures are computed anew", "accepted", report.Accepted, "rejected", report.Rejected, "took", report.Computed)

	start = time.Now()
	err = compare(ctx, c, o, &report)
	report.Compared, report.PeakMemory = time.Since(start), peakMemory()
	if now := c.look(ctx); err == nil && now.delivered > held {
		moved = now.delivered
	}
	return report, moved, err
}
