package gateway

import (
	"net/http"

	"golang.org/x/sync/semaphore"
	"golang.org/x/text/language"
	"golang.org/x/time/rate"
)

// Gateway is the HTTP door. Make one with [New] and serve its [Gateway.Handler]; the server it runs in
// belongs to the caller, with timeouts above [Config.Wait], Timeout and ReadTimeout together.
type Gateway struct {
	cfg     Config
	metrics *instruments
	matcher language.Matcher
	lockout *lockout
	rates   *rates
	perLab  *perLab
	// writing and reading bound the requests that are worked on.
	writing, reading *semaphore.Weighted
	openAPI          []byte
	handle           http.Handler
}

// New checks cfg and registers the metrics. It starts nothing.
func New(cfg Config) (*Gateway, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, matcher: newMatcher(), lockout: newLockout(cfg.MaxFailures, cfg.Clock),
		rates:   &rates{limit: rate.Limit(cfg.Rate), burst: cfg.Burst, clock: cfg.Clock, labs: map[string]*rate.Limiter{}},
		perLab:  &perLab{max: cfg.PerLab, n: map[string]int{}},
		writing: semaphore.NewWeighted(int64(cfg.Concurrent)), reading: semaphore.NewWeighted(int64(cfg.Concurrent)),
	}
	if g.openAPI, err = openAPI(); err != nil {
		return nil, err
	}
	if g.metrics, err = newInstruments(cfg.Registerer); err != nil {
		return nil, err
	}
	g.handle = g.handler(g.newEndpoints(&counting{Service: &service{cfg}, metrics: g.metrics}))
	return g, nil
}

// Handler serves /v1/ and /openapi.json; anything else is 404.
func (g *Gateway) Handler() http.Handler { return g.handle }
