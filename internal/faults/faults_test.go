package faults

import (
	"cmp"
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
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	})
	removeStale(time.Now().Add(-keptFor))
	s := &suite{dir: dir, seed: given[uint64](flagSeed), long: long}
	defer s.stop()
	if err := s.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	notMountable := s.probe()
	var rows report
	for i, sc := range scenarios() {
		amount := sc.short
		if long {
			amount = sc.long.times(share)
		}
		if amount.rounds == 0 || !only.MatchString(sc.name) {
			continue
		}
		if sc.tmpfs && notMountable != nil {
			row := row{scenario: sc.name, notRun: notMountable}
			rows = append(rows, row)
			fmt.Println(row)
			if long {
				t.Errorf("%s: not run: %v", sc.name, notMountable)
			}
			continue
		}
		row, err := s.run(t.Context(), i, sc, amount)
		rows = append(rows, row)
		fmt.Println(row)
		if err != nil {
			t.Errorf("%s (seed %d, logs in %s): %v", sc.name, s.seed, s.stackDir(), err)
			s.stop() // the next one begins with a fresh stack, and this one's folder stays
		} else if long {
			if err := s.remove(); err != nil {
				t.Error(err)
			}
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

// The folder of a failed run stays for so long, for its logs.
const (
	folderPrefix = "vitrine-faults-"
	keptFor      = 24 * time.Hour // far longer than a run
)

// removeStale removes what failed and killed runs left before a time.
func removeStale(before time.Time) {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	if err != nil {
		return // the pattern is ours
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && info.ModTime().Before(before) {
			_ = os.RemoveAll(dir) // somebody else's, perhaps
		}
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

// remove ends a stack that isn't needed any more, with its folder.
func (s *suite) remove() error {
	dir := s.stackDir()
	s.stop()
	return os.RemoveAll(dir)
}

// probe finds out how the servers may have small disks, or why they can't.
func (s *suite) probe() (err error) {
	s.mounts, err = mountable(s.self, s.dir)
	return err
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

// How long a scenario may take.
const (
	longWithin  = 15 * time.Minute
	shortWithin = 4 * time.Minute
)

// run runs one scenario to its end and checks what is there then.
func (s *suite) run(ctx context.Context, index int, sc scenario, a amount) (result row, err error) {
	within := shortWithin
	if s.long {
		within = longWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	result = row{scenario: sc.name}
	began := time.Now()
	defer func() { result.took, result.err = time.Since(began), err }()
	if err := s.prepare(ctx, sc); err != nil {
		return result, err
	}
	r := &run{stack: s.stack, scenario: sc, amount: a, ctx: ctx, rng: rand.New(rand.NewPCG(s.seed, uint64(index)))}
	var plan []string
	if sc.plan != nil {
		plan = sc.plan(r.rng, a.rounds)
	}
	deliveries, err := s.stack.deliveries(ctx)
	if err != nil {
		return result, err
	}
	r.crew = s.stack.newCrew(sc.consumers, sc.batch, plan)
	err = r.underLoad(s.seed+100*uint64(index), len(plan), deliveries)
	var all found
	if err == nil {
		all, err = s.stack.look(ctx)
	}
	err = errors.Join(err, r.crew.stop())
	result.kills = int(r.crew.kills.Load()) + r.kills
	result.runs = r.struck
	if sc.plan != nil {
		result.runs += int(r.crew.kills.Load())
	}
	if all.messages == 0 { // it was not looked at: there are no figures
		return result, cmp.Or(err, errors.New("the stream is empty"))
	}
	result.found, s.before = all.minus(s.before), all
	return result, errors.Join(err, all.problems())
}

// underLoad publishes while the faults strike, and returns when all faults have struck and everything
// that was published is accepted.
func (r *run) underLoad(seed uint64, planned int, deliveries uint64) error {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	r.ctx = ctx
	enough, loaded := make(chan struct{}), make(chan error, 1)
	l := &load{seed: seed, url: "nats://" + r.publisherGate.addr(), log: logFile(r.dir, "publisher"), ledger: &r.ledger, atMost: r.rate}
	go func() { loaded <- l.run(ctx, r.events, enough) }()
	struck := make(chan error, 1)
	go func() { struck <- r.strikeAll(planned, deliveries) }()
	select {
	case err := <-struck:
		close(enough)
		if err != nil {
			cancel()
			<-loaded // cancelled
			return err
		}
		return <-loaded
	case err := <-loaded: // it publishes until it is told
		cancel()
		<-struck // cancelled
		return fmt.Errorf("publishing ended early: %w", cmp.Or(err, errors.New("without an error")))
	}
}

// strikeAll runs the scenario's script, and waits until its plan was carried out.
func (r *run) strikeAll(planned int, deliveries uint64) error {
	if r.script != nil {
		if err := r.atWork(deliveries); err != nil {
			return err
		}
		if err := r.script(r); err != nil {
			return err
		}
		if r.struck < r.rounds {
			return fmt.Errorf("only %d of %d faults struck", r.struck, r.rounds)
		}
	}
	return r.planned(planned)
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
	kills  int
	took   time.Duration
	err    error
	notRun error // why it was not run
}

func (r row) String() string {
	if r.notRun != nil {
		return fmt.Sprintf("%-42s NOT RUN: %v", r.scenario, r.notRun)
	}
	verdict := "exact"
	if r.err != nil {
		verdict = "FAILED: " + r.err.Error()
	}
	return fmt.Sprintf("%-42s %5s  %8d sent, %d kills, %s", r.scenario, r.took.Round(time.Second), r.sent, r.kills, verdict)
}

func (r report) total() (t row) {
	t.scenario = "in all"
	for _, one := range r {
		t.runs, t.kills, t.took = t.runs+one.runs, t.kills+one.kills, t.took+one.took
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
		if one.notRun != nil {
			fmt.Fprintf(&b, "| %s: not run, %s | | | | | | | | | | |\n", one.scenario, strings.ReplaceAll(one.notRun.Error(), "|", "/"))
			continue
		}
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
