package entry_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// field is one of the contract's: "training.held", "audience".
func field(t testing.TB, kind string, path ...string) schemas.Field {
	t.Helper()
	k, known := schemas.KindByName(kind)
	if !known {
		t.Fatalf("no kind %s", kind)
	}
	fields, found := k.Fields(), schemas.Field{}
	for _, name := range path {
		i := slices.IndexFunc(fields, func(f schemas.Field) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("%s has no field %v", kind, path)
		}
		found, fields = fields[i], fields[i].Items
	}
	return found
}

func TestValue(t *testing.T) {
	attendees := field(t, "training.held", "attendees")
	amount := field(t, "expenditure.recorded", "amount_excl_vat")
	percent := field(t, "finance.period.reported", "top_client_percent")
	eligible := field(t, "expenditure.recorded", "eligible")
	audience := field(t, "training.held", "audience")
	partner := field(t, "training.held", "partners", "type")
	siren := field(t, "training.held", "companies", "siren")
	title := field(t, "training.held", "title")
	due := field(t, "milestone.reached", "due")
	for _, c := range []struct {
		field schemas.Field
		text  string
		want  string // as JSON; empty: refused
	}{
		{attendees, "23", "23"}, {attendees, " 23\u00a0", "23"}, {attendees, "1 234", "1234"}, {attendees, "1\u202f234", "1234"}, {attendees, "023", "23"},
		{attendees, "23,0", "23"}, {attendees, "23,5", ""}, {attendees, "environ 20", ""}, {attendees, "1.234", ""}, {attendees, "1,234", ""}, {attendees, "12 34", ""},
		{attendees, "-", ""}, {attendees, "1e3", ""}, {attendees, "0x10", ""}, {attendees, "१२", ""}, {attendees, "-0", "0"}, {attendees, "99999999999999999999", ""},
		{amount, "1 234,50", "1234.5"}, {amount, "1.234,50", "1234.5"}, {amount, "1,234.50", "1234.5"}, {amount, "1234.5", "1234.5"}, {amount, "12,50 €", "12.5"},
		{amount, "1.234.567", "1234567"}, {amount, "-5", "-5"}, {amount, "−5,25", "-5.25"}, {amount, "0,125", "0.125"}, {amount, "12,1250", "12.125"}, {amount, "1'234.5", "1234.5"},
		{amount, "12,125", ""}, {amount, "(5)", ""}, {amount, "5 $", ""}, {amount, "1,5,2", ""}, {amount, "1.234,5.6", ""}, {amount, "0,1234567", ""}, {amount, ",5", ""},
		{percent, "12,5 %", "12.5"}, {percent, "12.5%", "12.5"}, {attendees, "12 %", ""},
		{eligible, "oui", "true"}, {eligible, "X", "true"}, {eligible, "Vrai", "true"}, {eligible, "no", "false"}, {eligible, "0", "false"}, {eligible, "peut-être", ""},
		{audience, "Grand public", `"general_public"`}, {audience, "GRAND  PUBLIC", `"general_public"`}, {audience, "general_public", `"general_public"`},
		{audience, "General-Public", `"general_public"`}, {audience, "entreprise", `"companies"`}, {audience, "Scolaires et etudiants", `"education"`}, {audience, "Grand publique", ""},
		{partner, "CCI", `"chamber_commerce"`}, {partner, "lycée", `"school"`}, {partner, "Lycees", `"school"`}, {partner, "Chambre de commerce et d’industrie", `"chamber_commerce"`},
		{partner, "chambre", ""}, {partner, "Dupont", ""},
		{siren, "732 829 320", `"732829320"`}, {siren, "732\u00a0829\u202f320", `"732829320"`}, {siren, "732.829.320", `"732829320"`}, {siren, "73282932", ""}, {siren, "SARL Bois", ""},
		{title, " Soirée\r\nbois ", `"Soirée\nbois"`},
		{due, "31/03/2026", `"2026-03-31"`}, {due, "31/02/2026", ""},
	} {
		value, given, err := entry.Value(c.field, c.text)
		if !given {
			t.Errorf("%s: %q isn't taken as given", c.field.Name, c.text)
		}
		var typed *entry.Error
		if (err != nil) != (c.want == "") || err != nil && !errors.As(err, &typed) {
			t.Errorf("%s: %q is %v, %v; want %q", c.field.Name, c.text, value, err, c.want)
		} else if raw, _ := json.Marshal(value); err == nil && string(raw) != c.want {
			t.Errorf("%s: %q is %s, want %s", c.field.Name, c.text, raw, c.want)
		}
	}
	for _, blank := range []string{"", " ", "\u00a0\t", "\ufeff", "\u200b"} {
		if value, given, err := entry.Value(audience, blank); value != nil || given || err != nil {
			t.Errorf("%q: %v, %v, %v", blank, value, given, err)
		}
	}
}

