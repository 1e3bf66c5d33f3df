package credentials

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// verifierMetrics are a verifier's. They name no lab: the number of series is bounded.
type verifierMetrics struct {
	checks     *prometheus.CounterVec
	entries    prometheus.Gauge
	rewatches  prometheus.Counter
	unreadable prometheus.Counter
}

func newVerifierMetrics(reg prometheus.Registerer) (*verifierMetrics, error) {
	m := &verifierMetrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_credentials_checks_total",
			Help: "Tokens that were checked, by result: accepted, unknown, revoked or not_ready."}, []string{"result"}),
		entries: prometheus.NewGauge(prometheus.GaugeOpts{Name: "vitrine_credentials_entries",
			Help: "Labs that credentials were ever issued to, as last read whole."}),
		rewatches: prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_credentials_rewatches_total",
			Help: "Watches of the credentials' bucket that broke and were made anew."}),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_credentials_unreadable_total",
			Help: "Values in the credentials' bucket that are no entry and were ignored."}),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.checks, m.entries, m.rewatches, m.unreadable} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("credentials: register metrics: %w", err)
	}
	return m, nil
}

func (m *verifierMetrics) checked(err error) {
	result := "accepted"
	switch {
	case errors.Is(err, ErrNotReady):
		result = "not_ready"
	case errors.Is(err, ErrRevoked):
		result = "revoked"
	case err != nil:
		result = "unknown"
	}
	m.checks.WithLabelValues(result).Inc()
}
