package reports

import (
	"strconv"

	"codeberg.org/go-pdf/fpdf"
)

// colour is one on white paper, as hexadecimal digits; the page's style sheet has the same ones.
type colour string

const (
	inkColour    colour = "1b1f24"
	softColour   colour = "4d5661"
	lineColour   colour = "c9cfd6"
	groundColour colour = "f3f5f7"
	goodColour   colour = "0b6b3a"
	fairColour   colour = "8a4b00"
	badColour    colour = "a4161a"
	brandColour  colour = "173f5f"
	linkColour   colour = "0a4a8f"
)

func (c colour) rgb() (r, g, b int) {
	v, err := strconv.ParseUint(string(c), 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return int(v >> 16 & 255), int(v >> 8 & 255), int(v & 255)
}

// gradeColour goes with a status's word and sign.
func gradeColour(g Grade) colour {
	switch g {
	case Good:
		return goodColour
	case Fair:
		return fairColour
	case Bad:
		return badColour
	}
	return softColour
}

// canvas is the page that is being drawn.
type canvas struct {
	*fpdf.Fpdf
	fonts fonts
	pages map[string]int // where the sections stand
	links map[string]int
}

func (c *canvas) font(f *face, size float64) { c.SetFont(f.name, "", size) }

// write puts a cleaned text with its baseline at y.
func (c *canvas) write(f *face, size float64, ink colour, x, y float64, s string) {
	if s == "" {
		return
	}
	c.font(f, size)
	c.SetTextColor(ink.rgb())
	c.Text(x, y, s)
}

// writeRight is write with the text's end at x.
func (c *canvas) writeRight(f *face, size float64, ink colour, x, y float64, s string) {
	c.write(f, size, ink, x-f.width(s, size), y, s)
}

// rule draws a line.
func (c *canvas) rule(ink colour, width, x1, y1, x2, y2 float64) {
	c.SetDrawColor(ink.rgb())
	c.SetLineWidth(width)
	c.Line(x1, y1, x2, y2)
}

// fill paints a rectangle.
func (c *canvas) fill(ink colour, x, y, width, height float64) {
	c.SetFillColor(ink.rgb())
	c.Rect(x, y, width, height, "F")
}
