package reports_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/reports"
	"vitrine/schemas"
)

// paged is a report with a table of so many rows.
func paged(rows int) *reports.Report {
	t := &reports.Table{ID: "t", Caption: "Échéances", Columns: []reports.Column{{Title: "Nom", Width: 10}, {Title: "Montant", Numeric: true, Width: 5}}, Empty: "Rien."}
	for range rows {
		t.Rows = append(t.Rows, reports.Row{Cells: []reports.Cell{{Text: strings.Repeat("Œuvre 工 😀 ", 20) + strings.Repeat("x", 300)}, {Text: "1\u202f234,50\u00a0€"}}})
	}
	return &reports.Report{Lang: schemas.French, Title: "Rapport", Subject: long, Period: "1er trimestre 2026", State: "Provisoire",
		// Without it the library dates the file by the clock, and two files by different seconds.
		Made: time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC), Provisional: true, Sections: []reports.Section{{ID: "s", Title: "Section", Blocks: []reports.Block{t}}}}
}

func TestPDF(t *testing.T) {
	page := regexp.MustCompile(`/Type /Page\b[^s]`)
	for rows, want := range map[int]int{0: 1, 5: 1, 200: 20} {
		var one, two bytes.Buffer
		if err := reports.PDF(&one, paged(rows)); err != nil {
			t.Fatal(err)
		}
		if err := reports.PDF(&two, paged(rows)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Errorf("%d rows: the same report gives other bytes", rows)
		}
		if n := len(page.FindAll(one.Bytes(), -1)); n < want || rows < 10 && n > 2 {
			t.Errorf("%d rows: %d pages", rows, n)
		}
	}
}
