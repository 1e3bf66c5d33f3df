package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/internal/testkit"
)

// Asked once to stop, a server lets its requests finish; asked twice, it ends at once.
func TestASecondInterruptEndsAServerThatWaits(t *testing.T) {
	natsURL, _ := natsWithStreams(t)
	_, web, _, _ := addresses(t)
	p := start(t, "gateway", "--http-addr", strings.TrimPrefix(web, "http://"), "--nats-url", natsURL, "--clickhouse-url", "http://127.0.0.1:1/vitrine")
	awaitReady(t, web, 200)
	// A body that doesn't come holds the server up.
	conn, err := net.Dial("tcp", strings.TrimPrefix(web, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /submit/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatal(line, err)
	}
	for sent := time.Now(); ; {
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-p.done:
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
				t.Fatalf("it ended otherwise: %v\n%s", err, p.out)
			}
			return
		case <-time.After(100 * time.Millisecond):
			if time.Since(sent) > time.Minute {
				t.Fatalf("still running\n%s", p.out)
			}
		}
	}
}

// Asked to stop while it starts, up stops as it does while it runs.
func TestAskedToStopWhileStarting(t *testing.T) {
	flags, _, _, _ := addresses(t)
	up := start(t, append([]string{"up", "--data", t.TempDir()}, flags...)...)
	testkit.Eventually(t, time.Minute, func() error {
		if !strings.Contains(up.out.String(), "ClickHouse engine ready") {
			return errors.New("the engine isn't ready")
		}
		return nil
	})
	up.stop()
	if said := up.out.String(); strings.Contains(said, "vitrine:") {
		t.Errorf("it says %s; want no error", said)
	}
}

// A terminal that is closed asks a server to stop, however often that is said.
func TestAClosedTerminal(t *testing.T) {
	heeded := make(chan os.Signal, 1) // by what is started from here, too, even if the tests themselves outlive their terminal
	signal.Notify(heeded, syscall.SIGHUP)
	defer signal.Stop(heeded)
	natsURL, _ := natsWithStreams(t)
	_, web, _, _ := addresses(t)
	p := start(t, "gateway", "--http-addr", strings.TrimPrefix(web, "http://"), "--nats-url", natsURL, "--clickhouse-url", "http://127.0.0.1:1/vitrine")
	awaitReady(t, web, 200)
	for range 2 {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.wait(time.Minute); err != nil {
		t.Errorf("it didn't stop cleanly: %v\n%s", err, p.out)
	}
}

// Whoever is asked and answers with Ctrl-C has said no.
func TestCtrlCAnswersAQuestion(t *testing.T) {
	nobodyTypes, typed := io.Pipe()
	defer typed.Close()
	env := &environment{Stdin: nobodyTypes, Stdout: io.Discard}
	ctx, ctrlC := context.WithCancel(t.Context())
	answer := make(chan bool, 1)
	go func() {
		yes, err := env.confirm(ctx, "Approve these figures?", "--yes")
		if err != nil {
			t.Error(err)
		}
		answer <- yes
	}()
	ctrlC()
	select {
	case yes := <-answer:
		if yes {
			t.Error("it was taken for a yes")
		}
	case <-time.After(time.Minute):
		t.Error("it still waits for an answer")
	}
}
