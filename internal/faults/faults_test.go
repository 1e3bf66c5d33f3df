package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What the long form must show in all.
const (
	wantKills  = 200
	wantEvents = 1_000_000
)

// tmpfsSize is the small disk of each server in the full-disk scenarios.
const tmpfsSize = "512m"

// TestFaults runs each scenario of its form and shows the table.
func TestFaults(t *testing.T) {
	long, only := given[bool](flagLong), regexp.MustCompile(given[string](flagOnly))
	share := given[float64](flagShare)
	dir, err := os.MkdirTemp("", "vitrine-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	})
	s := &suite{dir: dir, seed: given[uint64](flagSeed), long: long}
	defer s.stop()
	if err := s.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rows report
	for i, sc := range scenarios() {
		amount := sc.short
		if long {
			amount = sc.long.times(share)
		}
		if amount.rounds == 0 || !only.MatchString(sc.name) {
			continue
		}
		row, err := s.run(t.Context(), i, sc, amount)
		rows = append(rows, row)
		fmt.Println(row)
		if err != nil {
			t.Errorf("%s (seed %d, logs in %s): %v", sc.name, s.seed, s.stackDir(), err)
			s.stop() // the next one begins with a fresh stack
		}
	}
	fmt.Println(rows.table())
	if path := given[string](flagReport); path != "" {
		if err := rows.write(path, s.seed); err != nil {
			t.Error(err)
		}
	}
	total := rows.total()
	if long && only.String() == "" && share >= 1 && (total.kills < wantKills || total.sent < wantEvents) {
		t.Errorf("%d kills over %d events; at least %d and %d are wanted", total.kills, total.sent, wantKills, wantEvents)
	}
	if len(rows) == 0 {
		t.Error("no scenario was run")
	}
}

// suite runs scenarios, one after the other.
type suite struct {
	dir  string
	seed uint64
	long bool
	programs
	stack  *stack
	of     scenario // whose stack it is
	before found    // what was in the stack
}

func (s *suite) build(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.programs = programs{vitrine: filepath.Join(s.dir, "vitrine"), self: self}
	return goTool(ctx, "build", "-tags", "failpoints", "-trimpath", "-o", s.vitrine, "vitrine/cmd/vitrine")
}

func (s *suite) stackDir() string {
	if s.stack == nil {
		return s.dir
	}
	return s.stack.dir
}

func (s *suite) stop() {
	if s.stack != nil {
		s.stack.stop()
	}
	s.stack = nil
}

// prepare makes a stack for a scenario. The short form shares one where it can.
func (s *suite) prepare(ctx context.Context, sc scenario) error {
	if s.stack != nil && !s.long && s.of.tmpfs == sc.tmpfs && s.of.clock == sc.clock {
		return nil
	}
	s.stop()
	dir := filepath.Join(s.dir, regexp.MustCompile(`[^a-zA-Z0-9]+`).ReplaceAllString(sc.name, "-"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmpfs, p := "", s.programs
	if sc.tmpfs {
		tmpfs = tmpfsSize
	}
	var env []string
	if sc.clock {
		var err error
		if p, err = p.withMovableClock(ctx, dir); err != nil {
			return err
		}
		env = []string{clockVariable + "=" + clockFile(dir)}
	}
	stack, err := newStack(ctx, p, dir, s.seed, tmpfs, env)
	s.stack, s.of, s.before = stack, sc, found{}
	return err
}

// run runs one scenario to its end and checks what is there then.
func (s *suite) run(ctx context.Context, index int, sc scenario, a amount) (row, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	result := row{scenario: sc.name, runs: a.rounds}
	began := time.Now()
	if err := s.prepare(ctx, sc); err != nil {
		result.err = err
		return result, err
	}
	r := &run{stack: s.stack, scenario: sc, amount: a, ctx: ctx, rng: rand.New(rand.NewPCG(s.seed, uint64(index)))}
	var plan []string
	if sc.plan != nil {
		plan = sc.plan(r.rng, a.rounds)
		if a.points > 0 {
			plan = plan[:a.points]
		}
		result.runs = len(plan)
	}
	r.crew = s.stack.newCrew(sc.consumers, sc.batch, plan)
	err := r.underLoad(s.seed+100*uint64(index), len(plan))
	var all found
	if err == nil {
		all, err = s.stack.look(ctx)
	}
	err = errors.Join(err, r.crew.stop())
	if err == nil {
		err = all.problems()
	}
	result.found, s.before = all.minus(s.before), all
	result.kills, result.exits, result.err = int(r.crew.kills.Load())+r.kills, int(r.crew.exits.Load()), err
	result.took = time.Since(began)
	return result, err
}

// underLoad publishes while the faults strike, and returns when all faults have struck and everything
// that was published is accepted.
func (r *run) underLoad(seed uint64, planned int) error {
	if err := r.crew.atWork(r.ctx); err != nil {
		return err
	}
	enough, loaded := make(chan struct{}), make(chan error, 1)
	l := &load{seed: seed, url: "nats://" + r.publisherGate.addr(), log: logFile(r.dir, "publisher"), ledger: &r.ledger, atMost: r.rate}
	go func() { loaded <- l.run(r.ctx, r.events, enough) }()
	struck := make(chan error, 1)
	go func() {
		var err error
		if r.script != nil {
			err = r.script(r)
		}
		struck <- errors.Join(err, r.planned(planned))
	}()
	select {
	case err := <-struck:
		close(enough)
		return errors.Join(err, <-loaded)
	case err := <-loaded: // it publishes until it is told
		return fmt.Errorf("publishing ended early: %w", err)
	}
}

// planned waits until all failpoints were reached.
func (r *run) planned(n int) error {
	for r.crew.kills.Load() < int64(n) {
		select {
		case <-r.ctx.Done():
			return fmt.Errorf("%d of %d failpoints were reached: %w", r.crew.kills.Load(), n, r.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		if err := r.crew.failed(); err != nil {
			return err
		}
	}
	return nil
}

// report is the suite's table.
type report []row

type row struct {
	scenario string
	runs     int
	found
	kills, exits int
	took         time.Duration
	err          error
}

func (r row) String() string {
	verdict := "exact"
	if r.err != nil {
		verdict = "FAILED: " + r.err.Error()
	}
	return fmt.Sprintf("%-42s %5s  %8d sent, %d kills, %s", r.scenario, r.took.Round(time.Second), r.sent, r.kills, verdict)
}

func (r report) total() (t row) {
	t.scenario = "in all"
	for _, one := range r {
		t.runs, t.kills, t.exits, t.took = t.runs+one.runs, t.kills+one.kills, t.exits+one.exits, t.took+one.took
		t.sent, t.duplicates, t.redelivered = t.sent+one.sent, t.duplicates+one.duplicates, t.redelivered+one.redelivered
		t.acknowledged, t.stored, t.rejected = t.acknowledged+one.acknowledged, t.stored+one.stored, t.rejected+one.rejected
		t.differing, t.lost = t.differing+one.differing, t.lost+one.lost
		t.err = errors.Join(t.err, one.err)
	}
	return t
}

// table is Markdown.
func (r report) table() string {
	var b strings.Builder
	b.WriteString("| scenario | runs | events sent | duplicates sent | duplicates delivered | crashes | accepted | stored | rejected | differing cells | seconds |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, one := range append(r, r.total()) {
		differing := fmt.Sprint(one.differing + one.lost)
		if one.err != nil {
			differing += " FAILED"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %.0f |\n", one.scenario, one.runs, one.sent, one.duplicates,
			one.redelivered, one.kills, one.acknowledged, one.stored, one.rejected, differing, one.took.Seconds())
	}
	return b.String()
}

func (r report) write(path string, seed uint64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Fault suite, seed %d, %s\n\n%s\n", seed, time.Now().UTC().Format(time.DateOnly), r.table())
	b.WriteString("Duplicates sent: the same bytes again as a message of its own. Duplicates delivered: deliveries beyond each message's first, as the\n" +
		"NATS server's consumer counts them. Crashes: processes killed with SIGKILL. Accepted: acknowledged by JetStream to the publisher;\n" +
		"refused ones are too large for the stream. Differing cells: what `vitrine verify` found different, cells and everything else that it\n" +
		"compares, and messages that were accepted and are nowhere.\n")
	for _, one := range r {
		if one.err != nil {
			fmt.Fprintf(&b, "\n%s: %v\n", one.scenario, one.err)
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}
