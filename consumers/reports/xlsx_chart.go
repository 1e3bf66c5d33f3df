package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// chartRows is how many rows a chart covers; the table of its values stands beside it.
const chartRows = 18

// chart writes a chart's values as a table, and draws it from them.
func (p *page) chart(c *Chart) error {
	p.charts++
	p.row++
	if err := p.line(c.Title, look{bold: true}); err != nil {
		return err
	}
	head := p.row
	if err := p.text(1, p.words.Must("column.month"), look{bold: true, head: true}); err != nil {
		return err
	}
	p.widen(1, 10)
	for n, s := range c.Series {
		if err := p.text(n+2, s.Name, look{bold: true, head: true, right: true, wrap: true}); err != nil {
			return err
		}
		p.widen(n+2, min(len([]rune(s.Name)), 16))
	}
	p.row++
	for i, label := range c.Labels {
		if err := p.text(1, label, look{}); err != nil {
			return err
		}
		for n, s := range c.Series {
			if s.Values[i] == nil {
				continue
			}
			if err := p.cell(n+2, p.words.num(*s.Values[i], c.Unit), look{}); err != nil {
				return err
			}
		}
		p.row++
	}
	if err := p.draw(c, head); err != nil {
		return err
	}
	p.row = max(p.row, head+chartRows)
	return nil
}

// draw adds the chart of the table that begins at a row.
func (p *page) draw(c *Chart, head int) error {
	axisFont := excelize.Font{Color: "4D5661", Size: 9}
	sheet := "'" + strings.ReplaceAll(p.sheet, "'", "''") + "'"
	last := head + len(c.Labels)
	chart := &excelize.Chart{Type: excelize.Line, Legend: excelize.ChartLegend{Position: "top"}, ShowBlanksAs: "gap",
		Format:    excelize.GraphicOptions{AltText: c.Title + ". " + c.Description},
		Dimension: excelize.ChartDimension{Width: 640, Height: 320},
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title}}},
		XAxis:     excelize.ChartAxis{Font: axisFont}, // the library's own is a grey that hardly shows
		YAxis:     excelize.ChartAxis{MajorGridLines: true, Font: axisFont}}
	if c.Sort != Lines {
		chart.Type = excelize.ColStacked
	}
	for n, s := range c.Series {
		name, err := excelize.ColumnNumberToName(n + 2)
		if err != nil {
			return err
		}
		colour := inks()[n%len(inks())].RGB()
		series := excelize.ChartSeries{
			Name:       fmt.Sprintf("%s!$%s$%d", sheet, name, head),
			Categories: fmt.Sprintf("%s!$A$%d:$A$%d", sheet, head+1, last),
			Values:     fmt.Sprintf("%s!$%s$%d:$%s$%d", sheet, name, head+1, name, last),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}},
			Line:       excelize.LineOptions{Width: 2, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}},
			Marker:     excelize.ChartMarker{Symbol: "circle", Size: 5},
		}
		if s.Dashed {
			series.Line.Dash, series.Marker.Symbol = excelize.LineDashDash, "none"
		}
		chart.Series = append(chart.Series, series)
	}
	at, err := excelize.CoordinatesToCellName(len(c.Series)+3, head)
	if err != nil {
		return err
	}
	return p.AddChart(p.sheet, at, chart)
}
