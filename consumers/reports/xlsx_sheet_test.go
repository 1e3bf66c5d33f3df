package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"vitrine/schemas"
)

// A workbook's rows are as high as their texts: not every program works that out when it opens the file.
func TestRowsAreAsHighAsTheirTexts(t *testing.T) {
	long := strings.Repeat("Un engagement tenu et un autre en retard. ", 12)
	report := &Report{Lang: schemas.French, Subject: "La Forge", Made: time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC), Sections: []Section{{ID: "one", Title: "Un", Sheet: "Un", Blocks: []Block{
		Paragraph{long, Plain},
		&Table{ID: "t", Caption: "Tableau", Columns: []Column{{"Engagement", false, 1}, {"Réalisé", true, 1}, {"Commentaire", false, 1}}, Rows: []Row{
			line(text(strings.Repeat("mot ", 30)), Cell{Text: "5", Number: new(decimal.NewFromInt(5))}, text("court")),
			line(text("court"), text(none), text("court")),
		}},
	}}}}
	var file bytes.Buffer
	if err := XLSX(&file, report); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Un")
	if err != nil {
		t.Fatal(err)
	}
	heights := map[string]float64{}
	for n, row := range rows {
		if len(row) > 0 {
			if heights[row[0]], err = book.GetRowHeight("Un", n+1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if h := heights[long]; h < 4*rowHeight || h > 6*rowHeight {
		t.Errorf("the paragraph of %d characters is %v points high", len(long), h)
	}
	if h := heights[strings.Repeat("mot ", 30)]; h < 2*rowHeight || h > 4*rowHeight {
		t.Errorf("the row of 120 characters is %v points high", h)
	}
	if h := heights["court"]; h > 16 {
		t.Errorf("the row of one line is %v points high", h)
	}
	if merged, err := book.GetMergeCells("Un"); err != nil || len(merged) != 1 || merged[0].GetCellValue() != long {
		t.Errorf("merged: %v, %v; want the paragraph", merged, err)
	}
}
