package agreement

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"vitrine/schemas"
)

var now = time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)

const good = `# une convention
lab: atelier-nord
agreement: AFN-2026-001
start: 2026-01-01
end_date: 2027-12-31
grant: 100000
planned_budget: 150000.50
aid_rate_cap: 70
reporting:
  - {period: 2026-Q1, due: 2026-04-30}
commitments:
  - {indicator: D01, segment: audience=companies, target: 8}
  - indicator: T01
    target: 24
    every: quarter
  - {indicator: U04, target: 250, baseline: 200, from: 2026-02-01, due: 2027-06-30, steps: [{by: 2026-12-31, value: 220}]}
`

func read(t *testing.T, text string) (*File, *Mistakes) {
	t.Helper()
	f, err := Read("c.yaml", []byte(text), schemas.DefaultCatalogue(), now)
	var m *Mistakes
	if err != nil && !errors.As(err, &m) {
		t.Fatal(err)
	}
	return f, m
}

func TestReadFillsWhatFollowsFromTheAgreement(t *testing.T) {
	f, m := read(t, good)
	if m != nil {
		t.Fatal(m)
	}
	c := f.Data.Commitments
	if f.Lab != "atelier-nord" || f.Data.PlannedBudget.String() != "150000.5" || len(c) != 3 {
		t.Errorf("%+v", f.Data)
	}
	if c[0].From != "2026-01-01" || c[0].Due != "2027-12-31" || c[0].Mode != "cumulative" || c[1].Mode != "periodic" || c[2].From != "2026-02-01" || c[2].Steps[0].Value != schemas.Int(220) {
		t.Errorf("%+v", c)
	}
	if odd := f.Odd(schemas.DefaultCatalogue()); len(odd) != 0 {
		t.Errorf("%v", odd)
	}
	// Numbers where text is expected are text: a segment's code or an agreement's number may look like one.
	if f, m = read(t, strings.Replace(good, "AFN-2026-001", "2026", 1)); m != nil || f.Data.Agreement != "2026" {
		t.Errorf("%v", m)
	}
}