func TestErrorsAreSentences(t *testing.T) {
	attendees := field(t, "training.held", "attendees")
	audience := field(t, "training.held", "audience")
	value := func(f schemas.Field, text string) error { _, _, err := entry.Value(f, text); return err }
	_, day := entry.ReadDay("31/02/2026")
	_, short := entry.ReadDay("12/03/26")
	_, clock := entry.ReadClock("18")
	_, span := entry.ReadDuration("90")
	for _, c := range []struct {
		err    error
		fr, en string
	}{
		{value(attendees, "une vingtaine"),
			`format incorrect (reçu "une vingtaine" ; attendu : un entier de 0 à 2000)`, `wrong format (found "une vingtaine"; expected an integer from 0 to 2000)`},
		{value(attendees, "1,234"),
			`format incorrect (reçu "1,234" ; attendu : 1234 ou 1,2340 : on ne peut pas savoir lequel)`, `wrong format (found "1,234"; expected 1234 or 1.2340: it can't be told which)`},
		{value(audience, "Grand publique"),
			`valeur non admise (reçu "Grand publique" ; attendu : « Grand public » peut-être, sinon une des valeurs Grand public, Entreprises, Jeunes, Scolaires et étudiants, Institutions et collectivités, Adhérents, Publics mélangés)`,
			`value not allowed (found "Grand publique"; expected perhaps “General public”, else one of General public, Companies, Young people, Schools and students, Institutions and authorities, Members, Mixed audience)`},
		{value(audience, "tout le monde"),
			`valeur non admise (reçu "tout le monde" ; attendu : une des valeurs Grand public, Entreprises, Jeunes, Scolaires et étudiants, Institutions et collectivités, Adhérents, Publics mélangés)`,
			`value not allowed (found "tout le monde"; expected one of General public, Companies, Young people, Schools and students, Institutions and authorities, Members, Mixed audience)`},
		{value(audience, "a@example.org"),
			`valeur non admise (reçu "***" ; attendu : une des valeurs Grand public, Entreprises, Jeunes, Scolaires et étudiants, Institutions et collectivités, Adhérents, Publics mélangés)`,
			`value not allowed (found "***"; expected one of General public, Companies, Young people, Schools and students, Institutions and authorities, Members, Mixed audience)`},
		{day, `format incorrect (reçu "31/02/2026" ; attendu : un jour qui existe, écrit jj/mm/aaaa)`, `wrong format (found "31/02/2026"; expected a day that exists, written dd/mm/yyyy)`},
		{short, `format incorrect (reçu "12/03/26" ; attendu : une année en quatre chiffres, par exemple 12/03/2026)`, `wrong format (found "12/03/26"; expected a year of four digits, such as 12/03/2026)`},
		{clock, `format incorrect (reçu "18" ; attendu : une heure de 0h00 à 24h00, par exemple 18h00 ou 18:00)`, `wrong format (found "18"; expected a time from 0:00 to 24:00, such as 18:00)`},
		{span, `format incorrect (reçu "90" ; attendu : une durée, par exemple 2h30 ou 90 min)`, `wrong format (found "90"; expected a duration, such as 2h30 or 90 min)`},
	} {
		var e *entry.Error
		if !errors.As(c.err, &e) {
			t.Errorf("no *entry.Error: %v", c.err)
		} else if e.In(schemas.French) != c.fr || e.Error() != c.en {
			t.Errorf("got %s\n    %s\nwant %s\n     %s", e.In(schemas.French), e, c.fr, c.en)
		}
	}
}

