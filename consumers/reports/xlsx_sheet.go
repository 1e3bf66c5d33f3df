package reports

import (
	"math"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// page is a sheet that is being written, row by row.
type page struct {
	*workbook
	sheet  string
	row    int       // the next one, from 1
	widths []float64 // of the columns, in characters
	tables int
	head   int // the row of the last table's head
	charts int
	texts  []written
}

// written is a text that may take several lines: a sheet's rows have the height that it was written with, so somebody has to work it out.
type written struct {
	row, column int
	text        string
	look        look
	over        bool // the columns beside it
}

// write writes a section on its sheet; the first one begins with the report's head.
func (b *workbook) write(sheet string, s Section, first bool) error {
	p := &page{workbook: b, sheet: sheet, row: 1}
	err := p.line(b.report.Subject+" – "+s.Title, look{size: 14, bold: true})
	if first && err == nil {
		err = p.title()
	}
	for _, block := range s.Blocks {
		if err == nil {
			err = p.block(block)
		}
	}
	if err != nil {
		return err
	}
	for n, width := range p.widths {
		name, err := excelize.ColumnNumberToName(n + 1)
		if err != nil {
			return err
		}
		p.widths[n] = math.Min(math.Max(width+2, narrowest), 48)
		if err := b.SetColWidth(sheet, name, name, p.widths[n]); err != nil {
			return err
		}
	}
	if err := p.heighten(); err != nil {
		return err
	}
	head := 0
	if p.tables == 1 && p.charts == 0 {
		head = p.head
	}
	return b.setup(sheet, head)
}

func (p *page) title() error {
	r := p.report
	for _, text := range []string{r.Title + " – " + r.Period, r.State, r.MadeText, r.Proof, r.Notice} {
		if err := p.line(text, look{}); err != nil {
			return err
		}
	}
	p.row++
	return p.block(r.Head)
}

func (p *page) block(b Block) error {
	switch b := b.(type) {
	case Heading:
		p.row++
		return p.line(string(b), look{size: 12, bold: true})
	case Paragraph:
		return p.line(b.Text, look{})
	case Facts:
		for _, f := range b {
			if err := p.text(1, f.Name, look{}); err != nil {
				return err
			}
			if err := p.cell(2, f.Value, look{bold: true, left: true}); err != nil {
				return err
			}
			p.widen(1, len([]rune(f.Name)))
			p.row++
		}
		p.row++
	case *Table:
		return p.table(b)
	case *Chart:
		return p.chart(b)
	}
	return nil
}

// line writes a text that may run over the columns beside it; a long one takes several lines.
func (p *page) line(s string, l look) error {
	over := len([]rune(s)) > lineWidth
	l.wrap = over
	if err := p.text(1, s, l); err != nil {
		return err
	}
	p.texts[len(p.texts)-1].over = over
	p.row++
	return nil
}

// Sizes of a sheet: columns in characters, rows in points.
const (
	lineWidth  = 110 // of running text
	narrowest  = 9   // column
	rowHeight  = 13.5
	headHeight = 20 // of a row with a heading
)

// heighten gives the rows the height of their texts, and long texts the width of a page.
func (p *page) heighten() error {
	heights := map[int]float64{}
	for _, t := range p.texts {
		width := p.width(t.column)
		if t.over {
			last := t.column
			for width < lineWidth {
				last++
				width += p.width(last)
			}
			from, err := excelize.CoordinatesToCellName(t.column, t.row)
			if err != nil {
				return err
			}
			to, err := excelize.CoordinatesToCellName(last, t.row)
			if err != nil {
				return err
			}
			if err := p.MergeCell(p.sheet, from, to); err != nil {
				return err
			}
		}
		height := 0.0
		switch {
		case t.look.size > 10:
			height = headHeight
		case t.look.wrap:
			if lines := linesIn(t.text, width, t.look); lines > 1 {
				height = rowHeight * float64(lines)
			}
		}
		heights[t.row] = math.Max(heights[t.row], height)
	}
	for row, height := range heights {
		if height > 0 {
			if err := p.SetRowHeight(p.sheet, row, math.Min(height, excelize.MaxRowHeight)); err != nil {
				return err
			}
		}
	}
	return nil
}

// width is a column's, in characters.
func (p *page) width(column int) float64 {
	if column <= len(p.widths) {
		return p.widths[column-1]
	}
	return narrowest
}

// linesIn is how many lines a text takes in a cell. A column is measured in digits: letters are narrower, bold ones as wide, and an indent takes two.
func linesIn(s string, width float64, l look) int {
	if l.indent {
		width -= 2
	}
	if !l.bold {
		width *= 1.1
	}
	lines := 0
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines++
		used := 0.0
		for word := range strings.FieldsSeq(paragraph) {
			n := float64(len([]rune(word)))
			if used > 0 && used+1+n > width {
				lines, used = lines+1, 0
			}
			if used > 0 {
				used++
			}
			used += n
		}
	}
	return lines
}

