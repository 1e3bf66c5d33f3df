package producers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// Publisher publishes events on JetStream. Make one with [New], then [Publisher.Connect] it. Its
// methods may be called from several goroutines.
type Publisher struct {
	*connection
	// name goes with each event as its publisher.
	name string
}

// connection is what the publishers made with [Publisher.As] share.
type connection struct {
	cfg     Config
	metrics *metrics

	mu   sync.Mutex // guards conn while connecting and closing
	live atomic.Pointer[link]

	// denied holds the subjects that the server has refused to these credentials: it says so
	// beside the publish call, which just gets no answer.
	denied sync.Map // string → error

	patience patience

	// doors are *schemas.Decoder, for whoever is publishing. None is ever reset: callers hold the events.
	doors sync.Pool

	// barred is why the server doesn't let these credentials in (again), while it doesn't.
	barred atomic.Pointer[error]
}

// link is an open connection.
type link struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

// New checks cfg and registers the metrics. It connects to nothing.
func New(cfg Config) (*Publisher, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Publisher{connection: &connection{cfg: cfg, metrics: m}, name: cfg.Name}, nil
}

// As is the same publisher under another name, e.g. that of the account that it publishes for; it
// shares connection and metrics. A name that [Config.Name] wouldn't allow is replaced by "unnamed".
func (p *Publisher) As(name string) *Publisher {
	if name == "" || !validName(name) {
		name = "unnamed"
	}
	return &Publisher{connection: p.connection, name: name}
}

// Connect connects to the server, trying as often as [Config.Attempts] says, until ctx ends. Once
// connected the publisher reconnects by itself, for as long as it takes. Its errors are
// *[ForbiddenError] and *[UnavailableError].
func (p *Publisher) Connect(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live.Load() != nil {
		return nil
	}
	l, attempts, err := retry(ctx, &p.cfg, func() (*link, error) { return p.dial() }, func(err error, pause time.Duration) {
		p.cfg.Logger.Warn("NATS server not reached, trying again", "error", err, "pause", pause)
	})
	if err != nil {
		return failure(ctx, "connect to "+redactURLs(p.cfg.URL), attempts, err)
	}
	p.live.Store(l)
	return nil
}

func (p *Publisher) dial() (*link, error) {
	log := p.cfg.Logger
	options := []nats.Option{
		nats.Name(p.cfg.Name),
		nats.Timeout(p.cfg.AttemptTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(p.cfg.BackoffMin),
		// No buffer while disconnected: an attempt that has been given up must not arrive later.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS connection lost, reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			p.barred.Store(nil)
			log.Info("NATS connection back", "url", c.ConnectedUrlRedacted())
		}),
		// Credentials that were replaced are refused until the new ones are in the file: then it goes on.
		nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.asyncError(err) }),
	}
	authenticated, err := credentials.ConnectOptions(p.cfg.CredentialsFile, p.cfg.TLS)
	if err != nil {
		return nil, credentialsError{err}
	}
	conn, err := nats.Connect(p.cfg.URL, append(options, authenticated...)...)
	if err != nil {
		return nil, unquoted(err)
	}
	js, err := jetstream.New(conn,
		jetstream.WithPublishAsyncMaxPending(maxPending),
		jetstream.WithPublishAsyncTimeout(p.cfg.AttemptTimeout),
		jetstream.WithDefaultTimeout(p.cfg.AttemptTimeout))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &link{conn: conn, js: js}, nil
}

// maxPending is above any sum of windows in use, so that nats.go never stalls by itself: the
// windows bound what is in flight ([Options.Window]).
const maxPending = 1 << 17

// asyncError keeps what the server refuses: the connection, or a subject.
func (p *Publisher) asyncError(err error) {
	if isBarred(err) {
		p.barred.Store(&err)
	}
	// "nats: permissions violation: Permissions Violation for Publish to \"vitrine.events.…\""
	_, rest, isPublish := strings.Cut(err.Error(), `for Publish to "`)
	if subject, _, ok := strings.Cut(rest, `"`); isPublish && ok {
		p.denied.Store(subject, fmt.Errorf("%w: %w", nats.ErrPermissionViolation, err))
		return
	}
	p.cfg.Logger.Warn("NATS reported an error", "error", err)
}

// Close closes the connection; what is being published fails. It may be called twice.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.live.Swap(nil); l != nil {
		l.conn.Close()
	}
	return nil
}

// Ready says whether the publisher is connected now; nil if it is.
func (p *Publisher) Ready() error {
	l, err := p.link()
	if err != nil {
		return err
	}
	if !l.conn.IsConnected() {
		return &UnavailableError{Op: "publish", Attempts: 0, Err: nats.ErrDisconnected}
	}
	return nil
}

// EnsureStreams creates or updates Vitrine's streams, see the function of this name. A lab's
// credentials don't allow it.
func (p *Publisher) EnsureStreams(ctx context.Context) error {
	_, attempts, err := retry(ctx, &p.cfg, func() (struct{}, error) {
		l, err := p.link()
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, EnsureStreams(ctx, l.js, p.cfg.Replicas)
	}, func(err error, pause time.Duration) {
		p.cfg.Logger.Warn("streams not ready, trying again", "error", err, "pause", pause)
	})
	if err != nil {
		return failure(ctx, "set up the streams", attempts, err)
	}
	return nil
}

func (p *Publisher) link() (*link, error) {
	if l := p.live.Load(); l != nil {
		return l, nil
	}
	return nil, ErrNotConnected
}

// redactURLs leaves user and password out of a message.
func redactURLs(urls string) string {
	parts := strings.Split(urls, ",")
	for i, u := range parts {
		scheme, rest, found := strings.Cut(u, "://")
		if !found {
			scheme, rest = "nats", u
		}
		if at := strings.LastIndex(rest, "@"); at >= 0 {
			rest = rest[at+1:]
		}
		parts[i] = scheme + "://" + rest
	}
	return strings.Join(parts, ",")
}

// unquoted leaves an address that can't be read out of the error about it: nobody knows where the password begins.
func unquoted(err error) error {
	if quoting := new(url.Error); errors.As(err, &quoting) {
		return fmt.Errorf("the address can't be read, expected one such as %s", DefaultURL)
	}
	return err
}

// Receipt says where an accepted event is kept.
type Receipt struct {
	// Stream and Seq are the stream and the event's place in it.
	Stream string
	Seq    uint64
	// Attempts is how often the event was sent. Above one, the server may hold it more than once;
	// no figure depends on that.
	Attempts int
	// Event is the event as it was understood.
	Event *schemas.Event
}
