package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bench/running"
	"vitrine/schemas"
)

// probe is a lab of its own with one commitment, on the number of its discovery events: each event that it sends makes the
// commitment's actual value greater by 1, so the value says which of them are counted.
type probe struct {
	lab    string
	js     jetstream.JetStream
	client *http.Client
	url    string
	start  int // the value before the first probe

	mu   sync.Mutex
	sent []sending
	done bool // no more are sent

	accepted, counted, visible, polls []time.Duration
}

// sending is one event's publishing.
type sending struct {
	began time.Time
	seq   uint64
}

func newProbe(ctx context.Context, up *running.Up, js jetstream.JetStream) (*probe, error) {
	u, err := url.Parse(up.ClickHouse)
	if err != nil {
		return nil, err
	}
	p := &probe{lab: "probe-" + uuid.NewString()[:8], js: js, client: &http.Client{},
		url: u.Scheme + "://" + u.Host + "/?database=" + strings.Trim(u.Path, "/") + "&default_format=TSV"}
	now := time.Now()
	from, due := now.AddDate(0, 0, -2).Format(time.DateOnly), now.AddDate(0, 2, 0).Format(time.DateOnly)
	for _, data := range []any{
		schemas.LabRegistered{Name: "Probe", Commune: "Nantes"},
		schemas.AgreementSigned{Agreement: "P-1", Start: from, End: due,
			Commitments: []schemas.Commitment{{Indicator: "D01", Target: schemas.Int(1000), From: from, Due: due, Mode: "cumulative"}}},
	} {
		if _, err := p.send(ctx, data); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *probe) send(ctx context.Context, data any) (seq uint64, err error) {
	e, err := schemas.NewEvent(p.lab, "", time.Now().Add(-time.Minute), data)
	if err != nil {
		return 0, err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	ack, err := p.js.PublishMsg(ctx, running.Message(schemas.Subject(p.lab, e.Kind()), raw), jetstream.WithMsgID(uuid.NewString()))
	if err != nil {
		return 0, fmt.Errorf("publish a probe: %w", err)
	}
	return ack.Sequence, nil
}

// publish sends an event every so often.
func (p *probe) publish(ctx context.Context, s settings) error {
	defer func() {
		p.mu.Lock()
		p.done = true
		p.mu.Unlock()
	}()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	attendance := int64(1)
	for range int(s.during / s.every) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		began := time.Now()
		seq, err := p.send(ctx, schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: &attendance})
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.sent = append(p.sent, sending{began, seq})
		p.accepted = append(p.accepted, time.Since(began))
		p.mu.Unlock()
	}
	return nil
}

func (p *probe) published() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

// after are the sendings from the n-th on, and whether more will come.
func (p *probe) after(n int) (left []sending, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[min(n, len(p.sent)):], !p.done
}

// awaitAll returns when the consumer has acknowledged everything and the probe's commitment is there.
func (p *probe) awaitAll(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < seenWithin; {
		consumer, err := p.js.Consumer(ctx, schemas.StreamEvents, schemas.ConsumerDurable)
		if err != nil {
			return err
		}
		info := consumer.CachedInfo()
		if info.NumPending == 0 && info.NumAckPending == 0 {
			p.start, err = p.actual(ctx)
			if !errors.Is(err, errNotThere) {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the labs' registrations aren't counted after %s", seenWithin)
}

// watchConsumer notes when each probe is acknowledged by the consumer: then its figures are written. A question costs the
// server some 0.1 ms.
func (p *probe) watchConsumer(ctx context.Context) error {
	return p.watch(ctx, 10*time.Millisecond, &p.counted, func(next []sending) (int, error) {
		consumer, err := p.js.Consumer(ctx, schemas.StreamEvents, schemas.ConsumerDurable)
		if err != nil {
			return 0, err
		}
		floor, n := consumer.CachedInfo().AckFloor.Stream, 0
		for n < len(next) && next[n].seq <= floor {
			n++
		}
		return n, nil
	})
}

// watchStatus notes when each probe shows in commitment_status.
func (p *probe) watchStatus(ctx context.Context, pause time.Duration) error {
	return p.watch(ctx, pause, &p.visible, func([]sending) (int, error) {
		began := time.Now()
		actual, err := p.actual(ctx)
		p.polls = append(p.polls, time.Since(began))
		return actual - p.start - len(p.visible), err
	})
}

// watch asks how many more of the probes are through, until all are. A question that came back is what shows a probe: the time
// that it took is in the probe's.
func (p *probe) watch(ctx context.Context, pause time.Duration, through *[]time.Duration, ask func(next []sending) (int, error)) error {
	last := time.Now()
	for {
		// Without anything to wait for the question is asked all the same: a poll is a part of the load.
		left, _ := p.after(len(*through))
		n, err := ask(left)
		if err != nil {
			return err
		}
		now := time.Now()
		// More may have been sent while it was asked.
		left, more := p.after(len(*through))
		for i := range n {
			if i >= len(left) {
				break // its publisher hasn't heard yet that it was stored; the next question tells
			}
			*through = append(*through, now.Sub(left[i].began))
			last = now
		}
		if left, _ := p.after(len(*through)); len(left) == 0 && !more {
			return nil
		}
		if !more && time.Since(last) > seenWithin {
			return fmt.Errorf("%d probes don't show after %s", len(left), seenWithin)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// errNotThere says that the commitment isn't there.
var errNotThere = errors.New("the probe's commitment isn't there")

// actual is the commitment's value.
func (p *probe) actual(ctx context.Context) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader("SELECT toInt64(ifNull(actual, 0)) FROM commitment_status WHERE lab = '"+p.lab+"'"))
	if err != nil {
		return 0, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	text := strings.TrimSpace(string(raw))
	switch {
	case err != nil:
		return 0, err
	case response.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("commitment_status: %s: %s", response.Status, text)
	case text == "":
		return 0, errNotThere
	}
	return strconv.Atoi(text)
}
