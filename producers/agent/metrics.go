package agent

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the agent's. Sources are those of the configuration, so the labels' number is bounded.
type metrics struct {
	runs      *prometheus.CounterVec
	messages  *prometheus.CounterVec
	spooled   *prometheus.CounterVec
	unchanged *prometheus.CounterVec
	unusable  *prometheus.CounterVec
	warnings  *prometheus.CounterVec
	forwarded *prometheus.CounterVec
	parked    *prometheus.CounterVec
	attempts  *prometheus.CounterVec
	connected prometheus.Gauge
	waiting   prometheus.Gauge
	aside     prometheus.Gauge
	used      prometheus.Gauge
	limit     prometheus.Gauge
	oldest    prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_agent_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "vitrine_agent_" + name, Help: help})
	}
	m := &metrics{
		runs:      vec("runs_total", "Readings of a source, by how they ended (done, failed, full).", "source", "result"),
		messages:  vec("messages_total", "Messages that a source sent by itself, by what became of them (taken, unusable, failed).", "source", "result"),
		spooled:   vec("spooled_total", "Events that were taken into the spool.", "source"),
		unchanged: vec("unchanged_total", "Events that were left out because they had been sent as they are.", "source"),
		unusable:  vec("unusable_total", "Records that gave no event.", "source"),
		warnings:  vec("warnings_total", "Records that gave an event and should be looked at.", "source"),
		forwarded: vec("forwarded_total", "Events that the programme has acknowledged.", "source"),
		parked:    vec("parked_total", "Events that the programme refused and that were put aside.", "source"),
		attempts:  vec("attempts_total", "Requests to the programme, by how they ended (done, failed).", "result"),
		connected: gauge("connected", "1 if the last request to the programme worked."),
		waiting:   gauge("waiting_events", "Events in the spool that the programme doesn't have yet."),
		aside:     gauge("parked_events", "Events put aside because the programme refused them."),
		used:      gauge("spool_bytes", "Size of the spool."),
		limit:     gauge("spool_limit_bytes", "Bound of the spool's size."),
		oldest:    gauge("oldest_seconds", "Age of the oldest event in the spool; 0 if it is empty."),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.runs, m.messages, m.spooled, m.unchanged, m.unusable, m.warnings, m.forwarded, m.parked,
		m.attempts, m.connected, m.waiting, m.aside, m.used, m.limit, m.oldest} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("agent: register metrics: %w", err)
	}
	return m, nil
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
