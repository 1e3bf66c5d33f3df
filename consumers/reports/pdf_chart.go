package reports

import (
	"codeberg.org/go-pdf/fpdf"

	"vitrine/internal/charts"
)

// chart is a chart's title and its drawing, as wide as the page.
func (s *setting) chart(b *Chart, width float64) []piece {
	title := b.Title
	if b.UnitText != "" {
		title += " (" + b.UnitText + ")"
	}
	caption := s.whole(s.fonts.bold, bodySize, inkColour, title, width, 14, true)
	caption.height += 3
	d := s.words.drawing(b)
	if d.Empty() {
		return []piece{caption}
	}
	scale := min(width, paperOf(false).inner()) / d.Width
	return []piece{caption, {height: d.Height * scale, draw: func(c *canvas, x, y float64) {
		for _, shape := range d.Shapes {
			c.shape(shape, x, y, scale)
		}
	}}}
}

// inkOf is a chart's ink on white paper; the faint ones are mixed with it, so that nothing need be transparent.
func inkOf(i charts.Ink) colour {
	switch i {
	case charts.Grid:
		return "d6d7d8"
	case charts.Axis:
		return "76797c"
	case charts.Band:
		return "dae7e7"
	}
	if rgb := i.RGB(); rgb != "" {
		return colour(rgb)
	}
	return inkColour
}

// shape draws one shape of a drawing whose corner is at x and y.
func (c *canvas) shape(s charts.Shape, x, y, scale float64) {
	ink := inkOf(s.Ink)
	points := make([]fpdf.PointType, len(s.Points))
	for n, p := range s.Points {
		points[n] = fpdf.PointType{X: x + p.X*scale, Y: y + p.Y*scale}
	}
	if len(points) == 0 {
		return
	}
	switch s.Kind {
	case charts.Line:
		c.polyline(points, ink, s, scale)
	case charts.Polygon:
		c.SetFillColor(ink.rgb())
		c.Polygon(points, "F")
	case charts.Circle:
		c.SetFillColor(ink.rgb())
		c.Circle(points[0].X, points[0].Y, s.Radius*scale, "F")
	case charts.Text:
		c.label(s, ink, points[0], scale)
	}
}

func (c *canvas) polyline(points []fpdf.PointType, ink colour, s charts.Shape, scale float64) {
	width := s.Width
	if width == 0 {
		width = 1
	}
	dash := make([]float64, len(s.Dash))
	for n, d := range s.Dash {
		dash[n] = d * scale
	}
	c.SetDrawColor(ink.rgb())
	c.SetLineWidth(width * scale)
	c.SetLineJoinStyle("round")
	c.SetDashPattern(dash, 0)
	c.MoveTo(points[0].X, points[0].Y)
	for _, p := range points[1:] {
		c.LineTo(p.X, p.Y)
	}
	c.DrawPath("D")
	c.SetDashPattern(nil, 0)
}

func (c *canvas) label(s charts.Shape, ink colour, at fpdf.PointType, scale float64) {
	size, face := s.Size, c.fonts.plain
	if size == 0 {
		size = 10
	}
	if s.Bold {
		face = c.fonts.bold
	}
	size *= scale
	text := face.clean(s.Text)
	switch s.Anchor {
	case charts.Middle:
		at.X -= face.width(text, size) / 2
	case charts.End:
		at.X -= face.width(text, size)
	}
	c.write(face, size, ink, at.X, at.Y, text)
}
