package form

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/schemas"
)

// sendFile sends the rows that are right and weren't sent yet. It may be called again after a
// failure: ids are the rows' own, so nothing counts twice.
func (h *Handler) sendFile(v *visit) {
	f, ok := h.shelf.get(v.r.PathValue("key"), v.session.Nonce, v.session.lab, h.config.Clock())
	if !ok {
		h.problem(v, http.StatusNotFound, "file")
		return
	}
	h.hold(v, f)
	h.sendRows(v, f)
	f.mu.Unlock()
	v.redirect(v.r.URL.Path)
}

// hold locks a file, which may be being sent by another click, and gives the answer the time that sending takes. The
// server reads on to see whether the browser goes away, and would take its own deadline for that. A test's
// recorder has no deadlines.
func (h *Handler) hold(v *visit, f *shelved) {
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	f.mu.Lock()
	_ = control.SetWriteDeadline(time.Now().Add(h.config.SendTimeout + h.config.ReadTimeout))
}

// sendRows needs f.mu. What each row's goroutine writes is its own place in outcomes.
func (h *Handler) sendRows(v *visit, f *shelved) {
	type outcome struct {
		sent    bool
		invalid *schemas.Invalid
	}
	outcomes := make([]outcome, len(f.analysis.Rows))
	within, cancel := context.WithTimeout(v.r.Context(), h.config.SendTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(within)
	group.SetLimit(sendAtOnce)
	for i, r := range f.analysis.Rows {
		if _, refused := f.refused[i]; r.Event == nil || r.Unchanged || f.sent[i] || refused || ctx.Err() != nil {
			continue
		}
		group.Go(func() error {
			raw, err := json.Marshal(r.Event)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, h.config.PublishTimeout)
			defer cancel()
			err = h.config.Publisher.Publish(ctx, v.session.lab, raw)
			if errors.As(err, &outcomes[i].invalid) {
				return nil
			}
			outcomes[i].sent = err == nil
			return err // the first failure stops the rest: the stream is away
		})
	}
	err := group.Wait()
	f.interrupted = within.Err() != nil
	f.failed = err != nil && !f.interrupted
	if err != nil {
		h.config.Logger.WarnContext(v.r.Context(), "the rows of a file aren't all acknowledged", "lab", v.session.lab, "error", err)
	}
	var kept []*schemas.Event
	for i, o := range outcomes {
		switch {
		case o.sent:
			kept = append(kept, f.analysis.Rows[i].Event)
			f.sent[i] = true
			h.metrics.rows.WithLabelValues(resultAccepted).Inc()
			h.accepted.add(v.session.lab, f.analysis.Rows[i].Event, h.config.Clock())
		case o.invalid != nil:
			f.refused[i] = typeset(o.invalid.In(v.texts.lang), v.texts.lang)
			h.metrics.rows.WithLabelValues(resultInvalid).Inc()
		}
	}
	if len(kept) == 0 {
		return
	}
	if err := h.config.Files.Sent(v.r.Context(), v.session.lab, kept); err != nil {
		h.config.Logger.WarnContext(v.r.Context(), "it couldn't be noted which rows were sent", "lab", v.session.lab, "error", err)
	}
}
