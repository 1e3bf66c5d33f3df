package producers

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Defaults of [Config].
const (
	DefaultURL            = "nats://127.0.0.1:4222"
	DefaultName           = "vitrine"
	DefaultAttemptTimeout = 5 * time.Second
	DefaultBackoffMin     = 100 * time.Millisecond
	DefaultBackoffMax     = 10 * time.Second
)

// Config says where and how a [Publisher] publishes. Its zero value publishes to a local server
// and tries until the context ends.
type Config struct {
	// URL is the NATS server's address, or several separated by commas; user and password may
	// stand in it. Default [DefaultURL].
	URL string
	// CredentialsFile is a NATS .creds file to authenticate with, as `vitrine lab add` writes it; empty:
	// none. It is read anew at each reconnection, so that it can be replaced.
	CredentialsFile string
	// TLS is how connections are encrypted: with which CAs, and which certificate of one's own. A server
	// without TLS is refused then. nil: a tls:// URL, or a server that asks for TLS, is checked with the system's CAs.
	TLS *tls.Config
	// Name is shown by NATS's monitoring and goes with each event as its publisher
	// ([schemas.HeaderPublisher]): letters, digits and . _ : / -, at most 100. Default [DefaultName].
	Name string
	// Replicas is how many servers keep each message, for [Publisher.EnsureStreams] alone: 1 to 5,
	// not more than the cluster has servers. Default 1.
	Replicas int
	// Attempts is how often one event is sent before giving up, the first time included; also how
	// often [Publisher.Connect] tries. 0 (default): until the context ends.
	Attempts int
	// AttemptTimeout is how long one attempt waits for the acknowledgement. Default [DefaultAttemptTimeout].
	AttemptTimeout time.Duration
	// BackoffMin and BackoffMax bound the pauses between attempts, which double, ±50 % at random.
	// Defaults [DefaultBackoffMin] and [DefaultBackoffMax].
	BackoffMin, BackoffMax time.Duration
	// Registerer gets the metrics. Two publishers on one registry collide: tell them apart with
	// [prometheus.WrapRegistererWith]. nil: the metrics aren't exposed.
	Registerer prometheus.Registerer
	// Logger hears of disconnections and retries. nil: nobody does.
	Logger *slog.Logger
	// Clock is the time that "in the future" is judged by. nil: [time.Now].
	Clock func() time.Time
}

// maxNameLen keeps the publisher's name, and so the headers, short.
const maxNameLen = 100

// withDefaults fills in the defaults and refuses what can't work, all of it at once.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.URL == "" {
		c.URL = DefaultURL
	}
	if c.Name == "" {
		c.Name = DefaultName
	}
	if !validName(c.Name) {
		bad("Name is %q: it may have letters, digits and . _ : / -, at most %d", c.Name, maxNameLen)
	}
	if c.Replicas == 0 {
		c.Replicas = 1
	}
	if c.Replicas < 1 || c.Replicas > 5 {
		bad("Replicas is %d: it must be 1 to 5", c.Replicas)
	}
	if c.Attempts < 0 {
		bad("Attempts is %d: it must be 1 or more, or 0 for no limit", c.Attempts)
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		dflt  time.Duration
	}{
		{"AttemptTimeout", &c.AttemptTimeout, DefaultAttemptTimeout},
		{"BackoffMin", &c.BackoffMin, DefaultBackoffMin},
		{"BackoffMax", &c.BackoffMax, max(DefaultBackoffMax, c.BackoffMin)},
	} {
		if *d.value < 0 {
			bad("%s is %s: it must not be negative", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.dflt
		}
	}
	if c.BackoffMax < c.BackoffMin {
		bad("BackoffMax (%s) is below BackoffMin (%s)", c.BackoffMax, c.BackoffMin)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("publisher: configuration: %w", errors.Join(errs...))
	}
	return c, nil
}

func validName(s string) bool {
	return len(s) <= maxNameLen && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._:/-", r)
	})
}
