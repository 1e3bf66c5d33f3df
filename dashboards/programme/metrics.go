package programme

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what the pages count.
type metrics struct {
	signIns *prometheus.CounterVec
	actions *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_programme_sign_ins_total",
			Help: "Attempts to sign in to the programme's pages, by result."}, []string{"result"}),
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_programme_actions_total",
			Help: "Approvals, periods sent back and reopenings from the programme's pages, by action and result."}, []string{"action", "result"}),
	}
	if r == nil {
		return m, nil
	}
	if err := errors.Join(r.Register(m.signIns), r.Register(m.actions)); err != nil {
		return nil, fmt.Errorf("programme: register the metrics: %w", err)
	}
	return m, nil
}
