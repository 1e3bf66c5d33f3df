package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// call is what is known of a request; it goes along in the context.
type call struct {
	id        string
	route     string // its pattern, without the method
	lang      schemas.Lang
	principal Principal
	fault     *Fault // how it failed, if it did
}

type callKey struct{}

// callOf is the context's call; outside of a request an empty one.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{lang: schemas.French}
}

// observe is the outermost handler: it gives the request an id and its language, answers for panics, and
// logs and counts the request when it is over. Nothing of what the client sent is logged but its method.
func (g *Gateway) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		c := &call{id: requestID(r), route: "other", lang: g.lang(r)}
		rec := &recorder{ResponseWriter: w}
		header := rec.Header()
		header.Set("X-Request-Id", c.id)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		g.metrics.inFlight.Add(1)
		defer func() {
			g.metrics.inFlight.Add(-1)
			p := recover()
			cut := p != nil && (p == any(http.ErrAbortHandler) || rec.status != 0) // what was sent already must not look whole
			if p != nil {
				g.answerPanic(r.Context(), rec, p)
			}
			g.record(r, c, rec, time.Since(began))
			if cut {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// answerPanic answers 500, unless an answer is under way. The panic's value may hold what the client sent.
func (g *Gateway) answerPanic(ctx context.Context, rec *recorder, p any) {
	switch {
	case p == any(http.ErrAbortHandler):
		return // meant, and explained where it was meant
	case rec.status == 0:
		g.encodeError(ctx, fmt.Errorf("panic: %s\n%s", schemas.Redact(fmt.Sprint(p)), debug.Stack()), rec)
	default:
		callOf(ctx).fault = faultOf(fmt.Errorf("panic: %s\n%s", schemas.Redact(fmt.Sprint(p)), debug.Stack()))
	}
}

// record logs and counts a request.
func (g *Gateway) record(r *http.Request, c *call, rec *recorder, took time.Duration) {
	status := cmp.Or(rec.status, http.StatusOK)
	method := r.Method
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}, method) {
		method = "other" // it may be anything
	}
	g.metrics.requests.With("route", c.route, "method", method, "status", strconv.Itoa(status)).Add(1)
	g.metrics.seconds.With("route", c.route).Observe(took.Seconds())
	attrs := []slog.Attr{
		slog.String("method", method), slog.String("route", c.route), slog.Int("status", status), slog.Int64("bytes", rec.bytes),
		slog.Duration("took", took), slog.String("request_id", c.id),
	}
	if c.principal != (Principal{}) {
		attrs = append(attrs, slog.String("as", c.principal.name()))
	}
	level := slog.LevelInfo
	if f := c.fault; f != nil {
		attrs = append(attrs, slog.String("reason", f.Code))
		switch {
		case f.Status >= http.StatusInternalServerError:
			level = slog.LevelError
		case f.Status == http.StatusUnauthorized, f.Status == http.StatusForbidden:
			level = slog.LevelWarn
		}
		if f.Err != nil {
			attrs = append(attrs, slog.String("error", f.Err.Error()))
		}
	}
	g.cfg.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// requestID is the client's, if that is a UUID: anything else could hold anything.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); len(id) == 36 && uuid.Validate(id) == nil {
		return id
	}
	return uuid.NewString()
}

// recorder notes what is answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
