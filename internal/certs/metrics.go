package certs

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Register puts the metrics on a registry, with the label "use". Each use once per registry.
func (m *Material) Register(registry prometheus.Registerer) error {
	use := prometheus.Labels{"use": m.cfg.Use}
	return errors.Join(
		registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vitrine_certificate_expiry_seconds", ConstLabels: use,
			Help: "When the TLS certificate of this use ends, in Unix time."},
			func() float64 { return float64(m.Expires().Unix()) })),
		registry.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "vitrine_certificate_reload_failures_total", ConstLabels: use,
			Help: "Looks at replaced certificate files that couldn't be used; the former certificate stays in use."},
			func() float64 { return float64(m.Failures()) })),
	)
}
