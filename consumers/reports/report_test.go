package reports_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"vitrine/consumers/reports"
	"vitrine/schemas"
)

const (
	forge = "forge"
	bare  = "sans-convention"
	long  = "Grande Fabrique partagée de l'Estuaire, des Savoir-faire navals, du Réemploi & de l'Émerveillement numérique pour tous"
)

// tell publishes the story of two labs: one with an agreement, whose first quarter was approved and then corrected, and
// one that is only registered.
func (r *rig) tell() {
	amount := func(n int64) *schemas.Decimal { return new(schemas.Int(n)) }
	r.send(forge, "lab", 0, "2025-12-01", "", schemas.LabRegistered{Name: long, Commune: "Saint-Nazaire", Department: "44", Region: "Pays de la Loire"})
	r.send(bare, "lab", 0, "2025-12-01", "", schemas.LabRegistered{Name: "L'Œuvre", Commune: "Étampes"})
	r.send(forge, "agreement", 0, "2026-01-01", "", schemas.AgreementSigned{Agreement: "AFN-1", Start: "2026-01-01", End: "2026-12-31",
		Grant: amount(7000), PlannedBudget: amount(10_000), AidRateCap: amount(70), Reporting: []schemas.ReportingDue{{Period: "2026-Q1", Due: "2026-04-30"}},
		Commitments: []schemas.Commitment{
			{Indicator: "D02", Target: schemas.Int(400), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
			{Indicator: "I03", Target: schemas.Int(70), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
			{Indicator: "K01", Segment: "partner_type=school", Target: schemas.Int(1), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
		}})
	r.send(forge, "open day", 0, "2026-02-10", "", schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: new(int64(40)), Title: "=HYPERLINK(\"x\") & <b>portes ouvertes</b>"})
	r.send(forge, "fair", 0, "2026-03-10", "", schemas.DiscoveryHeld{Type: "fair_outreach", Audience: "companies", Attendance: new(int64(60)),
		Companies: []schemas.Company{{SIREN: "732829320", Size: "pme", NAF: "C"}}})
	r.send(forge, "invoice", 0, "2026-02-20", "", schemas.ExpenditureRecorded{Category: "staff", Amount: schemas.Cents(123_456), Eligible: true, Status: "paid", PublicFunding: new(schemas.Cents(74_074))})
	r.send(forge, "press", 0, "2026-03-01", "", schemas.VisibilityItemPublished{Scope: "national", Medium: "press", Outlet: "Le Faire", Title: "On y fait tout", URL: "https://presse.example.org/1"})
	r.send(forge, "submitted", 0, "2026-04-10 00:30", "", schemas.PeriodSubmitted{Period: "2026-Q1"})
	r.send(forge, "approved", 0, "2026-04-20 00:15", "", schemas.PeriodApproved{Period: "2026-Q1", Comment: "Conforme."})
	r.settle()
	r.send(forge, "fair", 1, "2026-03-10", "feuille d'émargement retrouvée", schemas.DiscoveryHeld{Type: "fair_outreach", Audience: "companies", Attendance: new(int64(75)),
		Companies: []schemas.Company{{SIREN: "732829320", Size: "pme", NAF: "C"}}})
	r.send(forge, "april", 0, "2026-04-12", "", schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: new(int64(5))})
	r.settle()
}

func TestReports(t *testing.T) {
	r := newRig(t)
	r.tell()
	r.of = map[string]*reports.Report{}
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		var names []string
		err := reports.BuildAll(t.Context(), r.sources(), reports.Question{Period: "2026-T1", Lang: lang}, func(one *reports.Report) error {
			names = append(names, one.FileName())
			r.of[one.Question.Lab+string(lang)] = one
			return nil
		})
		want := strings.ReplaceAll("report-forge-2026-Q1-L report-sans-convention-2026-Q1-L report-programme-2026-Q1-L", "-L", "-"+string(lang))
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Fatalf("%v: %v", got, err)
		}
	}
	t.Run("approved", r.approved)
	t.Run("provisional", r.provisional)
	t.Run("adjustments are those of the view", r.sameAdjustments)
	t.Run("without agreement", r.withoutAgreement)
	t.Run("programme", r.ofProgramme)
	t.Run("refused", r.refused)
	t.Run("alone", r.alone)
	t.Run("over HTTP", r.overHTTP)
	t.Run("opened again", r.openedAgain)
}

