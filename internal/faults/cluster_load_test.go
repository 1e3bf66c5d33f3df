package faults

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/producers/credentials"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// doors is load through the gateways: each lab sends its own activity with the client that the agent and the SDK use.
type doors struct {
	seed    uint64
	url     string
	tokens  map[string]string // by lab
	atMost  int               // events per second, all labs together
	log     string
	pulse   *pulse
	retried tally

	mu       sync.Mutex
	accepted map[[sha256.Size]byte]int // events accepted, by their bytes: how often
	sent     int
}

// tally counts requests, and what became of them before the client tried again.
type tally struct{ requests, failed atomic.Int64 }

// RoundTrip counts one request of the client.
func (d *doors) RoundTrip(r *http.Request) (*http.Response, error) {
	d.retried.requests.Add(1)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || response.StatusCode >= 500 {
		d.retried.failed.Add(1)
	}
	return response, err
}

// doorBatch is how many events are sent in one request.
const doorBatch = 20

// run sends at least n events and on until enough is closed; it returns when each has its result.
func (d *doors) run(ctx context.Context, n int, enough <-chan struct{}) error {
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lanes := map[string]chan *schemas.Event{}
	errs := make(chan error, len(d.tokens))
	for lab, token := range d.tokens {
		c, err := client.New(client.Config{URL: d.url, Token: token, Batch: doorBatch, BackoffMin: 100 * time.Millisecond, BackoffMax: time.Second,
			Transport: d, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			return err
		}
		lane := make(chan *schemas.Event, 10_000) // one lab's pause mustn't stop the others
		lanes[lab] = lane
		go func() {
			err := d.lane(ctx, c, lab, lane)
			if err != nil {
				cancel(err)
			}
			errs <- err
		}()
	}
	d.feed(ctx, n, enough, lanes)
	for _, lane := range lanes {
		close(lane)
	}
	for range lanes {
		err = errors.Join(err, <-errs)
	}
	return err
}

func (d *doors) feed(ctx context.Context, n int, enough <-chan struct{}, lanes map[string]chan *schemas.Event) {
	due, every := time.Now(), time.Second/time.Duration(d.atMost)
	for m := range messages(d.seed) {
		if d.sent >= n {
			select {
			case <-enough:
				return
			default:
			}
			due = due.Add(4 * every) // some load until all has struck, and no mountain of events
		}
		if !m.valid {
			continue
		}
		e, err := schemas.Decode(m.raw, time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC))
		if err != nil || lanes[e.Lab()] == nil || !strings.HasPrefix(m.subject, strings.TrimSuffix(schemas.SubjectsOfLabs, ">")) {
			continue
		}
		due = due.Add(every)
		if ahead := time.Until(due); ahead > 10*time.Millisecond {
			time.Sleep(ahead) // the rate asked for
		}
		select {
		case lanes[e.Lab()] <- e:
			d.sent++
		case <-ctx.Done():
			return
		}
	}
}

// lane sends what comes for one lab, as soon as it comes.
func (d *doors) lane(ctx context.Context, c *client.Client, lab string, events <-chan *schemas.Event) error {
	defer c.Close()
	for e := range events {
		batch := []*schemas.Event{e}
		for len(batch) < doorBatch && len(events) > 0 {
			batch = append(batch, <-events)
		}
		began := time.Now()
		totals, err := c.PublishAll(ctx, all(batch), producers.Options{OnResult: func(i int, _ producers.Receipt, err error) {
			if err == nil {
				d.accept(batch[i])
			}
		}})
		if err != nil || totals.Accepted != len(batch) {
			return fmt.Errorf("%s gave up: %+v: %w", lab, totals, err)
		}
		d.pulse.beat(time.Since(began))
	}
	return nil
}

func all(events []*schemas.Event) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for _, e := range events {
			if !yield(e) {
				return
			}
		}
	}
}

func (d *doors) accept(e *schemas.Event) {
	raw, err := json.Marshal(e)
	if err != nil {
		panic(err) // it was sent
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accepted[sha256.Sum256(raw)]++
}

// issueTokens gives each lab of the simulated programme a token.
func issueTokens(ctx context.Context, conn *nats.Conn, keys *credentials.Keys, url string, replicas int) (map[string]string, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: url, Keys: keys, Replicas: replicas})
	if err != nil {
		return nil, err
	}
	programme, err := simulator.New(simulator.Config{Seed: 1, Until: time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC), Months: 6, Scale: 1})
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{}
	for _, lab := range programme.Labs() {
		issued, err := registry.Add(ctx, lab.Slug)
		if err != nil {
			return nil, err
		}
		tokens[lab.Slug] = issued.Token
	}
	return tokens, nil
}
