package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
)

// Bucket is the JetStream key-value bucket of how far each destination was told.
const Bucket = "VITRINE_ALERT_PLACES"

// placeHistory is how many values of each place are kept, for whoever must find out what happened.
const placeHistory = 16

// EnsureBucket opens the bucket, creates it when missing, and brings it to replicas servers that keep it; one
// that has more is left with them.
func EnsureBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	return bucket.Ensure(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Vitrine: up to which message of VITRINE_ALERTS each destination was told",
		History: placeHistory, Storage: jetstream.FileStorage, Replicas: replicas,
	})
}

// told is a destination's place in the stream. It stands in the bucket under the destination's name; each
// change expects the revision that was read.
type told struct {
	// Stream is when the stream was created: in another one, the place means nothing.
	Stream time.Time `json:"stream"`
	// Through is the last message that the destination was told, 0 at first.
	Through uint64 `json:"through"`
	// Sent is when the last digest was made up, or the place was made.
	Sent time.Time `json:"sent"`
	// Told says that a digest was sent before.
	Told bool `json:"told"`
	// Claim is the digest that is being sent. Whether it arrived isn't known before it is taken away.
	Claim *claim `json:"claim,omitempty"`

	revision uint64
}

// claim is a digest that a process took on. Should the process die, another one sends the very same digest.
type claim struct {
	Digest  uuid.UUID `json:"digest"`
	Through uint64    `json:"through"`
	At      time.Time `json:"at"`
	Owner   uuid.UUID `json:"owner"` // the process's, while it lives
	Attempt int       `json:"attempt"`
}

// errOther is that another process has changed the place meanwhile.
var errOther = errors.New("another process has changed the destination's place")

// readPlace reads a destination's place, and makes it where there is none or it is of another stream.
func readPlace(ctx context.Context, kv jetstream.KeyValue, name string, stream time.Time, now time.Time) (told, error) {
	entry, err := kv.Get(ctx, name)
	fresh := told{Stream: stream.UTC(), Sent: now.UTC()}
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return fresh, writePlace(ctx, kv, name, &fresh)
	}
	if err != nil {
		return told{}, fmt.Errorf("read the place of %s: %w", name, err)
	}
	var t told
	err = json.Unmarshal(entry.Value(), &t)
	t.revision = entry.Revision()
	if err != nil || !t.Stream.Equal(stream) { // somebody else's, or of a stream that is no more
		fresh.revision = t.revision
		return fresh, writePlace(ctx, kv, name, &fresh)
	}
	return t, nil
}

// writePlace writes a place if it is still as it was read.
func writePlace(ctx context.Context, kv jetstream.KeyValue, name string, t *told) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	var revision uint64
	if t.revision == 0 {
		revision, err = kv.Create(ctx, name, raw)
	} else {
		revision, err = kv.Update(ctx, name, raw, t.revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || isMoved(err) {
		return errOther
	}
	if err != nil {
		return fmt.Errorf("write the place of %s: %w", name, err)
	}
	t.revision = revision
	return nil
}
