// Package stopping is how a process is asked to stop.
package stopping

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Context ends when the process is asked to stop: by Ctrl-C, by SIGTERM, or since its terminal was closed. By the last not where whoever
// started it had it outlive its terminal, as nohup does. Who asks a second time doesn't want to wait: Ctrl-C and SIGTERM end the process at once
// then. A terminal that is closed may say so twice, its shell and the system each: that is heeded until the process has ended.
func Context() context.Context {
	by := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		by = append(by, syscall.SIGHUP)
	}
	ctx, _ := signal.NotifyContext(context.Background(), by...)
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	return ctx
}
