package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/internal/ramdisk"
)

// TestCluster has three NATS servers, with the configuration of deploy/nats-cluster, two gateways and consumers at work
// under load. Servers are killed, the stream's leader is cut off, then everything is restarted one after the other. In the
// end what was accepted is stored, once, and the figures are exact. `make cluster` runs the long form.
func TestCluster(t *testing.T) {
	dir, err := os.MkdirTemp(ramdisk.ForTests(), folderPrefix) // what is flushed to three disks at once takes three times as long on one
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	})
	long := given[bool](flagLong)
	ctx, cancel := context.WithTimeout(t.Context(), 55*time.Minute)
	defer cancel()
	c, err := newClusterRun(ctx, t.TempDir(), dir, long)
	if err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	defer c.stop()
	err = c.underLoad(ctx)
	fmt.Println(c.table())
	if err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	f, err := c.stack.settle(ctx, c.doors)
	fmt.Println(f.table())
	if err = errors.Join(err, f.problems()); err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	if path := given[string](flagReport); path != "" {
		if err := os.WriteFile(path, []byte(c.table()+"\n"+f.table()), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// clusterRun is everything at work.
type clusterRun struct {
	*stack
	long                bool
	gateways, consumers []*service
	balancer            *balancer
	doors               *doors
	pulse               *pulse
	events, doorEvents  int // to send, at least
	rate                int // events per second of each of the two ways
	rows                []clusterRow
	began               time.Time
}

// clusterRow is what one step showed.
type clusterRow struct {
	step, evidence   string
	together, waits  time.Duration
	requests, failed int64
	took             time.Duration
}

func newClusterRun(ctx context.Context, bin, dir string, long bool) (_ *clusterRun, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := programs{vitrine: filepath.Join(bin, "vitrine"), self: self}
	server := filepath.Join(bin, "nats-server")
	if err := errors.Join(goTool(ctx, "build", "-trimpath", "-o", p.vitrine, "vitrine/cmd/vitrine"),
		goTool(ctx, "build", "-trimpath", "-o", server, "github.com/nats-io/nats-server/v2")); err != nil {
		return nil, err
	}
	c := &clusterRun{long: long, pulse: &pulse{}, events: 2000, doorEvents: 1000, rate: 100, began: time.Now()}
	if long {
		share := given[float64](flagShare)
		c.events, c.doorEvents, c.rate = int(60_000*share), int(45_000*share), 400
	}
	c.stack = &stack{programs: p, dir: dir, seed: 1, ledger: ledger{accepted: map[uint64]bool{}, pulse: c.pulse}}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	if c.cluster, err = newCluster(ctx, server, dir); err != nil {
		return nil, err
	}
	c.clickhouse = &engine{role: roleClickHouse, program: p.self, log: logFile(dir, roleClickHouse), dir: filepath.Join(dir, roleClickHouse)}
	if err := errors.Join(os.MkdirAll(c.clickhouse.dir, 0o700), c.clickhouse.start(), c.dial()); err != nil {
		return nil, err
	}
	if _, err := c.vitrine(ctx, "migrate", c.direct(), "--nats-replicas", "3"); err != nil {
		return nil, err
	}
	return c, c.startServices(ctx)
}

func (c *clusterRun) startServices(ctx context.Context) error {
	tokens, err := issueTokens(ctx, c.cluster.servers[0].conn, c.cluster.keys, c.natsURL(), clusterSize)
	if err != nil {
		return err
	}
	var targets []string
	var starting errgroup.Group
	for i := range 2 {
		g, err := c.newService(fmt.Sprintf("gateway-%d", i+1), "gateway", "--lab-rate", "1000")
		if err != nil {
			return err
		}
		v, err := c.newService(fmt.Sprintf("consumer-%d", i+1), "consume", "--batch-size", "1000", "--ack-wait", "5s")
		if err != nil {
			return err
		}
		c.gateways, c.consumers, targets = append(c.gateways, g), append(c.consumers, v), append(targets, g.addr)
		starting.Go(func() error { return g.start(ctx) })
		starting.Go(func() error { return v.start(ctx) })
	}
	if err := starting.Wait(); err != nil {
		return err
	}
	if c.balancer, err = newBalancer(targets); err != nil {
		return err
	}
	c.doors = &doors{seed: 51, url: c.balancer.url(), tokens: tokens, atMost: c.rate, log: logFile(c.dir, "clients"), pulse: c.pulse, accepted: map[[32]byte]int{}}
	return nil
}

func (c *clusterRun) stop() {
	for _, v := range append(c.gateways, c.consumers...) {
		if v.process != nil {
			v.process.kill()
		}
	}
	if c.balancer != nil {
		c.balancer.close()
	}
	c.stack.stop()
	if c.cluster != nil {
		c.cluster.stop()
	}
}

// underLoad runs the steps while both loads go on, and returns when all that was sent has its answer.
func (c *clusterRun) underLoad(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	enough, loaded := make(chan struct{}), make(chan error, 2)
	direct := &load{seed: 1, url: c.natsURL(), creds: c.creds(), log: logFile(c.dir, "publisher"), ledger: &c.ledger, atMost: c.rate}
	go func() { loaded <- direct.run(ctx, c.events, enough) }()
	go func() { loaded <- c.doors.run(ctx, c.doorEvents, enough) }()
	stepped := make(chan error, 1)
	go func() { stepped <- c.steps(ctx) }()
	select {
	case err := <-stepped:
		close(enough)
		if err != nil {
			cancel()
		}
		return errors.Join(err, <-loaded, <-loaded)
	case err := <-loaded: // they publish until they are told
		cancel()
		return errors.Join(fmt.Errorf("publishing ended early: %w", cmp.Or(err, errors.New("without an error"))), <-stepped, <-loaded)
	}
}

// steps strikes one thing after the other. The short form kills the leader once and restarts the consumers: a server that was cut off may
// take minutes until it has everything again.
func (c *clusterRun) steps(ctx context.Context) error {
	if err := await(ctx, startWithin, "the load has begun", func() error {
		if _, _, accepted, _, _ := c.ledger.counts(); accepted < 200 {
			return fmt.Errorf("%d accepted", accepted)
		}
		return nil
	}); err != nil {
		return err
	}
	all := []struct {
		name string
		long bool // the short form leaves it out
		do   func(ctx context.Context) (evidence string, err error)
	}{
		{"nothing, for comparison", true, c.calm},
		{"the stream's leader killed (-9) and brought back", false, c.killLeader},
		{"another server killed (-9) and brought back", true, c.killFollower},
		{"the stream's leader killed again", true, c.killLeader},
		{"the stream's leader cut off, and healed", true, c.partition},
		{"rolling restart of the gateways", true, c.rollGateways},
		{"rolling restart of the consumers", false, c.rollConsumers},
		{"rolling restart of the NATS servers", true, c.rollServers},
	}
	for _, s := range all {
		if s.long && !c.long {
			continue
		}
		c.pulse.take()
		requests, failed, began := c.doors.retried.requests.Load(), c.doors.retried.failed.Load(), time.Now()
		evidence, err := s.do(ctx)
		together, waits := c.pulse.take()
		c.rows = append(c.rows, clusterRow{step: s.name, evidence: evidence, together: together, waits: waits,
			requests: c.doors.retried.requests.Load() - requests, failed: c.doors.retried.failed.Load() - failed, took: time.Since(began)})
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (c *clusterRun) calm(ctx context.Context) (string, error) {
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
	}
	return "", ctx.Err()
}

func (c *clusterRun) killLeader(ctx context.Context) (string, error) {
	s, _ := c.cluster.leader(ctx, nil)
	if s == nil {
		return "", errors.New("the stream has no leader")
	}
	return c.kill(ctx, s)
}

func (c *clusterRun) killFollower(ctx context.Context) (string, error) {
	l, _ := c.cluster.leader(ctx, nil)
	for _, s := range c.cluster.servers {
		if l != nil && s != l {
			return c.kill(ctx, s)
		}
	}
	return "", errors.New("the stream has no leader")
}

// missingWithin is how long a cluster may take to see that a server is gone and to elect another leader.
const missingWithin = 40 * time.Second

// kill ends a server, waits until the others see that and accept, and brings it back.
func (c *clusterRun) kill(ctx context.Context, s *clusterServer) (string, error) {
	before, _ := c.cluster.leader(ctx, nil)
	began := time.Now()
	s.process.kill()
	if by := s.process.endedBy(); by != syscall.SIGKILL {
		return "", fmt.Errorf("%s ended by itself before it was killed: %w", s.name, s.process.err)
	}
	var evidence string
	if err := await(ctx, missingWithin, s.name+" is missing", func() error {
		after, info := c.cluster.leader(ctx, s)
		if after == nil {
			return errors.New("no leader")
		}
		for _, r := range info.Cluster.Replicas {
			if r.Name == s.name && (r.Offline || !r.Current || r.Active > 2*time.Second) {
				evidence = s.name + " missing; "
				if after == before {
					evidence += after.name + " stays the leader"
				} else {
					evidence += fmt.Sprintf("leader %s → %s in %.1f s", before.name, after.name, info.Cluster.LeaderSince.Sub(began).Seconds())
				}
				return nil
			}
		}
		return fmt.Errorf("%s tells of %+v and %+v", after.name, *info.Cluster.Replicas[0], *info.Cluster.Replicas[1])
	}); err != nil {
		return evidence, err
	}
	if err := c.accepting(ctx); err != nil {
		return evidence, err
	}
	back := time.Now()
	if err := errors.Join(s.start(), c.cluster.current(ctx)); err != nil {
		return evidence, err
	}
	return fmt.Sprintf("%s; current again %.1f s after its start", evidence, time.Since(back).Seconds()), nil
}

// accepting waits until both ways have something accepted that was sent from now on.
func (c *clusterRun) accepting(ctx context.Context) error {
	count := func() (direct, doors int) {
		_, _, direct, _, _ = c.ledger.counts()
		c.doors.mu.Lock()
		defer c.doors.mu.Unlock()
		for _, n := range c.doors.accepted {
			doors += n
		}
		return direct, doors
	}
	direct, doors := count()
	return await(ctx, startWithin, "events are accepted", func() error {
		if now, nowDoors := count(); now < direct+50 || nowDoors < doors+50 {
			return fmt.Errorf("%d and %d since", now-direct, nowDoors-doors)
		}
		return nil
	})
}

// partition cuts the stream's leader off from the other servers, though not from its clients.
func (c *clusterRun) partition(ctx context.Context) (string, error) {
	s, _ := c.cluster.leader(ctx, nil)
	if s == nil {
		return "", errors.New("the stream has no leader")
	}
	began := time.Now()
	heal, hurt := c.cluster.isolate(s)
	defer heal()
	var after *clusterServer
	if err := await(ctx, missingWithin, "another leader", func() error {
		if after, _ = c.cluster.leader(ctx, s); after == nil {
			return errors.New("no leader")
		}
		return nil
	}); err != nil {
		return "", err
	}
	evidence := fmt.Sprintf("leader %s → %s in %.1f s", s.name, after.name, time.Since(began).Seconds())
	if hurt() == 0 || !s.conn.IsConnected() {
		return evidence, fmt.Errorf("%d connections were cut between servers; the cut-off one has its clients: %t", hurt(), s.conn.IsConnected())
	}
	if info, err := s.stream(ctx); err == nil && info.Cluster.Leader == s.name {
		evidence += ", while it still takes itself for the leader"
	}
	if err := c.accepting(ctx); err != nil { // by all: who was connected to the server that is cut off has left it
		return evidence, err
	}
	evidence += fmt.Sprintf("; all accept again after %.1f s", time.Since(began).Seconds())
	heal()
	back := time.Now()
	if err := c.cluster.current(ctx); err != nil {
		return evidence, err
	}
	return fmt.Sprintf("%s; current %.1f s after the healing", evidence, time.Since(back).Seconds()), nil
}

func (c *clusterRun) rollGateways(ctx context.Context) (string, error) {
	return c.roll(ctx, c.gateways)
}
func (c *clusterRun) rollConsumers(ctx context.Context) (string, error) {
	return c.roll(ctx, c.consumers)
}

func (c *clusterRun) roll(ctx context.Context, all []*service) (string, error) {
	for _, v := range all {
		if err := v.alive(); err != nil {
			return "", err
		}
		if err := errors.Join(v.restart(ctx), c.accepting(ctx)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d restarted", len(all)), nil
}

// rollServers restarts one server after the other, each when the one before has everything again.
func (c *clusterRun) rollServers(ctx context.Context) (string, error) {
	var leaders []string
	for _, s := range c.cluster.servers {
		if l, _ := c.cluster.leader(ctx, nil); l != nil {
			leaders = append(leaders, l.name)
		}
		if err := s.alive(); err != nil {
			return "", err
		}
		if err := errors.Join(s.lameDuck(), s.start(), c.cluster.current(ctx), c.accepting(ctx)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d restarted; leaders before each %s", len(c.cluster.servers), strings.Join(leaders, ", ")), nil
}

// table is Markdown.
func (c *clusterRun) table() string {
	var b strings.Builder
	b.WriteString("| step | seen | longest pause in acceptance, all together (s) | longest request through a gateway, with its retries (s) | requests | failed before the client's retry | seconds |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|\n")
	for _, r := range c.rows {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %.1f | %d | %d | %.0f |\n", r.step, r.evidence, r.together.Seconds(), r.waits.Seconds(), r.requests, r.failed, r.took.Seconds())
	}
	return b.String()
}

func (f settled) table() string {
	var b strings.Builder
	b.WriteString("| sent to NATS | through gateways | accepted | refused | in the stream | stored | rejected | lost | doubled | stored again by a client's retry | failed after retries | delivered again | differing of checked |\n")
	b.WriteString("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d of %d |\n", f.sent, f.doorSent, f.acknowledged+f.doorAccepted, f.refuse, f.messages,
		f.stored, f.rejected, f.lost+f.doorLost, f.doubled+f.again, f.resent, f.doorSent-f.doorAccepted, f.redelivered, f.differing, f.checked)
	return b.String()
}
