package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	events      *prometheus.CounterVec
	redelivered prometheus.Counter
	batches     prometheus.Histogram
	cells       prometheus.Histogram
	steps       *prometheus.HistogramVec
	failures    *prometheus.CounterVec
	lag         prometheus.Gauge
	last        prometheus.Gauge
	gauges      promauto.Factory
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	sizes := prometheus.ExponentialBuckets(1, 4, 9)
	return &metrics{
		events:      f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_consumer_events_total", Help: "Events taken from the stream and acknowledged, by outcome: stored or rejected."}, []string{"outcome"}),
		redelivered: f.NewCounter(prometheus.CounterOpts{Name: "vitrine_consumer_redelivered_total", Help: "Messages acknowledged that had been delivered before."}),
		batches:     f.NewHistogram(prometheus.HistogramOpts{Name: "vitrine_consumer_batch_events", Help: "Events in a batch.", Buckets: sizes}),
		cells:       f.NewHistogram(prometheus.HistogramOpts{Name: "vitrine_consumer_batch_cells", Help: "Cells recomputed for a batch.", Buckets: sizes}),
		steps:       f.NewHistogramVec(prometheus.HistogramOpts{Name: "vitrine_consumer_step_seconds", Help: "Time that each step of the commit protocol took.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12)}, []string{"step"}),
		failures:    f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_consumer_step_failures_total", Help: "Steps that failed and were repeated."}, []string{"step"}),
		lag:         f.NewGauge(prometheus.GaugeOpts{Name: "vitrine_consumer_lag_seconds", Help: "Age of the oldest message of the last batch when it was counted."}),
		last:        f.NewGauge(prometheus.GaugeOpts{Name: "vitrine_consumer_last_batch_timestamp_seconds", Help: "When the last batch was finished, in Unix time."}),
		gauges:      f,
	}
}

// watch shows a consumer's health as it is when the metrics are read: a consumer that hangs must not
// hang its metrics.
func (m *metrics) watch(health func() Health) {
	gauge := func(name, help string, value func(h Health, now time.Time) float64) {
		m.gauges.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_consumer_" + name, Help: help}, func() float64 { return value(health(), time.Now()) })
	}
	gauge("pending_messages", "Messages in the stream that aren't counted yet: not delivered, or in the hands of this process or another.",
		func(h Health, _ time.Time) float64 { return float64(h.Backlog.Waiting) })
	gauge("oldest_pending_seconds", "For how long the oldest message that isn't counted has been in the stream; 0 if there is none.",
		func(h Health, now time.Time) float64 { return h.Backlog.Age(now).Seconds() })
	gauge("stalled_seconds", "For how long no message was counted though some wait; 0 if none does.",
		func(h Health, now time.Time) float64 { return h.Backlog.Stalled(now).Seconds() })
	gauge("healthy", "1 if readiness finds nothing wrong with this consumer, 0 otherwise.",
		func(h Health, now time.Time) float64 {
			if h.Problem(now) != nil {
				return 0
			}
			return 1
		})
}

func (m *metrics) finished(b *batch) {
	m.events.WithLabelValues("stored").Add(float64(len(b.rows)))
	m.events.WithLabelValues("rejected").Add(float64(len(b.rejected)))
	m.batches.Observe(float64(len(b.messages)))
	m.cells.Observe(float64(b.cells))
	m.last.SetToCurrentTime()
	oldest := time.Time{}
	for _, one := range b.messages {
		if one.redelivered {
			m.redelivered.Inc()
		}
		if oldest.IsZero() || one.received.Before(oldest) {
			oldest = one.received
		}
	}
	m.lag.Set(time.Since(oldest).Seconds())
}
