package charts

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"html/template"
	"strconv"
	"strings"
)

// SVG writes the drawing as an element of an HTML page: it scales to the width that it is given, is read out as one
// picture with a title and a description, and needs neither style sheet nor script.
func (d Drawing) SVG() template.HTML {
	var b strings.Builder
	sum := sha256.Sum256([]byte(d.Title + "\x00" + d.Desc))
	id := "c" + hex.EncodeToString(sum[:6])
	b.WriteString(`<svg class="chart" role="img" viewBox="0 0 ` + number(d.Width) + " " + number(d.Height) + `" aria-labelledby="` + id + "t " + id + `d" font-family="inherit">`)
	b.WriteString(`<title id="` + id + `t">` + html.EscapeString(d.Title) + `</title><desc id="` + id + `d">` + html.EscapeString(d.Desc) + `</desc>`)
	for _, s := range d.Shapes {
		s.svg(&b)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // every text in it was escaped
}

func (s Shape) svg(b *strings.Builder) {
	colour, opacity := "currentColor", ""
	if rgb := s.Ink.RGB(); rgb != "" {
		colour = "#" + rgb
	}
	switch s.Ink {
	case Grid:
		opacity = ` opacity=".18"`
	case Axis:
		opacity = ` opacity=".6"`
	case Band:
		opacity = ` opacity=".25"`
	}
	switch s.Kind {
	case Line:
		width := s.Width
		if width == 0 {
			width = 1
		}
		b.WriteString(`<polyline points="` + points(s.Points) + `" fill="none" stroke="` + colour + `" stroke-width="` + number(width) + `" stroke-linejoin="round"` + opacity)
		if len(s.Dash) > 0 {
			var dashes []string
			for _, n := range s.Dash {
				dashes = append(dashes, number(n))
			}
			b.WriteString(` stroke-dasharray="` + strings.Join(dashes, " ") + `"`)
		}
		b.WriteString("/>")
	case Polygon:
		b.WriteString(`<polygon points="` + points(s.Points) + `" fill="` + colour + `"` + opacity + "/>")
	case Circle:
		b.WriteString(`<circle cx="` + number(s.Points[0].X) + `" cy="` + number(s.Points[0].Y) + `" r="` + number(s.Radius) + `" fill="` + colour + `"` + opacity + "/>")
	case Text:
		anchor := map[Anchor]string{Start: "start", Middle: "middle", End: "end"}[s.Anchor]
		b.WriteString(`<text x="` + number(s.Points[0].X) + `" y="` + number(s.Points[0].Y) + `" font-size="` + number(s.size()) + `" text-anchor="` + anchor + `" fill="` + colour + `"`)
		if s.Bold {
			b.WriteString(` font-weight="600"`)
		}
		b.WriteString(">" + html.EscapeString(s.Text) + "</text>")
	}
}

func (s Shape) size() float64 {
	if s.Size == 0 {
		return 10
	}
	return s.Size
}

func points(ps []Point) string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = number(p.X) + "," + number(p.Y)
	}
	return strings.Join(out, " ")
}

// number writes a coordinate, to a tenth of a point.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}
