package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// XLSX writes a report as a workbook: a sheet for each section, numbers as numbers, charts that can be edited.
// There are no formulas in it, and nothing that a lab wrote can become one.
func XLSX(w io.Writer, r *Report) (err error) {
	words, err := wordsOf(r.Lang)
	if err != nil {
		return err
	}
	b := &workbook{File: excelize.NewFile(), report: r, words: words, styles: map[look]int{}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write a report as a workbook: %w", err)
		}
		_ = b.Close() // it only removes temporary files, and there are none
	}()
	for n, s := range r.Sections {
		name := b.sheetName(s)
		if n == 0 {
			err = b.SetSheetName("Sheet1", name)
		} else {
			_, err = b.NewSheet(name)
		}
		if err == nil {
			err = b.write(name, s, n == 0)
		}
		if err != nil {
			return err
		}
	}
	created := r.Made.UTC().Format(time.RFC3339)
	err = b.SetDocProps(&excelize.DocProperties{Title: r.Title + " – " + r.Subject + " – " + r.Period, Subject: r.Subject, Creator: "Vitrine",
		Created: created, Modified: created, Description: r.Proof, Language: string(r.Lang)})
	if err != nil {
		return err
	}
	return b.Write(w)
}

// workbook is one that is being written.
type workbook struct {
	*excelize.File
	report *Report
	words  words
	styles map[look]int
	names  []string
}

// sheetName is a section's, as far as workbooks permit it: 31 characters, none of []:*?/\, each once.
func (b *workbook) sheetName(s Section) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return '-'
		}
		return r
	}, strings.Trim(s.Sheet, "'"))
	if name == "" {
		name = s.ID
	}
	cut := func(n int) string {
		runes := []rune(name)
		return string(runes[:min(len(runes), n)])
	}
	unique := cut(excelize.MaxSheetNameLength)
	for n := 2; b.taken(unique); n++ {
		suffix := fmt.Sprintf(" %d", n)
		unique = cut(excelize.MaxSheetNameLength-len(suffix)) + suffix
	}
	b.names = append(b.names, unique)
	return unique
}

func (b *workbook) taken(name string) bool {
	for _, n := range b.names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// setup makes a sheet print well: landscape A4, as wide as the page, with page numbers and, where the sheet has one
// table, its head on each page; that head also stays on the screen.
func (b *workbook) setup(sheet string, head int) error {
	fit, size, landscape, wide, high := true, 9, "landscape", 1, 0 // 9 is A4
	if err := b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	r := b.report
	err := b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddHeader: "&L" + inHeader(r.Subject) + "&R" + inHeader(r.Period),
		OddFooter: "&L" + inHeader(r.Notice) + "&R" + b.words.Must("page", "page", "&P", "pages", "&N"),
	})
	if err != nil || head == 0 {
		return err
	}
	top, err := excelize.CoordinatesToCellName(1, head+1)
	if err != nil {
		return err
	}
	err = b.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: head, TopLeftCell: top, ActivePane: "bottomLeft"})
	if err != nil {
		return err
	}
	return b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: sheet,
		RefersTo: fmt.Sprintf("'%s'!$%d:$%d", strings.ReplaceAll(sheet, "'", "''"), head, head)})
}

// inHeader writes a text where & has a meaning of its own; Excel takes 255 characters for the whole line.
func inHeader(s string) string {
	runes := []rune(strings.ReplaceAll(s, "&", "&&"))
	if len(runes) > 100 {
		runes = append(runes[:99], '…')
	}
	if len(runes) > 0 && runes[0] >= '0' && runes[0] <= '9' { // else it reads as a font's size
		return " " + string(runes)
	}
	return string(runes)
}
