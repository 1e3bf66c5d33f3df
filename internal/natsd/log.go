package natsd

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
)

// logAdapter hands the server's log to slog, and keeps the first fatal message:
// the server reports a failed start nowhere else. The same goes for a full disk.
type logAdapter struct {
	log   *slog.Logger
	fatal chan string
	// full says that a write failed for lack of space; the server itself doesn't recover from that.
	full atomic.Bool
	// refused hears of what the server refused to a client: it tells nobody but its log.
	refused func(Refusal)
}

func newLogAdapter(log *slog.Logger, refused func(Refusal)) *logAdapter {
	return &logAdapter{log: log.With("component", "nats"), fatal: make(chan string, 1), refused: refused}
}

// Noticef logs at debug: at each start the server prints a banner of a dozen lines.
func (a *logAdapter) Noticef(format string, v ...any) { a.log.Debug(fmt.Sprintf(format, v...)) }

// Warnf logs at debug what is said of passwords in a configuration file: ours are in this process's memory alone.
func (a *logAdapter) Warnf(format string, v ...any) {
	if strings.HasPrefix(format, "Plaintext passwords detected") {
		a.log.Debug(format)
		return
	}
	a.log.Warn(a.noting(fmt.Sprintf(format, v...)))
}

func (a *logAdapter) Errorf(format string, v ...any) {
	msg := fmt.Sprintf(format, v...)
	if kind := refusalIn(msg); kind != "" {
		// Somebody else's mistake or attempt, not this server's failure.
		a.refused(kind)
		a.log.Warn(msg, "refused", string(kind))
		return
	}
	a.log.Error(a.noting(msg))
}
func (a *logAdapter) Debugf(format string, v ...any) { a.log.Debug(fmt.Sprintf(format, v...)) }
func (a *logAdapter) Tracef(format string, v ...any) { a.log.Debug(fmt.Sprintf(format, v...)) }

// noting sees a full disk in a message. One about a client's connection may quote what the client sent.
func (a *logAdapter) noting(msg string) string {
	if !strings.Contains(msg, "cid:") && strings.Contains(msg, syscall.ENOSPC.Error()) {
		a.full.Store(true)
	}
	return msg
}

// Fatalf does not end the process, unlike the server's own logger.
func (a *logAdapter) Fatalf(format string, v ...any) {
	select {
	case a.fatal <- fmt.Sprintf(format, v...):
	default: // the first one is the cause
	}
}
