package verify

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Config says what is verified.
type Config struct {
	// JetStream is where the stream of events is.
	JetStream jetstream.JetStream
	// Store is where the figures are; it must be migrated with the same catalogue.
	Store *clickhouse.Store
	// Catalogue says what counts. Default: the one compiled in.
	Catalogue *schemas.Catalogue
	// Zone is the programme's time zone, as the ingest has it. Default Europe/Paris.
	Zone *time.Location
	// AsOf is the day that the figures are compared as of; its time of day doesn't matter. Default today in Zone.
	AsOf time.Time
	// Timeout is how long the pipeline may take to come to rest. Default 2 minutes.
	Timeout time.Duration
	// Consumer is the durable consumer that must have caught up. Default schemas.ConsumerDurable.
	Consumer string
	// Replicas is how many servers keep the claim on the figures at least ([claim.Config]). Default 1.
	Replicas int
	// Differences is how many of each check's differences are reported in words. Default 20.
	Differences int
	// Progress is called now and then with how many messages were read, of how many; may be nil.
	Progress func(done, total uint64)
	// Comparing is called with how many steps of the comparison are done, of how many, from 0 on; it begins anew where messages were counted
	// meanwhile. It may be nil.
	Comparing func(done, total int)
	// Logger gets state changes. Default: discarded.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.JetStream == nil || c.Store == nil {
		return c, errors.New("verify: JetStream and Store are needed")
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			return c, fmt.Errorf("verify: %w", err)
		}
		c.Zone = zone
	}
	if c.AsOf.IsZero() {
		c.AsOf = time.Now().In(c.Zone)
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Minute
	}
	if c.Consumer == "" {
		c.Consumer = schemas.ConsumerDurable
	}
	if c.Differences == 0 {
		c.Differences = 20
	}
	if c.Progress == nil {
		c.Progress = func(done, total uint64) {}
	}
	if c.Comparing == nil {
		c.Comparing = func(done, total int) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}
