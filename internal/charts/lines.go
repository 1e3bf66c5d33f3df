package charts

import "math"

// Series is a named row of values, one for each of a chart's places. NaN: nothing is known there.
type Series struct {
	Name   string
	Values []float64
	Ink    Ink
	// Dash draws the line broken: what was expected, projected or comes from elsewhere.
	Dash []float64
}

// Spec is what a chart shows.
type Spec struct {
	Title, Desc string
	// Width and Height in points. Default 640 × 240.
	Width, Height float64
	// Places are the names along the horizontal axis, one for each value: months, quarters.
	Places []string
	Series []Series
	// Low and High bound a band behind the lines (a projection's range), one for each place; NaN: none there.
	Low, High []float64
	// Format writes a value on the vertical axis.
	Format func(float64) string
	// Mark is the place of today, drawn as an upright line; -1: none.
	Mark int
	// MarkName is what stands at it.
	MarkName string
}

// DashExpected is how lines of what was expected are drawn everywhere.
func DashExpected() []float64 { return []float64{6, 4} }

const (
	axisLeft   = 56.0
	axisBottom = 22.0
	legendTop  = 18.0
)

// frame draws axes, grid, names and the legend, and gives the places' width and the scale.
func (s *Spec) frame(stacked bool) (*Drawing, scale, float64) {
	if s.Width == 0 {
		s.Width = 640
	}
	if s.Height == 0 {
		s.Height = 240
	}
	d := &Drawing{Title: s.Title, Desc: s.Desc, Width: s.Width, Height: s.Height}
	var all []float64
	for i := range s.Places {
		sum := 0.0
		for _, series := range s.Series {
			if v := series.at(i); !math.IsNaN(v) {
				all = append(all, v)
				sum += v
			}
		}
		if stacked {
			all = append(all, sum)
		}
	}
	all = append(append(all, s.Low...), s.High...)
	sc := newScale(all, legendTop+8, s.Height-axisBottom)
	for _, v := range sc.ticks() {
		y := sc.at(v)
		d.line(Grid, 1, nil, Point{axisLeft, y}, Point{s.Width, y})
		d.text(Point{axisLeft - 6, y + 3.5}, End, 10, s.Format(v))
	}
	d.line(Axis, 1, nil, Point{axisLeft, sc.at(max(0, sc.low))}, Point{s.Width, sc.at(max(0, sc.low))})
	step := (s.Width - axisLeft) / float64(max(1, len(s.Places)))
	s.names(d, step)
	s.legend(d)
	return d, sc, step
}

// names writes as many of the places' names as there is room for.
func (s *Spec) names(d *Drawing, step float64) {
	widest := 0
	for _, name := range s.Places {
		widest = max(widest, len([]rune(name)))
	}
	every := max(1, int(math.Ceil((float64(widest)*5.4+8)/step)))
	for i, name := range s.Places {
		if i%every == 0 {
			d.text(Point{axisLeft + (float64(i)+0.5)*step, s.Height - 7}, Middle, 10, name)
		}
	}
}

func (s *Spec) legend(d *Drawing) {
	x := axisLeft
	for _, series := range s.Series {
		if series.Name == "" {
			continue
		}
		d.line(series.Ink, 2.5, series.Dash, Point{x, 9}, Point{x + 22, 9})
		if series.Dash == nil {
			d.Shapes = append(d.Shapes, Shape{Kind: Circle, Ink: series.Ink, Points: []Point{{x + 11, 9}}, Radius: 3})
		}
		d.text(Point{x + 27, 12.5}, Start, 10.5, series.Name)
		x += 27 + float64(len([]rune(series.Name)))*5.7 + 18
	}
}

func (s Series) at(i int) float64 {
	if i >= len(s.Values) {
		return math.NaN()
	}
	return s.Values[i]
}

// Lines draws each series as a line; where a value isn't known the line is broken.
func Lines(s Spec) Drawing {
	d, sc, step := s.frame(false)
	x := func(i int) float64 { return axisLeft + (float64(i)+0.5)*step }
	s.band(d, sc, x)
	if s.Mark >= 0 && s.Mark < len(s.Places) && s.MarkName != "" {
		d.line(Axis, 1, []float64{2, 3}, Point{x(s.Mark), sc.top}, Point{x(s.Mark), sc.bottom})
		anchor := Start
		if s.Mark > len(s.Places)*3/4 {
			anchor = End
		}
		d.text(Point{x(s.Mark), sc.top - 1}, anchor, 9.5, s.MarkName)
	}
	for _, series := range s.Series {
		var run []Point
		flush := func() {
			if len(run) > 1 {
				d.line(series.Ink, 2.2, series.Dash, run...)
			}
			if series.Dash == nil { // marks tell what happened from what was expected
				for _, p := range run {
					d.Shapes = append(d.Shapes, Shape{Kind: Circle, Ink: series.Ink, Points: []Point{p}, Radius: 2.4})
				}
			}
			run = nil
		}
		for i := range s.Places {
			if v := series.at(i); math.IsNaN(v) {
				flush()
			} else {
				run = append(run, Point{x(i), sc.at(v)})
			}
		}
		flush()
	}
	return *d
}

// band draws the range between Low and High.
func (s *Spec) band(d *Drawing, sc scale, x func(int) float64) {
	var above, below []Point
	for i := range min(len(s.Low), len(s.High), len(s.Places)) {
		if !math.IsNaN(s.Low[i]) && !math.IsNaN(s.High[i]) {
			above, below = append(above, Point{x(i), sc.at(s.High[i])}), append([]Point{{x(i), sc.at(s.Low[i])}}, below...)
		}
	}
	if len(above) > 1 {
		d.Shapes = append(d.Shapes, Shape{Kind: Polygon, Ink: Band, Points: append(above, below...)})
	}
}

// Bars draws the series of each place as one bar, stacked.
func Bars(s Spec) Drawing {
	d, sc, step := s.frame(true)
	width := min(step*0.7, 46)
	for i := range s.Places {
		x := axisLeft + (float64(i)+0.5)*step - width/2
		up, down := 0.0, 0.0
		for _, series := range s.Series {
			v := series.at(i)
			if math.IsNaN(v) || v == 0 {
				continue
			}
			from := &up
			if v < 0 {
				from = &down
			}
			y0, y1 := sc.at(*from), sc.at(*from+v)
			*from += v
			d.box(series.Ink, x, min(y0, y1), width, math.Abs(y1-y0))
			if len(s.Series) > 1 { // a gap between the parts, so that they can be told apart without their colours
				d.line(Grid, 1, nil, Point{x, y1}, Point{x + width, y1})
			}
		}
	}
	return *d
}
