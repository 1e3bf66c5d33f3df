package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var testNow = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

const goodTraining = `{
  "specversion": "1.0", "id": "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", "source": "/labs/atelier-nord/fabmanager",
  "type": "org.vitrine.training.held", "time": "2026-03-12T18:00:00+01:00",
  "data": {"end": "2026-03-12T20:00:00+01:00", "topic": "machine_laser_vinyl", "audience": "companies", "attendees": 7,
           "attendees_company": 5, "companies": [{"siren": "732 829 320", "size": "pme"}]}}`

func TestDecodeAGoodEvent(t *testing.T) {
	e, err := Decode([]byte(goodTraining), testNow)
	if err != nil {
		t.Fatal(err)
	}
	if e.Lab() != "atelier-nord" || e.Kind() != "training.held" || numberOf(e.Values, "attendees") != Int(7) || e.Values.Code("topic") != "machine_laser_vinyl" {
		t.Errorf("decoded wrongly: %+v", e)
	}
	if got := CompanyRef(e.Lab(), e.Values.List("companies")[0]); got != "732829320" {
		t.Errorf("company %q", got)
	}
	if end, given := EndOf(e); !given || end.Sub(e.Time) != 2*time.Hour {
		t.Errorf("end %v %v", end, given)
	}
	moved := *e
	if moved.Source = "/labs/atelier-sud"; moved.Lab() != "atelier-sud" {
		t.Errorf("another source, and yet %s", moved.Lab())
	}
	again, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(again, testNow); err != nil {
		t.Errorf("what was decoded doesn't decode again: %v", err)
	}
}

func numberOf(v Values, name string) Decimal {
	n, _ := v.Number(name)
	return n
}

// The digits of ids and of nanoseconds can look like phone numbers; they are none.
func TestDigitsOfIDsAndTimesAreNoPhoneNumbers(t *testing.T) {
	for _, change := range [][2]string{
		{"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", "06123456-78aa-7a3b-8a55-0c6f3e0f9d11"},
		{"2026-03-12T18:00:00+01:00", "2026-03-12T18:00:00.0612345678+01:00"},
		{"2026-03-12T20:00:00+01:00", "2026-03-12T20:00:00.0612345678+01:00"},
		{`{
`, `{"traceparent":"00-0612345678d3844ac9c6eb7d7e5c3f21-b7ad6b7169203331-01",`},
		{`{
`, `{"tracestate":"congo=t61rcWkgMzE,rojo=0612345678,fw529a3039@dt=1",`},
	} {
		raw := strings.Replace(goodTraining, change[0], change[1], 1)
		if _, clean := personal(change[1]); clean {
			t.Errorf("%s doesn't look like a phone number: it tests nothing", change[1])
		}
		if _, err := Decode([]byte(raw), testNow); err != nil {
			t.Errorf("%s: %v", change[1], err)
		}
		var refused *Invalid
		_, err := Decode([]byte(strings.Replace(raw, `"attendees": 7`, `"attendees": -7`, 1)), testNow)
		if !errors.As(err, &refused) || !strings.Contains(raw, refused.ID) {
			t.Errorf("%s: refused under another id: %+v", change[1], refused)
		}
	}
}

