package clickhouse

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	seconds *prometheus.HistogramVec
	errors  *prometheus.CounterVec
	refused *prometheus.CounterVec
	rows    *prometheus.CounterVec
	cells   *prometheus.CounterVec
	ids     *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	return &metrics{
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{Name: "vitrine_store_statement_seconds", Help: "Time that a statement to ClickHouse took, failed ones included.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12)}, []string{"statement"}),
		errors:  f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_store_errors_total", Help: "Statements to ClickHouse that failed."}, []string{"statement"}),
		refused: f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_store_refusals_total", Help: "Statements that ClickHouse refused for want of means: disk full, too many parts, not enough memory, read only."}, []string{"reason"}),
		rows:    f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_store_inserted_rows_total", Help: "Rows that ClickHouse acknowledged, repeated ones included."}, []string{"table"}),
		cells:   f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_store_cells_total", Help: "Cells that were computed: read whole, or added to what is remembered of them."}, []string{"how"}),
		ids:     f.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_store_ids_total", Help: "Stored events: those that were known to stand in one place, and those that were looked up because they may have moved."}, []string{"how"}),
	}
}

// observe counts a statement when it is over: defer s.metrics.observe("settle", time.Now(), &err).
func (m *metrics) observe(statement string, began time.Time, err *error) {
	m.seconds.WithLabelValues(statement).Observe(time.Since(began).Seconds())
	if *err != nil {
		m.errors.WithLabelValues(statement).Inc()
		if refusal, refused := RefusalOf(*err); refused {
			m.refused.WithLabelValues(string(refusal)).Inc()
		}
	}
}
