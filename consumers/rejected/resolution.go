package rejected

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Mark says in the stream what became of a lab's rejected event; [Sync] tells ClickHouse. What was said
// before stays there, and the last word counts. MarkedSeq and ResolvedAt are the stream's to give.
func Mark(ctx context.Context, js jetstream.JetStream, lab string, r clickhouse.Resolution) error {
	m := nats.NewMsg(schemas.SubjectRejected(lab))
	m.Header.Set(headerSeq, strconv.FormatUint(r.StreamSeq, 10))
	m.Header.Set(headerResolution, r.State)
	if r.ReplayedAs > 0 {
		m.Header.Set(headerReplayedAs, strconv.FormatUint(r.ReplayedAs, 10))
	}
	if r.Reason != "" {
		m.Header.Set(headerResolutionReason, r.Reason)
	}
	if _, err := js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("mark rejected message %d as %s: %w", r.StreamSeq, r.State, err)
	}
	return nil
}

// Store is what Sync needs of ClickHouse; *clickhouse.Store is one.
type Store interface {
	LastResolution(ctx context.Context) (uint64, error)
	ClearResolutions(ctx context.Context) error
	InsertResolutions(ctx context.Context, resolutions []clickhouse.Resolution) error
}

// syncAtOnce bounds one insert, and so the memory.
const syncAtOnce = 100_000

// Sync tells ClickHouse what the stream says became of rejected events since it was told last. Nobody
// else tells it, and always in the stream's order, so that whatever process dies in between, nothing is
// left out. It may run in several processes at once.
func Sync(ctx context.Context, js jetstream.JetStream, store Store) error {
	last, err := store.LastResolution(ctx)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, schemas.StreamRejected)
	if err != nil {
		return fmt.Errorf("stream %s: %w", schemas.StreamRejected, err)
	}
	if stream.CachedInfo().State.LastSeq < last { // an older copy was put back: what was said since is gone, and its numbers will be used again
		if err := store.ClearResolutions(ctx); err != nil {
			return err
		}
		last = 0
	}
	var (
		resolutions []clickhouse.Resolution
		failed      error
	)
	tell := func() {
		if failed == nil {
			failed = store.InsertResolutions(ctx, resolutions)
		}
		resolutions = resolutions[:0]
	}
	position := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: last + 1}
	err = read(ctx, js, position, func(e entry) {
		r, ok := e.resolution()
		if !ok {
			return
		}
		if resolutions = append(resolutions, r); len(resolutions) == syncAtOnce {
			tell()
		}
	})
	if tell(); err == nil {
		err = failed
	}
	return err
}

// resolution reads a message; ok is false if it is none.
func (e entry) resolution() (r clickhouse.Resolution, ok bool) {
	r = clickhouse.Resolution{StreamSeq: e.about(), MarkedSeq: e.seq, State: e.headers(headerResolution),
		Reason: e.headers(headerResolutionReason), ResolvedAt: e.at}
	if r.StreamSeq == 0 {
		return r, false
	}
	switch r.State {
	case clickhouse.StateReplayed:
		as, err := strconv.ParseUint(e.headers(headerReplayedAs), 10, 64)
		r.ReplayedAs = as
		return r, err == nil
	case clickhouse.StateDiscarded:
		return r, true
	}
	return r, false
}
