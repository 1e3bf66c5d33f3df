package programme

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"vitrine/internal/charts"
)

// paceLine draws what was reached month by month against what was expected, to the due day, with the range in which
// it will end. Nothing where there is less than two months to draw.
func (t texts) paceLine(c *Commitment, line Line, today time.Time) template.HTML {
	if len(line) < 2 {
		return ""
	}
	spec := charts.Spec{Width: 460, Height: 190, Mark: -1, MarkName: t.Must("chart.today"), Format: func(v float64) string { return t.short(v, c.Unit) }}
	actual := charts.Series{Name: t.Must("chart.actual"), Ink: charts.First}
	expected := charts.Series{Name: t.Must("chart.expected"), Ink: charts.Second, Dash: charts.DashExpected()}
	if c.Direction == "cap" {
		expected.Name = t.Must("chart.cap")
	}
	for i, p := range line {
		spec.Places = append(spec.Places, t.monthShort(p.Day))
		actual.Values = append(actual.Values, orNaN(p.Actual))
		expected.Values = append(expected.Values, orNaN(p.Expected))
		spec.Low, spec.High = append(spec.Low, math.NaN()), append(spec.High, math.NaN())
		if !p.Day.After(today) {
			spec.Mark = i
		}
	}
	t.projection(c, &spec, actual)
	spec.Series = []charts.Series{actual, expected}
	name := c.Name.In(t.Lang)
	if segment := c.SegmentName.In(t.Lang); segment != "" {
		name += " – " + segment
	}
	spec.Title = t.Must("chart.title", "name", name)
	spec.Desc = t.Must("chart.desc", "actual", t.value(c.Actual, c.Unit), "target", t.Value(c.Target, c.Unit), "due", t.Date(c.Due),
		"expected", t.Value(c.Expected, c.Unit), "status", strings.ToLower(t.Badge(c.Status).Text))
	return charts.Lines(spec).SVG()
}

// projection fills in the band from today's value to the range on the last day.
func (t texts) projection(c *Commitment, spec *charts.Spec, actual charts.Series) {
	last := len(spec.Places) - 1
	if c.ProjectedLow == nil || c.ProjectedHigh == nil || spec.Mark < 0 || spec.Mark >= last || math.IsNaN(actual.Values[spec.Mark]) {
		return
	}
	from := actual.Values[spec.Mark]
	for i := spec.Mark; i <= last; i++ {
		share := float64(i-spec.Mark) / float64(last-spec.Mark)
		spec.Low[i], spec.High[i] = from+(*c.ProjectedLow-from)*share, from+(*c.ProjectedHigh-from)*share
	}
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// monthShort is a month for an axis: janv. 26.
func (t texts) monthShort(day time.Time) string {
	return t.month(day.Month()) + " " + day.Format("06")
}

// month is a month's short name.
func (t texts) month(m time.Month) string {
	return strings.Fields(t.Must("months.short"))[m-1]
}

// short writes a value for an axis: thousands and millions by their letters.
func (t texts) short(v float64, unit string) string {
	suffix := ""
	switch a := math.Abs(v); {
	case unit == "%":
		suffix = t.Lang.Typeset(" %")
		if t.Lang != "fr" {
			suffix = "%"
		}
	case a >= 1e6:
		v, suffix = v/1e6, "\u202fM"
	case a >= 1e4:
		v, suffix = v/1e3, "\u202fk"
	}
	text := strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	if t.Lang == "fr" {
		text = strings.Replace(text, ".", ",", 1)
	}
	if (len(text) > 4 || math.Abs(v) >= 1000) && suffix == "" {
		text = t.Lang.Number(v)
	}
	return text + suffix
}
