package natsd

import (
	"fmt"
	"log/slog"
)

// logAdapter hands the server's log to slog, and keeps the first fatal message:
// the server reports a failed start nowhere else.
type logAdapter struct {
	log   *slog.Logger
	fatal chan string
}

func newLogAdapter(log *slog.Logger) *logAdapter {
	return &logAdapter{log: log.With("component", "nats"), fatal: make(chan string, 1)}
}

// Noticef logs at debug: at each start the server prints a banner of a dozen lines.
func (a *logAdapter) Noticef(format string, v ...any) { a.log.Debug(fmt.Sprintf(format, v...)) }
func (a *logAdapter) Warnf(format string, v ...any)   { a.log.Warn(fmt.Sprintf(format, v...)) }
func (a *logAdapter) Errorf(format string, v ...any)  { a.log.Error(fmt.Sprintf(format, v...)) }
func (a *logAdapter) Debugf(format string, v ...any)  { a.log.Debug(fmt.Sprintf(format, v...)) }
func (a *logAdapter) Tracef(format string, v ...any)  { a.log.Debug(fmt.Sprintf(format, v...)) }

// Fatalf does not end the process, unlike the server's own logger.
func (a *logAdapter) Fatalf(format string, v ...any) {
	select {
	case a.fatal <- fmt.Sprintf(format, v...):
	default: // the first one is the cause
	}
}
