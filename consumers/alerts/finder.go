package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// FinderConfig says what a finder works on.
type FinderConfig struct {
	// JetStream is where the stream of alerts is; it must exist.
	JetStream jetstream.JetStream
	// Source says how everything stands.
	Source Source
	// Today is the programme's day, at midnight UTC.
	Today func() time.Time
	// Rules say from when on something needs attention.
	Rules Rules
	// Ready is asked before everything is looked at: an error puts the round off. Figures that are being made again, or that are
	// far behind the stream, would raise what isn't so. Default: always ready.
	Ready func(context.Context) error
	// Made says what the figures are made with, and since when. It is asked before Ready and once everything is looked at: figures that
	// were made again in between were half there, and nothing is said of them. Default: they never are.
	Made func(context.Context) (clickhouse.Made, error)
	// Every is how long it rests between two rounds. Default 5 minutes.
	Every time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Logger gets what went wrong. Default: discarded.
	Logger *slog.Logger
	// Registerer gets the metrics. Default: none.
	Registerer prometheus.Registerer
}

// Finder raises and clears alerts. Any number may run, in one process or several.
type Finder struct {
	config  FinderConfig
	log     *Log
	metrics *finderMetrics
}

// NewFinder checks the configuration and starts nothing.
func NewFinder(c FinderConfig) (*Finder, error) {
	if c.JetStream == nil || c.Source == nil || c.Today == nil {
		return nil, errors.New("alerts: JetStream, Source and Today are needed")
	}
	var err error
	if c.Rules, err = c.Rules.withDefaults(); err != nil {
		return nil, err
	}
	c.Every = cmp.Or(c.Every, 5*time.Minute)
	if c.Every < 0 {
		return nil, fmt.Errorf("alerts: a round every %s: expected more than 0", c.Every)
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Made == nil {
		c.Made = func(context.Context) (clickhouse.Made, error) { return clickhouse.Made{}, nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	return &Finder{config: c, log: NewLog(c.JetStream), metrics: newFinderMetrics(c.Registerer)}, nil
}

// Run looks every so often until its context ends. A round that fails is told to the logger and made again after the
// same rest: nothing gets lost, since a round goes by how things stand.
func (f *Finder) Run(ctx context.Context) error {
	for {
		began := time.Now()
		err := f.Round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		f.metrics.round(began, err)
		if err != nil {
			f.config.Logger.Warn("could not look for alerts; they are looked for again", "in", f.config.Every, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.config.Every):
		}
	}
}

// errMoved is that another process published alerts about the lab meanwhile.
var errMoved = errors.New("the lab's alerts have changed meanwhile")

// rounds is how often a round begins anew because others published meanwhile; then it is left to them.
const rounds = 5

// Round looks once how things stand, and publishes what changed. Where another process published about the same lab
// meanwhile, everything is looked at anew: what was found may be older than what the other one found.
func (f *Finder) Round(ctx context.Context) error {
	for range rounds {
		err := f.once(ctx)
		if !errors.Is(err, errMoved) {
			return err
		}
		f.log.forget()
	}
	return nil
}

func (f *Finder) once(ctx context.Context) error {
	// First the stream, then how things stand: the other way round, an older finding could undo a newer one.
	state, err := f.log.follow(ctx)
	if err != nil {
		return err
	}
	standing, err := f.look(ctx)
	if err != nil {
		return err
	}
	conditions, err := Find(standing, f.config.Rules)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, l := range standing.Labs {
		names[l.Lab] = l.Name
	}
	for _, change := range reconcile(state, conditions, names, f.config.Now().UTC()) {
		subject := schemas.SubjectAlerts(change.Lab)
		seq, err := f.publish(ctx, change, state.subject[subject])
		if err != nil {
			return err
		}
		state.subject[subject] = seq
		state.add(entry{seq: max(seq, state.through), subject: subject, alert: change})
		f.metrics.changed(change)
	}
	f.metrics.stand(state)
	return nil
}

// look reads how everything stands, by figures that were whole all the while.
func (f *Finder) look(ctx context.Context) (Standing, error) {
	made, err := f.config.Made(ctx)
	if err != nil {
		return Standing{}, fmt.Errorf("look for alerts: %w", err)
	}
	if err := f.config.Ready(ctx); err != nil {
		return Standing{}, fmt.Errorf("put off: %w", err)
	}
	standing, err := f.config.Source(ctx, f.config.Today())
	if err != nil {
		return Standing{}, fmt.Errorf("look for alerts: %w", err)
	}
	if err := clickhouse.StillMade(ctx, f.config.Made, made); err != nil {
		return Standing{}, fmt.Errorf("put off: %w", err)
	}
	return standing, nil
}

// publish says that an alert was raised or cleared, if after is still the last message about its lab.
func (f *Finder) publish(ctx context.Context, a Alert, after uint64) (seq uint64, err error) {
	raw, err := encode(a)
	if err != nil {
		return 0, err
	}
	m := nats.NewMsg(schemas.SubjectAlerts(a.Lab))
	m.Data = raw
	m.Header.Set(schemas.HeaderContentType, schemas.ContentTypeEvent)
	ack, err := f.config.JetStream.PublishMsg(ctx, m, jetstream.WithMsgID(uuid.NewString()), jetstream.WithExpectLastSequencePerSubject(after))
	if isMoved(err) {
		return 0, errMoved
	}
	if err != nil {
		return 0, fmt.Errorf("publish %s of %s: %w", a.Sort, a.Lab, err)
	}
	if ack.Duplicate {
		return 0, errMoved // it was stored the first time, and the acknowledgement got lost
	}
	return ack.Sequence, nil
}

// wrongSequenceInFlight is the server's code where another message of the subject is on its way into a replicated stream.
const wrongSequenceInFlight = 10164

// isMoved says that a message was refused because another one came before it.
func isMoved(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refused.ErrorCode == wrongSequenceInFlight)
}