// approved: the figures stay those that were approved, and what came since is told with its event.
func (r *rig) approved(t *testing.T) {
	report := r.of[forge+"fr"]
	if report.Provisional || !strings.Contains(report.State, "20\u00a0avril\u00a02026") {
		t.Errorf("state %q, provisional %v", report.State, report.Provisional)
	}
	row := find(t, report, "commitments", "D02")
	// Half of the year's 400 less a quarter: 90 of 365 days.
	for n, want := range map[int]string{2: "400", 3: "100", 4: "25,0\u00a0%", 5: "98,63"} {
		if got := row.Cells[n].Text; got != want {
			t.Errorf("commitment on attendances, column %d: %q, want %q", n, got, want)
		}
	}
	change := find(t, report, "adjustments", "D02")
	if change.Cells[2].Text != "100" || change.Cells[3].Text != "115" || change.Cells[4].Text != "+15" {
		t.Errorf("adjustment of the attendances: %q", texts(change))
	}
	behind := find(t, report, "behind", "D02")
	if texts(behind) != "D02|Événement de découverte tenu|10/03/2026|60|75|corrigé\u00a0: feuille d'émargement retrouvée|"+behind.Cells[6].Text {
		t.Errorf("event behind: %q", texts(behind))
	}
	// The list beside them isn't the approved one, and says so.
	if list := table(t, report, "discovery-events"); find(t, report, "discovery-events", "10/03/2026").Cells[4].Text != "75" || list.Remark != "Liste établie sur les données d’aujourd’hui." {
		t.Errorf("the events listed: %+v", list)
	}
	money := find(t, report, "account", "Dépenses éligibles")
	if got := texts(money); got != "Dépenses éligibles|10\u202f000,00\u00a0€|–|1\u202f234,56\u00a0€|\u22128\u202f765,44\u00a0€|\u221287,7\u00a0%|12,3\u00a0% du total" {
		t.Errorf("money in the account: %q", got)
	}
	if aid := find(t, report, "commitments", "I03"); aid.Cells[2].Text != "≤ 70,0\u00a0%" || aid.Cells[9].Status != "within" || aid.Cells[5].Text != "–" {
		t.Errorf("aid rate: %q", texts(aid))
	}
	if mention := find(t, report, "mentions", "01/03/2026"); mention.Cells[1].Link != "https://presse.example.org/1" {
		t.Errorf("mention: %+v", mention.Cells[1])
	}
	for _, phrase := range schemas.Phrases() { // each section that the call's table names is there
		for _, id := range phrase.Report {
			if id != "head" && section(report, id) == nil {
				t.Errorf("%s names the section %q, which the report hasn't", phrase.ID, id)
			}
		}
	}
	// The small print is for people, too.
	if !strings.Contains(report.Proof, "chiffres au 31\u00a0mars\u00a02026") {
		t.Errorf("proof %q", report.Proof)
	}
	// Who is staff is part of the participants, not of the hours.
	if columns := table(t, report, "training-topics").Columns; columns[2].Title != "Participants" || columns[3].Title != "dont salariés" {
		t.Errorf("columns of the trainings: %+v", columns)
	}
	everywhere(t, report)
}

// openedAgain comes last, it changes the story: the head says why a period that was approved was reopened, and why one that wasn't was sent back.
func (r *rig) openedAgain(t *testing.T) {
	says := func(why, fr, en string) {
		t.Helper()
		r.settle()
		for lang, name := range map[schemas.Lang]string{schemas.French: fr, schemas.English: en} {
			if head := r.build(forge, "2026-Q1", lang).Head; !slices.ContainsFunc(head, func(f reports.Fact) bool { return f.Name == name && f.Value.Text == why }) {
				t.Errorf("the head is %+v, want %s: %s", head, name, why)
			}
		}
	}
	r.send(forge, "reopened", 0, "2026-05-02", "", schemas.PeriodReopened{Period: "2026-Q1", Why: "Une facture manque."})
	says("Une facture manque.", "Motif de la réouverture", "Why it was reopened")
	r.send(forge, "submitted again", 0, "2026-05-03", "", schemas.PeriodSubmitted{Period: "2026-Q1"})
	r.send(forge, "sent back", 0, "2026-05-03", "", schemas.PeriodReopened{Period: "2026-Q1", Why: "Elle manque encore."})
	says("Elle manque encore.", "Motif du renvoi", "Why it was sent back")
}

// provisional: a period that goes on shows today's figures, and says so.
func (r *rig) provisional(t *testing.T) {
	report := r.build(forge, "2026-Q2", schemas.English)
	if !report.Provisional || !strings.Contains(report.State, "4\u00a0May\u00a02026") {
		t.Errorf("state %q, provisional %v", report.State, report.Provisional)
	}
	if row := find(t, report, "commitments", "D02"); row.Cells[3].Text != "120" {
		t.Errorf("attendances so far: %q", texts(row))
	}
	if row := find(t, report, "discovery-types", "Total"); texts(row) != "Total|1|5" {
		t.Errorf("discovery events of the period: %q", texts(row))
	}
	everywhere(t, report)
	if month := r.build(forge, "2026-03", schemas.French); find(t, month, "discovery-types", "Total").Cells[2].Text != "75" {
		t.Error("the month isn't by its own days")
	}
}

