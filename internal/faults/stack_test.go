package faults

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/readout"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// programs are what the suite runs: compiled once.
type programs struct {
	vitrine string // with failpoints
	self    string // this test program, for the servers' roles
	mounts  mounts // how the servers mount small disks
}

// engine is a server in a process of its own, behind gates.
type engine struct {
	role, dir, tmpfs, log, program string
	env                            []string
	mounts                         mounts
	gates                          []*gate

	mu      sync.Mutex
	process *process
	url     string
	stdin   io.WriteCloser
	lines   <-chan string // what it tells
}

// How long a server may take: to start, e.g. to read a large store again; to do as it is told; to stop.
const (
	startWithin = 90 * time.Second
	tellWithin  = 30 * time.Second
	stopWithin  = time.Minute
)

// start returns when the server takes clients and the gates point to it.
func (e *engine) start() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := noMounts
	if e.tmpfs != "" {
		m = e.mounts
	}
	cmd, err := command(e.log, m, append(e.env[:len(e.env):len(e.env)], roleVariable+"="+e.role, dirVariable+"="+e.dir, tmpfsVariable+"="+e.tmpfs), e.program)
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer write.Close() // the child's is another
	cmd.Stdout = write
	if e.stdin, err = cmd.StdinPipe(); err != nil {
		return errors.Join(err, read.Close())
	}
	if e.process, err = start(cmd); err != nil {
		return errors.Join(err, read.Close())
	}
	lines := make(chan string, 100)
	e.lines = lines
	go func() {
		defer close(lines)
		defer read.Close()
		for told := bufio.NewScanner(read); told.Scan(); {
			lines <- told.Text()
		}
	}()
	line, err := e.answer(startWithin)
	if err != nil {
		return fmt.Errorf("start %s (see %s): %w", e.role, e.log, err)
	}
	e.url = strings.TrimPrefix(line, "url ")
	u, err := url.Parse(e.url)
	if err != nil {
		return err
	}
	for _, g := range e.gates {
		g.point(u.Host)
	}
	return nil
}

// tell gives the server's process a command and waits until it is done.
func (e *engine) tell(order string) error {
	if _, err := io.WriteString(e.stdin, order+"\n"); err != nil {
		return fmt.Errorf("tell %s to %s: %w", e.role, order, err)
	}
	if _, err := e.answer(tellWithin); err != nil {
		return fmt.Errorf("tell %s to %s: %w", e.role, order, err)
	}
	return nil
}

// answer is the server's next line; what begins with "error" is one.
func (e *engine) answer(within time.Duration) (string, error) {
	select {
	case line, more := <-e.lines:
		if !more {
			return "", errors.New("the process ended")
		}
		if text, failed := strings.CutPrefix(line, "error "); failed {
			return "", errors.New(text)
		}
		return line, nil
	case <-time.After(within):
		return "", fmt.Errorf("no answer within %s", within)
	}
}

// alive fails if the server ended by itself.
func (e *engine) alive() error {
	if e.process.running() {
		return nil
	}
	return fmt.Errorf("%s ended by itself (see %s): %w", e.role, e.log, cmp.Or(e.process.err, errors.New("with status 0")))
}

// restart stops the server, by SIGTERM or kill -9, leaves it away for a time and starts it again.
func (e *engine) restart(s syscall.Signal, away time.Duration) error {
	if err := e.alive(); err != nil {
		return err
	}
	if s == syscall.SIGKILL {
		e.process.kill()
		if by := e.process.endedBy(); by != s {
			return fmt.Errorf("%s ended by itself before it was killed (see %s): %w", e.role, e.log, e.process.err)
		}
	} else if err := e.process.terminate(stopWithin); err != nil {
		return err
	}
	time.Sleep(away)
	return e.start()
}

// stack is a whole pipeline.
type stack struct {
	programs
	dir              string
	seed             uint64
	nats, clickhouse *engine
	cluster          *cluster // instead of nats; nil: one server
	// natsGate stands before the consumers' NATS, publisherGate before the publisher's.
	natsGate, publisherGate, clickhouseGate *gate
	ledger                                  ledger
	conn                                    *nats.Conn // past the gates
	env                                     []string   // of vitrine's processes
}

// newStack starts both servers. tmpfs is a size, to keep both on small disks of their own, or empty.
func newStack(ctx context.Context, p programs, dir string, seed uint64, tmpfs string, env []string) (_ *stack, err error) {
	s := &stack{programs: p, dir: dir, seed: seed, env: env, ledger: ledger{accepted: map[uint64]bool{}}}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	for _, g := range []**gate{&s.natsGate, &s.publisherGate, &s.clickhouseGate} {
		if *g, err = newGate(); err != nil {
			return nil, err
		}
	}
	s.nats = &engine{role: roleNATS, gates: []*gate{s.natsGate, s.publisherGate}}
	s.clickhouse = &engine{role: roleClickHouse, gates: []*gate{s.clickhouseGate}}
	for _, e := range []*engine{s.nats, s.clickhouse} {
		e.program, e.mounts, e.tmpfs, e.env, e.log, e.dir = p.self, p.mounts, tmpfs, env, logFile(dir, e.role), filepath.Join(dir, e.role)
		if err := os.MkdirAll(e.dir, 0o700); err != nil {
			return nil, err
		}
		if err := e.start(); err != nil {
			return nil, err
		}
	}
	if err := s.dial(); err != nil {
		return nil, err
	}
	_, err = s.vitrine(ctx, "migrate", s.direct())
	return s, err
}

