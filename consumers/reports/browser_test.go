package reports_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"vitrine/consumers/reports"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// TestOnAPhone holds that a report is as wide as the screen that it is read on; a wide table scrolls in its own box.
func TestOnAPhone(t *testing.T) {
	long := reports.Cell{Text: "61,0 % pour un plafond de 70,0 % : Plafond respecté", Status: "within"}
	columns, row := make([]reports.Column, 8), reports.Row{Cells: make([]reports.Cell, 8)}
	for i := range columns {
		columns[i], row.Cells[i] = reports.Column{Title: "Projection (fourchette)"}, long
	}
	var page bytes.Buffer
	err := reports.HTML(&page, &reports.Report{Lang: schemas.French, Title: "Rapport trimestriel", Subject: "Établi des Embruns", Period: "1er trimestre 2026",
		Head: reports.Facts{{Name: "Taux d’aide", Value: long}}, Sections: []reports.Section{{ID: "expenditure", Title: "Dépenses", Blocks: []reports.Block{
			reports.Facts{{Name: "Taux d’aide", Value: long}}, &reports.Table{ID: "wide", Caption: "Engagements", Columns: columns, Rows: []reports.Row{row}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page.Bytes()) }))
	t.Cleanup(server.Close)
	ctx := testkit.Browser(t)
	testkit.Visit(t, ctx, server.URL, 390, "light")
	if wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`Math.max(document.documentElement.scrollWidth, innerWidth)`)); err != nil || wide != 390 {
		t.Errorf("the page is %d pixels wide on a phone of 390 (%v)", wide, err)
	}
}