func (r *rig) sameAdjustments(t *testing.T) {
	want, err := r.store.Adjustments(t.Context(), forge, "2026-Q1")
	if err != nil {
		t.Fatal(err)
	}
	rows := table(t, r.of[forge+"en"], "adjustments").Rows
	if len(rows) != len(want) || len(rows) == 0 {
		t.Fatalf("%d adjustments, the view has %d", len(rows), len(want))
	}
	for n, a := range want {
		c := rows[n].Cells
		if c[0].Text != a.Indicator || !same(c[2].Number, a.Approved) || !same(c[3].Number, a.Now) || !same(c[4].Number, a.Difference) {
			t.Errorf("adjustment %d: %s, the view has %+v", n, texts(rows[n]), a)
		}
	}
}

func (r *rig) withoutAgreement(t *testing.T) {
	report := r.of[bare+"fr"]
	if len(table(t, report, "commitments").Rows)+len(table(t, report, "account").Rows) > 0 || section(report, "summary") == nil {
		t.Error("rows without an agreement")
	}
	everywhere(t, report)
}

func (r *rig) ofProgramme(t *testing.T) {
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		report := r.of[string(lang)]
		if row := find(t, report, "figures", "D02"); row.Cells[2].Text != "115" || row.Cells[3].Text != "115" || row.Cells[4].Text != "1" {
			t.Errorf("the programme's attendances: %q", texts(row))
		}
		if remark := table(t, report, "figures").Remark; !strings.Contains(remark, "aujourd’hui, ajustements compris") && !strings.Contains(remark, "today’s data, adjustments included") {
			t.Errorf("the programme's figures aren't those that were approved, and don't say so: %q", remark)
		}
		// Both were told after midnight in Paris.
		if row := find(t, report, "periods", long); row.Cells[3].Date.Format(time.DateTime) != "2026-04-10 00:00:00" || row.Cells[5].Date.Format(time.DateTime) != "2026-04-20 00:00:00" {
			t.Errorf("submitted and approved: %q", texts(row))
		}
		if rows := table(t, report, "call").Rows; len(rows) != len(schemas.Phrases()) {
			t.Errorf("%d phrases", len(rows))
		}
		if row := find(t, report, "expenditure-labs", long); row.Cells[3].Number == nil || !row.Cells[3].Number.Equal(decimal.RequireFromString("1234.56")) {
			t.Errorf("the lab's expenditure: %q", texts(row))
		}
		everywhere(t, report)
	}
}

func (r *rig) refused(t *testing.T) {
	var lab *reports.UnknownLab
	if _, err := reports.Build(t.Context(), r.sources(), reports.Question{Lab: "nulle-part", Period: "2026-Q1"}); !errors.As(err, &lab) || strings.Join(lab.Have, " ") != forge+" "+bare {
		t.Errorf("unknown lab: %v", err)
	}
	var period *reports.BadPeriod
	for _, wrong := range []string{"", "2026", "2026-Q5", "2026-13", "T1"} {
		if _, err := reports.Build(t.Context(), r.sources(), reports.Question{Lab: forge, Period: wrong}); !errors.As(err, &period) || period.Future || period.Last != "2026-Q2" {
			t.Errorf("period %q: %v", wrong, err)
		}
	}
	if _, err := reports.Build(t.Context(), r.sources(), reports.Question{Lab: forge, Period: "2026-Q3"}); !errors.As(err, &period) || !period.Future {
		t.Errorf("a period to come: %v", err)
	}
}

// alone: made by itself, a report says what it says among the others.
func (r *rig) alone(t *testing.T) {
	if one := r.build(forge, "2026-Q1", schemas.French); fmt.Sprint(contents(one)) != fmt.Sprint(contents(r.of[forge+"fr"])) {
		t.Error("made with the others, the report says something else")
	}
	// The programme's reads less when it is made alone, least where nothing is approved: it says the same.
	for _, period := range []string{"2026-Q1", "2026-Q2"} {
		var last *reports.Report
		err := reports.BuildAll(t.Context(), r.sources(), reports.Question{Period: period, Lang: schemas.French}, func(one *reports.Report) error {
			last = one
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if one := r.build("", period, schemas.French); fmt.Sprint(contents(one)) != fmt.Sprint(contents(last)) {
			t.Errorf("%s: made with the labs', the programme's report says something else", period)
		}
	}
}

// contents are a report's texts, in order.
func contents(r *reports.Report) []string {
	var out []string
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			switch b := b.(type) {
			case reports.Paragraph:
				out = append(out, b.Text)
			case reports.Facts:
				for _, f := range b {
					out = append(out, f.Name+" "+f.Value.Text)
				}
			case *reports.Table:
				for _, row := range b.Rows {
					out = append(out, texts(row))
				}
			}
		}
	}
	return out
}