func TestDaysAndClocks(t *testing.T) {
	for text, want := range map[string]string{
		"12/03/2026": "2026-03-12", "1/3/2026": "2026-03-01", "12.03.2026": "2026-03-12", "12-03-2026": "2026-03-12", "2026-03-12": "2026-03-12", "2026/3/12": "2026-03-12",
		"12 mars 2026": "2026-03-12", "1er août 2026": "2026-08-01", "jeudi 12 mars 2026": "2026-03-12", "12 March 2026": "2026-03-12", "3rd Dec 2026": "2026-12-03", "29/02/2028": "2028-02-29",
		"5 déc. 2026": "2026-12-05", "12/31/2026": "", "29/02/2027": "", "00/01/2026": "", "12/03": "", "hier": "", "46093": "", "12 jui 2026": "", "12/03/1026": "", "12/03/2149": "",
	} {
		day, err := entry.ReadDay(text)
		if (err != nil) != (want == "") || err == nil && day.String() != want {
			t.Errorf("%q is %s, %v; want %q", text, day, err, want)
		}
	}
	for text, want := range map[string]string{
		"18h00": "18:00", "18h": "18:00", "18 h 30": "18:30", "8:05": "08:05", "18:00:05": "18:00:05", "24h00": "24:00", "6 pm": "18:00", "12:15 AM": "00:15", "18H30": "18:30",
		"25h": "", "24:01": "", "18:60": "", "18": "", "1800": "", "18.30": "", "13 pm": "", "midi": "",
	} {
		clock, err := entry.ReadClock(text)
		if (err != nil) != (want == "") || err == nil && clock.String() != want {
			t.Errorf("%q is %s, %v; want %q", text, clock, err, want)
		}
	}
	for text, want := range map[string]time.Duration{"2h30": 150 * time.Minute, "2:30": 150 * time.Minute, "1,5 h": 90 * time.Minute, "90 min": 90 * time.Minute, "2 heures": 2 * time.Hour, "2h61": 0, "x": 0} {
		if d, err := entry.ReadDuration(text); d != want || (err != nil) != (want == 0) {
			t.Errorf("%q is %s, %v", text, d, err)
		}
	}
}

func TestMoments(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"12/03/2026":                "2026-03-12T12:00:00+01:00 day",
		"12/03/2026 18h00":          "2026-03-12T18:00:00+01:00",
		"12/03/2026 à 18 h 30":      "2026-03-12T18:30:00+01:00",
		"2026-07-12T18:00:00":       "2026-07-12T18:00:00+02:00",
		"2026-03-12T18:00:00Z":      "2026-03-12T19:00:00+01:00",
		"31/12/2026 24:00":          "2027-01-01T00:00:00+01:00",
		"2026-10-25T02:30:00+02:00": "2026-10-25T02:30:00+02:00",
		"25/10/2026 02:30":          `value not allowed (found "2026-10-25 02:30"; expected 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00: clocks go back, this time comes twice)`,
		"25/10/2026 03:00":          "2026-10-25T03:00:00+01:00",
		"25/10/2026 01:59:59":       "2026-10-25T01:59:59+02:00",
		"29/03/2026 02:30":          `value not allowed (found "2026-03-29 02:30"; expected a time that exists: clocks go forward that night)`,
		"29/03/2026 03:00":          "2026-03-29T03:00:00+02:00",
		"12/03/2026 25h":            `wrong format (found "25h"; expected a time from 0:00 to 24:00, such as 18:00)`,
		"demain 18h":                `wrong format (found "demain 18h"; expected a date dd/mm/yyyy, such as 12/03/2026)`,
	} {
		moment, timed, err := entry.ReadMoment(text, paris)
		got := moment.Format(time.RFC3339)
		if !timed {
			got += " day"
		}
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestMomentsAreReadBack: what a moment's own day and clock say is that moment, or comes twice.
func TestMomentsAreReadBack(t *testing.T) {
	zones := []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea", "America/Miquelon", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(946684800, 4102444800).Draw(t, "second"), 0).In(zone)
		got, err := entry.Moment(entry.DayOf(at), entry.ClockOf(at), zone)
		if err == nil && !got.Equal(at) {
			t.Errorf("%s became %s", at, got)
		}
		if err != nil && at.Add(time.Hour).Format("15:04") != at.Format("15:04") && at.Add(-time.Hour).Format("15:04") != at.Format("15:04") {
			t.Errorf("%s doesn't come twice: %v", at, err)
		}
	})
}

