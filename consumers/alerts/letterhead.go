package alerts

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

// Letterhead says how digests are worded.
type Letterhead struct {
	// Lang is the language of texts. Default French.
	Lang schemas.Lang
	// PublicURL is where the pages are, https://vitrine.example.org; empty: digests have no links.
	PublicURL string
	// Zone is whose days and hours are written. Default UTC.
	Zone *time.Location

	texts pages.Texts
}

func (l Letterhead) withDefaults() (Letterhead, error) {
	if l.Lang == "" {
		l.Lang = schemas.French
	}
	if l.Lang != schemas.French && l.Lang != schemas.English {
		return l, fmt.Errorf("alerts: language %q: expected fr or en", l.Lang)
	}
	if u, err := url.Parse(l.PublicURL); l.PublicURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return l, errors.New("alerts: the public URL: expected https://host")
	}
	l.PublicURL = strings.TrimRight(l.PublicURL, "/")
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	all, err := tables()
	l.texts = all[pages.Lang(l.Lang)]
	return l, err
}

// link is where a page is, or nothing where the public URL isn't known.
func (l Letterhead) link(path string) string {
	if l.PublicURL == "" {
		return ""
	}
	return l.PublicURL + path
}

// subject is a digest's first line.
func (l Letterhead) subject(d Digest) string {
	t := l.texts
	switch {
	case d.Test:
		return t.Must("digest.test")
	case d.Raised == 0:
		return t.Count("digest.over", d.Over)
	case d.Over == 0:
		return t.Count("digest.raised", d.Raised)
	}
	return t.Must("digest.both", "raised", t.Count("digest.raised", d.Raised), "over", t.Count("digest.over.more", d.Over))
}

// sheet is a digest as the templates read it.
type sheet struct {
	Lang    string
	Subject string
	Test    string // what a test says
	Labs    []sheetLab
	Foot    string
	All     string // link to all alerts
	AllText string
}

type sheetLab struct {
	Name  string
	Link  string
	Lines []line
}

// line is one alert of a lab.
type line struct {
	Icon, Name, Severity, Text, Note, Advice string
	Over                                     bool
}

func (l Letterhead) sheet(d Digest) sheet {
	t := l.texts
	s := sheet{Lang: string(l.Lang), Subject: l.subject(d), Foot: t.Must("digest.foot", "at", t.Moment(d.At.In(l.Zone)), "id", d.ID.String()),
		All: l.link("/programme/alerts"), AllText: t.Must("digest.all")}
	if d.Test {
		s.Test = t.Must("digest.test.text")
	}
	for _, lab := range d.Labs {
		out := sheetLab{Name: lab.Name}
		before := map[string]Sort{} // what an alert took the place of
		for _, a := range lab.Over {
			if lab.replaced(a) {
				before[a.Key] = a.Sort
			}
		}
		for _, a := range lab.Raised {
			out.Link = l.link(a.Path)
			n := line{Icon: "●", Name: a.Sort.Name().In(l.Lang), Severity: a.Severity.Name().In(l.Lang), Text: a.Text.In(l.Lang), Advice: a.Advice.In(l.Lang)}
			if was, there := before[a.Key]; there {
				n.Note = t.Must("digest.was", "sort", was.Name().In(l.Lang))
			}
			if a.Cleared != nil {
				n.Icon, n.Over, n.Advice, n.Note = "✔", true, "", t.Must("digest.already", "at", t.Moment(a.Cleared.In(l.Zone)))
			}
			out.Lines = append(out.Lines, n)
		}
		for _, a := range lab.Over {
			if lab.replaced(a) {
				continue // the alert that took its place says so
			}
			out.Link = l.link(a.Path)
			out.Lines = append(out.Lines, line{Icon: "✔", Name: a.Sort.Name().In(l.Lang), Text: a.Text.In(l.Lang), Over: true,
				Note: t.Must("digest.cleared", "raised", t.Date(a.Raised.In(l.Zone)), "at", t.Moment(a.Cleared.In(l.Zone)))})
		}
		if len(out.Lines) > 0 {
			s.Labs = append(s.Labs, out)
		}
	}
	return s
}

// plain is a digest as text.
func (l Letterhead) plain(d Digest) string {
	s := l.sheet(d)
	var b strings.Builder
	b.WriteString(s.Subject + "\n")
	if s.Test != "" {
		b.WriteString("\n" + s.Test + "\n")
	}
	for _, lab := range s.Labs {
		b.WriteString("\n" + lab.Name + "\n")
		for _, n := range lab.Lines {
			fmt.Fprintf(&b, "%s %s", n.Icon, n.Name)
			if n.Severity != "" && !n.Over {
				fmt.Fprintf(&b, " (%s)", n.Severity)
			}
			b.WriteString(l.texts.Must("digest.colon") + n.Text)
			for _, more := range []string{n.Note, n.Advice} {
				if more != "" {
					b.WriteString("\n  " + more)
				}
			}
			b.WriteString("\n")
		}
		if lab.Link != "" {
			b.WriteString("  " + lab.Link + "\n")
		}
	}
	b.WriteString("\n")
	if s.All != "" {
		b.WriteString(s.AllText + l.texts.Must("digest.colon") + s.All + "\n")
	}
	b.WriteString(s.Foot + "\n")
	return b.String()
}

//go:embed mail.html
var mailTemplate string

// html is a digest as a mail's HTML part.
func (l Letterhead) html(d Digest) (string, error) {
	page, err := template.New("mail").Parse(mailTemplate)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, l.sheet(d)); err != nil {
		return "", err
	}
	return b.String(), nil
}

// Check says what is wrong with a letterhead, nil if nothing is.
func (l Letterhead) Check() error {
	_, err := l.withDefaults()
	return err
}

// Test is a digest by which a way is tried: it says that nothing happened.
func (l Letterhead) Test(at time.Time) (Digest, error) {
	l, err := l.withDefaults()
	if err != nil {
		return Digest{}, err
	}
	d := Digest{ID: uuid.New(), At: at.UTC(), Lang: l.Lang, Labs: []Lab{}, Test: true}
	d.Text = l.plain(d)
	return d, nil
}
