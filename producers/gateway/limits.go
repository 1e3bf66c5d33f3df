package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-kit/kit/endpoint"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// rates bounds how many events each lab sends. Only authenticated labs get a bucket, so their number is bounded.
type rates struct {
	limit rate.Limit
	burst int
	clock func() time.Time

	mu   sync.Mutex
	labs map[string]*rate.Limiter
}

// take takes n events from a lab's bucket, or says how long until there are as many.
func (r *rates) take(lab string, n int) (wait time.Duration) {
	r.mu.Lock()
	l := r.labs[lab]
	if l == nil {
		l = rate.NewLimiter(r.limit, r.burst)
		r.labs[lab] = l
	}
	r.mu.Unlock()
	now := r.clock()
	reservation := l.ReserveN(now, min(n, r.burst))
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// counted is a request that brings events.
type counted interface{ events() int }

// limitRate refuses what a lab sends beyond its rate.
func (g *Gateway) limitRate(next endpoint.Endpoint) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) {
		if wait := g.rates.take(callOf(ctx).principal.name(), request.(counted).events()); wait > 0 {
			return nil, tooFast(wait, g.cfg)
		}
		return next(ctx, request)
	}
}

// perLab bounds how many requests each lab has under way, so that one lab's slow ones don't take all slots.
type perLab struct {
	max int

	mu sync.Mutex
	n  map[string]int
}

func (p *perLab) enter(lab string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[lab] >= p.max {
		return false
	}
	p.n[lab]++
	return true
}

func (p *perLab) leave(lab string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[lab]--; p.n[lab] == 0 {
		delete(p.n, lab)
	}
}

// slot lets a bounded number of requests through at once. The others wait before their body is read. work is how long
// one may take from its body to its answer.
func (g *Gateway) slot(slots *semaphore.Weighted, work time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := callOf(r.Context()).principal.name()
		if !g.perLab.enter(name) {
			g.encodeError(r.Context(), busyLab(g.cfg.PerLab), w)
			return
		}
		defer g.perLab.leave(name)
		if err := g.enter(r.Context(), slots); err != nil {
			g.encodeError(r.Context(), busy(err), w)
			return
		}
		defer slots.Release(1)
		g.allowTime(w, r, work)
		next.ServeHTTP(w, r)
	})
}

// allowTime bounds how long a request's body may take, from now and not from when it began to wait, and the
// answer. A test's recorder has no deadlines.
func (g *Gateway) allowTime(w http.ResponseWriter, r *http.Request, work time.Duration) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(g.cfg.ReadTimeout + work + g.cfg.ReadTimeout))
	if r.Body == nil || r.Body == http.NoBody {
		_ = control.SetReadDeadline(time.Time{})
		return
	}
	_ = control.SetReadDeadline(time.Now().Add(g.cfg.ReadTimeout))
	r.Body = &timedBody{http.MaxBytesReader(w, r.Body, g.cfg.MaxBody), control}
}

// timedBody lifts the deadline when the body is there: the server reads on to see whether the client goes
// away, and would take the deadline for that.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (g *Gateway) enter(ctx context.Context, slots *semaphore.Weighted) error {
	if slots.TryAcquire(1) {
		return nil
	}
	g.metrics.waiting.Add(1)
	defer g.metrics.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Wait)
	defer cancel()
	return slots.Acquire(ctx, 1)
}
