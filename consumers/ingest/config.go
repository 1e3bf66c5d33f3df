// Package ingest takes events from the stream into ClickHouse, exactly: see the commit protocol in
// ARCHITECTURE.md. Any number of ingests may run at once.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Store is what an ingest needs of ClickHouse; *clickhouse.Store is one. Each call may be repeated.
type Store interface {
	FiguresMade(ctx context.Context) (clickhouse.Made, error)
	// FiguresMadeWith fails while the store's figures are made with something else than this.
	FiguresMadeWith(ctx context.Context, madeWith string) (clickhouse.Made, error)
	// Newest are the last messages that were stored, the newest first.
	Newest(ctx context.Context, n uint8) ([]clickhouse.Position, error)
	InsertEvents(ctx context.Context, rows []clickhouse.Row) error
	InsertRejections(ctx context.Context, rejections []clickhouse.Rejection) error
	Foresee(ctx context.Context, batch int, seen *clickhouse.Seen) error
	Recall(ctx context.Context, rows []clickhouse.Row, seen *clickhouse.Seen) (doubtful []clickhouse.EventID, err error)
	Settle(ctx context.Context, ids []clickhouse.EventID) ([]clickhouse.Cell, error)
	Announce(ctx context.Context, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) error
	Recompute(ctx context.Context, rules *rollup.Rules, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) (cells int, err error)
}

// Answers tells the stream what became of a delivery; *nats.Conn is one.
type Answers interface {
	Publish(replySubject string, answer []byte) error
}

// DefaultBatchSize is the default of [Config.BatchSize] where memory isn't limited.
const DefaultBatchSize = 100_000

// What a consumer has in memory while it is behind, by the most that it took with three batches of 100,000 events of 438 bytes, 600,000 in all: with
// each event in hand its row, what answers its delivery and its part of the blocks that are written; and a shelf. Of large messages there are some four copies:
// as a message until it is decided, as a row, in the block that is written and as it is sent.
const (
	eventBytes    = 1600
	messageCopies = 4
	otherBytes    = 192 << 20
)

// roomWithin is what a batch may hold where Go's runtime may take so much memory, in bytes: as much again as the events in hand take is the
// collector's leeway.
func roomWithin(memory int64, hands int) room {
	each := (memory - otherBytes - otherBytes/2) / 2 / int64(hands)
	return room{
		messages: int(min(DefaultBatchSize, max(1000, each/eventBytes))),
		bytes:    int(min(maxBatchBytes, max(maxBatchBytes/16, each/messageCopies))),
	}
}

// shelfWithin is how large the shelf is then.
func shelfWithin(memory int64) int { return int(min(clickhouse.DefaultShelf, memory/8)) }

// Config says what an ingest works on.
type Config struct {
	// JetStream is where the streams are; they must exist. It is made with [rejected.ForgetAfter].
	JetStream jetstream.JetStream
	// Store is where events go; it must be migrated with the same catalogue.
	Store Store
	// Answers is what deliveries are answered through, by their reply subjects. Default: JetStream's connection.
	Answers Answers
	// Catalogue says what counts. Default: the one compiled in.
	Catalogue *schemas.Catalogue
	// Zone is the programme's time zone, for labs that aren't registered or have none. Default Europe/Paris.
	Zone *time.Location
	// BatchSize is the most events stored at once. Default 100,000: a batch is that large when four times as many wait, unless they come so slowly that it takes half of AckWait, and takes some 160 MB
	// then; fewer where Go's runtime may take less than 1.4 GB of memory (GOMEMLIMIT). Where few come it holds what came while the one before was counted.
	BatchSize int
	// BatchAge is how long a batch waits to be filled though nothing else is being counted. Default 250 ms: what freshness costs
	// when idle.
	BatchAge time.Duration
	// ShelfBytes bounds what is remembered of cells and events, so that they needn't be read again (see [clickhouse.NewShelf]). Default
	// [clickhouse.DefaultShelf], or an eighth of the memory that Go's runtime may take; where few events come it takes what they take.
	ShelfBytes int
	// Seen is what is remembered of the events that were ever stored. Default: a new one, of all who store into the database.
	Seen *clickhouse.Seen
	// Hands is how many batches there are: one is gathered while the others are counted, side by side. Default 3: ClickHouse does much of
	// a batch's work on one core. With 1 nothing is fetched before everything else is acknowledged.
	Hands int
	// AckWait is after how long without a sign of life the stream delivers a batch again: how long a
	// killed consumer's batch waits for another. Default 20 s; a sign is given every third of it.
	AckWait time.Duration
	// ShutdownTimeout is how long Run finishes the batch in hand after its context ends; what isn't
	// finished is delivered again. Default 10 s.
	ShutdownTimeout time.Duration
	// WatchEvery is how often the backlog is looked at, for readiness and metrics. Default 5 s.
	WatchEvery time.Duration
	// StallAfter is after how long without progress, though messages wait, the consumer isn't ready.
	// Default 2 min: several times AckWait, so that a killed consumer's batch is no alarm.
	StallAfter time.Duration
	// MaxLag is how old the oldest message that isn't counted may be before the consumer isn't ready. Default 15 min.
	MaxLag time.Duration
	// Consumer is the durable consumer's name. Default schemas.ConsumerDurable; a rebuild has its own.
	Consumer string
	// Logger gets state changes. Default: discarded.
	Logger *slog.Logger
	// Registerer gets the metrics. Default: none.
	Registerer prometheus.Registerer

	// replay is set by Replay and CatchUp: they make the figures, and nobody else may.
	replay bool
	// from is the first message to take; 0 and 1 are the stream's first.
	from uint64
	// room is what a batch may hold: BatchSize, and a bound of bytes.
	room room
}

func (c Config) withDefaults() (Config, error) {
	if c.JetStream == nil || c.Store == nil {
		return c, errors.New("ingest: JetStream and Store are needed")
	}
	if c.Answers == nil {
		c.Answers = c.JetStream.Conn()
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			return c, err
		}
		c.Zone = zone
	}
	c.Hands = cmp.Or(c.Hands, 3)
	memory := debug.SetMemoryLimit(-1)
	c.room = roomWithin(memory, c.Hands)
	c.BatchSize = cmp.Or(c.BatchSize, c.room.messages)
	c.room.messages = c.BatchSize
	c.ShelfBytes = cmp.Or(c.ShelfBytes, shelfWithin(memory))
	if c.Seen == nil {
		c.Seen = clickhouse.NewSeen("")
	}
	c.BatchAge = cmp.Or(c.BatchAge, 250*time.Millisecond)
	c.AckWait = cmp.Or(c.AckWait, 20*time.Second)
	c.WatchEvery = cmp.Or(c.WatchEvery, 5*time.Second)
	c.StallAfter = cmp.Or(c.StallAfter, 2*time.Minute)
	c.MaxLag = cmp.Or(c.MaxLag, 15*time.Minute)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 10*time.Second)
	c.Consumer = cmp.Or(c.Consumer, schemas.ConsumerDurable)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	return c, nil
}
