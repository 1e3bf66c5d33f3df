package producers

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
	"vitrine/schemas"
)

// EnsureStreams creates Vitrine's streams, or brings existing ones up to their definition
// ([schemas.Streams]). replicas is how many servers keep each message; a stream that has more is
// left with them, and so are limits that an operator has set. Running it twice, or from several
// programs at once, does no harm. Servers of a cluster that has just been started are waited
// for: [bucket.WhenGathered].
func EnsureStreams(ctx context.Context, js jetstream.StreamManager, replicas int) error {
	for _, s := range schemas.Streams() {
		if err := bucket.WhenGathered(ctx, func() error { return ensureStream(ctx, js, streamConfig(s, replicas)) }); err != nil {
			return fmt.Errorf("create or update stream %s: %w", s.Name, err)
		}
	}
	return nil
}

func ensureStream(ctx context.Context, js jetstream.StreamManager, want jetstream.StreamConfig) error {
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, want)
		if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // by a program that came first, with another definition
			return err
		}
		stream, err = js.Stream(ctx, want.Name)
	}
	if err != nil {
		return err
	}
	have := stream.CachedInfo().Config
	merged := have
	merged.Subjects, merged.Description, merged.Discard = want.Subjects, want.Description, want.Discard
	merged.MaxMsgSize, merged.Duplicates, merged.AllowDirect = want.MaxMsgSize, want.Duplicates, want.AllowDirect
	merged.DenyPurge = have.DenyPurge || want.DenyPurge // the server doesn't allow to take it back
	merged.Replicas = max(have.Replicas, want.Replicas)
	if reflect.DeepEqual(have, merged) {
		return nil
	}
	_, err = js.UpdateStream(ctx, merged)
	return err
}

func streamConfig(s schemas.Stream, replicas int) jetstream.StreamConfig {
	size := s.MaxMessageBytes
	if size == 0 {
		size = -1 // as the server says it back
	}
	return jetstream.StreamConfig{
		Name:        s.Name,
		Subjects:    s.Subjects,
		Description: s.Description,
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew, // should an operator set a limit: refuse, never drop what was accepted
		MaxMsgSize:  size,
		Duplicates:  s.DuplicateWindow,
		DenyPurge:   s.DenyPurge,
		Replicas:    replicas,
		// Reads go to the leader: a follower may lag, and a lab's zone is read from its registration.
		AllowDirect: false,
	}
}
