package reports

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
)

// PDF writes a report as a PDF on A4 paper, upright but for the sections whose tables are wide. Everything is drawn as
// text and shapes, with fonts of its own; the same report gives the same bytes.
func PDF(w io.Writer, r *Report) error {
	words, err := wordsOf(r.Lang)
	if err != nil {
		return fmt.Errorf("write a report as PDF: %w", err)
	}
	fonts, err := pdfFonts()
	if err != nil {
		return fmt.Errorf("write a report as PDF: %w", err)
	}
	s := &setting{report: r, words: words, fonts: fonts}
	chapters, err := s.chapters()
	if err != nil {
		return fmt.Errorf("write a report as PDF: %w", err)
	}
	// Where everything stands is known before the first page is drawn: the contents name pages, each page says how many there are.
	if err := s.paint(w, flow(chapters)); err != nil {
		return fmt.Errorf("write a report as PDF: %w", err)
	}
	return nil
}

// setting turns a report into pieces, and paints them.
type setting struct {
	report *Report
	words  words
	fonts  fonts
}

// paint draws the pages into a file.
func (s *setting) paint(w io.Writer, pages []sheet) error {
	r := s.report
	f := fpdf.New("P", "pt", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(r.Made.UTC())
	f.SetModificationDate(r.Made.UTC())
	f.SetTitle(r.Title+" – "+r.Subject+" – "+r.Period, true)
	f.SetSubject(r.State, true)
	f.SetAuthor("Vitrine", true)
	f.SetCreator("Vitrine", true)
	f.SetKeywords(r.Proof, true)
	f.SetLang(string(r.Lang))
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.AddUTF8FontFromBytes(s.fonts.plain.name, "", s.fonts.plain.file)
	f.AddUTF8FontFromBytes(s.fonts.bold.name, "", s.fonts.bold.file)
	c := &canvas{Fpdf: f, fonts: s.fonts, pages: map[string]int{}, links: map[string]int{}}
	for n, page := range pages {
		for _, p := range page.placed {
			if p.id != "" {
				c.pages[p.id], c.links[p.id] = n+1, f.AddLink()
			}
		}
	}
	for n, page := range pages {
		size := page.size()
		orientation := "P"
		if page.wide {
			orientation = "L"
		}
		f.AddPageFormat(orientation, fpdf.SizeType{Wd: pageShort, Ht: pageLong})
		s.frame(c, size, n+1, len(pages))
		for _, p := range page.placed {
			if p.id != "" {
				f.SetLink(c.links[p.id], p.y, n+1)
			}
			if p.title != "" {
				c.font(s.fonts.plain, bodySize) // a bookmark is written in the encoding of the font in use
				f.Bookmark(p.title, p.level, p.y)
			}
			p.draw(c, marginSide, p.y)
		}
	}
	return f.Output(w)
}
