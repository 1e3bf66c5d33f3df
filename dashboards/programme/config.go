package programme

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/pages/session"
)

// Defaults of [Config].
const (
	DefaultCache   = 3 * time.Second
	DefaultTimeout = 30 * time.Second
)

// Config says what a [Handler] works with.
type Config struct {
	// Key seals the session cookies, at least [session.MinKeyBytes] random bytes; the same in each process behind
	// one address. Required.
	Key []byte
	// Accounts says who may come in, Labs what they see. Required.
	Accounts Accounts
	Labs     Labs
	// Periods, Actions and Overview add their pages; nil: the pages say that they aren't available here.
	Periods  Periods
	Actions  Actions
	Overview Overview
	// Reports says that /programme/reports/{lab}/{period}.{html,pdf,xlsx} is served: the pages lead there.
	Reports bool
	// GrafanaURL is where the programme's dashboards are. Empty: no link.
	GrafanaURL string
	// Secure marks the cookies for HTTPS only; see [session.Config].
	Secure bool
	// Remote is where a request came from, which wrong tokens are counted by. nil: the connection's other end.
	Remote func(*http.Request) netip.Addr
	// Cache is how long an answer serves further requests. Default [DefaultCache]; negative: each asks anew.
	Cache time.Duration
	// Timeout is how long a source may take. Default [DefaultTimeout].
	Timeout time.Duration
	// Registerer gets the metrics; nil: they aren't exposed.
	Registerer prometheus.Registerer
	// Logger hears of what failed. nil: nobody does.
	Logger *slog.Logger
	// Clock is the time that sessions and the cache go by; its day, in its own location, is today: give it in the
	// programme's zone. nil: [time.Now].
	Clock func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	if c.Accounts == nil {
		errs = append(errs, errors.New("Accounts is missing"))
	}
	if c.Labs == nil {
		errs = append(errs, errors.New("Labs is missing"))
	}
	if c.Timeout < 0 {
		errs = append(errs, fmt.Errorf("Timeout (%s) is negative", c.Timeout))
	}
	if c.Actions != nil && c.Periods == nil {
		errs = append(errs, errors.New("Actions without Periods: there is nothing to act on"))
	}
	if c.Cache == 0 {
		c.Cache = DefaultCache
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Remote == nil {
		c.Remote = session.ConnectedFrom
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("programme: configuration: %w", err)
	}
	return c, nil
}
