package form

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"vitrine/schemas"
)

//go:embed templates
var templateFiles embed.FS

func loadTemplates() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, name := range []string{"signin", "home", "entry", "done", "entries", "retract", "file", "period", "problem"} {
		t, err := template.New("frame.html").ParseFS(templateFiles, "templates/frame.html", "templates/parts.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("form: read the template %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// page is what every page has: the frame around its content.
type page struct {
	texts texts

	Lang                schemas.Lang
	Title               string
	Lab                 string // its name; empty: nobody is signed in
	LabCode             string
	CSRF                string
	Home, SignOut       string
	Switch              []choice
	Style, Script, Icon string
	explicit            bool
}

// T is a text of the page's language, for the templates; pairs replace {name} in it.
func (p page) T(key string, pairs ...string) (string, error) { return p.texts.get(key, pairs...) }

// Link is the address of a page, with the language where it was asked for.
func (p page) Link(path string) string {
	if p.explicit {
		return path + "?lang=" + string(p.Lang)
	}
	return path
}

// choice is one of several links of which one is the page itself.
type choice struct {
	Label, Href string
	Lang        schemas.Lang
	Current     bool
}

// newPage makes the frame of a page. back is where the language switch leads: the page's own
// address, or that of the page that a POST came from.
func (h *Handler) newPage(v *visit, title, back string) page {
	p := page{
		texts: v.texts, Lang: v.texts.lang, explicit: v.explicit,
		Title: v.texts.must(title) + " – " + v.texts.must("brand"),
		CSRF:  h.keeper.FormToken(v.session.Session),
		Style: h.assetAddress("style.css"), Script: h.assetAddress("form.js"), Icon: h.assetAddress("icon.svg"),
	}
	p.Home, p.SignOut = p.Link("/submit"), p.Link("/submit/signout")
	if v.session.lab != "" {
		p.Lab, p.LabCode = v.lab.Name, v.session.lab
		if p.Lab == "" {
			p.Lab = v.session.lab
		}
	}
	for _, l := range []schemas.Lang{schemas.French, schemas.English} {
		label := map[schemas.Lang]string{schemas.French: "Français", schemas.English: "English"}[l]
		q := url.Values{"lang": {string(l)}}
		p.Switch = append(p.Switch, choice{Label: label, Href: back + "?" + q.Encode(), Lang: l, Current: l == p.Lang})
	}
	return p
}

// show answers with a page, rendered whole before the first byte is sent.
func (h *Handler) show(v *visit, status int, name string, data any) {
	var body bytes.Buffer
	if err := h.templates[name].Execute(&body, data); err != nil {
		h.config.Logger.ErrorContext(v.r.Context(), "a page of the form couldn't be rendered", "page", name, "error", err)
		http.Error(v.w, v.texts.must("problem.500.title"), http.StatusInternalServerError)
		return
	}
	header := v.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(v.texts.lang))
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Language, Cookie")
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(body.Bytes()) // an error means that the visitor has left
	}
}

type problemPage struct {
	page
	Heading, Text string
	Back          string
}

// problem shows a page that says what went wrong and what to do; key is problem.{key}.title and .text.
func (h *Handler) problem(v *visit, status int, key string) {
	if status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", map[bool]string{true: "30", false: "5"}[key == "remaking"])
	}
	p := problemPage{page: h.newPage(v, "problem."+key+".title", "/submit")}
	p.Heading, p.Text, p.Back = v.texts.must("problem."+key+".title"), v.texts.must("problem."+key+".text"), p.Home
	h.show(v, status, "problem", p)
}