// Each case is the good event with one thing replaced. The message names the field, what was found
// and what was expected, in both languages.
func TestDecodeNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ old, new, field, code, fr, en string }{
		"not JSON":          {`{`, `{{`, "", CodeNotJSON, "JSON illisible (attendu : un événement CloudEvents 1.0 en JSON ; erreur vers l'octet 1)", "not readable as JSON (expected a CloudEvents 1.0 event in JSON; the error is near byte 1)"},
		"cut short":         {`}]}}`, ``, "", CodeNotJSON, "complet)", "cut short)"},
		"not UTF-8":         {`atelier-nord`, "\xff", "", CodeNotJSON, "(attendu : un texte en UTF-8 valide)", "(expected valid UTF-8)"},
		"too deep":          {`"attendees": 7`, `"attendees": ` + strings.Repeat("[", 20) + strings.Repeat("]", 20), "", CodeNotJSON, "(attendu : au plus 16 niveaux d'imbrication)", "(expected at most 16 levels of nesting)"},
		"two events":        {`}]}}`, `}]}} {}`, "", CodeNotJSON, "(attendu : un seul événement, sans rien après lui)", "(expected one event, with nothing after it)"},
		"too large":         {`{`, `{` + strings.Repeat(" ", MaxEventBytes), "", CodeTooLarge, "trop volumineux (attendu : au plus 262144 octets)", "too large (expected at most 262144 bytes)"},
		"unknown field":     {`"attendees": 7`, `"attendees": 7, "atendees": 7`, "data.atendees", CodeUnknown, "champ inconnu", "unknown field"},
		"unknown attribute": {`"specversion"`, `"colour": 1, "specversion"`, "colour", CodeUnknown, "champ inconnu", "unknown field"},
		"missing":           {`"attendees": 7,`, ``, "data.attendees", CodeMissing, "champ absent", "missing"},
		"twice in a list":   {`"size": "pme"`, `"size": "pme", "size": "eti"`, "data.companies[0].size", CodeDuplicate, "en double", "given twice"},
		"given twice":       {`"attendees": 7`, `"attendees": 7, "attendees": 8`, "data.attendees", CodeDuplicate, "en double", "given twice"},
		"negative":          {`"attendees": 7`, `"attendees": -7`, "data.attendees", CodeRange, "invraisemblable (reçu -7", "implausible value (found -7; expected an integer from 0 to 2000"},
		"too many":          {`"attendees": 7`, `"attendees": 1e300`, "data.attendees", CodeFormat, "un entier", "an integer"},
		"huge exponent":     {`"attendees": 7`, `"attendees": 1e999999999`, "data.attendees", CodeFormat, "un entier", "an integer"},
		"a fraction":        {`"attendees": 7`, `"attendees": 7.5`, "data.attendees", CodeFormat, "reçu 7.5", "found 7.5"},
		"a string":          {`"attendees": 7`, `"attendees": "7"`, "data.attendees", CodeType, "type incorrect", "wrong type"},
		"part over whole":   {`"attendees_company": 5`, `"attendees_company": 9`, "data.attendees_company", CodeOrder, "au plus attendees (7)", "at most attendees (7)"},
		"end before start":  {`20:00:00+01:00"`, `17:00:00+01:00"`, "data.end", CodeOrder, "une fin après le début", "an end after the start"},
		"eight days long":   {`"2026-03-12T20`, `"2026-03-20T20`, "data.end", CodeRange, "7 jours", "7 days"},
		"tomorrow and more": {`"time": "2026-03-12T18`, `"time": "2026-03-21T18`, "time", CodeFuture, "24 h", "24 h"},
		"no such day":       {`"time": "2026-03-12T18`, `"time": "2026-02-31T18`, "time", CodeFormat, "RFC 3339", "RFC 3339"},
		"no offset":         {`18:00:00+01:00"`, `18:00:00"`, "time", CodeFormat, "décalage", "offset"},
		"year 1026":         {`"time": "2026-03-12T18`, `"time": "1026-03-12T18`, "time", CodeRange, "2000", "2000"},
		"topic":             {`machine_laser_vinyl`, `laser`, "data.topic", CodeValue, "un code parmi", "one of"},
		"SIREN":             {`732 829 320`, `732 829 321`, "data.companies[0].siren", CodeFormat, "Luhn", "Luhn"},
		"no company id":     {`"siren": "732 829 320", `, ``, "data.companies[0]", CodeMissing, "siren, siret ou ref", "siren, siret or ref"},
		"e-mail":            {`"attendees": 7`, `"attendees": 7, "title": "Contact: jo.dupont@example.org"`, "data.title", CodePersonal, "donnée personnelle", "personal data"},
		"phone":             {`"attendees": 7`, `"attendees": 7, "title": "Tél. 06 12 34 56 78"`, "data.title", CodePersonal, "aucun numéro", "no phone"},
		"address, subject":  {`"specversion"`, `"subject": "jo.dupont@example.org", "specversion"`, "subject", CodePersonal, "adresse électronique", "e-mail"},
		"phone, tracestate": {`"specversion"`, `"tracestate": "tel=06 12 34 56 78", "specversion"`, "tracestate", CodePersonal, "aucun numéro", "no phone"},
		"subject of fields": {`"specversion"`, `"subject": {"name": "Jo Dupont"}, "specversion"`, "subject", CodeType, "un texte", "a string"},
		"phone abroad":      {`"attendees": 7`, `"attendees": 7, "title": "+44 20 7946 0958"`, "data.title", CodePersonal, "aucun numéro", "no phone"},
		"id":                {`0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11`, `42`, "id", CodeFormat, "UUID", "UUID"},
		"source":            {`/labs/atelier-nord/fabmanager`, `/labs/Atelier Nord`, "source", CodeFormat, "/labs/{lab}", "/labs/{lab}"},
		"type":              {`training.held`, `training.hold`, "type", CodeValue, "un type de Vitrine", "one of Vitrine's types"},
		"version":           {`"specversion": "1.0"`, `"specversion": "0.3"`, "specversion", CodeValue, "1.0", "1.0"},
		"revision":          {`"specversion"`, `"revision": -1, "specversion"`, "revision", CodeRange, "un entier", "an integer"},
		"offset of a day":   {`18:00:00+01:00"`, `18:00:00+24:00"`, "time", CodeFormat, "RFC 3339", "RFC 3339"},
		"offset of 60 min":  {`18:00:00+01:00"`, `18:00:00-00:60"`, "time", CodeFormat, "RFC 3339", "RFC 3339"},
		"comma":             {`18:00:00+01:00"`, `18:00:00,5+01:00"`, "time", CodeFormat, "RFC 3339", "RFC 3339"},
		"hour of one digit": {`18:00:00+01:00"`, `8:00:00+01:00"`, "time", CodeFormat, "RFC 3339", "RFC 3339"},
		"C1 control":        {`"attendees": 7`, `"attendees": 7, "title": "\u009b2J"`, "data.title", CodeFormat, "caractère de contrôle", "control characters"},
		"address as number": {`"attendees": 7`, `"attendees": "jo.dupont@example.org"`, "data.attendees", CodeType, `reçu "***"`, `found "***"`},
		"address as code":   {`machine_laser_vinyl`, `jo.dupont@example.org`, "data.topic", CodeValue, `reçu "***"`, `found "***"`},
		"address as name":   {`"attendees": 7`, `"attendees": 7, "jo.dupont@example.org": 1`, "***", CodeUnknown, "champ inconnu", "unknown field"},
		"address twice":     {`"attendees": 7`, `"jo.dupont@example.org": 1, "jo.dupont@example.org": 1`, "***", CodeDuplicate, "en double", "given twice"},
		"revision too high": {`"specversion"`, `"revision": 2147483648, "specversion"`, "revision", CodeRange, "2147483647", "2147483647"},
		"schema":            {`"specversion"`, `"dataschema": "x", "specversion"`, "dataschema", CodeValue, "training.held/1", "training.held/1"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := strings.Replace(goodTraining, c.old, c.new, 1)
			if raw == goodTraining {
				t.Fatal("the case changes nothing")
			}
			_, err := Decode([]byte(raw), testNow)
			var refused *Invalid
			if !errors.As(err, &refused) {
				t.Fatalf("accepted, or another error: %v", err)
			}
			p := refused.Problems[0]
			if p.Field != c.field || p.Code != c.code {
				t.Errorf("says %s of %q, want %s of %q: %v", p.Code, p.Field, c.code, c.field, err)
			}
			if fr := p.In(French); !strings.Contains(fr, c.fr) {
				t.Errorf("French: %q lacks %q", fr, c.fr)
			}
			if en := p.In(English); !strings.Contains(en, c.en) {
				t.Errorf("English: %q lacks %q", en, c.en)
			}
			if strings.Contains(refused.Error()+refused.In(French), "dupont") {
				t.Errorf("the message spreads the personal data: %v", refused)
			}
		})
	}
}

