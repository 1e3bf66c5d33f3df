package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"vitrine/schemas"
)

func newHandler(t testing.TB) *Handler {
	t.Helper()
	w, now := &world{t: t}, noon(t)
	h, err := New(Config{Key: bytes.Repeat([]byte{7}, MinKeyBytes), Accounts: w, Publisher: w, Labs: labsOf{w}, Entries: w, Progress: w,
		Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func kindOf(t testing.TB, name string) schemas.Kind {
	t.Helper()
	k, ok := labKind(name)
	if !ok {
		t.Fatalf("no kind %s", name)
	}
	return k
}

// drawValue draws what a field may hold.
func drawValue(rt *rapid.T, f schemas.Field) any {
	switch f.Type {
	case schemas.FieldCode:
		return rapid.SampledFrom(f.Terms).Draw(rt, f.Name).Code
	case schemas.FieldBool:
		return rapid.Bool().Draw(rt, f.Name)
	case schemas.FieldInt:
		return rapid.Int64Range(f.Min.Micros()/1e6, f.Max.Micros()/1e6).Draw(rt, f.Name)
	case schemas.FieldDecimal:
		return schemas.Micros(rapid.Int64Range(f.Min.Micros(), f.Max.Micros()).Draw(rt, f.Name))
	case schemas.FieldTime:
		return rapid.SampledFrom([]string{"2026-03-12T18:00:00+01:00", "2026-07-01T09:30:15+02:00"}).Draw(rt, f.Name)
	case schemas.FieldList:
		var list []any
		for range rapid.IntRange(max(1, f.MinItems), 4).Draw(rt, f.Name+" items") {
			list = append(list, drawObject(rt, f.Items))
		}
		return list
	}
	switch f.Format {
	case "ref":
		return rapid.StringMatching(`[A-Za-z][A-Za-z._-]{0,20}`).Draw(rt, f.Name)
	case "siren":
		return rapid.SampledFrom([]string{"552100554", "732829320"}).Draw(rt, f.Name)
	case "siret":
		return rapid.SampledFrom([]string{"73282932000074", "35600000049837"}).Draw(rt, f.Name)
	case "url":
		return "https://example.org/" + rapid.StringMatching(`[a-z]{0,9}`).Draw(rt, f.Name)
	case "date":
		return rapid.SampledFrom([]string{"2026-01-31", "2024-02-29"}).Draw(rt, f.Name)
	}
	return rapid.StringMatching(`[A-Za-zéèç«»'’&<]{1,12}( [A-Za-z"]{1,9})?`).Draw(rt, f.Name)
}

func drawObject(rt *rapid.T, fields []schemas.Field) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if f.Name != "end" && (f.Required || rapid.Bool().Draw(rt, "has "+f.Name)) {
			out[f.Name] = drawValue(rt, f)
		}
	}
	return out
}

// settle makes of drawn data what the door takes.
func settle(k schemas.Kind, data map[string]any) {
	below := func(part, whole string) {
		if _, given := data[part]; given {
			if _, given := data[whole]; given {
				data[part] = data[whole]
			}
		}
	}
	below("attendees_company", "attendees")
	below("aware", "respondents")
	below("company_revenue", "own_revenue")
	if data["ends"] != nil {
		data["ends"] = data["starts"]
	}
	if data["nature"] == "replacement" && k.Name == "machine.commissioned" {
		data["replaces"] = "old-one"
	}
	if list, ok := data["companies"].([]any); ok {
		for i, item := range list { // one of the three names a company, and a form keeps but one
			c := item.(map[string]any)
			siren, siret, ref := c["siren"], c["siret"], c["ref"]
			delete(c, "siren")
			delete(c, "siret")
			delete(c, "ref")
			switch {
			case siren != nil:
				c["siren"] = siren
			case siret != nil:
				c["siret"] = siret
			case ref != nil:
				c["ref"] = ref
			default:
				c["ref"] = fmt.Sprintf("c-%d", i)
			}
		}
	}
	if list, ok := data["companies"].([]any); ok { // those with a number are typed first
		slices.SortStableFunc(list, func(a, b any) int {
			hasRef := func(v any) int { _, given := v.(map[string]any)["ref"]; return map[bool]int{true: 1}[given] }
			return hasRef(a) - hasRef(b)
		})
	}
	if list, ok := data["by_user_type"].([]any); ok { // each type once
		data["by_user_type"] = list[:1]
	}
}

// TestEveryKindThereAndBack fills the form of each kind in with an entry and reads it again: in
// both languages it says the same event, to the second.
func TestEveryKindThereAndBack(t *testing.T) {
	h := newHandler(t)
	zone := noon(t).Location()
	for _, k := range schemas.Kinds() {
		if k.Programme {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				data := drawObject(rt, k.Fields())
				settle(k, data)
				start := noon(t).Add(-time.Duration(rapid.IntRange(8*24*3600, 3*365*24*3600).Draw(rt, "seconds ago")) * time.Second)
				if timingOf(k) >= lasting && (endRequired(k) || rapid.Bool().Draw(rt, "has end")) {
					length := time.Duration(rapid.IntRange(0, 7*24*3600).Draw(rt, "seconds long")) * time.Second
					data["end"] = start.Add(length).Format(time.RFC3339Nano)
					if _, given := data["downtime_s"]; given {
						data["downtime_s"] = int64(length / time.Second)
					}
				}
				raw, err := json.Marshal(data)
				if err != nil {
					rt.Fatal(err)
				}
				before := Entry{ID: uuid.MustParse("0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"), Kind: k.Name, Time: start, System: "fabman", Revision: 4, Data: raw}
				lang := rapid.SampledFrom([]schemas.Lang{schemas.French, schemas.English}).Draw(rt, "language")
				in, err := fillForm(k, before, zone, lang)
				if err != nil {
					rt.Fatal(err)
				}
				got, err := h.readForm(k, "atelier-nord", in, zone, h.texts[lang])
				if err != nil || len(got.wrong) > 0 {
					rt.Fatalf("%s\n%v\n%v %v", raw, in, got.wrong, err)
				}
				e := got.event
				if e.ID != before.ID || e.Revision != 5 || e.System() != "fabman" || !e.Time.Equal(start) {
					rt.Errorf("%s revision %d of %q at %s, want 5 of fabman at %s", e.ID, e.Revision, e.System(), e.Time, start)
				}
				if want, got := canonical(rt, raw), canonical(rt, e.Data); want != got {
					rt.Errorf("\n got %s\nwant %s", got, want)
				}
			})
		})
	}
}

