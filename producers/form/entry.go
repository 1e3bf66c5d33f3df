package form

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// entryForm is what a form is shown with.
type entryForm struct {
	in     url.Values
	wrong  map[string]problemAt
	notice string // a text's key; may be empty
	again  bool   // it was sent before with other content: which is meant?
}

type entryPage struct {
	page
	Heading, Intro string
	Action         string
	Kind           string
	Correcting     bool
	Imported       string // the system that the entry came from, where the next import may undo the correction
	Notice         string
	Again          bool
	Errors         []fieldError
	ID, Revision   string
	System         string
	Was, WasEnd    string
	When, Fields   []control
	Other          control // the end's date, which few need
	HasOther       bool
	OpenOther      bool
	Fresh          bool // nothing was typed yet: the script may fill in what was chosen last
}

// fieldError is a line of the summary, which leads to its field.
type fieldError struct{ Href, Label, Text string }

func (h *Handler) newEntry(v *visit) {
	k, ok := labKind(v.r.PathValue("kind"))
	if !ok {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	id, err := uuid.NewV7()
	if err != nil {
		h.unavailable(v, "there is no randomness for an id", err)
		return
	}
	in := url.Values{inID: {id.String()}, inRevision: {"0"}, inSystem: {formSystem}}
	today := h.config.Clock().In(v.zone)
	if k.Name == "finance.period.reported" { // figures are told once the month is over
		today = today.AddDate(0, 0, -today.Day())
	}
	in.Set(inDate, today.Format(time.DateOnly))
	if k.Name == "machine.usage" {
		in.Set("f.origin", "declared") // who types it in declares it
	}
	h.showEntry(v, http.StatusOK, k, entryForm{in: in})
}

// correct shows the form filled in with an entry.
func (h *Handler) correct(v *visit) {
	e, k, ok := h.entryOf(v)
	if !ok {
		return
	}
	in, err := fillForm(k, e.Entry, v.zone, v.texts.lang)
	if err != nil {
		h.unavailable(v, "an entry can't be read", err)
		return
	}
	h.showEntry(v, http.StatusOK, k, entryForm{in: in})
}

// entryOf finds the entry that the address names, or answers itself.
func (h *Handler) entryOf(v *visit) (shownEntry, schemas.Kind, bool) {
	none := func() (shownEntry, schemas.Kind, bool) {
		h.problem(v, http.StatusNotFound, "entry")
		return shownEntry{}, schemas.Kind{}, false
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return none()
	}
	just, isJust := h.accepted.find(v.session.lab, id, h.config.Clock())
	e := shownEntry{Entry: just.Entry, Pending: true, Retracted: just.retracted}
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	switch counted, err := h.config.Entries.Entry(ctx, v.session.lab, id); {
	case err == nil && (!isJust || counted.Revision > just.Revision):
		e = shownEntry{Entry: counted}
	case err == nil, isJust:
	case errors.Is(err, ErrNoEntry):
		return none()
	default:
		h.unavailable(v, "an entry can't be read", err)
		return shownEntry{}, schemas.Kind{}, false
	}
	k, known := labKind(e.Kind)
	if !known || e.Retracted {
		return none()
	}
	return e, k, true
}

// showEntry shows a form.
func (h *Handler) showEntry(v *visit, status int, k schemas.Kind, f entryForm) {
	t := v.texts
	p := entryPage{page: h.newPage(v, "entry.title", v.r.URL.Path), Kind: k.Name, Heading: t.say(k.Title),
		ID: f.in.Get(inID), Revision: f.in.Get(inRevision), System: f.in.Get(inSystem), Was: f.in.Get(inWas), WasEnd: f.in.Get(inWasEnd), Again: f.again}
	if v.r.Method == http.MethodPost { // the language switch would lose what was typed
		p.Switch = nil
	}
	p.Title = p.Heading + " – " + t.must("brand")
	p.Intro = t.rows["intro."+k.Name]
	p.Correcting = p.Revision != "0"
	p.Action = p.Link("/submit/new/" + k.Name)
	if p.Correcting {
		p.Action = p.Link("/submit/correct/" + k.Name)
		if p.System != "" && p.System != formSystem {
			p.Imported = t.source(p.System)
		}
	}
	if f.notice != "" {
		p.Notice = t.must(f.notice)
	}
	wrong := t.wordings(f.wrong)
	b := &builder{t: t, in: f.in, wrong: wrong, used: codesUsed(k, h.recentQuietly(v))}
	p.When, p.Fields = b.whenControls(k), b.fieldControls(k.Fields())
	p.Errors = summaryOf(append(slices.Clone(p.When), p.Fields...), wrong, t)
	if last := len(p.When) - 1; p.When[last].Name == inEndDate {
		p.OpenOther = p.When[last].Value != "" || p.When[last].Error != "" || f.wrong[inEnd].key == "wrong.order"
		p.Other, p.HasOther, p.When = p.When[last], true, p.When[:last]
	}
	p.Fresh = v.r.Method == http.MethodGet && !p.Correcting
	h.show(v, status, "entry", p)
}

// summaryOf lists the errors in the order of the fields, those of no field first.
func summaryOf(controls []control, wrong map[string]string, t texts) []fieldError {
	var out []fieldError
	if text := wrong[""]; text != "" {
		out = append(out, fieldError{Text: text, Href: "#entry"})
	}
	var walk func([]control)
	walk = func(list []control) {
		for _, c := range list {
			if c.Error != "" {
				out = append(out, fieldError{Href: "#" + c.ID, Label: c.Label, Text: c.Error})
			}
			for _, row := range c.Rows {
				walk(row)
			}
		}
	}
	walk(controls)
	if len(out) == 0 && len(wrong) > 0 { // about something that no field stands for
		for _, text := range wrong {
			out = append(out, fieldError{Text: text, Href: "#entry"})
		}
	}
	return out
}
