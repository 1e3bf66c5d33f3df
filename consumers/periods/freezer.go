package periods

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// FreezerConfig says what a freezer works on.
type FreezerConfig struct {
	// Store is where the figures are; it must be migrated with the same catalogue. Its account must be allowed to make
	// and drop databases named {database}_scratch_….
	Store *clickhouse.Store
	// Counted says up to which message of the stream everything is in the store.
	Counted func(ctx context.Context) (seq uint64, err error)
	// Catalogue says what counts. Default: the one compiled in.
	Catalogue *schemas.Catalogue
	// Zone is the programme's time zone, as the ingest has it. Default Europe/Paris.
	Zone *time.Location
	// Every is how often new approvals are looked for, where anything was counted since. Default 2 s.
	Every time.Duration
	// Logger gets what was frozen, and what failed. Default: discarded.
	Logger *slog.Logger
	// Registerer gets the metrics. Default: none.
	Registerer prometheus.Registerer
}

// Freezer keeps the figures of approved periods as the stream stood before each approval. Any number of them may run, and
// be killed anywhere: they write the same rows.
type Freezer struct {
	config   FreezerConfig
	rules    *rollup.Rules
	madeWith string
	metrics  *freezerMetrics
}

// NewFreezer checks the configuration and starts nothing.
func NewFreezer(c FreezerConfig) (*Freezer, error) {
	if c.Store == nil || c.Counted == nil {
		return nil, errors.New("freezer: Store and Counted are needed")
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			return nil, fmt.Errorf("freezer: %w", err)
		}
		c.Zone = zone
	}
	c.Every = cmp.Or(c.Every, 2*time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	return &Freezer{config: c, rules: rollup.NewRules(c.Catalogue), madeWith: clickhouse.MadeWith(c.Catalogue, c.Zone), metrics: newFreezerMetrics(c.Registerer)}, nil
}

// roundAtMost bounds a round: its scratch database must not come to look like one that was left behind.
const roundAtMost = clickhouse.ScratchAge / 2

// lookAnyway is how often approvals are looked for though nothing was counted: a rebuild, an erasure or a backup that was put back
// may have taken what was frozen away.
const lookAnyway = 10 * time.Second

// lookShare is how many times as long as looking took it isn't done again, within lookAnyway: looking takes longer the more is stored, and
// while a backlog is counted there is always something new.
const lookShare = 10

// Run freezes approvals as they come until ctx ends. What fails is tried again, with growing pauses: the approvals wait.
func (f *Freezer) Run(ctx context.Context) error {
	wait := f.config.Every
	var through uint64   // up to where approvals were looked for and frozen
	var looked time.Time // when that was
	var rest time.Duration
	for timer := time.NewTimer(0); ; timer.Reset(wait) {
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		// An approval is counted before it waits. The question costs JetStream little, and ClickHouse's planner much.
		counted, err := f.config.Counted(ctx)
		if since := time.Since(looked); err == nil && (since < rest || counted == through && since < lookAnyway) {
			continue
		}
		began := time.Now()
		frozen, err := f.Once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			wait = f.config.Every
			through, looked, rest = counted, time.Now(), 0
			if frozen == 0 {
				rest = min(lookShare*looked.Sub(began), lookAnyway)
			}
		case errors.Is(err, clickhouse.ErrMadeOtherwise): // the consumers say so already
			wait = min(2*wait, time.Minute)
		default:
			f.metrics.failures.Inc()
			f.config.Logger.WarnContext(ctx, "approved periods can't be frozen; trying again", "error", err)
			wait = min(2*wait, time.Minute)
		}
	}
}

