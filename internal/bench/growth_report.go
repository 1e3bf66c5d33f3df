package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"vitrine/internal/charts"
)

// report prints the table, and draws the rates.
func (g *growth) report(out io.Writer, all []level) error {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.AppendHeader(table.Row{"labs", "stored", "events/s", "min–max", "of the empty store's", fmt.Sprintf("first %d in s", g.warm), "µs per cell", "consumer MiB", "engine MiB", "stream B/event", "tables B/event", "verify"})
	var columns []table.ColumnConfig
	for n := 1; n <= 11; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	empty := map[int]float64{} // by labs
	for _, l := range all {
		rate, start, cell := spreadOf(l.Rates, identity), spreadOf(l.Starts, identity), spreadOf(l.CellMicros, identity)
		if l.Stored == 0 {
			empty[l.Labs] = rate.median
		}
		share := ""
		if e := empty[l.Labs]; e > 0 {
			share = fmt.Sprintf("%.0f %%", 100*rate.median/e)
		}
		t.AppendRow(table.Row{l.Labs, l.Stored, fmt.Sprintf("%.0f", rate.median), fmt.Sprintf("%.0f–%.0f", rate.low, rate.high), share, fmt.Sprintf("%.1f", start.median),
			fmt.Sprintf("%.0f", cell.median), l.Consumer >> 20, l.Engine >> 20, fmt.Sprintf("%.0f", l.StreamBytes), fmt.Sprintf("%.0f", l.TableBytes), l.Verified})
	}
	t.Render()
	if g.svg == "" {
		return nil
	}
	return os.WriteFile(g.svg, []byte(g.picture(all)), 0o644)
}

func identity(x float64) float64 { return x }

// picture draws the median rates: a line for each size of programme, over what is stored.
func (g *growth) picture(all []level) string {
	spec := charts.Spec{Title: "Throughput by what is stored", Mark: -1, Format: func(v float64) string { return fmt.Sprintf("%.0f", v) }}
	for _, stored := range g.stored {
		spec.Places = append(spec.Places, fmt.Sprintf("%g M", float64(stored)/1e6))
	}
	inks := []charts.Ink{charts.First, charts.Second, charts.Third, charts.Fourth, charts.Fifth}
	var words []string
	for n, labs := range g.labs {
		series := charts.Series{Name: fmt.Sprintf("%d labs, events/s", labs), Ink: inks[n%len(inks)]}
		for _, stored := range g.stored {
			value := math.NaN()
			if i := slices.IndexFunc(all, func(l level) bool { return l.Labs == labs && l.Stored == stored }); i >= 0 {
				value = spreadOf(all[i].Rates, identity).median
			}
			series.Values = append(series.Values, value)
			words = append(words, fmt.Sprintf("%d labs, %d stored: %.0f events/s", labs, stored, value))
		}
		spec.Series = append(spec.Series, series)
	}
	spec.Desc = strings.Join(words, "; ")
	return strings.Replace(string(charts.Lines(spec).SVG()), "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1) + "\n"
}
