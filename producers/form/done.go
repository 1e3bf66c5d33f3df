package form

import (
	"net/http"

	"github.com/google/uuid"
)

type donePage struct {
	page
	Heading, When, Summary string
	Pending, Retracted     bool
	Again, Correct         string
	Commitments            progressView
}

// done says what became of an entry that was accepted.
func (h *Handler) done(v *visit) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		h.problem(v, http.StatusNotFound, "entry")
		return
	}
	p := donePage{page: h.newPage(v, "done.title", v.r.URL.Path)}
	var e shownEntry
	if just, ok := h.accepted.find(v.session.lab, id, h.config.Clock()); ok && just.retracted {
		e = shownEntry{Entry: just.Entry, Retracted: true}
	} else {
		found, _, ok := h.entryOf(v)
		if !ok {
			return
		}
		e = found
	}
	k, _ := labKind(e.Kind)
	p.Heading, p.Pending, p.Retracted = v.texts.say(k.Title), e.Pending, e.Retracted
	p.When = v.texts.happened(k, e.Time, e.Data, v.zone)
	if !e.Retracted {
		p.Summary = v.texts.summary(k, e.Data)
		p.Correct = p.Link("/submit/correct/" + id.String())
	}
	p.Again = p.Link("/submit/new/" + k.Name)
	p.Commitments = h.progressOf(v)
	h.show(v, http.StatusOK, "done", p)
}
