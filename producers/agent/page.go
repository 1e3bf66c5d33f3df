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
		return strings.Replace(s, ".", ",", 1) + " Mo"
	}
	return s + " MB"
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