func TestDecodePoison(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing":        "",
		"zeros":          string(make([]byte, 1<<20)),
		"zeros, short":   string(make([]byte, 100)),
		"deep":           strings.Repeat(`{"data":`, 1000) + "1" + strings.Repeat("}", 1000),
		"deep arrays":    strings.Repeat("[", 100_000),
		"invalid UTF-8":  `{"specversion":"1.0","id":"` + "\xff\xfe" + `"}`,
		"an array":       `[]`,
		"null":           `null`,
		"two values":     goodTraining + goodTraining,
		"control chars":  strings.Replace(goodTraining, `"attendees": 7`, `"attendees": 7, "title": "a\u0000b"`, 1),
		"null type":      strings.Replace(goodTraining, `"type": "org.vitrine.training.held"`, `"type": null`, 1),
		"null, unknown":  strings.Replace(goodTraining, `"specversion"`, `"colour": null, "specversion"`, 1),
		"null data":      strings.Replace(goodTraining, `"data": {`, `"data": null, "reason": "x", "retracted": false, "traceparent": "", "x": {`, 1),
		"cut off":        goodTraining[:len(goodTraining)/2],
		"binary payload": `{"specversion":"1.0","data_base64":"AAAA"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(raw), testNow)
			var refused *Invalid
			if !errors.As(err, &refused) || len(refused.Problems) == 0 || refused.In(French) == "" {
				t.Errorf("got %v, want a refusal with its reasons", err)
			}
		})
	}
}

// What one field says about another, in the kinds that the case above doesn't have.
func TestInconsistentDataIsRefused(t *testing.T) {
	session := func(ends string) string {
		return `{"activity":"training","title":"Sécurité","audience":"members","starts":"2026-05-12T18:00:00+02:00","ends":"` + ends + `"}`
	}
	agreement := func(commitment string) string {
		return `{"agreement":"A","start":"2026-01-01","end_date":"2026-12-31","commitments":[{"indicator":"D01","target":10,"from":"2026-01-01","due":"2026-12-31",` + commitment + `}]}`
	}
	for _, c := range []struct{ kind, data, field string }{
		{"membership.count.reported", `{"members":9,"by_user_type":[{"user_type":"sme","members":4},{"user_type":"sme","members":5}]}`, "data.by_user_type[1].user_type"},
		{"agreement.signed", agreement(`"mode":"cumulative"`), ""},
		{"agreement.signed", agreement(`"mode":"periodic"`), "data.commitments[0].every"},
		{"agreement.signed", agreement(`"mode":"cumulative","steps":[{"by":"2026-06-30","value":2},{"by":"2026-09-30","value":5}]`), ""},
		{"agreement.signed", agreement(`"mode":"cumulative","steps":[{"by":"2026-06-30","value":2},{"by":"2026-03-30","value":5}]`), "data.commitments[0].steps[1].by"},
		{"agreement.signed", agreement(`"mode":"cumulative","steps":[{"by":"2029-06-30","value":900}]`), "data.commitments[0].steps[0].by"},
		{"agreement.signed", agreement(`"mode":"periodic","every":"month","steps":[{"by":"2026-06-30","value":2}]`), "data.commitments[0].steps"},
		{"machine.commissioned", `{"machine":"m","machine_category":"textile","nature":"replacement"}`, "data.replaces"},
		{"session.announced", session("2026-05-12T18:00:00+02:00"), ""},
		{"session.announced", session("2026-05-12T17:00:00+02:00"), "data.ends"},
		{"session.announced", session("2026-05-12T17:00:00Z"), ""},
		{"session.announced", session("2026-05-19T18:00:01+02:00"), "data.ends"},
		{"finance.period.reported", `{"own_revenue":10,"company_revenue":11}`, "data.company_revenue"},
		{"lab.registered", `{"name":"L","commune":"C","zone":"America/Argentina/Buenos_Aires"}`, ""},
		{"lab.registered", `{"name":"L","commune":"C","zone":"Europe//Paris"}`, "data.zone"},
		{"project.published", `{"project":"p","licence":"mit","url":"https://example.org/\u001b[2J"}`, "data.url"},
		{"project.published", `{"project":"p","licence":"mit","url":"https://example.org/\u009b2J"}`, "data.url"},
	} {
		err := decodeData(c.kind, []byte(c.data))
		var refused *Invalid
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s %s: %v", c.kind, c.data, err)
		case c.field != "" && (!errors.As(err, &refused) || refused.Problems[0].Field != c.field):
			t.Errorf("%s %s: %v, want a problem of %s", c.kind, c.data, err, c.field)
		}
	}
}

// What a sender makes large costs its size, not its square: the consumer that all labs share reads it too.
func TestALongNameOverALongListTakesLittle(t *testing.T) {
	long := `{"` + strings.Repeat("n", 64<<10) + `":[` + strings.Repeat("0,", 64<<10) + `0]}`
	took := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := Decode([]byte(long), testNow); err == nil {
				b.Fatal("accepted")
			}
		}
	})
	if most := int64(100 * len(long)); took.AllocedBytesPerOp() > most {
		t.Errorf("%d bytes take %d bytes of memory, at most %d are wanted", len(long), took.AllocedBytesPerOp(), most)
	}
}

// However much is wrong with an event, what is said about it stays short and is the same each time.
func TestProblemsAreBounded(t *testing.T) {
	var unknown strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&unknown, `"x%d":0,`, i)
	}
	for name, raw := range map[string]string{
		"fields":     strings.Replace(goodTraining, `"attendees": 7`, unknown.String()+`"attendees": 7`, 1),
		"attributes": strings.Replace(goodTraining, `"specversion"`, unknown.String()+`"specversion"`, 1),
	} {
		_, err := Decode([]byte(raw), testNow)
		var refused *Invalid
		if !errors.As(err, &refused) || len(refused.Problems) != maxProblems {
			t.Fatalf("%s: %d problems, want %d", name, len(refused.Problems), maxProblems)
		}
		_, again := Decode([]byte(raw), testNow)
		if !reflect.DeepEqual(err, again) {
			t.Errorf("%s: other problems the second time", name)
		}
	}
}

// JSON has many ways to write 7, Go's integers take one: what was accepted must be read back by whoever knows the kind's type.
func TestIntegersAreKeptPlainly(t *testing.T) {
	for _, written := range []string{"7", "7.0", "7.000000", "70e-1", "0.7E+1"} {
		raw := []byte(strings.Replace(goodTraining, `"attendees": 7`, `"attendees": `+written, 1))
		thorough, err := Decode(raw, testNow)
		if err != nil {
			t.Fatal(err)
		}
		quick, err := NewDecoder().Decode(raw, testNow)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []*Event{thorough, quick} {
			var held TrainingHeld
			if err := json.Unmarshal(e.Data, &held); err != nil || held.Attendees != 7 {
				t.Errorf("%s is kept as %s, and read back as %d: %v", written, e.Data, held.Attendees, err)
			}
		}
	}
}

// CloudEvents' JSON format lets a library write null for an attribute that isn't set, and asks readers to take it so.
func TestAttributesThatAreNullAreNotSet(t *testing.T) {
	raw := strings.Replace(goodTraining, `"specversion"`, `"dataschema": null, "datacontenttype": null, "subject": null, "revision": null,
		"retracted": null, "reason": null, "traceparent": null, "specversion"`, 1)
	e, err := Decode([]byte(raw), testNow)
	if err != nil || e.Revision != 0 || e.Retracted || e.Reason != "" {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestRetractionNeedsNoData(t *testing.T) {
	raw := `{"specversion":"1.0","id":"` + uuid.NewString() + `","source":"/labs/x","type":"org.vitrine.training.held","time":"2026-03-12T18:00:00Z","revision":1,"retracted":true,"reason":"double saisie"}`
	e, err := Decode([]byte(raw), testNow)
	if err != nil || !e.Retracted || e.Reason != "double saisie" {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestCompanyNumbers(t *testing.T) {
	for _, c := range []struct {
		siren, siret string
		ok           bool
	}{
		{siren: "732829320", ok: true},
		{siren: "732829321"},
		{siren: "000000000"},
		{siren: "73282932"},
		{siren: "73282932a"},
		{siret: "73282932000074", ok: true},
		{siret: "73282932000075"},
		{siret: "35600000000048", ok: true}, // La Poste's head office: follows Luhn
		{siret: "35600000049837", ok: true}, // a post office: digits sum up to 45, a multiple of 5
		{siret: "35600000049838"},           // 46: neither
	} {
		var got bool
		if c.siren != "" {
			got = validSIREN(c.siren)
		} else {
			got = validSIRET(c.siret)
		}
		if got != c.ok {
			t.Errorf("%s%s: got %v, want %v", c.siren, c.siret, got, c.ok)
		}
	}
}

func TestPersonalDataIsToldFromNumbers(t *testing.T) {
	for text, clean := range map[string]bool{
		"Découpe laser, niveau 2":                  true,
		"Atelier du 12/03/2026 à 18h00":            true,
		"Budget 12 345,67 €":                       true,
		"SIREN 732 829 320":                        true,
		"Norme ISO 9001:2015":                      true,
		"0612345678":                               false,
		"06.12.34.56.78":                           false,
		"+33 6 12 34 56 78":                        false,
		"0033612345678":                            false,
		"(06 12 34 56 78)":                         false,
		"06 12 34 56 78 06 12 34 56 78 0611111111": false,
		"jo@example.org":                           false,
		"jo.dupont [at] example.org":               false,
		"écrire à prénom.nom@fablab.bzh svp":       false,
	} {
		if _, ok := personal(text); ok != clean {
			t.Errorf("%q: clean %v, want %v", text, ok, clean)
		}
		if redacted := Redact(text); !clean {
			if _, ok := personal(redacted); !ok {
				t.Errorf("%q is still personal after redaction: %q", text, redacted)
			}
		} else if redacted != text {
			t.Errorf("%q was redacted to %q", text, redacted)
		}
	}
}

// What is kept of a refused message is about nobody, and harmless on a terminal.
func TestEvidence(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                "",
		"a\x00b\x1b[2J\x7f\u009b\u202e\n": "a␀b␛[2J␡��\n",
		"caf\xe9":                         "caf�",
		`"jo\u0040example.org"`:           `"***"`,
		`"\u0030612345678"`:               `"***"`,
		`"06\n12 34 56 78"`:               `"***"`,
		`"\u0041\u001b"`:                  `"\u0041\u001b"`, // nothing to hide: as it was
		"06 12 34 56 78 06 12 34 56 78":   "*** ***",
		strings.Repeat("é", 50) + "é":     strings.Repeat("é", 50),
		strings.Repeat("x", 95) + " jo@example.org": strings.Repeat("x", 95) + " ***",
	} {
		if got := Evidence(raw, 100); got != want {
			t.Errorf("of %q %q is kept, want %q", raw, got, want)
		}
	}
}

// A binary exponent would have made a number of a billion digits.
func TestNumbersThatWouldFillTheMemory(t *testing.T) {
	for _, s := range []string{"0x1p-999999999", "0x1p999999999", "1p999999999", "1e-999999999", "1e999999999", "0b1", "1_000", "1/3"} {
		if d, err := ParseDecimal(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
}
