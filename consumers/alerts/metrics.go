package alerts

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type finderMetrics struct {
	rounds  *prometheus.HistogramVec
	changes *prometheus.CounterVec
	raised  *prometheus.GaugeVec
	last    prometheus.Gauge
}

func newFinderMetrics(r prometheus.Registerer) *finderMetrics {
	f := promauto.With(r)
	return &finderMetrics{
		rounds:  f.NewHistogramVec(prometheus.HistogramOpts{Name: "vitrine_alert_round_seconds", Help: "Time that a look for alerts took, by outcome: done or failed.", Buckets: prometheus.ExponentialBuckets(0.01, 3, 9)}, []string{"outcome"}),
		changes: f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_alerts_total", Help: "Alerts that this process raised or cleared, by sort."}, []string{"change", "sort"}),
		raised:  f.NewGaugeVec(prometheus.GaugeOpts{Name: "vitrine_alerts_raised", Help: "Alerts that are raised, by sort."}, []string{"sort"}),
		last:    f.NewGauge(prometheus.GaugeOpts{Name: "vitrine_alert_last_round_timestamp_seconds", Help: "When alerts were looked for with success, in Unix time."}),
	}
}

func (m *finderMetrics) round(began time.Time, err error) {
	outcome := "done"
	if err != nil {
		outcome = "failed"
	} else {
		m.last.SetToCurrentTime()
	}
	m.rounds.WithLabelValues(outcome).Observe(time.Since(began).Seconds())
}

func (m *finderMetrics) changed(a Alert) {
	change := "raised"
	if a.Cleared != nil {
		change = "cleared"
	}
	m.changes.WithLabelValues(change, string(a.Sort)).Inc()
}

func (m *finderMetrics) stand(s state) {
	counts := map[Sort]int{}
	for _, a := range s.raised {
		counts[a.Sort]++
	}
	for _, known := range sorts() {
		m.raised.WithLabelValues(string(known.sort)).Set(float64(counts[known.sort]))
	}
}

// SenderMetrics are shared by the senders of a process.
type SenderMetrics struct {
	digests  *prometheus.CounterVec
	failures *prometheus.CounterVec
	untold   *prometheus.GaugeVec
}

// NewSenderMetrics registers the metrics.
func NewSenderMetrics(r prometheus.Registerer) *SenderMetrics {
	f := promauto.With(r)
	return &SenderMetrics{
		digests:  f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_alert_digests_total", Help: "Digests that a destination has taken."}, []string{"destination"}),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_alert_digest_failures_total", Help: "Attempts to send a digest that failed and are repeated."}, []string{"destination"}),
		untold:   f.NewGaugeVec(prometheus.GaugeOpts{Name: "vitrine_alert_untold_seconds", Help: "For how long a destination hasn't been told what changed since its last digest; 0 if nothing did."}, []string{"destination"}),
	}
}

func (m *SenderMetrics) waiting(destination string, waits bool, sent, now time.Time) {
	age := 0.0
	if waits {
		age = now.Sub(sent).Seconds()
	}
	m.untold.WithLabelValues(destination).Set(age)
}
