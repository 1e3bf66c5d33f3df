package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// look is how a cell looks; each is made once in a workbook.
type look struct {
	bold, head, wrap, right, top, text bool
	left, indent                       bool // also numbers and dates; away from the number in the column before
	size                               float64
	format                             string
	grade                              Grade
}

func (b *workbook) styleOf(l look) (int, error) {
	if id, ok := b.styles[l]; ok {
		return id, nil
	}
	size := l.size
	if size == 0 {
		size = 10
	}
	s := &excelize.Style{
		Font:      &excelize.Font{Bold: l.bold || l.grade != Open, Size: size, Family: "Calibri", Color: map[Grade]string{Good: "0B6B3A", Fair: "8A4B00", Bad: "A4161A"}[l.grade]},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: l.wrap},
	}
	if l.size > 10 {
		s.Font.Color = "173F5F"
	}
	switch {
	case l.left:
		s.Alignment.Horizontal = "left"
		if l.indent {
			s.Alignment.Indent = 1
		}
	case l.right:
		s.Alignment.Horizontal = "right"
	}
	if l.head {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8ECF0"}}
		s.Alignment.Vertical = "bottom"
	}
	if l.top {
		s.Border = []excelize.Border{{Type: "top", Color: "4D5661", Style: 1}}
	}
	switch {
	case l.format != "":
		s.CustomNumFmt = &l.format
	case l.text: // so that it stays a text when somebody edits it
		s.NumFmt = 49
	}
	id, err := b.NewStyle(s)
	if err == nil {
		b.styles[l] = id
	}
	return id, err
}

// formatOf is the format that shows a number as the other formats of the report do, with all that stands around it there.
func formatOf(c Cell, w words) string {
	places := decimals(*c.Number, c.Unit)
	if c.Places != nil {
		places = *c.Places
	}
	digits := "#,##0"
	if places > 0 {
		digits += "." + strings.Repeat("0", int(places))
	}
	switch c.Unit {
	case "EUR":
		digits = w.Must("xlsx.euro", "digits", digits)
	case "%":
		digits += w.Must("xlsx.percent")
	default:
		digits = strings.Replace(quoted(w.pattern(*c.Number, c.Unit)), "{n}", digits, 1)
	}
	before, after, found := strings.Cut(c.Text, w.valueTo(*c.Number, c.Unit, places))
	switch {
	case !found || c.Low != nil: // the ends of a range have cells of their own
		return digits
	case before == "+":
		return "+" + digits + ";-" + digits
	}
	return literal(before) + digits + literal(after)
}

// quoted makes a number's format of a unit's pattern: {n} jours is {n}" jours".
func quoted(pattern string) string {
	before, after, _ := strings.Cut(pattern, "{n}")
	return literal(before) + "{n}" + literal(after)
}

// literal is text in a number's format.
func literal(s string) string {
	if s == "" {
		return ""
	}
	return `"` + strings.ReplaceAll(s, `"`, "”") + `"`
}
