package form

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"vitrine/schemas"
)

type retractPage struct {
	page
	Heading, When, Summary string
	Action, Imported       string
	Revision               string
	Reason, Error, Notice  string
}

func (h *Handler) retract(v *visit) {
	e, k, ok := h.entryOf(v)
	if !ok {
		return
	}
	h.showRetract(v, http.StatusOK, e, k, "", "")
}

func (h *Handler) showRetract(v *visit, status int, e shownEntry, k schemas.Kind, problem, notice string) {
	t := v.texts
	p := retractPage{page: h.newPage(v, "retract.title", v.r.URL.Path), Heading: t.say(k.Title), When: t.happened(k, e.Time, e.Data, v.zone),
		Summary: t.summary(k, e.Data), Reason: v.r.PostFormValue("reason"), Error: problem, Notice: notice}
	p.Action = p.Link(v.r.URL.Path)
	if e.System != "" && e.System != formSystem {
		p.Imported = t.source(e.System)
	}
	h.show(v, status, "retract", p)
}

func (h *Handler) sendRetraction(v *visit) {
	if id, err := uuid.Parse(v.r.PathValue("id")); err == nil { // a second click
		if just, ok := h.accepted.find(v.session.lab, id, h.config.Clock()); ok && just.retracted {
			v.redirect("/submit/done/" + id.String())
			return
		}
	}
	e, k, ok := h.entryOf(v)
	if !ok {
		return
	}
	event := &schemas.Event{SpecVersion: "1.0", ID: e.ID, Source: schemas.SourceOf(v.session.lab, e.System), Type: schemas.TypePrefix + e.Kind,
		Time: e.Time, Revision: e.Revision + 1, Retracted: true, Reason: v.r.PostFormValue("reason")}
	raw, err := json.Marshal(event)
	if err != nil {
		h.unavailable(v, "a retraction can't be written", err)
		return
	}
	if _, err := schemas.Decode(raw, h.config.Clock()); err != nil {
		var invalid *schemas.Invalid
		text := v.texts.must("wrong.missing")
		if errors.As(err, &invalid) {
			text = v.texts.refusal(invalid.Problems[0], nil, nil)
		}
		h.showRetract(v, http.StatusUnprocessableEntity, e, k, text, "")
		return
	}
	switch wrong, err := h.publish(v, k, event, raw); {
	case err != nil:
		h.showRetract(v, http.StatusServiceUnavailable, e, k, "", v.texts.must("notice.unavailable"))
	case wrong != nil:
		h.showRetract(v, http.StatusUnprocessableEntity, e, k, v.texts.wordings(wrong)[""], "")
	default:
		v.redirect("/submit/done/" + e.ID.String())
	}
}