// Once freezes the approvals that wait and whose messages are counted, and says how many of them it froze. One that can't be frozen
// keeps no other from it: the error names each.
func (f *Freezer) Once(ctx context.Context) (frozen int, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundAtMost)
	defer cancel()
	counted, err := f.config.Counted(ctx)
	if err != nil {
		return 0, fmt.Errorf("freeze: %w", err)
	}
	made, err := f.config.Store.FiguresMadeWith(ctx, f.madeWith)
	if err != nil {
		return 0, fmt.Errorf("freeze: %w", err)
	}
	waiting, err := f.config.Store.WaitingApprovals(ctx)
	if err != nil {
		return 0, fmt.Errorf("freeze: %w", err)
	}
	f.metrics.waiting.Set(float64(len(waiting)))
	batches := batchesOf(waiting, counted)
	if len(batches) == 0 {
		f.metrics.failing.Set(0)
		return 0, nil
	}
	if n, err := f.config.Store.DropLeftovers(ctx); err != nil {
		return 0, fmt.Errorf("freeze: %w", err)
	} else if n > 0 {
		f.config.Logger.InfoContext(ctx, "dropped databases that killed processes left behind", "databases", n)
	}
	scratch, err := f.config.Store.NewScratch(ctx, f.config.Zone.String(), f.config.Catalogue)
	if err != nil {
		return 0, fmt.Errorf("freeze: %w", err)
	}
	defer func() { err = errors.Join(err, scratch.Close(context.WithoutCancel(ctx))) }()
	var failing []error
	for len(batches) > 0 {
		b := batches[0]
		batches = batches[1:]
		began := time.Now()
		err := f.freeze(ctx, scratch, b, made)
		if err == nil {
			f.metrics.seconds.Observe(time.Since(began).Seconds())
			f.metrics.frozen.Add(float64(len(b.approvals)))
			f.metrics.waiting.Sub(float64(len(b.approvals)))
			frozen += len(b.approvals)
			f.config.Logger.InfoContext(ctx, "froze the figures of a period", "period", b.period.String(), "labs", len(b.approvals), "took", time.Since(began))
			continue
		}
		if over := clickhouse.StillMade(ctx, f.config.Store.FiguresMade, made); over != nil { // the store doesn't answer, or has other figures: nothing else can be frozen either
			return frozen, fmt.Errorf("freeze: %w", over)
		}
		if len(b.approvals) == 1 {
			failing = append(failing, fmt.Errorf("freeze %s of %s, approved by message %d: %w", b.period, b.approvals[0].Lab, b.approvals[0].Seq, err))
			continue
		}
		// Which of them can't be frozen shows once each is tried alone; the other batches don't wait for that.
		for i := range b.approvals {
			batches = append(batches, batch{b.period, b.approvals[i : i+1]})
		}
	}
	f.metrics.failing.Set(float64(len(failing)))
	return frozen, errors.Join(failing...)
}

// freeze makes a period's figures from what stood before each approval, and writes them down.
func (f *Freezer) freeze(ctx context.Context, scratch *clickhouse.Scratch, b batch, made clickhouse.Made) error {
	former, err := scratch.Fill(ctx, b.approvals)
	if err != nil {
		return err
	}
	rows, err := f.rowsOf(ctx, former)
	if err != nil {
		return err
	}
	if err := scratch.Add(ctx, f.rules, rows); err != nil {
		return err
	}
	p := clickhouse.FrozenPeriod{Name: b.period.String(), Grain: string(b.period.Grain), Starts: b.period.Start, Ends: b.period.End(), MadeWith: f.madeWith}
	if err := scratch.Freeze(ctx, b.approvals, p); err != nil {
		return err
	}
	// A rebuild that began meanwhile took events away that were to be read.
	if err := clickhouse.StillMade(ctx, f.config.Store.FiguresMade, made); err != nil {
		return err
	}
	return scratch.Mark(ctx, b.approvals, p)
}

// batch is approvals of one period, each of another lab.
type batch struct {
	period    explain.Period
	approvals []clickhouse.WaitingApproval
}

// labsAtOnce bounds a batch, and so what is copied at once.
const labsAtOnce = 50

// batchesOf takes those approvals together that have the period in common, of each lab one at a time.
func batchesOf(waiting []clickhouse.WaitingApproval, counted uint64) []batch {
	var out []batch
	for len(waiting) > 0 {
		var b batch
		var later []clickhouse.WaitingApproval
		labs := map[string]bool{}
		for _, a := range waiting {
			period, ok := explain.ParsePeriod(a.Period)
			switch {
			case !ok || a.Seq > counted: // the door lets no other period in
			case len(labs) > 0 && period != b.period, labs[a.Lab], len(labs) == labsAtOnce:
				later = append(later, a)
			default:
				labs[a.Lab], b.period = true, period
				b.approvals = append(b.approvals, a)
			}
		}
		if len(b.approvals) > 0 {
			out = append(out, b)
		}
		waiting = later
	}
	return out
}
