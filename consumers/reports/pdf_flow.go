package reports

// A4 paper and its margins, in points.
const (
	pageShort, pageLong = 595.28, 841.89
	marginSide          = 40.0
	marginTop           = 56.0
	marginFirst         = 44.0 // on the first page, which has no running head
	marginBottom        = 50.0
)

// paper is a page's width and height.
type paper struct{ width, height float64 }

func paperOf(wide bool) paper {
	if wide {
		return paper{pageLong, pageShort}
	}
	return paper{pageShort, pageLong}
}

func (p paper) inner() float64 { return p.width - 2*marginSide }

// room is the height of what stands on a page under a running head.
func (p paper) room() float64 { return p.height - marginTop - marginBottom }

// piece is something that is never cut: a line of text, a row of a table, a chart.
type piece struct {
	height float64
	before float64 // space above it, but not at a page's top
	keep   bool    // stands on the same page as the piece after it
	head   *piece  // stands above it where it begins a page
	id     string  // where links lead to
	title  string  // of its bookmark; "" is none
	level  int     // of its bookmark
	draw   func(c *canvas, x, y float64)
}

// chapter of pieces on paper of one sort.
type pieces struct {
	wide, newPage bool
	all           []piece
}

// sheet is a page with what stands on it.
type sheet struct {
	wide   bool
	placed []standing
}

func (s sheet) size() paper { return paperOf(s.wide) }

// standing is a piece at its place.
type standing struct {
	piece
	y float64
}

// flow puts pieces on pages.
func flow(chapters []pieces) []sheet {
	p := &press{}
	for _, chapter := range chapters {
		if len(chapter.all) == 0 {
			continue
		}
		if len(p.pages) == 0 || chapter.newPage || p.page().wide != chapter.wide {
			p.turn(chapter.wide)
		}
		for rest := chapter.all; len(rest) > 0; {
			n, height := together(rest)
			if height > p.page().size().room() { // more than a page: no way to keep it together
				n, height = 1, rest[0].height
			}
			if !p.fits(height + p.space(rest[0])) {
				p.turn(chapter.wide)
			}
			for _, one := range rest[:n] {
				p.put(one)
			}
			rest = rest[n:]
		}
	}
	return p.pages
}

// together says how many pieces have to stand on one page, and their height without the space above the first.
func together(all []piece) (int, float64) {
	height := all[0].height
	n := 1
	for n < len(all) && all[n-1].keep {
		height += all[n].before + all[n].height
		n++
	}
	return n, height
}

// press fills one page after the other.
type press struct {
	pages []sheet
	y     float64
}

func (p *press) page() *sheet { return &p.pages[len(p.pages)-1] }

func (p *press) turn(wide bool) {
	if n := len(p.pages); n > 0 && len(p.pages[n-1].placed) == 0 {
		p.pages = p.pages[:n-1]
	}
	p.pages = append(p.pages, sheet{wide: wide})
	p.y = marginTop
	if len(p.pages) == 1 {
		p.y = marginFirst
	}
}

// fits says whether so much has room below what stands; on an empty page everything has.
func (p *press) fits(height float64) bool {
	return len(p.page().placed) == 0 || p.y+height <= p.page().size().height-marginBottom
}

// space is what is left free above a piece.
func (p *press) space(one piece) float64 {
	if len(p.page().placed) == 0 {
		return 0
	}
	return one.before
}

func (p *press) put(one piece) {
	if !p.fits(one.height + p.space(one)) {
		p.turn(p.page().wide)
	}
	if len(p.page().placed) == 0 && one.head != nil {
		p.stand(*one.head)
	}
	p.stand(one)
}

func (p *press) stand(one piece) {
	p.y += p.space(one)
	page := p.page()
	page.placed = append(page.placed, standing{one, p.y})
	p.y += one.height
}
