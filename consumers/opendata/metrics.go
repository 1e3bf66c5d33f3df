package opendata

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	published, failed prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		published: prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_opendata_releases_total", Help: "Releases of open data that were published."}),
		failed:    prometheus.NewCounter(prometheus.CounterOpts{Name: "vitrine_opendata_failures_total", Help: "Times that a release that was due couldn't be made."}),
	}
	r.MustRegister(m.published, m.failed)
	return m
}
