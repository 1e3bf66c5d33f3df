package main

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
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