// dial connects to NATS past the gates; the server's address changes with each start.
func (s *stack) dial() (err error) {
	if s.conn != nil {
		s.conn.Close()
	}
	options, err := credentials.ConnectOptions(s.creds(), nil)
	if err != nil {
		return err
	}
	s.conn, err = nats.Connect(s.natsURL(), append(options, nats.MaxReconnects(-1))...)
	return err
}

// natsURL is past the gates.
func (s *stack) natsURL() string {
	if s.cluster != nil {
		return s.cluster.url()
	}
	return s.nats.url
}

// creds is the credentials file that NATS asks for; empty: none.
func (s *stack) creds() string {
	if s.cluster != nil {
		return s.cluster.keys.ServiceCredentials()
	}
	return ""
}

// natsAlive fails if a server ended by itself.
func (s *stack) natsAlive() error {
	if s.cluster != nil {
		return s.cluster.alive()
	}
	return s.nats.alive()
}

func (s *stack) stop() {
	if s.conn != nil {
		s.conn.Close()
	}
	for _, e := range []*engine{s.nats, s.clickhouse} {
		if e != nil && e.process != nil {
			e.process.kill()
		}
	}
	for _, g := range []*gate{s.natsGate, s.publisherGate, s.clickhouseGate} {
		if g != nil {
			g.close()
		}
	}
}

func (s *stack) direct() []string {
	return []string{"--nats-url", s.natsURL(), "--nats-creds", s.creds(), "--clickhouse-url", s.clickhouse.url + "/vitrine"}
}

func (s *stack) gated() []string {
	return []string{"--nats-url", "nats://" + s.natsGate.addr(), "--clickhouse-url", "http://" + s.clickhouseGate.addr() + "/vitrine"}
}

// vitrine runs one of vitrine's commands to its end and gives what it printed.
func (s *stack) vitrine(ctx context.Context, name string, flags []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.programs.vitrine, append(append([]string{name}, flags...), args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("vitrine %s: %w: %s", name, err, errs.String())
	}
	return out, err
}

// found is what is there when all is done.
type found struct {
	messages, redelivered    int
	stored, rejected         int
	lost, unknown, twice     int // acknowledged and nowhere; somewhere and not in the stream; in both tables
	acknowledged             int
	verified                 int // messages that verify read
	differing, checked       int // what verify compared
	logged, loggedTwice      int // rejections in the stream of rejections
	misLogged                int // there or in ClickHouse, and not in the other
	sent, duplicates, refuse int
}

// minus is what came between.
func (f found) minus(o found) found {
	f.messages -= o.messages
	f.redelivered -= o.redelivered
	f.stored -= o.stored
	f.rejected -= o.rejected
	f.acknowledged -= o.acknowledged
	f.sent -= o.sent
	f.duplicates -= o.duplicates
	return f
}

// problems says what isn't as it must be.
func (f found) problems() error {
	var all []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	wrong(f.verified != f.messages, "verify read %d messages, but the stream has %d", f.verified, f.messages)
	wrong(f.checked == 0, "verify compared nothing")
	wrong(f.differing > 0, "verify: %d of %d differ", f.differing, f.checked)
	wrong(f.messages != f.stored+f.rejected, "%d messages, but %d stored and %d rejected", f.messages, f.stored, f.rejected)
	wrong(f.acknowledged != f.messages, "%d messages were acknowledged to the publisher, but the stream has %d", f.acknowledged, f.messages)
	wrong(f.sent != f.acknowledged+f.refuse, "%d were sent, but %d acknowledged and %d refused", f.sent, f.acknowledged, f.refuse)
	wrong(f.lost > 0, "%d messages were acknowledged and are neither stored nor rejected", f.lost)
	wrong(f.unknown > 0, "%d are stored or rejected and not in the stream", f.unknown)
	wrong(f.twice > 0, "%d are both stored and rejected, or were acknowledged twice", f.twice)
	wrong(f.misLogged > 0, "%d rejections are in ClickHouse or in the stream of rejections, and not in the other", f.misLogged)
	wrong(f.loggedTwice > 0, "of %d rejections in the stream of rejections %d are there again", f.logged, f.loggedTwice)
	return errors.Join(all...)
}