// everywhere writes a report in every format and reads it again: each table is there with its values.
func everywhere(t *testing.T, r *reports.Report) {
	t.Helper()
	var page, book bytes.Buffer
	if err := reports.HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	checkHTML(t, r, page.String())
	if err := reports.XLSX(&book, r); err != nil {
		t.Fatal(err)
	}
	checkXLSX(t, r, book.Bytes())
	for _, personal := range []string{"732829320"} {
		if strings.Contains(page.String(), personal) {
			t.Errorf("the page names a company: %s", personal)
		}
	}
}

func checkHTML(t *testing.T, r *reports.Report, page string) {
	t.Helper()
	// The page is written so that it parses as XML but for what HTML leaves open.
	decoder := xml.NewDecoder(strings.NewReader(strings.NewReplacer(`<meta charset="utf-8">`, "", "<!doctype html>", "").Replace(page)))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	level, heads, tables := 0, 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page doesn't parse: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch name := start.Name.Local; name {
		case "html":
			if len(start.Attr) != 1 || start.Attr[0].Value != string(r.Lang) {
				t.Errorf("lang: %v", start.Attr)
			}
		case "h1", "h2", "h3":
			if n := int(name[1] - '0'); n > level+1 {
				t.Errorf("a heading of level %d after one of %d", n, level)
			} else {
				level = n
			}
		case "thead":
			heads++
		case "table":
			tables++
		case "script", "link", "img", "iframe", "b":
			t.Errorf("the page has a %s", name)
		}
	}
	if heads != tables {
		t.Errorf("%d tables, %d with a head", tables, heads)
	}
	for _, want := range []string{r.State, r.Proof, r.Notice} {
		if !strings.Contains(page, strings.ReplaceAll(want, "'", "&#39;")) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
}

func checkXLSX(t *testing.T, r *reports.Report, raw []byte) {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheets := book.GetSheetList()
	if len(sheets) != len(r.Sections) {
		t.Fatalf("sheets %q for %d sections", sheets, len(r.Sections))
	}
	for n, s := range r.Sections {
		rows, err := book.GetRows(sheets[n], excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		flat := map[string]bool{}
		for i, row := range rows {
			for j, v := range row {
				flat[v] = true
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, _ := book.GetCellFormula(sheets[n], at); formula != "" {
					t.Errorf("%s %s holds a formula: %s", sheets[n], at, formula)
				}
			}
		}
		for _, b := range s.Blocks {
			tab, ok := b.(*reports.Table)
			if !ok {
				continue
			}
			for _, row := range tab.Rows {
				for _, c := range row.Cells {
					want := c.Text
					switch {
					case c.Number != nil && c.Unit == "%":
						want = c.Number.Shift(-2).String()
					case c.Number != nil:
						want = c.Number.String()
					case !c.Date.IsZero(), c.Status != "", want == "":
						continue
					}
					if !flat[want] {
						t.Errorf("%s: %q of %s isn't in the workbook", sheets[n], want, tab.ID)
					}
				}
			}
		}
		if layout, err := book.GetPageLayout(sheets[n]); err != nil || *layout.Orientation != "landscape" || *layout.FitToHeight != 0 {
			t.Errorf("%s: page layout %+v, %v", sheets[n], layout, err)
		}
	}
}

func same(a, b *decimal.Decimal) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func section(r *reports.Report, id string) *reports.Section {
	for n := range r.Sections {
		if r.Sections[n].ID == id {
			return &r.Sections[n]
		}
	}
	return nil
}

func table(t *testing.T, r *reports.Report, id string) *reports.Table {
	t.Helper()
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			if tab, ok := b.(*reports.Table); ok && tab.ID == id {
				return tab
			}
		}
	}
	t.Fatalf("no table %s", id)
	return nil
}

// find is the first row of a table whose first cell says so.
func find(t *testing.T, r *reports.Report, id, first string) reports.Row {
	t.Helper()
	for _, row := range table(t, r, id).Rows {
		if row.Cells[0].Text == first {
			return row
		}
	}
	t.Fatalf("table %s has no row %q: %q", id, first, contents(r))
	return reports.Row{}
}

func texts(r reports.Row) string {
	out := make([]string, len(r.Cells))
	for n, c := range r.Cells {
		out[n] = c.Text
	}
	return strings.Join(out, "|")
}
