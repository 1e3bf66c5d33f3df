package agent

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"vitrine/schemas"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText []byte

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleText)
}

// langOf is the reader's language; French where the browser doesn't say.
func langOf(r *http.Request) schemas.Lang {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return schemas.French
	}
	_, index, _ := language.NewMatcher([]language.Tag{language.French, language.English}).Match(tags...)
	if index == 1 {
		return schemas.English
	}
	return schemas.French
}

// view is what the page is made of.
type view struct {
	Status
	Lang  schemas.Lang
	Token string
	zone  *time.Location
}

// T picks a text in the page's language.
func (v view) T(fr, en string) string { return say(v.Lang, fr, en) }

// In says a text in the page's language.
func (v view) In(t any) string {
	switch t := t.(type) {
	case schemas.Text:
		return t.In(v.Lang)
	case *schemas.Text:
		if t != nil {
			return t.In(v.Lang)
		}
	}
	return ""
}

// When is a moment in the lab's zone, "–" if there is none.
func (v view) When(t any) string {
	moment, ok := t.(time.Time)
	if p, is := t.(*time.Time); is && p != nil {
		moment, ok = *p, true
	}
	if !ok {
		return "–"
	}
	moment = moment.In(v.zone)
	if y, m, d := v.Now.In(v.zone).Date(); moment.Year() == y && moment.Month() == m && moment.Day() == d {
		return moment.Format("15:04:05")
	}
	if v.Lang == schemas.French {
		return moment.Format("02/01/2006 15:04")
	}
	return moment.Format("2006-01-02 15:04")
}

// Size is a number of bytes for people.
func (v view) Size(n any) string {
	mega := 0.0
	switch n := n.(type) {
	case uint64:
		mega = float64(n) / (1 << 20)
	case int64:
		mega = float64(n) / (1 << 20)
	}
	s := fmt.Sprintf("%.1f", mega)
	if v.Lang == schemas.French {
		return strings.Replace(s, ".", ",", 1) + "\u00a0Mo"
	}
	return s + "\u00a0MB"
}

// Count is a number for people.
func (v view) Count(n any) string {
	return message.NewPrinter(language.Make(string(v.Lang))).Sprint(n)
}

// light is how something fares, in one word.
type light string

const (
	good light = "good"
	idle light = "idle" // nothing has happened yet
	warn light = "warn"
	bad  light = "bad"
)

// Light is how a part of the status fares.
func (v view) Light(part any) light {
	switch p := part.(type) {
	case ProgrammeStatus:
		switch {
		case p.Problem != nil:
			return bad
		case p.LastAccepted == nil:
			return idle
		}
	case SpoolStatus:
		switch {
		case p.Full:
			return bad
		case p.Warning:
			return warn
		}
	case SourceStatus:
		switch {
		case p.Problem != nil:
			return bad
		case p.ErrorCount+p.WarningCount > 0:
			return warn
		case p.LastDone == nil && p.LastMessage == nil:
			return idle
		}
	}
	return good
}

// Word says a light, for whoever doesn't see colours.
func (v view) Word(l light) string {
	switch l {
	case bad:
		return v.T("à corriger", "to be mended")
	case warn:
		return v.T("à regarder", "to be looked at")
	case idle:
		return v.T("rien encore", "nothing yet")
	}
	return v.T("en ordre", "in order")
}

// Name is a source's for people.
func (v view) Name(s SourceStatus) string {
	if s.Name == s.Connector {
		return v.In(s.Title)
	}
	return v.In(s.Title) + " – " + s.Name
}

// concern is something that somebody should look at, with its place on the page.
type concern struct{ Anchor, Text string }

// Concerns are what the page begins with.
func (v view) Concerns() []concern {
	var all []concern
	if v.Light(v.Programme) == bad {
		all = append(all, concern{"programme", v.T("le programme ne reçoit rien", "the programme takes nothing")})
	}
	switch v.Light(v.Spool) {
	case bad:
		all = append(all, concern{"spool", v.T("la file d'attente est pleine", "the spool is full")})
	case warn:
		all = append(all, concern{"spool", v.T("la file d'attente se remplit", "the spool is filling up")})
	}
	if v.Spool.Refused > 0 {
		all = append(all, concern{"refused", fmt.Sprintf(v.T("événements refusés : %d", "refused events: %d"), v.Spool.Refused)})
	}
	for _, s := range v.Sources {
		if l := v.Light(s); l == bad || l == warn {
			all = append(all, concern{"source-" + s.Name, v.Name(s) + v.T(" : ", ": ") + v.Word(l)})
		}
	}
	return all
}

// Left is how many more there are than are shown.
func (v view) Left(total, shown any) int {
	n := 0
	switch t := total.(type) {
	case uint64:
		n = int(t)
	case int:
		n = t
	}
	return n - shown.(int)
}

func (a *Agent) page(w http.ResponseWriter, r *http.Request) {
	v := view{Status: a.status(r.Context()), Lang: langOf(r), Token: a.csrf, zone: a.cfg.File.Zone}
	t, err := template.New("page").Parse(pageText)
	var out bytes.Buffer
	if err == nil {
		err = t.Execute(&out, v)
	}
	if err != nil {
		a.log.Error("the status page can't be made", "error", err)
		http.Error(w, "the page can't be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	_, _ = w.Write(out.Bytes())
}
