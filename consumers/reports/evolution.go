package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// mostMonths is how many months a chart shows.
const mostMonths = 24

// evolution is the charts over time.
func (w words) evolution(m *material) Section {
	s := Section{ID: "evolution", Title: w.Must("evolution"), Sheet: w.Must("evolution"), NewPage: true}
	for _, c := range w.courses(m) {
		s.Blocks = append(s.Blocks, c)
	}
	for _, c := range []*Chart{w.machineHours(m), w.revenueMix(m)} {
		if c != nil {
			s.Blocks = append(s.Blocks, c)
		}
	}
	if len(s.Blocks) == 0 {
		s.Blocks = append(s.Blocks, Paragraph{w.Must("evolution.empty"), Nothing})
	}
	return s
}

// chartedMonths are the first days of the months that charts show: those of the agreement, up to the period's end.
func (m *material) chartedMonths() []time.Time {
	from := monthOf(m.asOf).AddDate(0, 1-mostMonths, 0)
	if a := m.agreement(); a != nil && a.Starts.After(from) && !a.Starts.After(m.asOf) {
		from = a.Starts
	}
	months := monthEnds(from, m.asOf, mostMonths)
	for i := range months {
		months[i] = monthOf(months[i])
	}
	return months
}

// byMonth are an indicator's values in some months; 0 where there is none.
func (m *material) byMonth(months []time.Time, indicator, segment string) (values []*decimal.Decimal, any bool) {
	for _, month := range months {
		v := decimal.Zero
		if f, ok := m.months[slice{indicator, segment}][month]; ok && f.Value != nil {
			v, any = *f.Value, true
		}
		values = append(values, &v)
	}
	return values, any
}

func (w words) labels(months []time.Time) []string {
	out := make([]string, len(months))
	for i, month := range months {
		out[i] = w.monthLabel(month)
	}
	return out
}

// mostQuarters is how many ends of quarters the course of a commitment shows: each is a day that statuses are worked out for.
const mostQuarters = 8

// mostCourses is how many commitments have a chart.
const mostCourses = 6

// main are the commitments that charts show, the most telling first, as far as the lab made them.
func (m *material) main() []promise {
	var out []promise
	for _, code := range []string{"U01", "T02", "D02", "C01", "C04", "V01", "T01", "D01", "K01", "U04", "B01", "I02"} {
		for _, p := range m.promises {
			if p.indicator == code && p.segment == "" && p.status != "not_started" && len(out) < mostCourses {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// courses are the main commitments over time: what was done against what was expected.
func (w words) courses(m *material) []*Chart {
	var all []*Chart
	for _, p := range m.main() {
		c := &Chart{ID: strings.ToLower("course-" + p.indicator), Title: w.Must("chart.course", "name", w.promiseName(p, m)), Sort: Lines, Unit: p.unit,
			UnitText: w.Rows["unittext."+p.unit], Series: []Series{{Name: w.Must("chart.actual")}, {Name: w.Must("chart.expected"), Dashed: true}}}
		for _, at := range m.series {
			if at.agreement != p.agreement || at.number != p.number || at.asOf.Before(p.from) || at.asOf.After(p.due.AddDate(0, 1, 0)) {
				continue
			}
			if at.asOf.Equal(m.asOf) { // as approved, where it is
				at = p
			}
			expected := at.expected
			c.Labels = append(c.Labels, w.monthLabel(at.asOf))
			c.Series[0].Values = append(c.Series[0].Values, at.actual)
			c.Series[1].Values = append(c.Series[1].Values, &expected)
		}
		if len(c.Labels) > 1 {
			c.Description = w.describe(c)
			all = append(all, c)
		}
	}
	return all
}

func (w words) machineHours(m *material) *Chart {
	months := m.chartedMonths()
	values, any := m.byMonth(months, "U01", "")
	if !any {
		return nil
	}
	c := &Chart{ID: "machine-hours", Title: w.Must("chart.hours"), Sort: Bars, Labels: w.labels(months), Unit: "hour", UnitText: w.Must("unittext.hour"),
		Series: []Series{{Name: w.say(m.indicator("U01").Name), Values: values}}}
	c.Description = w.describe(c)
	return c
}

func (w words) revenueMix(m *material) *Chart {
	months := m.chartedMonths()
	var segments []string
	for key := range m.months {
		if key.indicator == "E01" && dimensionOf(key.segment) == "revenue_stream" {
			segments = append(segments, key.segment)
		}
	}
	if len(segments) == 0 {
		return nil
	}
	slices.SortFunc(segments, func(a, b string) int {
		return cmp.Or(m.sinceStart("E01", b).Cmp(m.sinceStart("E01", a)), cmp.Compare(a, b))
	})
	c := &Chart{ID: "revenue", Title: w.Must("chart.revenue"), Sort: Stacked, Labels: w.labels(months), Unit: "EUR", UnitText: w.Must("unittext.EUR")}
	for _, segment := range segments {
		values, any := m.byMonth(months, "E01", segment)
		if any {
			c.Series = append(c.Series, Series{Name: w.segment(segment), Values: values})
		}
	}
	if len(c.Series) == 0 {
		return nil
	}
	c.merge(w.Must("chart.others"))
	c.Description = w.describe(c)
	return c
}

// mostSeries is how many series a chart tells apart.
const mostSeries = 5

// merge adds up the last series where there are too many to tell apart.
func (c *Chart) merge(name string) {
	if len(c.Series) <= mostSeries {
		return
	}
	rest := Series{Name: name, Values: make([]*decimal.Decimal, len(c.Labels))}
	for i := range rest.Values {
		sum := decimal.Zero
		for _, s := range c.Series[mostSeries-1:] {
			sum = sum.Add(orZero(s.Values[i]))
		}
		rest.Values[i] = &sum
	}
	c.Series = append(c.Series[:mostSeries-1:mostSeries-1], rest)
}

// describe says a chart in a sentence: what each series comes to in all, or where a line ends.
func (w words) describe(c *Chart) string {
	var parts []string
	for _, s := range c.Series {
		v := decimal.Zero
		for _, x := range s.Values {
			switch {
			case x == nil:
			case c.Sort == Lines:
				v = *x
			default:
				v = v.Add(*x)
			}
		}
		parts = append(parts, s.Name+" "+w.value(v, c.Unit))
	}
	key := "describe.total"
	if c.Sort == Lines {
		key = "describe.last"
	}
	return w.Must(key, "from", c.Labels[0], "to", c.Labels[len(c.Labels)-1], "values", strings.Join(parts, w.Must("semicolon")))
}
