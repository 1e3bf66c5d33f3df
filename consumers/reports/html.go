package reports

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

var reportTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("report.html").Funcs(template.FuncMap{
		"sheet": func() (template.CSS, error) {
			css, err := templateFiles.ReadFile("templates/report.css")
			return template.CSS(css), err
		},
		"sign": StatusSign, "grade": gradeClass, "cell": func(c Column, v Cell) placed { return placed{v, c} },
		"last":   func(n int, all []Column) bool { return n == len(all)-1 },
		"quoted": func(s string) template.CSS { return template.CSS(cssString(s)) },
	}).ParseFS(templateFiles, "templates/*.html")
})

// HTML writes a report as one page that needs nothing else, good to read on a screen and to print from a browser.
func HTML(w io.Writer, r *Report) error {
	t, err := reportTemplate()
	if err != nil {
		return fmt.Errorf("write a report as HTML: %w", err)
	}
	v, err := viewOf(r)
	if err != nil {
		return err
	}
	// Whole before the first byte is sent: an error never leaves half a page.
	var page bytes.Buffer
	if err := t.Execute(&page, v); err != nil {
		return fmt.Errorf("write a report as HTML: %w", err)
	}
	_, err = w.Write(page.Bytes())
	return err
}

// view is a report as its template wants it.
type view struct {
	*Report
	Words    words
	Chapters []chapter
}

type chapter struct {
	Section
	Wide  bool
	Parts []part
}

// part is one block; one of its fields is set.
type part struct {
	Heading   Heading
	Paragraph *Paragraph
	Facts     Facts
	Table     *Table
	Chart     *Chart
	Drawing   template.HTML
}

// placed is a cell with its column.
type placed struct {
	Cell
	Column Column
}

func viewOf(r *Report) (*view, error) {
	w, err := wordsOf(r.Lang)
	if err != nil {
		return nil, err
	}
	v := &view{Report: r, Words: w}
	for _, s := range r.Sections {
		c := chapter{Section: s}
		for _, b := range s.Blocks {
			p, err := partOf(b, w)
			if err != nil {
				return nil, fmt.Errorf("write a report as HTML: section %s: %w", s.ID, err)
			}
			c.Wide = c.Wide || p.Table != nil && p.Table.Wide
			c.Parts = append(c.Parts, p)
		}
		v.Chapters = append(v.Chapters, c)
	}
	return v, nil
}

func partOf(b Block, w words) (part, error) {
	switch b := b.(type) {
	case Heading:
		return part{Heading: b}, nil
	case Paragraph:
		return part{Paragraph: &b}, nil
	case Facts:
		return part{Facts: b}, nil
	case *Table:
		return part{Table: b}, nil
	case *Chart:
		return part{Chart: b, Drawing: svg(b, w)}, nil
	}
	return part{}, fmt.Errorf("unknown block %T", b)
}

func gradeClass(status string) string {
	switch StatusTone(status) {
	case Good:
		return "good"
	case Fair:
		return "fair"
	case Bad:
		return "bad"
	}
	return "open"
}

// Class is a tone's name in the style sheet.
func (t Tone) Class() string {
	switch t {
	case Remark:
		return "remark"
	case Warning:
		return "warning"
	case Nothing:
		return "nothing"
	}
	return "plain"
}

// IsGroup and IsTotal tell rows apart in the template.
func (r Row) IsGroup() bool { return r.Level == Group }

// IsTotal says that the row is a sum or total.
func (r Row) IsTotal() bool { return r.Level == Total }

// cssString writes a text as a string of CSS.
func cssString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < ' ' || strings.ContainsRune(`"\<>&'`, r) {
			fmt.Fprintf(&b, `\%06x`, r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}