func (p *page) table(t *Table) error {
	p.tables++
	p.row++
	if err := p.line(t.Caption, look{bold: true}); err != nil {
		return err
	}
	if len(t.Rows) == 0 {
		return p.line(t.Empty, look{})
	}
	p.head = p.row
	ranged := t.ranged()
	column := 0
	for n, c := range t.Columns {
		for _, title := range titles(c.Title, ranged[n], p.words) {
			column++
			if err := p.text(column, title, look{bold: true, head: true, wrap: true, right: c.Numeric, left: !c.Numeric, indent: column > 1}); err != nil {
				return err
			}
			p.widen(column, longestWord(title))
		}
	}
	p.row++
	for _, r := range t.Rows {
		column = 0
		for n, c := range r.Cells {
			column++
			numeric := t.Columns[n].Numeric
			l := look{bold: r.Level != Line, wrap: !numeric && r.Level != Group, right: numeric, left: !numeric, indent: column > 1, top: r.Level == Total}
			if err := p.cell(column, c, l); err != nil {
				return err
			}
			if ranged[n] {
				for _, end := range []*decimal.Decimal{c.Low, c.High} {
					column++
					bound := Cell{Text: none}
					if end != nil {
						bound = Cell{Text: none, Number: end, Unit: c.Unit}
					}
					if err := p.cell(column, bound, l); err != nil {
						return err
					}
				}
			}
		}
		p.row++
	}
	if t.Remark != "" {
		return p.line(t.Remark, look{})
	}
	return nil
}

// ranged says which columns have cells with a range: a workbook gives its ends columns of their own.
func (t *Table) ranged() []bool {
	out := make([]bool, len(t.Columns))
	for _, r := range t.Rows {
		for n, c := range r.Cells {
			out[n] = out[n] || c.Low != nil
		}
	}
	return out
}

func titles(title string, ranged bool, w words) []string {
	if !ranged {
		return []string{title}
	}
	return []string{title, w.Must("column.low"), w.Must("column.high")}
}

// cell writes a value in the current row.
func (p *page) cell(column int, c Cell, l look) error {
	at, err := excelize.CoordinatesToCellName(column, p.row)
	if err != nil {
		return err
	}
	switch {
	case c.Number != nil:
		l.format, l.right = formatOf(c, p.words), !l.left
		v := *c.Number
		if c.Unit == "%" { // 12.5 % is 0.125 with a format of per cent
			v = v.Shift(-2)
		}
		p.widen(column, len([]rune(c.Text)))
		if err := p.SetCellFloat(p.sheet, at, v.InexactFloat64(), -1, 64); err != nil {
			return err
		}
	case !c.Date.IsZero():
		l.format = p.words.Must("xlsx.date")
		p.widen(column, 10)
		if err := p.SetCellValue(p.sheet, at, c.Date); err != nil {
			return err
		}
	default:
		s := c.Text
		if c.Status != "" {
			s = StatusSign(c.Status) + " " + s
			l.grade = StatusTone(c.Status)
		}
		l.text = c.Foreign
		p.widen(column, min(len([]rune(s)), 40))
		if err := p.text(column, s, l); err != nil {
			return err
		}
		if strings.HasPrefix(c.Link, "https://") || strings.HasPrefix(c.Link, "http://") {
			return p.SetCellHyperLink(p.sheet, at, c.Link, "External")
		}
		return nil
	}
	return p.style(at, l)
}

// text writes a text as a text, whatever it begins with.
func (p *page) text(column int, s string, l look) error {
	at, err := excelize.CoordinatesToCellName(column, p.row)
	if err != nil {
		return err
	}
	if runes := []rune(s); len(runes) > excelize.TotalCellChars {
		s = string(runes[:excelize.TotalCellChars])
	}
	if err := p.SetCellStr(p.sheet, at, s); err != nil {
		return err
	}
	p.texts = append(p.texts, written{p.row, column, s, l, false})
	return p.style(at, l)
}

func (p *page) style(at string, l look) error {
	id, err := p.styleOf(l)
	if err != nil {
		return err
	}
	return p.SetCellStyle(p.sheet, at, at, id)
}

// widen makes a column at least so many characters wide.
func (p *page) widen(column, characters int) {
	for len(p.widths) < column {
		p.widths = append(p.widths, 0)
	}
	p.widths[column-1] = math.Max(p.widths[column-1], float64(characters))
}

func longestWord(s string) int {
	longest := 0
	for _, w := range strings.Fields(s) {
		longest = max(longest, len([]rune(w)))
	}
	return longest
}
