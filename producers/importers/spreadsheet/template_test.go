package spreadsheet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"vitrine/producers/entry"
	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

func paris(t rapid.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func labKinds() []schemas.Kind {
	return slices.DeleteFunc(schemas.Kinds(), func(k schemas.Kind) bool { return k.Programme })
}

// typed is a row as a person fills it: what stands in each column, and the event that it is.
type typed struct {
	kind  string
	cells map[string]any
	data  map[string]any
	at    time.Time
	event *schemas.Event
}

// drawRow draws a valid row of a kind; dates are time.Time, times of day fractions of a day.
func drawRow(t *rapid.T, k schemas.Kind, zone *time.Location) typed {
	r := typed{kind: k.Name, cells: map[string]any{}, data: map[string]any{}}
	day := rapid.Int64Range(1, 26*365).Draw(t, "day")
	date := time.Date(2000, 1, 1+int(day), 0, 0, 0, 0, time.UTC)
	r.cells["date"] = date
	lasts := slices.ContainsFunc(k.Fields(), func(f schemas.Field) bool { return f.Name == "end" })
	clock := entry.Noon
	if lasts || rapid.Bool().Draw(t, "timed") {
		clock = entry.Clock(time.Duration(rapid.IntRange(0, 86399).Draw(t, "second")) * time.Second)
		r.cells["start"] = clock
	}
	var err error
	if r.at, err = entry.Moment(entry.DayOf(date), clock, zone); err != nil {
		t.Skip("a time that comes twice or never")
	}
	for _, f := range k.Fields() {
		if f.Name == "end" {
			end := r.at.Add(time.Duration(rapid.IntRange(0, 7*86400).Draw(t, "length")) * time.Second)
			if back, err := entry.Moment(entry.DayOf(end), entry.ClockOf(end), zone); err != nil || !back.Equal(end) {
				t.Skip("a time that comes twice or never")
			}
			r.data["end"], r.cells["end"] = end.Format(time.RFC3339), entry.ClockOf(end)
			if entry.DayOf(end) != entry.DayOf(r.at) {
				r.cells["end_date"] = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, time.UTC)
			}
			continue
		}
		if f.Required || rapid.Bool().Draw(t, "has "+f.Name) {
			r.drawField(t, f)
		}
	}
	r.agree()
	raw, err := json.Marshal(r.data)
	if err != nil {
		t.Fatal(err)
	}
	e := &schemas.Event{SpecVersion: "1.0", ID: uuid.New(), Source: "/labs/atelier-nord/tableur", Type: schemas.TypePrefix + k.Name, Time: r.at, Data: raw}
	if raw, err = json.Marshal(e); err == nil {
		r.event, err = schemas.Decode(raw, now())
	}
	if err != nil {
		t.Fatalf("the drawn row is invalid: %v\n%s", err, raw)
	}
	return r
}

// agree makes fields agree with each other, as the contract wants.
func (r *typed) agree() {
	for part, whole := range map[string]string{"attendees_company": "attendees", "aware": "respondents", "company_revenue": "own_revenue"} {
		if r.data[part] != nil && r.data[whole] != nil {
			r.data[part], r.cells[part] = r.data[whole], r.cells[whole]
		}
	}
	if d, given := r.data["downtime_s"]; given && d != nil {
		r.data["downtime_s"], r.cells["downtime_s"] = int64(0), int64(0)
	}
	if r.data["nature"] == "replacement" {
		r.data["replaces"], r.cells["replaces"] = "old-1", "old-1"
	}
}

