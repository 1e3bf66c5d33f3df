package producers

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// retry runs op until it succeeds, fails for good, ctx ends or the attempts are used up. It says
// how many attempts it took. The error is the last attempt's, or the context's if that cut it short.
func retry[T any](ctx context.Context, cfg *Config, op func() (T, error), onRetry func(error, time.Duration)) (result T, attempts int, err error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = cfg.BackoffMin, cfg.BackoffMax, 2
	result, err = backoff.Retry(ctx, func() (T, error) {
		attempts++
		v, err := op()
		if err != nil && permanent(err) {
			err = backoff.Permanent(err)
		}
		return v, err
	},
		backoff.WithBackOff(pauses),
		backoff.WithMaxTries(uint(cfg.Attempts)),
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(onRetry))
	return result, attempts, err
}
