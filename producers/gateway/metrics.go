package gateway

import (
	"errors"
	"fmt"

	"github.com/go-kit/kit/metrics"
	kitprometheus "github.com/go-kit/kit/metrics/prometheus"
	"github.com/prometheus/client_golang/prometheus"
)

// instruments are the gateway's metrics. Routes, methods, statuses, results and reasons are closed
// lists, so the labels' number is bounded; labs aren't labels.
type instruments struct {
	requests metrics.Counter   // route, method, status
	seconds  metrics.Histogram // route
	events   metrics.Counter   // result
	refused  metrics.Counter   // reason
	inFlight metrics.Gauge
	waiting  metrics.Gauge
}

func newInstruments(reg prometheus.Registerer) (*instruments, error) {
	var (
		requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_gateway_requests_total",
			Help: "HTTP requests that were answered, by route, method and status."}, []string{"route", "method", "status"})
		seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "vitrine_gateway_request_seconds",
			Help:    "Time from a request's arrival to the end of its answer, its wait for a turn included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10)}, []string{"route"}) // 0.5 ms to 131 s
		events = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_gateway_events_total",
			Help: "Events that came in: accepted (acknowledged by JetStream), rejected (faulty), forbidden (not the sender's to publish) or unconfirmed (to be sent again)."}, []string{"result"})
		refused = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_gateway_refused_total",
			Help: "Requests that were refused whole, by reason."}, []string{"reason"})
		inFlight = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "vitrine_gateway_in_flight",
			Help: "Requests that are being answered, those that wait for their turn included."}, nil)
		waiting = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "vitrine_gateway_waiting",
			Help: "Requests that wait for their turn."}, nil)
	)
	for _, result := range []string{resultAccepted, resultRejected, resultForbidden, resultUnconfirmed} {
		events.WithLabelValues(result) // 0 is to be seen as well
	}
	if reg != nil {
		var errs []error
		for _, c := range []prometheus.Collector{requests, seconds, events, refused, inFlight, waiting} {
			errs = append(errs, reg.Register(c))
		}
		if err := errors.Join(errs...); err != nil {
			return nil, fmt.Errorf("gateway: register metrics: %w", err)
		}
	}
	return &instruments{
		requests: kitprometheus.NewCounter(requests), seconds: kitprometheus.NewHistogram(seconds),
		events: kitprometheus.NewCounter(events), refused: kitprometheus.NewCounter(refused),
		inFlight: kitprometheus.NewGauge(inFlight), waiting: kitprometheus.NewGauge(waiting),
	}, nil
}

// The results of events_total.
const (
	resultAccepted    = "accepted"
	resultRejected    = "rejected"
	resultForbidden   = "forbidden"
	resultUnconfirmed = "unconfirmed"
)

// delivered counts a request's events.
func (m *instruments) delivered(d Delivery) {
	forbidden := 0
	for _, r := range d.Refused {
		if r.forbidden() {
			forbidden++
		}
	}
	for result, n := range map[string]int{resultAccepted: len(d.Accepted), resultForbidden: forbidden,
		resultRejected: len(d.Refused) - forbidden, resultUnconfirmed: len(d.Unconfirmed)} {
		m.events.With("result", result).Add(float64(n))
	}
}
