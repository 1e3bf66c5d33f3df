package form

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
	DefaultSession        = session.DefaultLength
	DefaultPublishTimeout = 10 * time.Second
	DefaultSendTimeout    = 5 * time.Minute
	DefaultReadTimeout    = 10 * time.Second
	DefaultMaxFileBytes   = 20 << 20
)

// MinKeyBytes is the shortest [Config.Key].
const MinKeyBytes = session.MinKeyBytes

// Config says what a [Handler] works with.
type Config struct {
	// Key seals the session cookies, at least [MinKeyBytes] random bytes; the same in each process
	// behind one address. A new key signs everybody out. Required.
	Key []byte
	// Accounts, Publisher, Labs, Entries and Progress are the rest of Vitrine. Required.
	Accounts  Accounts
	Publisher Publisher
	Labs      Labs
	Entries   Entries
	Progress  Progress
	// Files reads spreadsheets; nil: the pages don't offer it.
	Files FileReader
	// Templates writes files to fill in; nil: the pages don't offer them.
	Templates Templates
	// Periods are the labs' reporting periods; nil: the pages don't offer them.
	Periods Periods
	// Zone is that of a lab whose registration names none. nil: Europe/Paris.
	Zone *time.Location
	// Secure marks the cookies for HTTPS only. Set it wherever the pages are reached by HTTPS; a request
	// that came by TLS, or through a proxy that says so (X-Forwarded-Proto), marks them anyway.
	Secure bool
	// Remote is where a request came from, which wrong tokens are counted by; behind a proxy everybody has the
	// connection's address in common. nil: the connection's.
	Remote func(*http.Request) netip.Addr
	// Session is how long one stays signed in. Default [DefaultSession].
	Session time.Duration
	// PublishTimeout is how long the acknowledgement of one event may take. Default [DefaultPublishTimeout].
	PublishTimeout time.Duration
	// SendTimeout is how long a file may take to arrive, then to be read, and later its rows to be sent together; those left
	// are sent by another click. The server's own deadlines are put off until then. Default [DefaultSendTimeout].
	SendTimeout time.Duration
	// ReadTimeout is how long Labs, Entries and Progress may take together. Default [DefaultReadTimeout].
	ReadTimeout time.Duration
	// MaxFileBytes bounds a spreadsheet. Default [DefaultMaxFileBytes].
	MaxFileBytes int64
	// Registerer gets the metrics; nil: they aren't exposed.
	Registerer prometheus.Registerer
	// Logger hears of what failed, without what was typed. nil: nobody does.
	Logger *slog.Logger
	// Clock is the time that sessions and "in the future" are judged by. nil: [time.Now].
	Clock func() time.Time
}

// withDefaults fills in the defaults and refuses what can't work, all of it at once.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	need := func(given bool, name string) {
		if !given {
			errs = append(errs, fmt.Errorf("%s is missing", name))
		}
	}
	if len(c.Key) < MinKeyBytes {
		errs = append(errs, fmt.Errorf("Key has %d bytes: at least %d random ones are needed", len(c.Key), MinKeyBytes))
	}
	need(c.Accounts != nil, "Accounts")
	need(c.Publisher != nil, "Publisher")
	need(c.Labs != nil, "Labs")
	need(c.Entries != nil, "Entries")
	need(c.Progress != nil, "Progress")
	for _, d := range []struct {
		name  string
		value *time.Duration
		dflt  time.Duration
	}{{"Session", &c.Session, DefaultSession}, {"PublishTimeout", &c.PublishTimeout, DefaultPublishTimeout},
		{"SendTimeout", &c.SendTimeout, DefaultSendTimeout}, {"ReadTimeout", &c.ReadTimeout, DefaultReadTimeout}} {
		if *d.value < 0 {
			errs = append(errs, fmt.Errorf("%s (%s) is negative", d.name, *d.value))
		}
		if *d.value == 0 {
			*d.value = d.dflt
		}
	}
	if c.MaxFileBytes < 0 {
		errs = append(errs, fmt.Errorf("MaxFileBytes (%d) is negative", c.MaxFileBytes))
	}
	if c.MaxFileBytes == 0 {
		c.MaxFileBytes = DefaultMaxFileBytes
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			errs = append(errs, fmt.Errorf("Zone: %w", err))
		}
		c.Zone = zone
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
	if len(errs) > 0 {
		return c, fmt.Errorf("form: configuration: %w", errors.Join(errs...))
	}
	return c, nil
}
