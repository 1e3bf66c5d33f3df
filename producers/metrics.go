package producers

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/schemas"
)

// metrics are a publisher's. Kinds and codes are closed lists, so the labels' number is bounded.
type metrics struct {
	published *prometheus.CounterVec
	refused   *prometheus.CounterVec
	failed    prometheus.Counter
	retries   prometheus.Counter
	inFlight  prometheus.Gauge
	seconds   prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		published: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_publisher_published_total",
			Help: "Events that JetStream has acknowledged, by kind."}, []string{"kind"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_publisher_refused_total",
			Help: "Events that were refused before they were sent, by the code of their first problem."}, []string{"code"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_publisher_failed_total",
			Help: "Valid events that weren't acknowledged, whose sender was told to send them again."}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_publisher_retries_total",
			Help: "Attempts to publish an event after its first."}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "vitrine_publisher_in_flight",
			Help: "Events that were sent and aren't acknowledged yet."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "vitrine_publisher_publish_seconds",
			Help:    "Time from an event's first attempt to its acknowledgement, retries included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10)}), // 0.5 ms to 131 s
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.published, m.refused, m.failed, m.retries, m.inFlight, m.seconds} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("publisher: register metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) refusedWith(err *schemas.Invalid) {
	m.refused.WithLabelValues(err.Problems[0].Code).Inc()
}
