package producers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// Parcel is an event on its way whose message id is kept with it, so that sending it again, from
// another process too, is known to be the same call.
type Parcel struct {
	// ID is the message id: a fresh UUID per event taken up, see [NewParcelID].
	ID string
	// Raw is the event in CloudEvents' structured JSON, checked before.
	Raw []byte
}

// NewParcelID is a fresh message id.
func NewParcelID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("new message id: %w", err)
	}
	return id.String(), nil
}

// Ordered publishes parcels so that the stream has them in their order, cut connections and killed
// processes included. A [Publisher] doesn't promise that: it reconnects by itself, and what was
// lost with a connection comes after what the next one took. Here a connection that fails is given
// up, and what it hadn't confirmed is sent again from the first one on. A server that stores a parcel
// and not the one before it, as in a cluster that changes its leader, leaves that one behind; of two
// versions of one event never. Its methods are for one goroutine at a time, Close excepted.
type Ordered struct {
	cfg     Config
	metrics *metrics

	mu     sync.Mutex
	link   *orderedLink
	closed bool
}

// NewOrdered checks cfg and registers the metrics. It connects to nothing: Send does. Attempts and
// backoff are the caller's.
func NewOrdered(cfg Config) (*Ordered, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Ordered{cfg: cfg, metrics: m}, nil
}

// orderedLink is one connection; it never comes back.
type orderedLink struct {
	conn *nats.Conn
	js   jetstream.JetStream
	gone chan struct{} // closed with the connection

	mu      sync.Mutex
	denied  map[string]error // by subject, since the last Send began
	changed chan struct{}    // closed when denied has changed
}

// Send publishes parcels, all of them in flight at once, and returns when each has its result or
// the connection is of no more use. settled are the results of the first ones, in order: nil for
// one that is stored, else an error that sending it again doesn't mend (*[schemas.Invalid],
// *[ForbiddenError], an answer of JetStream that blames the message). err says why the others have
// none; they must be sent again, before any later one. It is an *[UnavailableError], a
// *[ForbiddenError] where the server refuses the credentials as a whole, or [ErrNotConnected]
// after Close.
func (o *Ordered) Send(ctx context.Context, parcels []Parcel) (settled []error, err error) {
	l, err := o.connected()
	if err != nil {
		return nil, err
	}
	l.forget()
	for len(parcels) > 0 {
		// Two versions of an event are never in flight together: should the first one fail, the
		// second would stand before it.
		n := untilRepeated(parcels)
		results, err := o.window(ctx, l, parcels[:n])
		settled = append(settled, results...)
		if err != nil {
			o.drop(l)
			return settled, err
		}
		parcels = parcels[n:]
	}
	return settled, nil
}

// untilRepeated is how many of the first parcels are about different events.
func untilRepeated(parcels []Parcel) int {
	seen := make(map[identity]struct{}, len(parcels))
	for i, p := range parcels {
		if e, err := undecoded(p.Raw); err == nil {
			key := identity{e.Lab(), e.ID}
			if _, twice := seen[key]; twice {
				return i
			}
			seen[key] = struct{}{}
		}
	}
	return len(parcels)
}

// inFlight is a parcel that was sent.
type inFlight struct {
	event  *schemas.Event
	msg    *nats.Msg
	future jetstream.PubAckFuture
	err    error // it couldn't be sent
	began  time.Time
}

func (o *Ordered) window(ctx context.Context, l *orderedLink, parcels []Parcel) (settled []error, err error) {
	flights := make([]*inFlight, len(parcels))
	for i, p := range parcels {
		f := o.prepare(p)
		flights[i] = f
		if f.msg != nil {
			o.metrics.inFlight.Inc()
			defer o.metrics.inFlight.Dec()
			f.future, f.err = l.js.PublishMsgAsync(f.msg, jetstream.WithRetryAttempts(0))
		}
	}
	for _, f := range flights {
		final, err := o.await(ctx, l, f)
		if err != nil {
			o.metrics.failed.Inc()
			return settled, err
		}
		if final == nil {
			o.metrics.published.WithLabelValues(f.event.Kind()).Inc()
			o.metrics.seconds.Observe(time.Since(f.began).Seconds())
		}
		settled = append(settled, final)
	}
	return settled, nil
}

func (o *Ordered) prepare(p Parcel) *inFlight {
	event, err := schemas.Decode(p.Raw, o.cfg.Clock())
	if err != nil {
		var invalid *schemas.Invalid
		if errors.As(err, &invalid) {
			o.metrics.refusedWith(invalid)
		}
		return &inFlight{err: err}
	}
	return &inFlight{event: event, began: time.Now(), msg: &nats.Msg{
		Subject: schemas.Subject(event.Lab(), event.Kind()),
		Header: nats.Header{
			jetstream.MsgIDHeader:          {p.ID},
			jetstream.ExpectedStreamHeader: {schemas.StreamEvents},
			schemas.HeaderContentType:      {schemas.ContentTypeEvent},
			schemas.HeaderPublisher:        {o.cfg.Name},
		},
		Data: p.Raw,
	}}
}

