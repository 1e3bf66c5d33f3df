package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/pflag"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rejected"
	"vitrine/producers"
	"vitrine/schemas"
)

// services are what most commands need: connections to NATS and ClickHouse, and what goes with them.
type services struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	store     *clickhouse.Store
	catalogue *schemas.Catalogue
	logger    *slog.Logger
	registry  *prometheus.Registry
	madeWith  string // what figures depend on here
}

// connect opens both connections and makes sure that the streams are there.
func (env *environment) connect(ctx context.Context) (*services, error) {
	catalogue, err := env.catalogue()
	if err != nil {
		return nil, err
	}
	s := &services{catalogue: catalogue, logger: env.logger(), registry: prometheus.NewRegistry(), madeWith: clickhouse.MadeWith(catalogue, env.Config.Zone)}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := env.registerCertificates(s.registry); err != nil {
		return nil, err
	}
	if s.conn, err = env.dialNATS(s.logger); err != nil {
		return nil, err
	}
	if s.js, err = jetstream.New(s.conn, jetstream.WithPublishAsyncTimeout(rejected.ForgetAfter)); err != nil {
		s.close()
		return nil, err
	}
	go leaveIsolated(s.conn, s.js, s.logger)
	if err := producers.EnsureStreams(ctx, s.js, env.Config.NATSReplicas); err != nil {
		s.close()
		return nil, err
	}
	if s.store, err = env.openClickHouse(clickhouse.Config{Registerer: s.registry}); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *services) close() {
	if s.store != nil {
		_ = s.store.Close() // nothing is under way
	}
	if s.conn != nil {
		s.conn.Close()
	}
}

// ready is nil if both servers answer and the consumer, where there is one, makes progress.
func (s *services) ready(ctx context.Context, consumer *ingest.Consumer) error {
	var problems []error
	if !s.conn.IsConnected() {
		problems = append(problems, errors.New("NATS is not connected"))
	}
	if err := s.store.CheckMadeWith(ctx, s.madeWith); err != nil {
		problems = append(problems, err)
	}
	if consumer != nil {
		problems = append(problems, consumer.Problem())
	}
	return errors.Join(problems...)
}

func (env *environment) bindConsumer(flags *pflag.FlagSet) {
	flags.IntVar(&env.Config.BatchSize, "batch-size", 0, fmt.Sprintf("most events stored at once; fewer where few wait; 0: %d, or as many as the memory has room for", ingest.DefaultBatchSize))
	flags.DurationVar(&env.Config.StallAfter, "stall-after", 2*time.Minute, "not ready if nothing was counted for so long though messages wait")
	flags.DurationVar(&env.Config.MaxLag, "max-lag", 15*time.Minute, "not ready if the oldest message that isn't counted is older")
	flags.DurationVar(&env.Config.AckWait, "ack-wait", 20*time.Second, "after which a silent consumer's batch goes to another")
	env.alerts.bind(flags)
}

func (s *services) newConsumer(env *environment) (*ingest.Consumer, error) {
	return ingest.New(ingest.Config{
		JetStream: s.js, Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger, Registerer: s.registry,
		BatchSize: env.Config.BatchSize, AckWait: env.Config.AckWait, StallAfter: env.Config.StallAfter, MaxLag: env.Config.MaxLag,
	})
}

// today is the programme's day.
func (env *environment) today() time.Time {
	y, m, d := time.Now().In(env.Config.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
