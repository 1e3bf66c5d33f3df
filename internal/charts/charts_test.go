package charts

import (
	"encoding/xml"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func plain(v float64) string { return number(v) }

func TestLinesBreakWhereNothingIsKnown(t *testing.T) {
	d := Lines(Spec{Title: "T", Places: []string{"a", "b", "c", "d", "e"}, Format: plain, Mark: -1,
		Series: []Series{{Name: "actual", Ink: First, Values: []float64{1, 2, math.NaN(), 4, 5}}}})
	lines := 0
	for _, s := range d.Shapes {
		if s.Kind == Line && s.Ink == First && len(s.Points) == 2 && s.Width == 2.2 {
			lines++
		}
	}
	if lines != 2 {
		t.Errorf("%d pieces of line, want 2", lines)
	}
}

func TestScaleIsRound(t *testing.T) {
	for _, c := range []struct {
		values    []float64
		low, high float64
		step      float64
	}{
		{[]float64{3, 97}, 0, 100, 25}, {[]float64{0}, 0, 1, 0.25}, {[]float64{-10, 30}, -10, 30, 10}, {[]float64{12_345}, 0, 15_000, 5_000},
		{[]float64{math.NaN(), math.Inf(1), 4}, 0, 4, 1},
	} {
		if s := newScale(c.values, 0, 100); s.low != c.low || s.high != c.high || s.step != c.step {
			t.Errorf("%v: %g to %g by %g, want %g to %g by %g", c.values, s.low, s.high, s.step, c.low, c.high, c.step)
		}
	}
}

// Whatever is drawn stays in its box and is well-formed XML with its texts escaped.
func TestAnyDrawingStaysInItsBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "places")
		value := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Just(math.NaN()), rapid.Just(0.0))
		s := Spec{Title: rapid.String().Draw(t, "title"), Format: plain, Mark: rapid.IntRange(-1, 40).Draw(t, "mark"), MarkName: "x"}
		for range n {
			s.Places = append(s.Places, rapid.StringN(0, 8, -1).Draw(t, "place"))
		}
		for range rapid.IntRange(0, 4).Draw(t, "series") {
			s.Series = append(s.Series, Series{Name: "s", Ink: First, Values: rapid.SliceOfN(value, 0, n).Draw(t, "values")})
		}
		for _, d := range []Drawing{Lines(s), Bars(s)} {
			for _, shape := range d.Shapes {
				for _, p := range shape.Points {
					if math.IsNaN(p.X+p.Y) || p.Y < -0.5 || p.Y > d.Height+0.5 || p.X < -0.5 && shape.Kind != Text || p.X > d.Width+0.5 && shape.Kind != Text && p.Y > legendTop {
						t.Fatalf("%+v is outside of %g × %g", shape, d.Width, d.Height)
					}
				}
			}
			svg := strings.Map(func(r rune) rune {
				if r < ' ' || r == '\ufffe' || r == '\uffff' {
					return -1 // XML has no such characters, HTML may
				}
				return r
			}, string(d.SVG()))
			if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
		}
	})
}
