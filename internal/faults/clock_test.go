package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Go reads the clock without a system call that could be caught, and the machine's clock isn't ours to move. So
// the clock scenario's Go programs are built with a time package whose wall clock is off by what a file says; its
// monotonic clock goes on, as when a real clock is set. That moves NATS and `vitrine consume`, all they do. It
// moves neither ClickHouse's library, which isn't Go (only the HTTP server around it), nor the publisher, which is
// in the suite's own process.
const (
	clockVariable = "VITRINE_CLOCK"
	realNow       = "	sec, nsec, mono := runtimeNow()\n"
	movedNow      = realNow + "	sec += movedBy.Load()\n"
)

// movedSource is the file added to the time package. Now is called where nothing may block (the runtime's timers),
// so a goroutine looks at the file.
const movedSource = `package time

import (
	"sync/atomic"
	"syscall"
)

var movedBy atomic.Int64 // seconds

func init() {
	path, given := syscall.Getenv("` + clockVariable + `")
	if !given {
		return
	}
	go func() {
		for {
			if raw, err := readFile(path); err == nil {
				if n, err := atoi(string(raw)); err == nil {
					movedBy.Store(int64(n))
				}
			}
			Sleep(20 * Millisecond)
		}
	}()
}
`

// withMovableClock builds both programs with such a time package.
func (p programs) withMovableClock(ctx context.Context, dir string) (programs, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return p, fmt.Errorf("go env GOROOT: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	raw, err := os.ReadFile(source)
	if err != nil {
		return p, err
	}
	if bytes.Count(raw, []byte("func Now() Time {\n"+realNow)) != 1 {
		return p, fmt.Errorf("%s has another Now than expected: adapt the clock scenario to this version of Go", source)
	}
	changed := strings.Replace(string(raw), "func Now() Time {\n"+realNow, "func Now() Time {\n"+movedNow, 1)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		source: filepath.Join(dir, "time.go"),
		filepath.Join(filepath.Dir(source), "moved.go"): filepath.Join(dir, "moved.go"),
	}})
	if err != nil {
		return p, err
	}
	err = errors.Join(os.WriteFile(filepath.Join(dir, "time.go"), []byte(changed), 0o600),
		os.WriteFile(filepath.Join(dir, "moved.go"), []byte(movedSource), 0o600),
		os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	if err != nil {
		return p, err
	}
	p.vitrine, p.self = filepath.Join(dir, "vitrine-clock"), filepath.Join(dir, "faults-clock")
	return p, errors.Join(
		goTool(ctx, "build", "-overlay", filepath.Join(dir, "overlay.json"), "-tags", "failpoints", "-trimpath", "-o", p.vitrine, "vitrine/cmd/vitrine"),
		goTool(ctx, "test", "-c", "-overlay", filepath.Join(dir, "overlay.json"), "-trimpath", "-o", p.self, "vitrine/internal/faults"))
}

func goTool(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
