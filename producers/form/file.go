package form

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"vitrine/schemas"
)

// filePath is where files are posted.
const filePath = "/submit/file"

// sendAtOnce is how many rows wait for their acknowledgement together.
const sendAtOnce = 16

// How many rows of each sort a page shows; the counts are of all.
const (
	shownWrong = 500
	shownGood  = 200
)

type filePage struct {
	page
	Name, Action      string
	Error             string // the file as a whole can't be read
	Counts            string
	Good, Wrong, Sent int
	ToSend            int
	SendLabel, Result string
	Failed, Done      bool
	Interrupted       bool
	Sheets            bool
	Notes             []string
	Rows              []fileRow
	Hidden            string
	Kinds             []kindLink
}

type fileRow struct {
	Where, Sheet, Kind, When, Summary string
	State                             string // good, wrong, sent, same
	Label                             string
	Problems                          []fileProblem
	Notes                             []string
}

type fileProblem struct{ Column, Found, What string }

// readFile checks a file and shows what it holds. Nothing is sent.
func (h *Handler) readFile(v *visit) {
	if h.config.Files == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	fail := func(status int, text string) {
		h.metrics.files.WithLabelValues(resultInvalid).Inc()
		p := filePage{page: h.newPage(v, "file.title", "/submit"), Error: text}
		h.show(v, status, "file", p)
	}
	upload, header, err := v.r.FormFile("file")
	if err != nil || header.Size == 0 {
		fail(http.StatusUnprocessableEntity, v.texts.must("file.none"))
		return
	}
	defer func() { _ = upload.Close() }() // it was only read
	if header.Size > h.config.MaxFileBytes {
		fail(http.StatusRequestEntityTooLarge, v.texts.must("file.toolarge", "max", strconv.FormatInt(h.config.MaxFileBytes>>20, 10)))
		return
	}
	name := filepath.Base(strings.ReplaceAll(header.Filename, "\\", "/"))
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.SendTimeout)
	defer cancel()
	analysis, err := h.config.Files.Read(ctx, File{Lab: v.session.lab, Zone: v.zone, Name: name, Content: upload, Lang: v.texts.lang})
	if err != nil {
		var said interface{ In(schemas.Lang) string }
		if !errors.As(err, &said) { // not the file's fault
			h.metrics.files.WithLabelValues(resultUnavailable).Inc()
			h.unavailable(v, "a file couldn't be read", err)
			return
		}
		h.config.Logger.InfoContext(v.r.Context(), "a file given to the form can't be read", "lab", v.session.lab)
		fail(http.StatusUnprocessableEntity, typeset(said.In(v.texts.lang), v.texts.lang))
		return
	}
	h.metrics.files.WithLabelValues(resultAccepted).Inc()
	key := h.shelf.put(&shelved{owner: v.session.Nonce, lab: v.session.lab, name: schemas.Redact(name), at: h.config.Clock(), rows: len(analysis.Rows),
		analysis: analysis, sent: map[int]bool{}, refused: map[int]string{}})
	v.redirect(filePath + "/" + key)
}

func (h *Handler) showFile(v *visit) {
	f, ok := h.shelf.get(v.r.PathValue("key"), v.session.Nonce, v.session.lab, h.config.Clock())
	if !ok {
		h.problem(v, http.StatusNotFound, "file")
		return
	}
	h.hold(v, f)
	defer f.mu.Unlock()
	t := v.texts
	p := filePage{page: h.newPage(v, "file.title", v.r.URL.Path), Name: f.name, Failed: f.failed}
	p.Action = p.Link(v.r.URL.Path)
	wrong, good := 0, 0
	for i, r := range f.analysis.Rows {
		row := h.fileRow(v, f, i, r)
		switch row.State {
		case "wrong":
			p.Wrong++
			if wrong++; wrong > shownWrong {
				continue
			}
		case "sent":
			p.Sent++
		case "good":
			p.ToSend++
		}
		if row.State != "wrong" {
			p.Good++
			if good++; good > shownGood {
				continue
			}
		}
		p.Sheets = p.Sheets || r.Sheet != ""
		p.Rows = append(p.Rows, row)
	}
	p.Counts = t.must("file.counts", "good", t.count("file.good", p.Good), "wrong", t.count("file.wrong", p.Wrong))
	if hidden := len(f.analysis.Rows) - len(p.Rows); hidden > 0 {
		p.Hidden = t.count("file.hidden", hidden)
	}
	p.SendLabel = t.count("file.send", p.ToSend)
	if p.Sent > 0 {
		p.Result = t.count("file.sent", p.Sent)
	}
	p.Interrupted = f.interrupted && p.ToSend > 0
	p.Done = p.Sent > 0 && p.ToSend == 0
	for _, note := range f.analysis.Notes {
		p.Notes = append(p.Notes, t.say(note))
	}
	h.show(v, http.StatusOK, "file", p)
}

func (h *Handler) fileRow(v *visit, f *shelved, i int, r Row) fileRow {
	t := v.texts
	row := fileRow{Where: strconv.Itoa(r.Line), Sheet: r.Sheet, State: "good"}
	if r.Event != nil {
		k, _ := schemas.KindByName(r.Event.Kind())
		row.Kind, row.When, row.Summary = t.say(k.Title), t.happened(k, r.Event.Time, r.Event.Data, v.zone), t.summary(k, r.Event.Data)
	}
	for _, p := range r.Problems {
		row.Problems = append(row.Problems, fileProblem{Column: p.Column, Found: schemas.Redact(p.Found), What: t.say(p.What)})
	}
	for _, note := range r.Notes {
		row.Notes = append(row.Notes, t.say(note))
	}
	switch refusal, refused := f.refused[i]; {
	case refused:
		row.State = "wrong"
		row.Problems = append(row.Problems, fileProblem{What: refusal})
	case r.Event == nil:
		row.State = "wrong"
	case f.sent[i]:
		row.State = "sent"
	case r.Unchanged:
		row.State = "same"
	}
	row.Label = t.must("row." + row.State)
	return row
}
