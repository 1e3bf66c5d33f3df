package reports

// look of tables: letters, and the room around them.
type tableLook struct{ size, side, above float64 }

func lookOf(wide bool) tableLook {
	if wide {
		return tableLook{7.6, 3.2, 1.6}
	}
	return tableLook{8.4, 4, 2.2}
}

// inset is how far a column's cells stand from its left edge: words right behind a figure would run into it.
func (l tableLook) inset(t *Table, n int) float64 {
	if n > 0 && t.Columns[n-1].Numeric && !t.Columns[n].Numeric {
		return 3 * l.side
	}
	return l.side
}

// room is what a column of this width has for its words.
func (l tableLook) room(t *Table, n int, width float64) float64 {
	return width - l.inset(t, n) - l.side
}

// table is its caption, its head and its rows; the head stands again at the top of each page.
func (s *setting) table(t *Table, wide bool) []piece {
	width := paperOf(wide).inner()
	caption := s.whole(s.fonts.bold, bodySize, inkColour, t.Caption, width, 12, true)
	if len(t.Rows) == 0 {
		return append([]piece{caption}, s.paragraph(Paragraph{t.Empty, Nothing}, width)...)
	}
	caption.height += 3
	look := lookOf(wide)
	widths := s.columns(t, look, width)
	head := s.tableHead(t, look, widths)
	all := []piece{caption, head}
	for n, row := range t.Rows {
		pieces := s.row(t, row, look, widths, paperOf(wide).room()-head.height)
		last := &pieces[len(pieces)-1]
		// A group's name stays with its first row, a total with the last one.
		last.keep = row.Level == Group || n+1 < len(t.Rows) && t.Rows[n+1].Level == Total || n+1 == len(t.Rows) && t.Remark != ""
		for i := range pieces {
			pieces[i].head = &head
		}
		all = append(all, pieces...)
	}
	if t.Remark != "" {
		all = append(all, s.paragraph(Paragraph{t.Remark, Remark}, width)...)
	}
	return all
}

func (s *setting) tableHead(t *Table, look tableLook, widths []float64) piece {
	bold := s.fonts.bold
	cells := make([]typeset, len(t.Columns))
	high, width := 0.0, sum(widths)
	for n, c := range t.Columns {
		cells[n] = typeset{face: bold, size: look.size, ink: inkColour, lines: bold.wrap(c.Title, look.size, look.room(t, n, widths[n]))}
		high = max(high, cells[n].height())
	}
	height := high + 2*look.above
	return piece{height: height, keep: true, draw: func(c *canvas, x, y float64) {
		c.fill(groundColour, x, y, width, height)
		c.rule(softColour, 1, x, y+height, x+width, y+height)
		for n, cell := range cells { // the titles stand on the line
			cell.draw(c, x+look.inset(t, n), y+look.above+high-cell.height(), look.room(t, n, widths[n]), t.Columns[n].Numeric)
			x += widths[n]
		}
	}}
}

// row is one piece, or as many as it takes where the row is higher than a page.
func (s *setting) row(t *Table, row Row, look tableLook, widths []float64, room float64) []piece {
	face, width := s.fonts.plain, sum(widths)
	if row.Level == Group {
		p := s.whole(s.fonts.bold, look.size, brandColour, row.Cells[0].Text, width-2*look.side, 0, true)
		text, height := p.draw, p.height+2*look.above+3
		return []piece{{height: height, draw: func(c *canvas, x, y float64) {
			text(c, x+look.side, y+look.above+3)
			c.rule(lineColour, 0.5, x, y+height, x+width, y+height)
		}}}
	}
	if row.Level == Total {
		face = s.fonts.bold
	}
	cells, most := make([]typeset, len(t.Columns)), 1
	for n := range t.Columns {
		var v Cell
		if n < len(row.Cells) {
			v = row.Cells[n]
		}
		cells[n] = s.cell(v, face, look.size, look.room(t, n, widths[n]))
		most = max(most, len(cells[n].lines))
	}
	fitting := max(1, int((room-2*look.above)/lineOf(look.size)))
	var all []piece
	for from := 0; from < most; from += fitting {
		all = append(all, rowPiece(t, cells, look, widths, row.Level == Total, from, min(from+fitting, most)))
	}
	return all
}

// rowPiece draws the lines of a row's cells from one to another.
func rowPiece(t *Table, cells []typeset, look tableLook, widths []float64, total bool, from, to int) piece {
	width := sum(widths)
	height := float64(to-from)*lineOf(look.size) + 2*look.above
	part := make([]typeset, len(cells))
	for n, cell := range cells {
		cell.lines = cell.lines[min(from, len(cell.lines)):min(to, len(cell.lines))]
		if from > 0 {
			cell.sign = ""
		}
		part[n] = cell
	}
	return piece{height: height, draw: func(c *canvas, x, y float64) {
		c.rule(lineColour, 0.5, x, y+height, x+width, y+height)
		if total {
			c.rule(softColour, 1, x, y, x+width, y)
		}
		for n, cell := range part {
			cell.draw(c, x+look.inset(t, n), y+look.above, look.room(t, n, widths[n]), t.Columns[n].Numeric)
			x += widths[n]
		}
	}}
}

// columns shares out a table's width as its columns ask for, but gives each enough for its longest word where the
// others can spare it.
func (s *setting) columns(t *Table, look tableLook, width float64) []float64 {
	shares := 0.0
	for _, c := range t.Columns {
		shares += share(c)
	}
	widths, needed := make([]float64, len(t.Columns)), make([]float64, len(t.Columns))
	for n, c := range t.Columns {
		widths[n] = width * share(c) / shares
		needed[n] = min(s.needed(t, n, look), width*0.4)
	}
	lacking, spare := 0.0, 0.0
	for n := range widths {
		lacking += max(0, needed[n]-widths[n])
		spare += max(0, widths[n]-needed[n])
	}
	if lacking == 0 || spare == 0 {
		return widths
	}
	given := min(1, spare/lacking) // of what is lacking
	for n := range widths {
		if d := needed[n] - widths[n]; d > 0 {
			widths[n] += d * given
		} else {
			widths[n] += d * lacking * given / spare
		}
	}
	return widths
}

// share is a column's part of the width; one that doesn't ask for any gets a middling one.
func share(c Column) float64 {
	if c.Width > 0 {
		return c.Width
	}
	return 10
}

// needed is the width at which no word of a column is cut.
func (s *setting) needed(t *Table, n int, look tableLook) float64 {
	widest := s.fonts.bold.longest(t.Columns[n].Title, look.size)
	for _, row := range t.Rows {
		if row.Level == Group || n >= len(row.Cells) {
			continue
		}
		v, face, more := row.Cells[n], s.fonts.plain, 0.0
		if v.Status != "" {
			more = signWidth * look.size
		}
		if row.Level == Total || v.Status != "" {
			face = s.fonts.bold
		}
		widest = max(widest, face.longest(v.Text, look.size)+more)
	}
	return widest + look.inset(t, n) + look.side + 0.1
}

func sum(all []float64) float64 {
	total := 0.0
	for _, v := range all {
		total += v
	}
	return total
}