// TestEveryCodeIsFound: each code of the contract and each of its names means that code and no other.
func TestEveryCodeIsFound(t *testing.T) {
	tried := 0
	var try func(fields []schemas.Field)
	try = func(fields []schemas.Field) {
		for _, f := range fields {
			try(f.Items)
			for _, term := range f.Terms {
				for _, text := range []string{term.Code, term.Label.FR, term.Label.EN, " " + term.Label.FR + " "} {
					tried++
					if value, _, err := entry.Value(f, text); err != nil || value != term.Code {
						t.Errorf("%s: %q is %v (%v), want %s", f.Name, text, value, err, term.Code)
					}
				}
			}
		}
	}
	for _, k := range schemas.Kinds() {
		try(k.Fields())
	}
	if tried < 500 {
		t.Errorf("only %d names were tried", tried)
	}
}

func TestSplit(t *testing.T) {
	siren, code := schemas.Field{Format: "siren"}, schemas.Field{}
	for _, c := range []struct {
		item schemas.Field
		text string
		want []string
	}{
		{siren, "732 829 320, 552 100 554/443061841", []string{"732 829 320", "552 100 554", "443061841"}},
		{siren, "732829320;\r\n552100554\n", []string{"732829320", "552100554"}},
		{code, "École / lycée; CCI, Rennes", []string{"École / lycée", "CCI, Rennes"}},
		{code, "a;;b", []string{"a", "", "b"}}, {code, ";a", []string{"", "a"}}, {code, "a;", []string{"a", ""}}, {code, " \n ", nil}, {code, "", nil},
	} {
		if got := entry.Split(c.item, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}

// FuzzValue: any text is read as what the field's type says, or refused with words, and it is never repeated with an address in it.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"1 234,50 €", "-0", "18h00", "12/03/2026", "Grand public", "1.234.567,8", "732 829 320;", "+33 6 12 34 56 78", "\x00\xff", "１２"} {
		f.Add(s)
	}
	var fields []schemas.Field
	for _, k := range schemas.Kinds() {
		for _, field := range k.Fields() { // one of each sort will do
			if !slices.ContainsFunc(fields, func(f schemas.Field) bool { return f.Type == field.Type && f.Format == field.Format }) {
				fields = append(fields, field)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, field := range fields {
			value, given, err := entry.Value(field, text)
			if err != nil {
				var e *entry.Error
				if !errors.As(err, &e) || e.In(schemas.French) == "" || schemas.Redact(e.Error()) != e.Error() {
					t.Fatalf("%s: %q: %v", field.Name, text, err)
				}
				continue
			}
			if !given {
				continue
			}
			raw, err := json.Marshal(value)
			if err != nil {
				t.Fatalf("%s: %q is %v: %v", field.Name, text, value, err)
			}
			if n := string(raw); field.Type == schemas.FieldInt || field.Type == schemas.FieldDecimal {
				if _, err := schemas.ParseDecimal(n); err != nil {
					t.Fatalf("%s: %q is %s: %v", field.Name, text, n, err)
				}
			}
		}
		entry.Split(schemas.Field{Format: "siren"}, text)
		if at, _, err := entry.ReadMoment(text, time.UTC); err == nil && at.IsZero() {
			t.Fatalf("%q is no moment, and no error", text)
		}
	})
}