// Each mistake is named with its line, what was found and what was expected, in both languages; all of them at once.
func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ old, new, en, fr string }{
		{"lab: atelier-nord\n", "", `c.yaml:2:1: lab: missing (expected a lab's short name, such as atelier-nord)`, "lab : champ absent (attendu : le nom court"},
		{"lab: atelier-nord", "lab: Atelier Nord", `c.yaml:2:6: lab: wrong format (found "Atelier Nord"`, `lab : format incorrect (reçu "Atelier Nord"`},
		{"grant: 100000", "grant: 100 000", `c.yaml:6:8: grant: wrong type (found "100 000"; expected a number from 0`, "grant : type incorrect"},
		{"grant: 100000", "grant: 12,5", `c.yaml:6:8: grant: wrong type (found "12,5"`, "grant : type incorrect"},
		{"grant: 100000", "grant: 0x10", `c.yaml:6:8: grant: wrong type (found "0x10"`, "grant : type incorrect"},
		{"start: 2026-01-01", "start: 01/01/2026", `c.yaml:4:8: start: wrong format (found "01/01/2026"; expected a date YYYY-MM-DD)`, "start : format incorrect"},
		{"target: 8", "targt: 8", `c.yaml:12:51: commitments[0].targt: unknown field (expected one of indicator, segment, target`, "champ inconnu"},
		{"target: 8", "targt: 8", `; did you mean target?`, "; vouliez-vous dire target ?"},
		{"target: 8", "cible: 8", `; did you mean target?`, "; vouliez-vous dire target ?"},
		{"end_date:", "fin:", `; did you mean end_date?`, "; vouliez-vous dire end_date ?"},
		{"target: 8", "targt: 8", `c.yaml:12:6: commitments[0].target: missing`, "commitments[0].target : champ absent"},
		{"D01", "D0I", `c.yaml:12:17: commitments[0].indicator: value not allowed (found "D0I"; expected a code of the catalogue, as ` + "`vitrine call` lists them); did you mean D01?", "vouliez-vous dire D01 ?"},
		{"audience=companies", "audiance=companies", `did you mean audience?`, "une dimension de D01 : audience, type"},
		{"every: quarter", "every: trimestre", `c.yaml:15:12: commitments[1].every: value not allowed`, "commitments[1].every : valeur non admise"},
		{"due: 2027-06-30", "due: 2025-06-30", `commitments[2].due: inconsistent`, "commitments[2].due : incohérent"},
		{"grant: 100000", "grant: 100000\ngrant: 5", `c.yaml:7:1: not readable as YAML (mapping key "grant" already defined`, "YAML illisible"},
		{"grant: 100000", "grant: &a 100000", "grant: wrong type (expected a plain value, without anchor", "grant : type incorrect"},
		{"commitments:\n", "commitments: none\nx:\n", `commitments: wrong type`, "commitments : type incorrect"},
		{"# une convention", "- a\n---\n", "one agreement per file was expected", "une convention par fichier"},
		{"AFN-2026-001", "a.martin@example.org", "c.yaml:3:12: agreement: wrong format", "agreement : format incorrect"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		_, m := read(t, text)
		if m == nil {
			t.Errorf("%q for %q was read", c.new, c.old)
			continue
		}
		_, windows := read(t, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n")) // as an editor there writes it
		if windows == nil || windows.Error() != m.Error() {
			t.Errorf("%q for %q: from Windows it is\n%v, not\n%v", c.new, c.old, windows, m)
		}
		if !strings.Contains(m.In(schemas.English), c.en) || !strings.Contains(m.In(schemas.French), c.fr) {
			t.Errorf("%q for %q: want %q and %q, got\n%s\n%s", c.new, c.old, c.en, c.fr, m.In(schemas.English), m.In(schemas.French))
		}
		if strings.Contains(m.Error(), "martin") {
			t.Errorf("personal data in %s", m)
		}
	}
	_, m := read(t, strings.NewReplacer("target: 8", "targt: 8", "start: 2026-01-01", "start: x", "D01", "D0I").Replace(good))
	if m == nil || len(m.List) != 4 || m.List[0].Line() != 4 || m.List[3].Line() != 12 {
		t.Errorf("not all at once and in order: %v", m)
	}
}

func TestOddThingsAreRemarkedUpon(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"aid_rate_cap: 70", "aid_rate_cap: 80", "8:15: aid_rate_cap: a cap of 80 %: the call allows 70 at most"},
		{"grant: 100000", "grant: 105000.36", "6:8: grant: a grant of 105000.36 € is more than 70 % of the planned eligible budget (150000.5 €)"},
		{"end_date: 2027-12-31", "end_date: 2028-01-01", "end_date: more than 24 months"},
		{"baseline: 200", "baseline: 300", "commitments[2].target: target 250 below the baseline 300"},
		{"due: 2027-06-30", "due: 2028-06-30", "commitments[2].due: due on 2028-06-30, after the agreement's end (2027-12-31)"},
		{"from: 2026-02-01", "from: 2025-02-01", "commitments[2].from: begins on 2025-02-01, before the agreement"},
		{"audience=companies", "audience=company", `commitments[0].segment: unknown value "company": nothing will be counted (did you mean`},
		{"period: 2026-Q1", "period: 2025-Q3", "reporting[0].period: 2025-Q3 lies outside the agreement"},
		{"due: 2026-04-30", "due: 2026-03-31", "reporting[0].due: due on 2026-03-31, before the end of 2026-Q1"},
		{"reporting:\n  - {period: 2026-Q1, due: 2026-04-30}\n", "", "no report is due"},
		{"indicator: D01, segment: audience=companies, target: 8", "indicator: I03, target: 60", "a cap of 60, but aid_rate_cap says 70"},
		{"indicator: D01, segment: audience=companies, target: 8", "indicator: E04, target: 50, baseline: 40", "target 50 above the baseline 40"},
	} {
		f, m := read(t, strings.Replace(good, c.old, c.new, 1))
		if m != nil {
			t.Errorf("%q: %v", c.new, m)
			continue
		}
		odd := f.Odd(schemas.DefaultCatalogue())
		if len(odd) != 1 || !strings.Contains(odd[0].In(schemas.English), c.want) || odd[0].Text.FR == odd[0].Text.EN {
			t.Errorf("%q: want %q alone, got %v", c.new, c.want, odd)
		}
	}
}