func canonical(t rapid.TB, raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if s, ok := v["end"].(string); ok {
		end, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		v["end"] = end.UTC()
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestWhen reads times as they are typed.
func TestWhen(t *testing.T) {
	paris := noon(t).Location()
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, typed string
		zone        *time.Location
		start, end  string // RFC 3339
		wrong       string // input=key
	}{
		{"training.held", "when_date=2026-03-12&when_start=18:00&when_end=20:30", paris, "2026-03-12T18:00:00+01:00", "2026-03-12T20:30:00+01:00", ""},
		{"training.held", "when_date=12/03/2026&when_start=18h&when_end=20h30", reunion, "2026-03-12T18:00:00+04:00", "2026-03-12T20:30:00+04:00", ""},
		{"training.held", "when_date=2026-03-12&when_start=18:00&when_end=17:00", paris, "", "", "when_end=wrong.order"},
		{"training.held", "when_date=2026-03-12&when_start=18:00", paris, "", "", "when_end=wrong.missing"},
		{"training.held", "when_date=2026-03-28&when_start=23:00&when_end=01:00&when_end_date=2026-03-29", paris, "2026-03-28T23:00:00+01:00", "2026-03-29T01:00:00+01:00", ""},
		{"training.held", "when_date=2026-03-29&when_start=02:30&when_end=04:00", paris, "", "", "when_start=wrong.skipped"},
		{"training.held", "when_date=2025-10-26&when_start=01:00&when_end=04:00", paris, "2025-10-26T01:00:00+02:00", "2025-10-26T04:00:00+01:00", ""},
		{"training.held", "when_start=18:00&when_end=19:00", paris, "", "", "when_date=wrong.missing"},
		{"training.held", "when_date=2026-02-31&when_start=18:00&when_end=19:00", paris, "", "", "when_date="},
		{"discovery.held", "when_date=2026-03-12&when_start=18:00", paris, "2026-03-12T18:00:00+01:00", "", ""},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00&when_duration=14h30", paris, "2026-03-11T18:00:00+01:00", "2026-03-12T08:30:00+01:00", ""},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00&when_duration=90 min", paris, "2026-03-11T18:00:00+01:00", "2026-03-11T19:30:00+01:00", ""},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00&when_duration=200h", paris, "", "", "when_duration=wrong.duration"},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00", paris, "", "", "when_end=wrong.endorduration"},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00&when_end=19:00&when_duration=2h", paris, "", "", "when_duration=wrong.twoends"},
		{"machine.usage", "when_date=2026-03-11&when_start=18:00&when_end=20:00&when_duration=2h", paris, "2026-03-11T18:00:00+01:00", "2026-03-11T20:00:00+01:00", ""},
		{"finance.period.reported", "when_date=2026-02-28", paris, "2026-02-28T12:00:00+01:00", "", ""},
		{"training.cancelled", "when_date=2026-03-11", paris, "2026-03-11T12:00:00+01:00", "", ""},
		{"training.cancelled", "when_date=2026-03-11&when_start=9h15", paris, "2026-03-11T09:15:00+01:00", "", ""},
		{"machine.usage", "when_date=2026-03-10&when_start=18:00&when_end=20:31&was_start=2026-03-10T17:00:12Z&was_end=2026-03-10T20:31:44%2B01:00", paris, "2026-03-10T18:00:12+01:00", "2026-03-10T20:31:44+01:00", ""},
		{"machine.usage", "when_date=2026-03-10&when_start=18:05&when_end=20:31&was_start=2026-03-10T17:00:12Z&was_end=2026-03-10T20:31:44%2B01:00", paris, "2026-03-10T18:05:00+01:00", "2026-03-10T20:31:44+01:00", ""},
	} {
		in, err := url.ParseQuery(c.typed)
		if err != nil {
			t.Fatal(err)
		}
		w := readWhen(kindOf(t, c.kind), in, c.zone)
		if c.wrong != "" {
			name, key, _ := strings.Cut(c.wrong, "=")
			if got, ok := w.wrong[name]; !ok || got.key != key || len(w.wrong) != 1 {
				t.Errorf("%s: %v, want %s", c.typed, w.wrong, c.wrong)
			}
			continue
		}
		end := ""
		if w.end != nil {
			end = w.end.Format(time.RFC3339)
		}
		if len(w.wrong) > 0 || w.start.Format(time.RFC3339) != c.start || end != c.end {
			t.Errorf("%s: %s to %s (%v), want %s to %s", c.typed, w.start.Format(time.RFC3339), end, w.wrong, c.start, c.end)
		}
	}
}