func (r *typed) drawField(t *rapid.T, f schemas.Field) {
	if f.Type != schemas.FieldList {
		r.data[f.Name], r.cells[f.Name] = drawValue(t, f)
		return
	}
	var items []map[string]any
	switch f.Name {
	case "companies":
		columns := map[string][]string{}
		for _, name := range []string{"siren", "siret", "ref"} {
			item := f.Items[slices.IndexFunc(f.Items, func(f schemas.Field) bool { return f.Name == name })]
			for range rapid.IntRange(0, 3).Draw(t, name+"s") {
				v, text := drawValue(t, item)
				items = append(items, map[string]any{name: v})
				columns[name] = append(columns[name], fmt.Sprint(text))
			}
		}
		if len(items) == 0 {
			items, columns["ref"] = []map[string]any{{"ref": "c-1"}}, []string{"c-1"}
		}
		for _, item := range f.Items[3:] {
			if rapid.Bool().Draw(t, "has "+item.Name) {
				columns[item.Name] = drawAlongside(t, item, items)
			}
		}
		for name, texts := range columns {
			r.cells["companies."+name] = strings.Join(texts, "; ")
		}
	case "partners":
		var types []string
		for range rapid.IntRange(1, 3).Draw(t, "partners") {
			v, text := drawValue(t, f.Items[1])
			items, types = append(items, map[string]any{"type": v}), append(types, fmt.Sprint(text))
		}
		r.cells["partners.type"] = strings.Join(types, "\n")
		if rapid.Bool().Draw(t, "has partnerships") {
			r.cells["partners.partnership"] = strings.Join(drawAlongside(t, f.Items[0], items), ";")
		}
	default: // a code and a number
		for _, term := range f.Items[0].Terms {
			if rapid.Bool().Draw(t, "has "+term.Code) {
				v, n := drawValue(t, f.Items[1])
				items = append(items, map[string]any{f.Items[0].Name: term.Code, f.Items[1].Name: v})
				r.cells[f.Name+"="+term.Code] = n
			}
		}
	}
	if len(items) > 0 {
		r.data[f.Name] = items
	}
}

// drawAlongside draws something for some of the items, and says it as one cell does.
func drawAlongside(t *rapid.T, f schemas.Field, items []map[string]any) []string {
	texts := make([]string, len(items))
	for i := range items {
		if rapid.Bool().Draw(t, "has one") {
			v, text := drawValue(t, f)
			items[i][f.Name], texts[i] = v, fmt.Sprint(text)
		}
	}
	if len(texts) == 1 && texts[0] == "" {
		return nil
	}
	return texts
}

// drawValue draws a value of a field, and what a person types for it.
func drawValue(t *rapid.T, f schemas.Field) (value, cell any) {
	switch f.Type {
	case schemas.FieldInt:
		n := rapid.Int64Range(f.Min.Micros()/1e6, f.Max.Micros()/1e6).Draw(t, f.Name)
		return n, n
	case schemas.FieldDecimal:
		d := schemas.Micros(rapid.Int64Range(f.Min.Micros(), f.Max.Micros()).Draw(t, f.Name))
		n, err := json.Number(d.String()).Float64()
		if err != nil {
			t.Fatal(err)
		}
		return d, n
	case schemas.FieldBool:
		b := rapid.Bool().Draw(t, f.Name)
		return b, map[bool]string{true: "oui", false: "No"}[b]
	case schemas.FieldCode:
		term := rapid.SampledFrom(f.Terms).Draw(t, f.Name)
		return term.Code, rapid.SampledFrom([]string{term.Code, term.Label.FR, term.Label.EN}).Draw(t, "as")
	}
	if f.Type == schemas.FieldTime {
		cell := rapid.SampledFrom([]string{"12/03/2026 18h00", "2026-03-12 18:00", "2026-03-12T18:00:00+01:00"}).Draw(t, f.Name)
		return "2026-03-12T18:00:00+01:00", cell
	}
	switch f.Format {
	case "siren":
		s := luhn(t, "", 9)
		return s, s[:3] + " " + s[3:6] + "\u00a0" + s[6:]
	case "siret":
		s := luhn(t, luhn(t, "", 9), 14)
		return s, s
	case "ref":
		s := rapid.StringMatching(`[A-Za-z][A-Za-z0-9._:/\-]{0,20}`).Draw(t, f.Name)
		return s, s
	case "url":
		s := "https://example.org/" + rapid.StringMatching(`[a-z0-9/?=&\-]{0,40}`).Draw(t, f.Name)
		return s, s
	case "date":
		d := time.Date(2000, 1, 1+rapid.IntRange(0, 20000).Draw(t, f.Name), 0, 0, 0, 0, time.UTC)
		return d.Format(time.DateOnly), d
	}
	s := rapid.StringMatching(`[A-Za-zÀ-ÿŒœ«»"';,=+&<>\-€’][A-Za-zÀ-ÿ «»"';,=+&<>\n’]{0,38}[A-Za-z.?!)]`).Draw(t, f.Name)
	return s, s
}

