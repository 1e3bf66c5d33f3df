package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/producers"
	"vitrine/schemas"
)

// Defaults of [Config].
const (
	DefaultMaxBody       = 8 << 20
	DefaultMaxBatch      = 5000
	DefaultRate          = 1000
	DefaultBurst         = 5000
	DefaultConcurrent    = 64
	DefaultPerLab        = 16
	DefaultWait          = time.Minute
	DefaultTimeout       = 10 * time.Second
	DefaultReadTimeout   = 30 * time.Second
	DefaultExportTimeout = 5 * time.Minute
	DefaultImportTimeout = 5 * time.Minute
	DefaultMaxFailures   = 20
)

// Config says what a [Gateway] serves and how much of it.
type Config struct {
	// Publisher sends what is accepted; connected. Its Attempts should be few, so that a request doesn't
	// wait for a server that is gone. Required; the gateway doesn't close it.
	Publisher *producers.Publisher
	// Authenticator says whose a token is. Required.
	Authenticator Authenticator
	// Statuses, Events and Exporter give what the GET routes answer; a nil one's routes answer 501.
	Statuses StatusReader
	Events   EventReader
	Exporter Exporter
	// Periods are the labs' reporting periods; nil: their routes answer 501.
	Periods Periods
	// Importer takes files apart; nil: POST /v1/imports answers 501.
	Importer FileImporter

	// MaxBody bounds a request's body in bytes, as sent and inflated. Default [DefaultMaxBody], at least
	// [schemas.MaxEventBytes].
	MaxBody int64
	// MaxBatch is the most events in one request. Default [DefaultMaxBatch].
	MaxBatch int
	// Rate is how many events a second one lab may send on average, Burst how many at once; Burst is at
	// least MaxBatch. Defaults [DefaultRate] and [DefaultBurst].
	Rate  float64
	Burst int
	// Concurrent is how many requests are worked on at once, Wait how long one more waits for its turn
	// before it is answered 503. A waiting request's body isn't read, so that it costs next to nothing:
	// 1,000 labs that send at once all get their turn. Defaults [DefaultConcurrent] and [DefaultWait].
	Concurrent int
	Wait       time.Duration
	// PerLab is how many requests one lab may have under way, those that wait included; one more is answered
	// 429. Default [DefaultPerLab].
	PerLab int
	// Timeout is how long JetStream may take to acknowledge a request's events; of a file's, 256 at a time. Default
	// [DefaultTimeout].
	Timeout time.Duration
	// ImportTimeout is how long it may take to acknowledge all of a file's. Default [DefaultImportTimeout].
	ImportTimeout time.Duration
	// ReadTimeout is how long a request's body may take to arrive. Default [DefaultReadTimeout].
	ReadTimeout time.Duration
	// ExportTimeout bounds an export, from the query to the last byte. Default [DefaultExportTimeout].
	ExportTimeout time.Duration
	// MaxFailures is how many wrong tokens an address may try within a minute; after that it is refused
	// until the minute is over. IPv6 addresses count by their /64. Default [DefaultMaxFailures].
	MaxFailures int
	// TrustedProxies are those whose X-Forwarded-For says where a request came from. Default: none.
	TrustedProxies []netip.Prefix

	// Logger hears of each request, without its content. nil: nobody does.
	Logger *slog.Logger
	// Registerer gets the metrics. nil: they aren't exposed.
	Registerer prometheus.Registerer
	// Clock is the time that rates and lockouts are measured by. nil: [time.Now].
	Clock func() time.Time
}

// withDefaults fills in the defaults and refuses what can't work, all of it at once.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Publisher == nil {
		bad("Publisher is missing")
	}
	if c.Authenticator == nil {
		bad("Authenticator is missing")
	}
	defaultTo(&c.MaxBody, DefaultMaxBody)
	defaultTo(&c.MaxBatch, DefaultMaxBatch)
	defaultTo(&c.Rate, DefaultRate)
	defaultTo(&c.Burst, max(DefaultBurst, c.MaxBatch))
	defaultTo(&c.Concurrent, DefaultConcurrent)
	defaultTo(&c.PerLab, DefaultPerLab)
	defaultTo(&c.MaxFailures, DefaultMaxFailures)
	if c.MaxBody < schemas.MaxEventBytes {
		bad("MaxBody is %d: an event may have %d bytes", c.MaxBody, schemas.MaxEventBytes)
	}
	if c.MaxBatch < 1 || !(c.Rate > 0) || c.Concurrent < 1 || c.PerLab < 1 || c.MaxFailures < 1 {
		bad("MaxBatch %d, Rate %v, Concurrent %d, PerLab %d, MaxFailures %d: they must be above 0", c.MaxBatch, c.Rate, c.Concurrent, c.PerLab, c.MaxFailures)
	}
	if c.Burst < c.MaxBatch {
		bad("Burst is %d: a batch may have %d events (MaxBatch) and would never pass", c.Burst, c.MaxBatch)
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		dflt  time.Duration
	}{
		{"Wait", &c.Wait, DefaultWait}, {"Timeout", &c.Timeout, DefaultTimeout},
		{"ReadTimeout", &c.ReadTimeout, DefaultReadTimeout}, {"ExportTimeout", &c.ExportTimeout, DefaultExportTimeout},
		{"ImportTimeout", &c.ImportTimeout, DefaultImportTimeout},
	} {
		defaultTo(d.value, d.dflt)
		if *d.value < 0 {
			bad("%s is %s: it must not be negative", d.name, *d.value)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("gateway: configuration: %w", errors.Join(errs...))
	}
	return c, nil
}

func defaultTo[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}