// TestDoorsProblemsAtTheirFields posts what only the door refuses, and looks where it is said.
func TestDoorsProblemsAtTheirFields(t *testing.T) {
	h := newHandler(t)
	for _, c := range []struct{ kind, typed, at, fr, en string }{
		{"training.held", "f.attendees=2001", "f.attendees", "Un nombre de 0 à 2 000 est attendu.", "A number from 0 to 2,000 is expected."},
		{"training.held", "f.attendees=", "f.attendees", "Ce champ est obligatoire.", "This field is required."},
		{"training.held", "f.attendees=8&f.attendees_company=9", "f.attendees_company", "Incohérent ; attendu : au plus « Participants » (8).", "Inconsistent; expected: at most “Attendees” (8)."},
		{"training.held", "f.attendees=huit", "f.attendees", "Attendu : un entier de 0 à 2000.", "Expected: an integer from 0 to 2000."},
		{"training.held", "f.title=appelez le 06 12 34 56 78", "f.title", "Donnée personnelle refusée : aucun numéro de téléphone ici.", "Personal data refused: no phone number here."},
		{"training.held", "f.companies=552100554\n\n552100555", "f.companies", "Ligne 3 : Ce SIREN n’existe pas : vérifiez ses 9 chiffres.", "Line 3: This SIREN doesn’t exist: check its 9 digits."},
		{"training.held", "f.companies=55210", "f.companies", "Ligne 1 : Écrivez un SIREN (9 chiffres) ou un SIRET (14 chiffres).", "Line 1: Write a SIREN (9 digits) or a SIRET (14 digits)."},
		{"training.held", "f.companies=552100554 ; géante", "f.companies", "Ligne 1 : Après le numéro : la taille (micro, pme, eti, ge) puis la section NAF (A à U).", "Line 1: After the number: the size class (micro, pme, eti, ge), then the NAF section (A to U)."},
		{"training.held", "f.companies.codes=bon\nMenuiserie Dupré", "f.companies.codes", "Ligne 2 : Lettres sans accent, chiffres et . _ : / - seulement, sans espace, 80 au plus.", "Line 2: Letters without accents, digits and . _ : / - only, no blanks, at most 80."},
		{"training.held", "f.partners.1.partnership=cci-29", "f.partners.1.type", "Ce champ est obligatoire.", "This field is required."},
		{"training.held", "when_date=2026-03-20", "when_date", "Cette date est à venir : déclarez après coup.", "This date is still to come: tell about it afterwards."},
		{"training.held", "when_end_date=2026-03-29", "when_end", "Valeur invraisemblable ; attendu : une durée de 7 jours au plus.", "Implausible value; expected: at most 7 days after the start."},
		{"company.service.delivered", "f.service_type=", "f.companies", "Remplissez au moins une ligne.", "Fill in at least one row."},
		{"machine.commissioned", "f.nature=replacement&f.machine=laser-2&f.machine_category=laser_cutter", "f.replaces", "Indiquez le code de la machine remplacée.", "Give the code of the machine replaced."},
	} {
		in := url.Values{inID: {"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"}, inRevision: {"0"}, inSystem: {formSystem}, inDate: {"2026-03-11"}, inStart: {"18:00"}, inEnd: {"20:00"},
			"f.topic": {"safety"}, "f.audience": {"members"}, "f.attendees": {"8"}}
		for _, pair := range strings.Split(c.typed, "&") {
			name, text, _ := strings.Cut(pair, "=")
			in.Set(name, text)
		}
		for l, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
			got, err := h.readForm(kindOf(t, c.kind), "atelier-nord", in, noon(t).Location(), h.texts[l])
			if err != nil {
				t.Fatal(err)
			}
			said := strings.NewReplacer(nbsp, " ", nnbsp, " ").Replace(h.texts[l].wordings(got.wrong)[c.at])
			if said != want {
				t.Errorf("%s, at %s: %q\nwant %q\n(%v)", c.typed, c.at, said, want, got.wrong)
			}
		}
	}
}

