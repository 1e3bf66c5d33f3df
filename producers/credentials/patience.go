package credentials

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
)

// patience bounds how long a request is repeated that JetStream didn't receive; so long it takes to say that a server has no JetStream.
const patience = 5 * time.Second

// patiently repeats do while nobody answers for JetStream: the server (2.15.2) takes an account's JetStream away for a
// moment while it takes a new JWT of the account, which each revocation gives it. Such a request reached nobody, so that
// repeating it does nothing twice.
func patiently(ctx context.Context, do func() error) error {
	return bucket.Patiently(ctx, patience, nobodyAnswered, do)
}

// nobodyAnswered says that JetStream didn't receive a request. A watcher's error is that of the client's former interface.
func nobodyAnswered(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders)
}
