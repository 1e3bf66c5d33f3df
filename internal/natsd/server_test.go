package natsd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// childVariable makes this test binary run a Server instead of the tests.
const childVariable = "NATSD_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		os.Exit(runChild(dir))
	}
	os.Exit(m.Run())
}

// runChild runs a server on dir until standard input ends.
func runChild(dir string) int {
	s, err := New(Config{Dir: dir, Port: AnyPort})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go func() {
		<-s.Ready()
		fmt.Println(s.URL())
	}()
	if err := s.Run(ctx); err != nil {
		fmt.Printf("error %T %v\n", err, err)
		return 1
	}
	return 0
}

// run starts a server and returns it with a function that stops it.
func run(t *testing.T, cfg Config) (*Server, func() error) {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	select {
	case <-s.Ready():
	case err := <-ended:
		stopped = true
		t.Fatal(err)
	}
	return s, stop
}

func connect(t *testing.T, url string, options ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func publish(t *testing.T, js jetstream.JetStream, n int) {
	t.Helper()
	ctx := t.Context()
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Storage: jetstream.FileStorage}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := js.Publish(ctx, "s.x", []byte(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
}

func count(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	stream, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

func TestRestartKeepsMessages(t *testing.T) {
	for _, cfg := range []Config{{}, {SyncInterval: time.Minute}} {
		cfg.Dir, cfg.Port = filepath.Join(t.TempDir(), "a", "store"), AnyPort
		s, stop := run(t, cfg)
		publish(t, connect(t, s.URL()), 10)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		s, _ = run(t, cfg)
		if n := count(t, connect(t, s.URL())); n != 10 {
			t.Errorf("%+v: %d messages after the restart", cfg, n)
		}
	}
}

func TestKillKeepsAcknowledgedMessages(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+dir)
	stdin, err := child.StdinPipe() // closed when this process ends, however it does
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Fscanln(stdout, &url); err != nil {
		t.Fatal(err)
	}
	publish(t, connect(t, url), 100)

	// Meanwhile no one else gets the store.
	s, err := New(Config{Dir: dir, Port: AnyPort})
	if err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if err := s.Run(t.Context()); !errors.As(err, &locked) || locked.Dir != dir {
		t.Errorf("a second process on the store: %v", err)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	again, _ := run(t, Config{Dir: dir, Port: AnyPort})
	if n := count(t, connect(t, again.URL())); n != 100 {
		t.Errorf("%d messages after the kill", n)
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s, err := New(Config{Dir: t.TempDir(), Port: l.Addr().(*net.TCPAddr).Port})
	if err != nil {
		t.Fatal(err)
	}
	var taken *AddrInUseError
	if err := s.Run(t.Context()); !errors.As(err, &taken) || taken.Addr != l.Addr().String() || !strings.Contains(err.Error(), taken.Addr) {
		t.Errorf("%v", err)
	}
	select {
	case <-s.Ready():
		t.Error("it says that it is ready")
	default:
	}
	if err := s.Run(t.Context()); !errors.Is(err, ErrStarted) {
		t.Errorf("a second Run: %v", err)
	}
}

func TestStoreNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Dir: filepath.Join(file, "store"), Port: AnyPort})
	if err != nil {
		t.Fatal(err)
	}
	var store *StoreError
	if err := s.Run(t.Context()); !errors.As(err, &store) {
		t.Errorf("%v", err)
	}
}

// TestServerGivesUp has the server itself fail: its own part of the store is a file.
func TestServerGivesUp(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Dir: dir, Port: AnyPort})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Run(ctx); err == nil || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("%v", err)
	}
}

func TestPassword(t *testing.T) {
	var warned bytes.Buffer
	s, stop := run(t, Config{Dir: t.TempDir(), Port: AnyPort, User: "u", Password: "p",
		Logger: slog.New(slog.NewTextHandler(&warned, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if nc, err := nats.Connect(s.URL()); err == nil {
		nc.Close()
		t.Error("let in without a password")
	}
	publish(t, connect(t, s.URL(), nats.UserInfo("u", "p")), 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(warned.String(), "Plaintext") {
		t.Errorf("it warns of a password that stands nowhere but in memory: %s", &warned)
	}
}

func TestMaxPayload(t *testing.T) {
	s, _ := run(t, Config{Dir: t.TempDir(), Port: AnyPort, MaxPayload: 2048})
	js := connect(t, s.URL())
	publish(t, js, 1)
	if _, err := js.Publish(t.Context(), "s.x", make([]byte, 4096)); !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("%v", err)
	}
}

func TestLogAndURL(t *testing.T) {
	var log bytes.Buffer
	cfg := Config{Dir: t.TempDir(), Port: AnyPort, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	before, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if before.URL() != "" {
		t.Errorf("the URL before Ready is %q", before.URL())
	}
	s, stop := run(t, cfg)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), s.URL()) {
		t.Errorf("the log is %q", log.String())
	}
}

func TestConfig(t *testing.T) {
	for _, cfg := range []Config{
		{}, {Dir: "x", Port: -2}, {Dir: "x", Port: 70000}, {Dir: "x", User: "u"}, {Dir: "x", Password: "p"}, {Dir: "x", SyncInterval: -1},
		{Dir: "x", MaxPayload: -1}, {Dir: "x", MaxPayload: 65 << 20}, {Dir: "x", MaxStore: -1},
		{Dir: "x", StopTimeout: -1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
	s, err := New(Config{Dir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if s.addr() != "127.0.0.1:4222" {
		t.Errorf("the defaults are %+v", s.cfg)
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("New made the folder")
	}
}

// TestSync holds what the server is told against what docs/durability.md says: without a word each
// message is flushed before it is acknowledged.
func TestSync(t *testing.T) {
	for _, c := range []struct {
		interval     time.Duration
		wantAlways   bool
		wantInterval time.Duration
	}{{0, true, time.Second}, {time.Second, false, time.Second}, {2 * time.Minute, false, 2 * time.Minute}} {
		s, err := New(Config{Dir: "x", SyncInterval: c.interval})
		if err != nil {
			t.Fatal(err)
		}
		if o := s.options(); o.SyncAlways != c.wantAlways || o.SyncInterval != c.wantInterval {
			t.Errorf("SyncInterval %s: the server gets always=%t, every %s", c.interval, o.SyncAlways, o.SyncInterval)
		}
	}
}
