package producers

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// EnsureStreams creates Vitrine's streams, or brings existing ones up to their definition
// ([schemas.Streams]). replicas is how many servers keep each message; a stream that has more is
// left with them, and so are limits that an operator has set. Running it twice, or from several
// programs at once, does no harm. Servers of a cluster that has just been started are given
// half a minute to find each other.
func EnsureStreams(ctx context.Context, js jetstream.StreamManager, replicas int) error {
	for _, s := range schemas.Streams() {
		if err := whenGathered(ctx, func() error { return ensureStream(ctx, js, streamConfig(s, replicas)) }); err != nil {
			return fmt.Errorf("create or update stream %s: %w", s.Name, err)
		}
	}
	return nil
}

// gatherWithin bounds how long servers may take to find each other. They tell each other that they are there when they start
// and every ten seconds (statsHBInterval of the server's events.go, 2.15.2); where the first of it is lost, the next is heard.
const gatherWithin = 30 * time.Second

// What a cluster answers of which not all servers are known to be there, or that has no leader yet.
const (
	codeNoPeers     jetstream.ErrorCode = 10005
	codeUnavailable jetstream.ErrorCode = 10008
)

// whenGathered repeats do while the cluster's servers look for each other.
func whenGathered(ctx context.Context, do func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		var api *jetstream.APIError
		if err != nil && (!errors.As(err, &api) || api.ErrorCode != codeNoPeers && api.ErrorCode != codeUnavailable) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewExponentialBackOff()), backoff.WithMaxElapsedTime(gatherWithin))
	return err
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
