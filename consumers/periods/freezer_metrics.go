package periods

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type freezerMetrics struct {
	waiting  prometheus.Gauge
	failing  prometheus.Gauge
	frozen   prometheus.Counter
	failures prometheus.Counter
	seconds  prometheus.Histogram
}

func newFreezerMetrics(r prometheus.Registerer) *freezerMetrics {
	f := promauto.With(r)
	return &freezerMetrics{
		waiting:  f.NewGauge(prometheus.GaugeOpts{Name: "vitrine_period_approvals_waiting", Help: "Approvals whose figures aren't frozen yet."}),
		failing:  f.NewGauge(prometheus.GaugeOpts{Name: "vitrine_period_approvals_failing", Help: "Approvals that couldn't be frozen in the last round though each was tried alone; the log names them."}),
		frozen:   f.NewCounter(prometheus.CounterOpts{Name: "vitrine_period_approvals_frozen_total", Help: "Approvals whose figures were frozen by this process."}),
		failures: f.NewCounter(prometheus.CounterOpts{Name: "vitrine_period_freeze_failures_total", Help: "Rounds of freezing that failed and are tried again."}),
		seconds:  f.NewHistogram(prometheus.HistogramOpts{Name: "vitrine_period_freeze_seconds", Help: "Time that freezing one period of some labs took.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12)}),
	}
}