// TestAnEndIsntBlamedForItsStart says of an end that was typed nothing but what is wrong with it.
func TestAnEndIsntBlamedForItsStart(t *testing.T) {
	h := newHandler(t)
	for _, c := range []struct{ kind, typed, at string }{
		{"training.held", "when_date=2025-03-30&when_start=02:30&when_end=04:00", "when_start"}, // the clocks leave it out
		{"training.held", "when_date=2026-03-11&when_end=20:00", "when_start"},
		{"training.held", "when_date=2026-02-31&when_start=18:00&when_end=20:00", "when_date"},
		{"machine.usage", "when_date=2026-03-11&when_duration=2h", "when_start"},
		{"training.held", "when_date=2026-03-11", "when_end when_start"},
	} {
		in, err := url.ParseQuery(c.typed)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{inID: "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", inRevision: "0", inSystem: formSystem, "f.topic": "safety", "f.audience": "members",
			"f.attendees": "8", "f.machine": "laser-1", "f.machine_category": "laser_cutter", "f.origin": "declared"} {
			in.Set(name, text)
		}
		got, err := h.readForm(kindOf(t, c.kind), "atelier-nord", in, noon(t).Location(), h.texts[schemas.French])
		if err != nil {
			t.Fatal(err)
		}
		if at := strings.Join(slices.Sorted(maps.Keys(got.wrong)), " "); at != c.at {
			t.Errorf("%s %s: wrong at %s, want %s", c.kind, c.typed, at, c.at)
		}
	}
}

// FuzzForm reads whatever is posted: what it finds nothing wrong with passes the door, and is about
// this lab.
func FuzzForm(f *testing.F) {
	f.Add("training.held", "id=0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11&revision=0&system=formulaire&when_date=2026-03-11&when_start=18:00&when_end=20:00&f.topic=safety&f.audience=members&f.attendees=8")
	f.Add("machine.usage", "id=0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11&revision=3&when_date=2026-03-29&when_start=02:30&when_duration=1h&f.machine=laser-1&was_start=2026-03-29T00:00:00Z")
	f.Add("partnership.activity", "id=0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11&revision=0&when_date=2026-03-11&n.partners=999999&f.partners.0.type=chamber&f.companies=;;;%0A&f.companies.codes=%00")
	h := newHandler(f)
	zone := noon(f).Location()
	f.Fuzz(func(t *testing.T, kind, body string) {
		k, ok := labKind(kind)
		in, err := url.ParseQuery(body)
		if !ok || err != nil {
			return
		}
		got, err := h.readForm(k, "atelier-nord", in, zone, h.texts[schemas.French])
		if err != nil || len(got.wrong) > 0 {
			for name, text := range h.texts[schemas.French].wordings(got.wrong) {
				if text == "" {
					t.Errorf("nothing is said of %s", name)
				}
			}
			return
		}
		e, err := schemas.Decode(got.raw, noon(t))
		if err != nil {
			t.Fatalf("the door refuses what the form took: %v", err)
		}
		if e.Lab() != "atelier-nord" || e.Kind() != kind {
			t.Fatalf("an event of %s, %s", e.Lab(), e.Kind())
		}
	})
}
