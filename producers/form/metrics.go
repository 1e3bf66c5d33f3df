package form

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what the form counts; labels are few and hold nothing that anybody typed.
type metrics struct {
	signIns *prometheus.CounterVec
	entries *prometheus.CounterVec
	files   *prometheus.CounterVec
	rows    *prometheus.CounterVec
}

// The values of the label "result".
const (
	resultAccepted    = "accepted"
	resultInvalid     = "invalid"
	resultUnavailable = "unavailable"
	resultRefused     = "refused"
	resultThrottled   = "throttled"
)

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"result"})
	}
	m := &metrics{
		signIns: counter("vitrine_form_sign_ins_total", "Attempts to sign in to the form, by result."),
		entries: counter("vitrine_form_entries_total", "Entries, corrections and retractions sent with the form, by result."),
		files:   counter("vitrine_form_files_total", "Files given to the form to be checked, by result."),
		rows:    counter("vitrine_form_rows_total", "Rows of files sent with the form, by result."),
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.signIns, m.entries, m.files, m.rows} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("form: register the metrics: %w", err)
	}
	return m, nil
}
