package reports

import "codeberg.org/go-pdf/fpdf"

// signWidth is the room that a sign takes before its word, for a text of size 1.
const signWidth = 1.1

// sign draws what [StatusSign] says as a shape, because few fonts have all of the signs. Its foot is at y.
func (c *canvas) sign(sign string, ink colour, x, y, size float64) {
	c.SetDrawColor(ink.rgb())
	c.SetFillColor(ink.rgb())
	c.SetLineWidth(size * 0.14)
	c.SetLineCapStyle("round")
	defer c.SetLineCapStyle("butt")
	at := func(dx, dy float64) fpdf.PointType { return fpdf.PointType{X: x + dx*size, Y: y - dy*size} }
	stroke := func(points ...fpdf.PointType) {
		for n := range points[1:] {
			c.Line(points[n].X, points[n].Y, points[n+1].X, points[n+1].Y)
		}
	}
	middle := at(0.4, 0.36)
	switch sign {
	case "✔":
		stroke(at(0.06, 0.34), at(0.3, 0.08), at(0.76, 0.68))
	case "✘":
		stroke(at(0.1, 0.06), at(0.7, 0.66))
		stroke(at(0.1, 0.66), at(0.7, 0.06))
	case "▲":
		c.Polygon([]fpdf.PointType{at(0.02, 0.02), at(0.78, 0.02), at(0.4, 0.72)}, "F")
	case "▼":
		c.Polygon([]fpdf.PointType{at(0.02, 0.7), at(0.78, 0.7), at(0.4, 0)}, "F")
	case "●":
		c.Circle(middle.X, middle.Y, size*0.34, "F")
	case "…":
		for _, dx := range []float64{0.1, 0.4, 0.7} {
			dot := at(dx, 0.12)
			c.Circle(dot.X, dot.Y, size*0.09, "F")
		}
	default:
		c.SetLineWidth(size * 0.11)
		c.Circle(middle.X, middle.Y, size*0.29, "D")
	}
}
