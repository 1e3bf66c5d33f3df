// Package charts makes charts as data: shapes in a box, which SVG writes for pages and the reports' PDF draws.
// Every series differs by its dashes and marks as well as by its colour, and the description says in words what
// is drawn. It imports none of ours.
package charts

// Point is a place in a drawing, in points (1/72 inch; a pixel of CSS on a page): X to the right, Y down.
type Point struct{ X, Y float64 }

// Kind is a sort of shape.
type Kind int

// The sorts of shape.
const (
	Line    Kind = iota // through Points, open
	Polygon             // Points, closed and filled
	Circle              // around Points[0], filled
	Text                // at Points[0], the baseline
)

// Anchor says where a text's place is in it.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Ink is what a shape is painted in; each writer has its own colours for them.
type Ink int

// The inks. Words and axes are in the page's own colour, grids in a faint one.
const (
	Words Ink = iota
	Axis
	Grid
	First  // what happened
	Second // what was expected
	Third
	Fourth
	Fifth
	Band // a range, behind the rest
)

// RGB is the ink's colour, as hexadecimal digits: legible on white paper and on the pages' dark ground. Empty: the
// colour of the text around.
func (i Ink) RGB() string {
	switch i {
	case First:
		return "168086"
	case Second:
		return "c2570c"
	case Third:
		return "6d6fd0"
	case Fourth:
		return "a8761b"
	case Fifth:
		return "b14a86"
	case Band:
		return "6b9ea1"
	}
	return ""
}

// Shape is one thing to draw.
type Shape struct {
	Kind   Kind
	Ink    Ink
	Points []Point
	Radius float64   // of a circle
	Width  float64   // of a line; 0: 1
	Dash   []float64 // lengths of strokes and gaps; nil: unbroken
	Text   string
	Size   float64 // of a text; 0: 10
	Anchor Anchor
	Bold   bool
}

// Drawing is a chart.
type Drawing struct {
	Title         string // what it is about
	Desc          string // what it says, in words
	Width, Height float64
	Shapes        []Shape
}

// Empty says that there is nothing to draw.
func (d Drawing) Empty() bool { return len(d.Shapes) == 0 }

func (d *Drawing) line(ink Ink, width float64, dash []float64, points ...Point) {
	d.Shapes = append(d.Shapes, Shape{Kind: Line, Ink: ink, Width: width, Dash: dash, Points: points})
}

func (d *Drawing) text(at Point, anchor Anchor, size float64, text string) {
	d.Shapes = append(d.Shapes, Shape{Kind: Text, Ink: Words, Points: []Point{at}, Anchor: anchor, Size: size, Text: text})
}

func (d *Drawing) box(ink Ink, x, y, w, h float64) {
	d.Shapes = append(d.Shapes, Shape{Kind: Polygon, Ink: ink, Points: []Point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}})
}