func TestDiffSaysWhatChanges(t *testing.T) {
	before, _ := read(t, good)
	changed := strings.NewReplacer("grant: 100000", "grant: 120000", "target: 8", "target: 10", "value: 220", "value: 230", "aid_rate_cap: 70\n", "",
		"  - indicator: T01\n    target: 24\n    every: quarter\n", "  - {indicator: K03, target: 6}\n").Replace(good)
	after, m := read(t, changed)
	if m != nil {
		t.Fatal(m)
	}
	var said []string
	for _, c := range Diff(&before.Data, &after.Data, schemas.DefaultCatalogue()) {
		said = append(said, c.In(schemas.French))
	}
	want := []string{
		"~ Subvention (€) : 100000 → 120000",
		"- Taux d'aide maximal (%) : 70",
		"~ D01 Événements de découverte organisés – Entreprises, Cible : 8 → 10",
		"~ U04 Membres actifs, Palier, 2026-12-31, Valeur : 220 → 230",
		"+ K03 Actions menées avec partenaires : Cible 6, Du 2026-01-01, Au 2027-12-31, Mode Cumulé",
		"- T01 Sessions de formation tenues : Cible 24, Du 2026-01-01, Au 2027-12-31, Mode Périodique, Périodicité Trimestre",
	}
	slices.Sort(said)
	slices.Sort(want)
	if !slices.Equal(said, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if d := Diff(&before.Data, &before.Data, schemas.DefaultCatalogue()); len(d) != 0 {
		t.Errorf("an agreement differs from itself: %v", d)
	}
}

// What is written is read as the same, however it is written.
func TestYAMLIsReadAgain(t *testing.T) {
	before, _ := read(t, good)
	after, m := read(t, string(YAML(before.Lab, &before.Data)))
	if m != nil {
		t.Fatalf("%v in\n%s", m, YAML(before.Lab, &before.Data))
	}
	if d := Diff(&before.Data, &after.Data, schemas.DefaultCatalogue()); len(d) != 0 || after.Lab != before.Lab {
		t.Errorf("%v", d)
	}
}

func TestTheTemplateIsValidOnceFilledIn(t *testing.T) {
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		for _, months := range []int{1, 6, 24} {
			var out bytes.Buffer
			b := Blank{Lab: "atelier-nord", Number: "AFN-2026-001", Start: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Months: months, Lang: lang}
			if err := WriteTemplate(&out, b, schemas.DefaultCatalogue()); err != nil {
				t.Fatal(err)
			}
			f, m := read(t, out.String())
			if m != nil {
				t.Fatalf("%s, %d months: %v\n%s", lang, months, m, out.String())
			}
			if odd := f.Odd(schemas.DefaultCatalogue()); len(odd) > 0 {
				t.Errorf("%s, %d months: odd: %v", lang, months, odd)
			}
			for _, p := range schemas.Phrases() {
				if len(p.Indicators) > 0 && !strings.Contains(out.String(), "# "+p.ID+" "+p.Text.In(lang)) {
					t.Errorf("%s isn't in the template (%s)", p.ID, lang)
				}
			}
		}
		var out bytes.Buffer
		if err := WriteTemplate(&out, Blank{Start: now, Months: 24, Lang: lang}, schemas.DefaultCatalogue()); err != nil {
			t.Fatal(err)
		}
		if _, m := read(t, out.String()); m == nil || len(m.List) != 2 || m.List[0].Field != "lab" || m.List[1].Field != "agreement" {
			t.Errorf("an unfilled template: %v", m)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("lab: a\nagreement: &x [*x]\n<<: *x\n"))
	f.Add([]byte("commitments: [{steps: [{by: {}, value: .inf}]}, ~, !!binary YQ==]\n? [a]\n: b\n"))
	f.Add([]byte("a: |\n  b\n---\n..."))
	catalogue := schemas.DefaultCatalogue()
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := Read("f", raw, catalogue, now)
		var m *Mistakes
		switch {
		case err == nil:
			file.Odd(catalogue)
			again, err := Read("g", YAML(file.Lab, &file.Data), catalogue, now)
			if err != nil {
				t.Fatalf("%v in\n%s", err, YAML(file.Lab, &file.Data))
			}
			if d := Diff(&file.Data, &again.Data, catalogue); len(d) > 0 {
				t.Fatalf("%v", d)
			}
		case !errors.As(err, &m) || len(m.List) == 0:
			t.Fatalf("%v", err)
		default:
			for _, one := range m.List {
				if one.Line() < 1 || one.Column() < 1 || one.In(schemas.French) == "" {
					t.Fatalf("%+v", one)
				}
			}
		}
	})
}

// The file that the document shows is one.
func TestTheDocumentsFileIsValid(t *testing.T) {
	doc, err := os.ReadFile("../../docs/agreements.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	file, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/agreements.md shows no file")
	}
	f, m := read(t, file)
	if m != nil {
		t.Fatal(m)
	}
	if odd := f.Odd(schemas.DefaultCatalogue()); len(odd) > 0 || len(f.Data.Commitments) != 5 {
		t.Errorf("%v", odd)
	}
	// Editors take it for valid too, and one with a mistake not.
	editor, err := jsonschema.NewCompiler().Compile("../../schemas/agreement-file.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{file: true, strings.Replace(file, "target: 8}", "targt: 8}", 1): false, strings.Replace(file, "lab: ", "lap: ", 1): false} {
		var tree any
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := editor.Validate(instance); (err == nil) != valid {
			t.Errorf("an editor finds %v in\n%s", err, text)
		}
	}
}
