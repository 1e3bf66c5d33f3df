package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// rig runs schedules, one lot after the other, on a stream and a database that are emptied in between.
type rig struct {
	*system
	catalogue *schemas.Catalogue
	tally     toll

	mu    sync.Mutex
	desks map[string][]*desk // not in use, by step
	made  int
}

// atOnce is how many schedules of a lot run at the same time.
const atOnce = 4

func newRig(t *testing.T) *rig {
	catalogue := schemas.DefaultCatalogue()
	return &rig{system: newSystem(t, catalogue), catalogue: catalogue, desks: map[string][]*desk{}}
}

// try runs schedules side by side, each with labs of its own, and compares everything with the oracle.
// wrong says what differs, by the schedule's number; the error is for what isn't any schedule's fault.
func (r *rig) try(ctx context.Context, asOf time.Time, lot schedules) (wrong map[int]string, err error) {
	if err := r.empty(ctx); err != nil {
		return nil, err
	}
	var (
		stages = make([]*stage, len(lot))
		faults = make([]error, len(lot))
		group  errgroup.Group
	)
	group.SetLimit(atOnce)
	for i, plan := range lot {
		stages[i] = newStage(ctx, r, fmt.Sprintf("s%d", i), plan)
		group.Go(func() error {
			faults[i] = stages[i].run()
			return nil
		})
		r.tally.schedules.Add(1)
	}
	_ = group.Wait() // the errors are in faults
	wrong = map[int]string{}
	for i, err := range faults {
		if err != nil {
			wrong[i] = err.Error()
		}
	}
	if len(wrong) > 0 {
		return wrong, nil // the stream may not be at rest
	}
	report, err := Verify(ctx, Config{JetStream: r.js, Store: r.store, Catalogue: r.catalogue, AsOf: asOf,
		Timeout: stuckAfter, Consumer: ownStream{nil, stages[0]}.name(schemas.ConsumerDurable), Differences: 1000})
	if err != nil {
		return nil, err
	}
	r.tally.events.Add(int64(report.Messages))
	r.tally.rejected.Add(int64(report.Rejected))
	for _, d := range report.Differences {
		for _, i := range culprits(stages, d) {
			if strings.Count(wrong[i], "\n") < 10 { // the first ones say it
				wrong[i] += d.String() + "\n"
			}
		}
	}
	if len(wrong) > 0 {
		return wrong, nil
	}
	if !report.Exact() {
		return nil, fmt.Errorf("not exact, but nobody's fault: %+v", report.Checks)
	}
	return wrong, r.published(ctx, report)
}

// published compares the stream of rejections: each is there once.
func (r *rig) published(ctx context.Context, report Report) error {
	stream, err := r.js.Stream(ctx, schemas.StreamRejected)
	if err != nil {
		return err
	}
	if n := stream.CachedInfo().State.Msgs; n != uint64(report.Rejected) {
		return fmt.Errorf("%d rejections are published of %d", n, report.Rejected)
	}
	return nil
}

// culprits are the schedules that a difference may come from: by its lab, or by its message.
func culprits(stages []*stage, d Difference) []int {
	var all []int
	for i, s := range stages {
		all = append(all, i)
		if strings.HasPrefix(d.Lab, s.name+"-") {
			return []int{i}
		}
		for seq := range s.fates {
			if d.What == message(seq) {
				return []int{i}
			}
		}
	}
	return all
}

// empty makes the streams and tables as if they were new.
func (r *rig) empty(ctx context.Context) error {
	for _, s := range schemas.Streams() {
		if err := r.js.DeleteStream(ctx, s.Name); err != nil {
			return err
		}
		if _, err := r.js.CreateStream(ctx, jetstream.StreamConfig{Name: s.Name, Subjects: s.Subjects}); err != nil {
			return err
		}
	}
	return r.store.Clear(ctx)
}

// desk is where a slow consumer's step is read and computed before it is written: a database with a
// view of what the step reads, and a table of its own for what it writes. The statements are the real ones.
type desk struct {
	step  string
	store *clickhouse.Store
	table string // what the step writes
	name  string // of the database
	rig   *rig
}

// write is the step's write, at last.
func (d *desk) write() error {
	return d.rig.do("INSERT INTO " + d.table + " SELECT * FROM " + d.name + "." + d.table)
}

// desk finds or makes a desk for settle or recompute.
func (r *rig) desk(step string) (*desk, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if free := r.desks[step]; len(free) > 0 {
		r.desks[step] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	r.made++
	database := r.url[strings.LastIndex(r.url, "/")+1:]
	name := fmt.Sprintf("%s_desk_%d", database, r.made)
	reads, writes := "event_store", "kpi_cells"
	if step == gateSettle {
		reads, writes = "event_keys", "event_store"
	}
	for _, sql := range []string{
		"CREATE DATABASE " + name,
		"CREATE TABLE " + name + "." + reads + " AS " + database + "." + reads + " ENGINE = Merge('" + database + "', '^" + reads + "$')",
		"CREATE TABLE " + name + "." + writes + " AS " + database + "." + writes + " ENGINE = Memory",
	} {
		if err := r.do(sql); err != nil {
			return nil, err
		}
	}
	r.t.Cleanup(func() {
		if err := r.do("DROP DATABASE " + name + " SYNC"); err != nil {
			r.t.Error(err)
		}
	})
	store, err := clickhouse.Open(clickhouse.Config{URL: strings.TrimSuffix(r.url, database) + name})
	if err != nil {
		return nil, err
	}
	r.t.Cleanup(func() { _ = store.Close() })
	return &desk{step, store, writes, name, r}, nil
}

// putBack clears a desk for the next slow consumer.
func (r *rig) putBack(d *desk) {
	if err := r.do("TRUNCATE TABLE " + d.name + "." + d.table); err != nil {
		r.t.Error(err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.desks[d.step] = append(r.desks[d.step], d)
}

// toll counts what happened.
type toll struct {
	schedules, events, rejected, redelivered, late, replays atomic.Int64
	mu                                                      sync.Mutex
	crashes                                                 map[string]int
}

func (c *toll) crash(step, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashes == nil {
		c.crashes = map[string]int{}
	}
	c.crashes[how+" "+step]++
}

func (c *toll) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	crashes, where := 0, []string{}
	for _, at := range slices.Sorted(maps.Keys(c.crashes)) {
		crashes += c.crashes[at]
		where = append(where, fmt.Sprintf("%s %d", at, c.crashes[at]))
	}
	return fmt.Sprintf("schedules: %d, events: %d (%d rejected), redelivered: %d, crashes: %d, stale writes: %d, replays: %d\ncrashes: %s",
		c.schedules.Load(), c.events.Load(), c.rejected.Load(), c.redelivered.Load(), crashes, c.late.Load(), c.replays.Load(), strings.Join(where, ", "))
}
