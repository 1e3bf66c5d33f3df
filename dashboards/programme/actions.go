package programme

import (
	"errors"
	"net/http"
	"strings"
)

// act approves a period, sends it back or reopens it.
func (h *Handler) act(v *visit) {
	act, in := v.r.PathValue("act"), v.r.PostForm
	if h.config.Actions == nil || act != "approve" && act != "send-back" && act != "reopen" {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	lab, code := v.r.PathValue("lab"), v.r.PathValue("period")
	ctx := v.r.Context()
	reason := strings.TrimSpace(in.Get("reason"))
	if act != "approve" && reason == "" {
		h.showPeriod(v, http.StatusUnprocessableEntity, act, "act.reason")
		return
	}
	var err error
	switch act {
	case "approve":
		err = h.config.Actions.Approve(ctx, lab, code, in.Get("digest"), strings.TrimSpace(in.Get("comment")))
	case "send-back":
		err = h.config.Actions.SendBack(ctx, lab, code, reason)
	case "reopen":
		err = h.config.Actions.Reopen(ctx, lab, code, reason)
	}
	if !errors.Is(err, ErrRemaking) {
		h.cache.forget()
	}
	result := "done"
	defer func() { h.metrics.actions.WithLabelValues(act, result).Inc() }()
	switch {
	case err == nil:
		v.redirect(periodPath(lab, code) + "?done=" + act)
	case errors.Is(err, ErrMoved):
		result = "moved"
		h.showPeriod(v, http.StatusConflict, act, "act.moved")
	case errors.Is(err, ErrNotNow):
		result = "not_now"
		h.showPeriod(v, http.StatusConflict, act, "act.notnow")
	case errors.Is(err, ErrRemaking):
		result = "remaking"
		v.w.Header().Set("Retry-After", "30")
		h.showPeriod(v, http.StatusServiceUnavailable, act, "act.remaking")
	case errors.Is(err, ErrWords):
		result = "words"
		h.showPeriod(v, http.StatusUnprocessableEntity, act, "act.words")
	case errors.Is(err, ErrUnknown):
		result = "unknown"
		h.problem(v, http.StatusNotFound, "404")
	default:
		result = "failed"
		h.config.Logger.ErrorContext(ctx, "a period's state couldn't be changed", "lab", lab, "period", code, "action", act, "error", err)
		h.showPeriod(v, http.StatusServiceUnavailable, act, "act.failed")
	}
}
