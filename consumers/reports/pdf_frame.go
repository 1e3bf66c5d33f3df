package reports

import "strconv"

// frame draws what stands on every page: whose report it is on what, in which state, for whom, and which page it is.
func (s *setting) frame(c *canvas, size paper, page, pages int) {
	r, plain, bold := s.report, s.fonts.plain, s.fonts.bold
	left, right := marginSide, size.width-marginSide
	if page > 1 {
		period, state := plain.clean(r.Title+" – "+r.Period), bold.clean(r.State)
		sign, ink := s.stateSign()
		c.writeRight(plain, smallSize, softColour, right, 30, period)
		c.write(bold, smallSize, softColour, left, 30, bold.short(r.Subject, smallSize, right-left-plain.width(period, smallSize)-16))
		at := right - bold.width(state, smallSize)
		c.write(bold, smallSize, ink, at, 41, state)
		c.sign(sign, ink, at-signWidth*smallSize, 41, smallSize*0.9)
		if r.Question.Lab != "" {
			programme := plain.short(s.words.Must("programme"), smallSize, at-left-signWidth*smallSize-16)
			c.write(plain, smallSize, softColour, left, 41, programme)
		}
		c.rule(lineColour, 0.5, left, 46, right, 46)
	}
	foot := size.height - 28
	c.rule(lineColour, 0.5, left, foot-12, right, foot-12)
	c.write(plain, smallSize, softColour, left, foot, plain.clean(r.Notice))
	made := plain.clean(r.MadeText)
	c.write(plain, smallSize, softColour, (left+right-plain.width(made, smallSize))/2, foot, made)
	number := plain.clean(s.words.Must("page", "page", strconv.Itoa(page), "pages", strconv.Itoa(pages)))
	c.writeRight(plain, smallSize, softColour, right, foot, number)
}

// stateSign goes with the words that say what the figures are.
func (s *setting) stateSign() (string, colour) {
	if s.report.Provisional {
		return StatusSign("reopened"), fairColour
	}
	return StatusSign("approved"), goodColour
}

// head is the report's title, what it is about, and its contents.
func (s *setting) head() []piece {
	const titleSize, periodSize = 22.0, 13.0
	r, plain, bold, width := s.report, s.fonts.plain, s.fonts.bold, paperOf(false).inner()
	all := []piece{
		s.whole(bold, bodySize, softColour, s.words.Must("programme"), width, 0, true),
		s.whole(bold, subheadSize, brandColour, r.Title, width, 4, true),
		s.whole(bold, titleSize, brandColour, r.Subject, width, 2, true),
		s.whole(plain, periodSize, inkColour, r.Period, width, 2, true),
		s.state(width),
	}
	if r.Question.Lab == "" { // the programme's name is the subject
		all = all[1:]
	}
	all = append(all, s.facts(r.Head, width)...)
	all = append(all, s.running(plain, smallSize, softColour, r.MadeText+". "+r.Proof+".", width, 9)...)
	all = append(all, s.running(plain, smallSize, softColour, r.Notice+".", width, 1)...)
	return append(all, s.contents(width))
}

// state says in a box what the figures are.
func (s *setting) state(width float64) piece {
	const padding = 6.0
	bold := s.fonts.bold
	sign, ink := s.stateSign()
	lines := bold.wrap(s.report.State, bodySize, width-2*padding-signWidth*bodySize)
	wide := 0.0
	for _, l := range lines {
		wide = max(wide, bold.width(l, bodySize))
	}
	height := float64(len(lines))*lineOf(bodySize) + 2*padding - 2
	return piece{height: height, before: 8, draw: func(c *canvas, x, y float64) {
		c.SetDrawColor(ink.rgb())
		c.SetLineWidth(0.9)
		c.RoundedRect(x, y, wide+2*padding+signWidth*bodySize, height, 2.5, "1234", "D")
		c.sign(sign, ink, x+padding, y+padding-1+bodySize, bodySize*0.9)
		c.lines(bold, bodySize, ink, x+padding+signWidth*bodySize, y+padding-1, lines)
	}}
}

// contents are the sections with their pages, in two columns.
func (s *setting) contents(width float64) piece {
	const gap = 24.0
	plain, bold, sections := s.fonts.plain, s.fonts.bold, s.report.Sections
	rows := (len(sections) + 1) / 2
	column, high := (width-gap)/2, lineOf(bodySize)+1.5
	head := lineOf(bodySize) + 5
	return piece{height: head + float64(rows)*high, before: 16, draw: func(c *canvas, x, y float64) {
		c.rule(lineColour, 0.5, x, y-4, x+width, y-4)
		c.write(bold, bodySize, brandColour, x, y+bodySize, bold.clean(s.words.Must("contents")))
		for n, section := range sections {
			left := x + float64(n/rows)*(column+gap)
			top := y + head + float64(n%rows)*high
			number := strconv.Itoa(c.pages[section.ID])
			title := plain.short(section.Title, bodySize, column-plain.width(number, bodySize)-12)
			c.write(plain, bodySize, inkColour, left, top+bodySize, title)
			c.writeRight(plain, bodySize, inkColour, left+column, top+bodySize, number)
			from, to := left+plain.width(title, bodySize)+4, left+column-plain.width(number, bodySize)-4
			c.SetDashPattern([]float64{0.5, 2.5}, 0)
			c.rule(softColour, 0.5, from, top+bodySize, to, top+bodySize)
			c.SetDashPattern(nil, 0)
			c.Link(left, top, column, high, c.links[section.ID])
		}
	}}
}
