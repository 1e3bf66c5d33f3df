package reports

import "fmt"

// Sizes of letters, in points, and how far lines stand from each other.
const (
	bodySize    = 9.5
	smallSize   = 8.0
	headSize    = 15.0
	subheadSize = 11.5
	leading     = 1.32
)

// lineOf is how high a line is.
func lineOf(size float64) float64 { return size * leading }

// chapters are the report's sections as pieces, after its head.
func (s *setting) chapters() ([]pieces, error) {
	all := []pieces{{all: s.head()}}
	for n, section := range s.report.Sections {
		wide := false
		for _, b := range section.Blocks {
			t, ok := b.(*Table)
			wide = wide || ok && t.Wide && len(t.Rows) > 0
		}
		c := pieces{wide: wide, newPage: section.NewPage && n > 0}
		c.all = append(c.all, s.heading(section, c.inner()))
		for _, b := range section.Blocks {
			more, err := s.block(b, c)
			if err != nil {
				return nil, fmt.Errorf("section %s: %w", section.ID, err)
			}
			c.all = append(c.all, more...)
		}
		all = append(all, c)
	}
	return all, nil
}

func (c pieces) inner() float64 { return paperOf(c.wide).inner() }

func (s *setting) heading(section Section, width float64) piece {
	bold := s.fonts.bold
	lines := bold.wrap(section.Title, headSize, width)
	height := float64(len(lines))*lineOf(headSize) + 10
	return piece{height: height, before: 22, keep: true, id: section.ID, title: section.Title, draw: func(c *canvas, x, y float64) {
		c.lines(bold, headSize, brandColour, x, y, lines)
		c.rule(brandColour, 1.2, x, y+height-7, x+width, y+height-7)
	}}
}

func (s *setting) block(b Block, in pieces) ([]piece, error) {
	width := in.inner()
	switch b := b.(type) {
	case Heading:
		return []piece{s.whole(s.fonts.bold, subheadSize, brandColour, string(b), width, 12, true)}, nil
	case Paragraph:
		return s.paragraph(b, width), nil
	case Facts:
		return s.facts(b, width), nil
	case *Table:
		return s.table(b, in.wide), nil
	case *Chart:
		return s.chart(b, width), nil
	}
	return nil, fmt.Errorf("unknown block %T", b)
}

// whole is a text that isn't cut.
func (s *setting) whole(f *face, size float64, ink colour, text string, width, before float64, keep bool) piece {
	lines := f.wrap(text, size, width)
	return piece{height: float64(len(lines)) * lineOf(size), before: before, keep: keep, draw: func(c *canvas, x, y float64) {
		c.lines(f, size, ink, x, y, lines)
	}}
}

// lines writes lines below each other, the first one's top at y.
func (c *canvas) lines(f *face, size float64, ink colour, x, y float64, lines []string) {
	for n, l := range lines {
		c.write(f, size, ink, x, y+float64(n)*lineOf(size)+size, l)
	}
}

// mostLines is how long a paragraph may be to stay whole.
const mostLines = 8

func (s *setting) paragraph(p Paragraph, width float64) []piece {
	plain := s.fonts.plain
	switch p.Tone {
	case Warning:
		return []piece{s.warning(p.Text, width)}
	case Remark:
		return s.running(plain, smallSize, softColour, p.Text, width, 4)
	case Nothing:
		return s.running(plain, bodySize, softColour, p.Text, width, 4)
	}
	return s.running(plain, bodySize, inkColour, p.Text, width, 6)
}

// running is a text that may go on on the next page, but not with one line alone.
func (s *setting) running(f *face, size float64, ink colour, text string, width, before float64) []piece {
	lines := f.wrap(text, size, width)
	var all []piece
	for n, l := range lines {
		p := piece{height: lineOf(size), draw: func(c *canvas, x, y float64) { c.write(f, size, ink, x, y+size, l) }}
		p.keep = n+1 < len(lines) && (len(lines) <= mostLines || n == 0 || n == len(lines)-2)
		if n == 0 {
			p.before = before
		}
		all = append(all, p)
	}
	return all
}

// warning stands on a ground of its own, with a bar and a sign.
func (s *setting) warning(text string, width float64) piece {
	const indent, padding = 24.0, 5.0
	plain := s.fonts.plain
	lines := plain.wrap(text, bodySize, width-indent-padding)
	height := float64(len(lines))*lineOf(bodySize) + 2*padding
	return piece{height: height, before: 7, draw: func(c *canvas, x, y float64) {
		c.fill(groundColour, x, y, width, height)
		c.fill(fairColour, x, y, 3, height)
		c.sign("▲", fairColour, x+9, y+padding+bodySize, bodySize)
		c.lines(plain, bodySize, inkColour, x+indent, y+padding, lines)
	}}
}

// facts stand in three columns, their names above their values.
func (s *setting) facts(all Facts, width float64) []piece {
	const gap, columns = 16.0, 3
	column := (width - gap*(columns-1)) / columns
	var rows []piece
	for start := 0; start < len(all); start += columns {
		row := all[start:min(start+columns, len(all))]
		var names, values []typeset
		high := 0.0
		for _, f := range row {
			name := typeset{face: s.fonts.plain, size: smallSize, ink: softColour, lines: s.fonts.plain.wrap(f.Name, smallSize, column)}
			value := s.cell(f.Value, s.fonts.bold, bodySize, column)
			names, values = append(names, name), append(values, value)
			high = max(high, name.height()+value.height())
		}
		rows = append(rows, piece{height: high, before: 6, draw: func(c *canvas, x, y float64) {
			for n := range names {
				at := x + float64(n)*(column+gap)
				names[n].draw(c, at, y, column, false)
				values[n].draw(c, at, y+names[n].height(), column, false)
			}
		}})
	}
	return rows
}

// typeset is the text of a cell, broken into lines.
type typeset struct {
	face  *face
	size  float64
	ink   colour
	lines []string
	sign  string // before the first line; "" is none
	link  string
}

func (b typeset) height() float64 { return float64(len(b.lines)) * lineOf(b.size) }

// draw puts it into a column whose top left corner is at x and y.
func (b typeset) draw(c *canvas, x, y, width float64, right bool) {
	if b.sign != "" {
		c.sign(b.sign, b.ink, x, y+b.size, b.size*0.9)
		x += signWidth * b.size
	}
	for n, l := range b.lines {
		at, baseline, long := x, y+float64(n)*lineOf(b.size)+b.size, b.face.width(l, b.size)
		if right {
			at = x + width - long
		}
		c.write(b.face, b.size, b.ink, at, baseline, l)
		if b.link != "" {
			c.rule(b.ink, 0.4, at, baseline+1.5, at+long, baseline+1.5)
			c.LinkString(at, baseline-b.size, long, lineOf(b.size), b.link)
		}
	}
}

// cell breaks a cell's text to a width.
func (s *setting) cell(v Cell, f *face, size, width float64) typeset {
	b := typeset{face: f, size: size, ink: inkColour, link: v.Link}
	switch {
	case v.Status != "":
		b.sign, b.ink, b.face = StatusSign(v.Status), gradeColour(StatusTone(v.Status)), s.fonts.bold
		width -= signWidth * size
	case v.Link != "":
		b.ink = linkColour
	}
	b.lines = b.face.wrap(v.Text, size, width)
	return b
}