// await is a flight's result: final as in Send's settled, or err if there is none.
func (o *Ordered) await(ctx context.Context, l *orderedLink, f *inFlight) (final, err error) {
	if f.msg == nil {
		return f.err, nil
	}
	op := "publish to " + f.msg.Subject
	if f.err != nil {
		return o.judge(op, f.err)
	}
	for {
		changed, denied := l.refused(f.msg.Subject)
		select { // an acknowledgement counts whatever came after it
		case <-f.future.Ok():
			return nil, nil
		default:
		}
		if denied != nil {
			return &ForbiddenError{Op: op, Err: denied}, nil
		}
		select {
		case <-f.future.Ok():
			return nil, nil
		case err := <-f.future.Err():
			return o.judge(op, err)
		case <-l.gone:
			select {
			case <-f.future.Ok():
				return nil, nil
			default:
				return nil, &UnavailableError{Op: op, Attempts: 1, Err: nats.ErrDisconnected}
			}
		case <-changed:
		case <-ctx.Done():
			return nil, &UnavailableError{Op: op, Attempts: 1, Err: context.Cause(ctx)}
		}
	}
}

// judge tells what blames the message from what blames the way.
func (o *Ordered) judge(op string, err error) (final, again error) {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrMaxPayload), errors.As(err, &api) && blamesRequest(api):
		return fmt.Errorf("%s: %w", op, err), nil
	}
	return nil, &UnavailableError{Op: op, Attempts: 1, Err: err}
}

// Check connects, if it isn't yet, and says whether that works; as Send's err.
func (o *Ordered) Check(context.Context) error {
	_, err := o.connected()
	return err
}

func (o *Ordered) connected() (*orderedLink, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, ErrNotConnected
	}
	if o.link != nil && o.link.conn.IsConnected() {
		return o.link, nil
	}
	if o.link != nil {
		o.link.conn.Close()
		o.link = nil
	}
	l, err := o.dial()
	if err != nil {
		return nil, failure(context.Background(), "connect to "+redactURLs(o.cfg.URL), 1, err)
	}
	o.link = l
	return l, nil
}

func (o *Ordered) dial() (*orderedLink, error) {
	l := &orderedLink{gone: make(chan struct{}), denied: map[string]error{}, changed: make(chan struct{})}
	options := []nats.Option{
		nats.Name(o.cfg.Name), nats.Timeout(o.cfg.AttemptTimeout), nats.NoReconnect(),
		nats.PingInterval(o.cfg.AttemptTimeout), nats.MaxPingsOutstanding(1), // a silent network is noticed
		nats.ClosedHandler(func(*nats.Conn) { close(l.gone) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { o.asyncError(l, err) }),
	}
	authenticated, err := credentials.ConnectOptions(o.cfg.CredentialsFile, o.cfg.TLS)
	if err != nil {
		return nil, credentialsError{err}
	}
	if l.conn, err = nats.Connect(o.cfg.URL, append(options, authenticated...)...); err != nil {
		return nil, unquoted(err)
	}
	l.js, err = jetstream.New(l.conn, jetstream.WithPublishAsyncMaxPending(maxPending),
		jetstream.WithPublishAsyncTimeout(o.cfg.AttemptTimeout), jetstream.WithDefaultTimeout(o.cfg.AttemptTimeout))
	if err != nil {
		l.conn.Close()
		return nil, err
	}
	return l, nil
}

func (o *Ordered) asyncError(l *orderedLink, err error) {
	_, rest, isPublish := strings.Cut(err.Error(), `for Publish to "`)
	subject, _, ok := strings.Cut(rest, `"`)
	if !isPublish || !ok {
		o.cfg.Logger.Warn("NATS reported an error", "error", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denied[subject] = fmt.Errorf("%w: %w", nats.ErrPermissionViolation, err)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *orderedLink) refused(subject string) (changed <-chan struct{}, denied error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed, l.denied[subject]
}

// forget drops what was refused before: rights may have been given since.
func (l *orderedLink) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.denied)
}

func (o *Ordered) drop(l *orderedLink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l.conn.Close()
	if o.link == l {
		o.link = nil
	}
}

// Ready says whether there is a connection now; nil if there is.
func (o *Ordered) Ready() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.link == nil || !o.link.conn.IsConnected() {
		return &UnavailableError{Op: "publish", Err: nats.ErrDisconnected}
	}
	return nil
}

// Close closes the connection, for good.
func (o *Ordered) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.link != nil {
		o.link.conn.Close()
		o.link = nil
	}
	return nil
}

// undecoded reads an event's envelope without checking it.
func undecoded(raw []byte) (*schemas.Event, error) {
	var e schemas.Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return &e, nil
}
