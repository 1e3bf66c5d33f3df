package reports

import (
	"html/template"
	"math"

	"github.com/shopspring/decimal"

	"vitrine/internal/charts"
)

// Drawing is the chart as shapes, which HTML writes as SVG and a PDF draws.
func (r *Report) Drawing(c *Chart) (charts.Drawing, error) {
	w, err := wordsOf(r.Lang)
	if err != nil {
		return charts.Drawing{}, err
	}
	return w.drawing(c), nil
}

// inks are the colours of series, in their order.
func inks() []charts.Ink {
	return []charts.Ink{charts.First, charts.Second, charts.Third, charts.Fourth, charts.Fifth}
}

func (w words) drawing(c *Chart) charts.Drawing {
	spec := charts.Spec{Title: c.Title, Desc: c.Description, Width: 640, Height: 210, Places: c.Labels, Mark: -1,
		Format: func(v float64) string { return w.number(decimal.NewFromFloat(v), places(v)) }}
	for n, s := range c.Series {
		series := charts.Series{Name: s.Name, Ink: inks()[n%len(inks())]}
		if s.Dashed {
			series.Dash = charts.DashExpected()
		}
		for _, v := range s.Values {
			if v == nil {
				series.Values = append(series.Values, math.NaN())
				continue
			}
			series.Values = append(series.Values, v.InexactFloat64())
		}
		spec.Series = append(spec.Series, series)
	}
	if c.Sort == Lines {
		return charts.Lines(spec)
	}
	return charts.Bars(spec)
}

// places are the decimals of a number on an axis.
func places(v float64) int32 {
	if math.Abs(v-math.Round(v)) < 1e-9 {
		return 0
	}
	return 1
}

func svg(c *Chart, w words) template.HTML { return w.drawing(c).SVG() }
