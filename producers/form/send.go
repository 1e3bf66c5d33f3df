package form

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// sendEntry takes what was typed: it adds a row, asks, complains, or publishes.
func (h *Handler) sendEntry(v *visit) {
	k, ok := labKind(v.r.PathValue("kind"))
	if !ok {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	in := v.r.PostForm
	if list := in.Get("more"); list != "" { // without JavaScript, the server adds the row
		n, _ := strconv.Atoi(in.Get("n." + list))
		in.Set("n."+list, strconv.Itoa(min(n+1, maxRows)))
		h.showEntry(v, http.StatusOK, k, entryForm{in: in})
		return
	}
	now := h.config.Clock()
	id, _ := uuid.Parse(in.Get(inID)) // if it is none, reading the form says so
	before, sent := h.accepted.find(v.session.lab, id, now)
	switch {
	case in.Get("again") == "new":
		fresh, err := uuid.NewV7()
		if err != nil {
			h.unavailable(v, "there is no randomness for an id", err)
			return
		}
		in.Set(inID, fresh.String())
		in.Set(inRevision, "0")
		sent = false
	case in.Get("again") == "correction" && sent:
		in.Set(inRevision, strconv.FormatInt(before.Revision+1, 10))
		sent = false
	}
	read, err := h.readForm(k, v.session.lab, in, v.zone, v.texts)
	if err != nil {
		h.config.Logger.WarnContext(v.r.Context(), "a form can't be read", "lab", v.session.lab, "error", err)
		h.problem(v, http.StatusBadRequest, "400")
		return
	}
	if len(read.wrong) > 0 {
		h.metrics.entries.WithLabelValues(resultInvalid).Inc()
		h.showEntry(v, http.StatusUnprocessableEntity, k, entryForm{in: in, wrong: read.wrong})
		return
	}
	if sent && before.Revision >= read.event.Revision && !same(before.Entry, read.event) {
		// She went back and changed the form: overwriting the first entry might lose it.
		h.showEntry(v, http.StatusConflict, k, entryForm{in: in, again: true})
		return
	}
	switch wrong, err := h.publish(v, k, read.event, read.raw); {
	case err != nil:
		h.showEntry(v, http.StatusServiceUnavailable, k, entryForm{in: in, notice: "notice.unavailable"})
	case wrong != nil:
		h.showEntry(v, http.StatusUnprocessableEntity, k, entryForm{in: in, wrong: wrong})
	default:
		v.redirect("/submit/done/" + read.event.ID.String())
	}
}

// same says whether a form says what was accepted before.
func same(e Entry, event *schemas.Event) bool {
	return e.Kind == event.Kind() && e.Time.Equal(event.Time) && string(e.Data) == string(event.Data)
}

// publish returns once the event is kept. err means that nobody knows; wrong that it never will be.
func (h *Handler) publish(v *visit, k schemas.Kind, e *schemas.Event, raw []byte) (wrong map[string]problemAt, err error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.PublishTimeout)
	defer cancel()
	err = h.config.Publisher.Publish(ctx, v.session.lab, raw)
	var invalid *schemas.Invalid
	switch {
	case errors.As(err, &invalid):
		h.metrics.entries.WithLabelValues(resultInvalid).Inc()
		out := typed{wrong: map[string]problemAt{}}
		out.blame(k, invalid, inEnd, nil, v.texts)
		return out.wrong, nil
	case err != nil:
		h.metrics.entries.WithLabelValues(resultUnavailable).Inc()
		h.config.Logger.WarnContext(v.r.Context(), "an entry of the form isn't acknowledged", "lab", v.session.lab, "id", e.ID, "error", err)
		return nil, err
	}
	h.metrics.entries.WithLabelValues(resultAccepted).Inc()
	h.accepted.add(v.session.lab, e, h.config.Clock())
	return nil, nil
}
