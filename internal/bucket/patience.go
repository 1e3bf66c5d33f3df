package bucket

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"
)

// Patiently repeats do, with pauses from five milliseconds to a second, while its error is one that passes, but for within at
// most. Any other error is returned at once, and so is the last one when there is no time left.
func Patiently(ctx context.Context, within time.Duration, passes func(error) bool, do func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 5*time.Millisecond, time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		if err != nil && !passes(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(within))
	return err
}

// gatherWithin bounds how long servers may take to find each other. They tell each other that they are there when they start
// and every ten seconds (statsHBInterval of the server's events.go, 2.15.2); where the first of it is lost, the next is heard.
const gatherWithin = 30 * time.Second

// What a cluster answers of which not all servers are known to be there, or that has no leader yet.
const (
	codeNoPeers     jetstream.ErrorCode = 10005
	codeUnavailable jetstream.ErrorCode = 10008
)

// WhenGathered repeats do, which asks JetStream to make or change a stream, for half a minute at most while the servers of a
// cluster that has just been started look for each other.
func WhenGathered(ctx context.Context, do func() error) error {
	return Patiently(ctx, gatherWithin, func(err error) bool {
		var api *jetstream.APIError
		return errors.As(err, &api) && (api.ErrorCode == codeNoPeers || api.ErrorCode == codeUnavailable)
	}, do)
}
