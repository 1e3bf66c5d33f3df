package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/internal/testkit"
)

// How a process ended is told apart: a panic is no error of the program's own making, and another signal no kill -9.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		script string
		gaveUp bool
		by     syscall.Signal
	}{
		{"exit 0", false, 0},
		{"exit 1", true, 0},
		{"exit 2", false, 0}, // as after a panic
		{"kill -9 $$", false, syscall.SIGKILL},
		{"kill -ABRT $$", false, syscall.SIGABRT},
	} {
		p, err := start(exec.Command("sh", "-c", c.script))
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if p.gaveUp() != c.gaveUp || p.endedBy() != c.by {
			t.Errorf("%s: gave up = %t, by %v; want %t, %v", c.script, p.gaveUp(), p.endedBy(), c.gaveUp, c.by)
		}
	}
}

// After SIGTERM a process must end well, unless it is too new to listen.
func TestTerminate(t *testing.T) {
	for _, c := range []struct {
		script string
		age    time.Duration
		says   string
	}{
		{"trap 'exit 0' TERM", time.Minute, ""},
		{"trap 'exit 2' TERM", 0, "exit status 2"},
		{":", 0, ""},
		{":", time.Minute, "signal: terminated"},
	} {
		ready := filepath.Join(t.TempDir(), "ready")
		p, err := start(exec.Command("sh", "-c", c.script+"; : > '"+ready+"'; while :; do sleep 0.01; done"))
		if err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, 10*time.Second, func() error {
			_, err := os.Stat(ready)
			return err
		})
		p.began = time.Now().Add(-c.age)
		err = p.terminate(10 * time.Second)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, %s old: %v; want %q", c.script, c.age, err, c.says)
		}
	}
}
