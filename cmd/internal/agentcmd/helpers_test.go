package agentcmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/cmd/internal/agentcmd"
	"vitrine/internal/testkit"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// asAgent makes this test program behave as the agent: what a process test starts and kills.
const asAgent = "VITRINE_TEST_AS_AGENT"

func TestMain(m *testing.M) {
	if os.Getenv(asAgent) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := run(ctx, os.Stdout, os.Stderr, os.Args[1:]...)
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testkit.Main(m)
}

func run(ctx context.Context, stdout, stderr io.Writer, args ...string) error {
	cmd := agentcmd.Command(agentcmd.Environment{
		Stdout: stdout, Stderr: stderr, Connectors: []importers.Connector{series(), machines()},
		Lang:   func() schemas.Lang { return schemas.English },
		Logger: func() *slog.Logger { return slog.New(slog.NewTextHandler(stderr, nil)) },
		Wrong:  func(err error) error { return wrong{err} },
	}, "agent")
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

type wrong struct{ error }

// series is a connector whose records are numbers: record 7 has 7 visitors.
func series() importers.Connector {
	return importers.Connector{
		Name: "series", Title: schemas.Text{FR: "Série", EN: "Series"}, About: schemas.Text{FR: "nombres", EN: "numbers"},
		Settings: []importers.Setting{
			{Name: "count", Help: schemas.Text{FR: "combien", EN: "how many"}, Required: true},
			{Name: "system", Help: schemas.Text{FR: "système", EN: "system"}, Required: true},
			{Name: "file", Type: importers.Path, Help: schemas.Text{FR: "fichier", EN: "file"}},
		},
		Open: func(o importers.Options) (importers.Importer, error) {
			n, err := strconv.Atoi(o.Values["count"])
			return numbers{lab: o.Lab, system: o.Values["system"], n: n, file: o.Values["file"]}, err
		},
	}
}

type numbers struct {
	lab, system, file string
	n                 int
}

var began = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func (s numbers) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		if s.file != "" && !r.Since.IsZero() {
			yield(nil, errors.New("a part of the file is asked for"))
			return
		}
		for i := range s.n {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			attendance := int64(i)
			e, err := schemas.NewEventWithID(schemas.RecordID(s.lab, s.system, strconv.Itoa(i)), s.lab, s.system, began.Add(time.Duration(i)*time.Minute),
				schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &attendance})
			if !yield(e, err) {
				return
			}
		}
	}
}

// machines is a connector that is told of visitors by MQTT.
func machines() importers.Connector {
	return importers.Connector{
		Name: "machines", Title: schemas.Text{FR: "Machines", EN: "Machines"}, About: schemas.Text{FR: "passages", EN: "visits"}, Feed: importers.MQTT,
		Settings: []importers.Setting{{Name: "topics", Help: schemas.Text{FR: "sujets", EN: "topics"}}},
		Open: func(o importers.Options) (importers.Importer, error) {
			return told{numbers{lab: o.Lab, system: "machines"}}, nil
		},
	}
}

type told struct{ numbers }

// Receive decodes what it needs, and so no card.
func (s told) Receive(_ context.Context, m importers.Message) ([]*schemas.Event, error) {
	var body struct{ Visitors int64 }
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return nil, &importers.RecordError{Origin: m.Topic, What: schemas.Text{FR: "illisible", EN: "unreadable"}}
	}
	e, err := schemas.NewEventWithID(schemas.RecordID(s.lab, s.system, fmt.Sprint(m.Topic, m.Seq)), s.lab, s.system, m.At,
		schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &body.Visitors})
	return []*schemas.Event{e}, err
}

// process is an agent of its own.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], args...), done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), asAgent+"=1")
	p.cmd.Stdout, p.cmd.Stderr = t.Output(), t.Output()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatalf("kill: %v (it had ended before)", err)
	}
	<-p.done
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Fatalf("it didn't stop cleanly: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it doesn't stop")
	}
}

// gate is the network between agent and programme.
type gate struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	shut  bool
	conns map[net.Conn]struct{}
	cuts  int
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, target: target, conns: map[net.Conn]struct{}{}}
	t.Cleanup(func() { _ = l.Close(); g.cut() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go g.carry(client)
		}
	}()
	return g
}

func (g *gate) carry(client net.Conn) {
	defer client.Close()
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut {
		return
	}
	server, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	defer server.Close()
	g.mu.Lock()
	g.conns[client], g.conns[server] = struct{}{}, struct{}{}
	g.mu.Unlock()
	ended := make(chan struct{}, 2)
	pump := func(to, from net.Conn) { _, _ = io.Copy(to, from); ended <- struct{}{} }
	go pump(server, client)
	go pump(client, server)
	<-ended
}

// cut ends all connections and takes no new ones until open.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	if len(g.conns) > 0 {
		g.cuts++
	}
	for c := range g.conns {
		_ = c.Close()
	}
	clear(g.conns)
}

func (g *gate) open() { g.mu.Lock(); g.shut = false; g.mu.Unlock() }

var errNotYet = errors.New("not yet")