// look waits until everything is counted, verifies, and counts by itself.
func (s *stack) look(ctx context.Context) (found, error) {
	var f found
	if err := errors.Join(s.natsAlive(), s.clickhouse.alive(), s.dial()); err != nil {
		return f, err
	}
	if err := s.verify(ctx, &f); err != nil {
		return f, err
	}
	js, err := jetstream.New(s.conn)
	if err != nil {
		return f, err
	}
	stream, err := js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return f, err
	}
	consumer, err := stream.Consumer(ctx, schemas.ConsumerDurable)
	if err != nil {
		return f, err
	}
	state := stream.CachedInfo().State
	f.messages = int(state.Msgs)
	f.redelivered = redelivered(consumer.CachedInfo())
	logged, err := readLogged(ctx, js)
	if err != nil {
		return f, err
	}
	return f, s.compare(ctx, &f, state.LastSeq, logged)
}

// redelivered is how many deliveries were beyond a message's first.
func redelivered(c *jetstream.ConsumerInfo) int {
	return int(c.Delivered.Consumer - c.Delivered.Stream)
}

// readLogged reads which messages the stream of rejections says were rejected, in its order. The names of its
// headers are written here again: what they are is part of what is checked.
func readLogged(ctx context.Context, js jetstream.JetStream) (logged []uint64, err error) {
	err = readout.Messages(ctx, js, schemas.StreamRejected, jetstream.ConsumerConfig{HeadersOnly: true}, 0, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		if m.Headers().Get("Vitrine-Resolution") != "" {
			return nil
		}
		seq, err := strconv.ParseUint(m.Headers().Get("Vitrine-Stream-Seq"), 10, 64)
		if err != nil {
			return fmt.Errorf("a rejection names no message: %w", err)
		}
		logged = append(logged, seq)
		return nil
	})
	return logged, err
}

// catchUp is how long the consumers may take for what the faults kept from them; the scenario has a bound of its own.
const catchUp = 10 * time.Minute

func (s *stack) verify(ctx context.Context, f *found) error {
	out, verifyErr := s.vitrine(ctx, "verify", s.direct(), "--json", "--timeout", catchUp.String())
	if err := os.WriteFile(filepath.Join(s.dir, "verify.json"), out, 0o600); err != nil {
		return err
	}
	var report struct {
		Exact    bool
		Messages int
		Checks   []struct{ Expected, Found, Differing int }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return errors.Join(verifyErr, err)
	}
	f.verified = report.Messages
	for _, c := range report.Checks {
		f.checked, f.differing = f.checked+c.Expected, f.differing+c.Differing
	}
	if report.Exact != (f.differing == 0) || report.Exact != (verifyErr == nil) {
		return fmt.Errorf("verify says exact = %t, %d differing, and %w", report.Exact, f.differing, verifyErr)
	}
	return nil
}

// wantOfSpace is how often consumers were told of a full disk, as their logs say.
func (s *stack) wantOfSpace() (n int, err error) {
	logs, err := filepath.Glob(logFile(s.dir, "consumer-*"))
	for _, log := range logs {
		raw, err := os.ReadFile(log)
		if err != nil {
			return n, err
		}
		n += bytes.Count(raw, []byte("No space left on device")) + bytes.Count(raw, []byte("NOT_ENOUGH_SPACE"))
	}
	return n, err
}

// compare looks for every message of the stream by its sequence.
func (s *stack) compare(ctx context.Context, f *found, last uint64, logged []uint64) error {
	stored, err := s.sequences(ctx, "SELECT stream_seq FROM event_history")
	if err != nil {
		return err
	}
	rejected, err := s.sequences(ctx, "SELECT stream_seq FROM rejections")
	if err != nil {
		return err
	}
	f.compareLog(rejected, logged)
	there := make(map[uint64]bool, len(stored)+len(rejected))
	f.stored, f.rejected = len(stored), len(rejected)
	for _, seq := range append(stored, rejected...) {
		if there[seq] {
			f.twice++
		}
		if there[seq] = true; seq > last {
			f.unknown++
		}
	}
	var twice int
	f.sent, f.duplicates, f.acknowledged, f.refuse, twice = s.ledger.counts()
	f.twice += twice
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for seq := range s.ledger.accepted {
		if !there[seq] {
			f.lost++
		}
	}
	return nil
}

// compareLog compares the rejections of ClickHouse with those of the stream of rejections.
func (f *found) compareLog(rejected, logged []uint64) {
	there := make(map[uint64]bool, len(logged))
	for _, seq := range logged {
		if there[seq] {
			f.loggedTwice++
		}
		there[seq] = true
	}
	f.logged = len(logged)
	common := 0
	for _, seq := range rejected {
		if there[seq] {
			common++
		}
	}
	f.misLogged = len(rejected) - common + len(there) - common
}

func (s *stack) sequences(ctx context.Context, sql string) ([]uint64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.clickhouse.url+"/?"+url.Values{
		"database": {"vitrine"}, "default_format": {"RowBinary"}, "query": {sql}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || len(body)%8 != 0 {
		return nil, fmt.Errorf("%s: %s, %w: %.200s", sql, response.Status, err, body)
	}
	all := make([]uint64, len(body)/8)
	for i := range all {
		all[i] = binary.LittleEndian.Uint64(body[8*i:])
	}
	return all, nil
}
