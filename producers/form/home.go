package form

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"vitrine/schemas"
)

// How many entries the pages list.
const (
	recentAtHome = 6
	recentAll    = 100
)

type homePage struct {
	page
	First, More []kindLink
	Files       bool
	FileAction  string
	MaxFile     string
	Templates   []templateLink
	Periods     []periodRow
	Recent      recentView
	Commitments progressView
	Remaking    bool
}

type kindLink struct{ Href, Label, Icon string }

type templateLink struct{ Label, XLSX, CSV string }

func (h *Handler) home(v *visit) {
	p := homePage{page: h.newPage(v, "home.title", "/submit")}
	first, more := labKinds()
	link := func(k schemas.Kind) kindLink {
		label := v.texts.say(k.Title)
		if text, ok := v.texts.rows["kind."+k.Name]; ok {
			label = text
		}
		return kindLink{Href: p.Link("/submit/new/" + k.Name), Label: label, Icon: "k-" + iconOf(k.Name)}
	}
	for _, k := range first {
		p.First = append(p.First, link(k))
	}
	for _, k := range more {
		p.More = append(p.More, link(k))
	}
	p.Files, p.FileAction = h.config.Files != nil, p.Link(filePath)
	p.MaxFile = strconv.FormatInt(h.config.MaxFileBytes>>20, 10)
	if h.config.Templates != nil {
		for _, k := range append(first, more...) {
			p.Templates = append(p.Templates, templateLink{Label: v.texts.say(k.Title),
				XLSX: p.Link("/submit/templates/" + k.Name + ".xlsx"), CSV: p.Link("/submit/templates/" + k.Name + ".csv")})
		}
	}
	p.Periods = h.periodsOf(v, p.page)
	p.Recent = h.recentOf(v, p.page, recentAtHome)
	p.Commitments = h.progressOf(v)
	p.Remaking = v.remaking
	h.show(v, http.StatusOK, "home", p)
}

func iconOf(kind string) string {
	switch kind {
	case "training.held":
		return "training"
	case "discovery.held":
		return "discovery"
	case "partnership.signed":
		return "partnership"
	case "machine.usage":
		return "machine"
	}
	return "company"
}

// recentView is a list of entries as shown.
type recentView struct {
	Rows []entryRow
	Down bool // they couldn't be read
	More string
}

type entryRow struct {
	Kind, When, Summary string
	Source              string // empty: the form itself
	Pending, Retracted  bool
	Correct, Retract    string
}

type entriesPage struct {
	page
	Recent   recentView
	Limit    string
	Remaking bool
}

func (h *Handler) entries(v *visit) {
	p := entriesPage{page: h.newPage(v, "entries.title", "/submit/entries"), Limit: strconv.Itoa(recentAll)}
	p.Recent = h.recentOf(v, p.page, recentAll)
	p.Remaking = v.remaking
	h.show(v, http.StatusOK, "entries", p)
}

// recent reads a lab's entries, with those just accepted. ok is false if it couldn't be read what is counted.
func (h *Handler) recent(v *visit, limit int) (list []shownEntry, ok bool) {
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	// What is pending goes first: what is counted between the two would else be in neither.
	pending, errPending := h.pending(ctx, v.session.lab)
	counted, err := h.config.Entries.Recent(ctx, v.session.lab, limit)
	if err = errors.Join(errPending, err); err != nil {
		h.missed(v, "recent entries", err)
	}
	return merge(counted, pending, limit), err == nil
}

// recentQuietly is recent where the page does well without.
func (h *Handler) recentQuietly(v *visit) []shownEntry {
	if v.session.lab == "" {
		return nil
	}
	list, _ := h.recent(v, recentAll)
	return list
}

func (h *Handler) recentOf(v *visit, p page, limit int) recentView {
	list, ok := h.recent(v, limit)
	out := recentView{Down: !ok, More: p.Link("/submit/entries")}
	for _, e := range list {
		k, known := labKind(e.Kind)
		if !known {
			continue // the programme's own
		}
		row := entryRow{Kind: v.texts.say(k.Title), When: v.texts.happened(k, e.Time, e.Data, v.zone), Pending: e.Pending, Retracted: e.Retracted}
		if !e.Retracted {
			row.Summary = v.texts.summary(k, e.Data)
			row.Correct = p.Link("/submit/correct/" + e.ID.String())
			row.Retract = p.Link("/submit/retract/" + e.ID.String())
		}
		if e.System != formSystem {
			row.Source = v.texts.source(e.System)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// source names the system that an entry came from.
func (t texts) source(system string) string {
	if name, ok := t.rows["source."+system]; ok {
		return name
	}
	return system
}
