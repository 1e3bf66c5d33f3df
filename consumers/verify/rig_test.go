package verify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
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
	if err := r.freeze(ctx); err != nil {
		return nil, err
	}
	config := Config{JetStream: r.js, Store: r.store, Catalogue: r.catalogue, AsOf: asOf,
		Timeout: stuckAfter, Consumer: ownStream{nil, stages[0]}.name(schemas.ConsumerDurable), Differences: 1000}
	report, err := Verify(ctx, config)
	if err != nil {
		return nil, err
	}
	if *figuresAlone {
		report = report.withoutVersions()
	}
	r.tally.events.Add(int64(report.Messages))
	r.tally.rejected.Add(int64(report.Rejected))
	blame := func(d Difference) {
		for _, i := range culprits(stages, d) {
			if strings.Count(wrong[i], "\n") < 10 { // the first ones say it
				wrong[i] += d.String() + "\n"
			}
		}
	}
	// A figure over all labs is wrong where a lab's is; alone it is anybody's fault.
	var ofAllLabs []Difference
	for _, d := range report.Differences {
		if strings.HasPrefix(d.Check, "programme_") {
			ofAllLabs = append(ofAllLabs, d)
		} else {
			blame(d)
		}
	}
	if len(wrong) == 0 {
		for _, d := range ofAllLabs {
			blame(d)
		}
	}
	if len(wrong) == 0 && !report.Exact() {
		return nil, fmt.Errorf("not exact, but nobody's fault: %+v", report.Checks)
	}
	return wrong, r.look(ctx, config, report, stages, blame)
}

// freeze freezes the approvals, now that all is counted.
func (r *rig) freeze(ctx context.Context) error {
	stream, err := r.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return err
	}
	freezer, err := periods.NewFreezer(periods.FreezerConfig{Store: r.store, Catalogue: r.catalogue,
		Counted: func(context.Context) (uint64, error) { return stream.CachedInfo().State.LastSeq, nil }})
	if err == nil {
		_, err = freezer.Once(ctx)
	}
	return err
}

// look reads the stream once more, to compare the stream of rejections, and to count what was proved.
func (r *rig) look(ctx context.Context, config Config, report Report, stages []*stage, blame func(Difference)) error {
	config, err := config.withDefaults()
	if err != nil {
		return err
	}
	o := NewOracle(config.Catalogue, config.Zone)
	if _, err := config.read(ctx, o, 1, report.LastSeq); err != nil {
		return err
	}
	published, err := r.published(ctx)
	if err != nil {
		return err
	}
	for seq := range published {
		if _, rejected := o.rejected[seq]; !rejected {
			blame(Difference{Check: schemas.StreamRejected, What: message(seq), Expected: nothing, Found: "a rejection"})
		}
	}
	for seq := range o.rejected {
		if n := published[seq]; n != 1 {
			blame(Difference{Check: schemas.StreamRejected, What: message(seq), Expected: "published once", Found: fmt.Sprintf("%d times", n)})
		}
	}
	if err := r.conducts(ctx, o.Labs(), blame); err != nil {
		return err
	}
	rules, err := (&comparison{store: r.store}).readRules(ctx)
	if err != nil {
		return err
	}
	for _, s := range stages {
		labs := slices.DeleteFunc(o.Labs(), func(lab string) bool { return !strings.HasPrefix(lab, s.name+"-") })
		r.tally.proved.add(o.features(labs, report.AsOf, rules))
	}
	return nil
}

// conducts compares how labs reported, asked of all of them at once, by the days on which their events stand, with what each lab's versions say.
func (r *rig) conducts(ctx context.Context, labs []string, blame func(Difference)) error {
	from, to := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC)
	all, err := r.store.Conducts(ctx, "", from, to)
	if err != nil {
		return err
	}
	found := map[string]clickhouse.Conduct{}
	for _, c := range all {
		found[c.Lab] = c
	}
	for _, lab := range labs {
		alone, err := r.store.Conducts(ctx, lab, from, to)
		if err != nil {
			return err
		}
		want := clickhouse.Conduct{}
		if len(alone) > 0 {
			want = alone[0]
		}
		if found[lab] != want {
			blame(Difference{Check: "conduct", Lab: lab, Expected: fmt.Sprintf("%+v", want), Found: fmt.Sprintf("%+v", found[lab])})
		}
		r.tally.corrected.Add(int64(want.Corrected))
	}
	return nil
}

// published counts the rejections in their stream, by the rejected message.
func (r *rig) published(ctx context.Context) (map[uint64]int, error) {
	stream, err := r.js.Stream(ctx, schemas.StreamRejected)
	if err != nil {
		return nil, err
	}
	out := map[uint64]int{}
	for n := uint64(1); n <= stream.CachedInfo().State.LastSeq; n++ {
		m, err := stream.GetMsg(ctx, n)
		if err != nil {
			return nil, err
		}
		seq, err := strconv.ParseUint(m.Header.Get("Vitrine-Stream-Seq"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("rejection %d: %w", n, err)
		}
		out[seq]++
	}
	return out, nil
}

// withoutVersions leaves out the cells whose content is right, and whose version isn't.
func (r Report) withoutVersions() Report {
	left := 0
	r.Differences = slices.DeleteFunc(r.Differences, func(d Difference) bool {
		ignored := d.Check == "kpi_cells" && strings.HasPrefix(d.Expected, "version ")
		if ignored {
			left++
		}
		return ignored
	})
	r.Checks = slices.Clone(r.Checks)
	for i := range r.Checks {
		if r.Checks[i].Name == "kpi_cells" {
			r.Checks[i].Differing -= left
		}
	}
	return r
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
	for _, table := range []string{"snapshot_store", "snapshot_commitment_store", "snapshot_marks"} { // a rebuild keeps these
		if err := r.do("TRUNCATE TABLE " + table); err != nil {
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

// rows is how many rows the step writes.
func (d *desk) rows() (int, error) {
	text, err := d.rig.ask("SELECT count() FROM " + d.name + "." + d.table)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(text))
}

// write is the step's write, at last, or that of some of its rows.
func (d *desk) write(rows int) error {
	return d.rig.do(fmt.Sprintf("INSERT INTO %[1]s SELECT * FROM %[2]s.%[1]s LIMIT %[3]d", d.table, d.name, rows))
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
	reads, writes := []string{"event_store", "cell_writes"}, "kpi_cells"
	if step == gateSettle {
		reads, writes = []string{"event_keys"}, "event_store"
	}
	statements := []string{"CREATE DATABASE " + name, "CREATE TABLE " + name + "." + writes + " AS " + database + "." + writes + " ENGINE = Memory"}
	for _, table := range reads {
		statements = append(statements, "CREATE TABLE "+name+"."+table+" AS "+database+"."+table+" ENGINE = Merge('"+database+"', '^"+table+"$')")
	}
	for _, sql := range statements {
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