// luhn draws a number of so many digits that begins with a prefix and has a right sum.
func luhn(t *rapid.T, prefix string, length int) string {
	s := prefix
	for len(s) < length-1 {
		s += fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "digit"))
	}
	if strings.Trim(s, "0") == "" {
		s = "1" + s[1:]
	}
	sum := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return s + fmt.Sprint((10-sum%10)%10)
}

// blankBook is a template, and where in it each kind's columns are.
type blankBook struct {
	raw    []byte
	sheets map[string]string
	keys   map[string][]string
}

func blank(t testing.TB, l schemas.Lang, kinds ...string) blankBook {
	b := blankBook{raw: template(t, l, kinds...), sheets: map[string]string{}, keys: map[string][]string{}}
	f, err := excelize.OpenReader(bytes.NewReader(b.raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if kind, ours := strings.CutPrefix(rows[0][0], "vitrine 1 "); ours {
			b.sheets[kind], b.keys[kind] = name, rows[0]
		}
	}
	return b
}

// fill types rows into a template, by the keys in its hidden row.
func fill(t rapid.TB, b blankBook, rows []typed) []byte {
	f, err := excelize.OpenReader(bytes.NewReader(b.raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	next := map[string]int{}
	for _, r := range rows {
		sheet := b.sheets[r.kind]
		line := 3 + next[sheet]
		next[sheet]++
		left := len(r.cells)
		for i, key := range b.keys[r.kind] {
			value, has := r.cells[key]
			if !has {
				continue
			}
			left--
			if clock, isClock := value.(entry.Clock); isClock {
				value = time.Duration(clock).Hours() / 24
			}
			at, err := excelize.CoordinatesToCellName(i+1, line)
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetColStyle(sheet, strings.TrimRight(at, "0123456789"))
			if err = errors.Join(err, f.SetCellValue(sheet, at, value), f.SetCellStyle(sheet, at, at, style)); err != nil {
				t.Fatal(err)
			}
		}
		if left != 0 {
			t.Fatalf("the template of %s lacks a column of %v", r.kind, r.cells)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sameEvents compares a file's events with the rows typed into it.
func sameEvents(t rapid.TB, a *spreadsheet.Analysis, rows []typed) {
	if len(a.Rows) != len(rows) || len(a.Notes) != 0 {
		t.Fatalf("%d rows became:\n%s", len(rows), report(a, schemas.English))
	}
	for i, r := range a.Rows {
		if r.Event == nil || r.Kind != rows[i].kind || !r.Event.Time.Equal(rows[i].at) || string(r.Event.Data) != string(rows[i].event.Data) {
			t.Errorf("%v\nbecame\n%s\nwant %s %s", rows[i].cells, report(&spreadsheet.Analysis{Rows: a.Rows[i : i+1]}, schemas.English), rows[i].at.Format(time.RFC3339), rows[i].event.Data)
		}
	}
}

func template(t testing.TB, l schemas.Lang, kinds ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := spreadsheet.Template(&b, kinds, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestEveryKindComesBack: what is typed into the template of all kinds is the same events when it is read.
func TestEveryKindComesBack(t *testing.T) {
	zone := paris(t)
	var rows []typed
	for _, k := range labKinds() {
		drawn := rapid.Custom(func(t *rapid.T) typed { return drawRow(t, k, zone) })
		rows = append(rows, drawn.Example(1), drawn.Example(2))
	}
	sameEvents(t, read(t, config(), "modele.xlsx", fill(t, blank(t, schemas.French), rows)), rows)
}

// TestRowsComeBack: any valid rows of a kind, typed into its template, are the same events when they are read; and
// so are they from a CSV file with French headers and numbers.
func TestRowsComeBack(t *testing.T) {
	zone := paris(t)
	keys := blank(t, schemas.French).keys
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.SampledFrom(labKinds()).Draw(rt, "kind")
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) typed { return drawRow(t, k, zone) }), 1, 3).Draw(rt, "rows")
		sameEvents(rt, read(t, config(), "modele.csv", fillCSV(rt, k, keys[k.Name], rows)), rows)
		if rapid.IntRange(0, 7).Draw(rt, "workbook") == 0 { // they take much longer
			l := rapid.SampledFrom([]schemas.Lang{schemas.French, schemas.English}).Draw(rt, "language")
			sameEvents(rt, read(t, config(), "modele.xlsx", fill(rt, blank(t, l, k.Name), rows)), rows)
		}
	})
}

// fillCSV writes rows under the headers of a kind's CSV template.
func fillCSV(t rapid.TB, k schemas.Kind, keys []string, rows []typed) []byte {
	var b bytes.Buffer
	if err := spreadsheet.TemplateCSV(&b, k.Name, schemas.French); err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = ';', true
	for _, r := range rows {
		record := []string{k.Title.FR}
		for _, key := range keys {
			text := ""
			switch v := r.cells[key].(type) {
			case nil:
			case time.Time:
				text = v.Format("02/01/2006")
			case float64:
				// Three decimals behind a comma might be thousands: a zero more says that they aren't.
				if text = strings.Replace(fmt.Sprintf("%.6f", v), ".", ",", 1); strings.HasSuffix(text, "000000") {
					text = text[:len(text)-7]
				}
			default:
				text = fmt.Sprint(v)
			}
			record = append(record, text)
		}
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.Bytes()
}

// TestEmptyTemplates: a template as it is made says nothing, and nothing is wrong with it.
func TestEmptyTemplates(t *testing.T) {
	for _, l := range []schemas.Lang{schemas.French, schemas.English} {
		a := read(t, config(), "modele.xlsx", template(t, l))
		if len(a.Rows) != 0 || len(a.Notes) != 0 || len(a.Sheets) != len(labKinds()) {
			t.Errorf("%+v\n%s", a.Sheets, report(a, l))
		}
		for i, k := range labKinds() {
			if a.Sheets[i].Kind != k.Name {
				t.Errorf("sheet %s is %s", a.Sheets[i].Name, a.Sheets[i].Kind)
			}
			var b bytes.Buffer
			if err := spreadsheet.TemplateCSV(&b, k.Name, l); err != nil {
				t.Fatal(err)
			}
			if a := read(t, config(), "modele.csv", b.Bytes()); len(a.Rows) != 0 || len(a.Sheets) != 1 {
				t.Errorf("%s: %s", k.Name, report(a, l))
			}
		}
	}
	if a, b := template(t, schemas.French, "training.held"), template(t, schemas.French, "training.held"); !bytes.Equal(a, b) {
		t.Error("the same template isn't the same bytes")
	}
	var unknown *spreadsheet.KindError
	if err := spreadsheet.Template(&bytes.Buffer{}, []string{"lab.registered"}, schemas.French); !errors.As(err, &unknown) {
		t.Errorf("a template of a programme's kind: %v", err)
	}
	if err := spreadsheet.TemplateCSV(&bytes.Buffer{}, "nonsense", schemas.French); !errors.As(err, &unknown) {
		t.Errorf("a template of nothing: %v", err)
	}
}
