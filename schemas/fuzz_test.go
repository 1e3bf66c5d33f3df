package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// FuzzDecode holds what the door promises of any bytes: the same verdict each time; a refusal in both
// languages, that a terminal can show and that spreads no personal data; of what is accepted, that the
// published schema accepts it too and that writing it and reading it again changes nothing.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(goodTraining))
	f.Add([]byte(`{"specversion":"1.0","id":1e999,"data":{"a":[[[[]]]]}}`))
	f.Add([]byte("{\"\":\"\xff\"}"))
	f.Add([]byte(strings.Replace(goodTraining, `"attendees": 7`, `"attendees": "jo@example.org"`, 1)))
	f.Add([]byte(strings.Replace(goodTraining, `"attendees": 7`, `"attendees": 7, "jo\u0040example.org": [1e-999999999, -0.0, {"\u001b[2J": null}]`, 1)))
	f.Add([]byte(strings.Replace(goodTraining, `"attendees": 7`, `"attendees": 7, "title": "06\u002012 34 56 78 06 12 34 56 78"`, 1)))
	accepted := map[string]*jsonschema.Schema{}
	for i, kind := range Kinds() {
		accepted[kind.Name] = compileSchema(f, kind.Name)
		data := rapid.Custom(func(t *rapid.T) map[string]any { return drawObject(t, kind.shape) }).Example(i)
		raw, err := json.Marshal(map[string]any{"specversion": "1.0", "id": "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", "source": "/labs/x",
			"type": TypePrefix + kind.Name, "time": "2026-03-01T10:00:00+01:00", "revision": i, "data": data})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := Decode(raw, testNow)
		checkEvidence(t, raw)
		if _, again := Decode(raw, testNow); (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
			t.Fatalf("two verdicts on %q: %v; %v", raw, err, again)
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Decode(written, testNow)
		if err != nil {
			t.Fatalf("accepted %q, but not what it was read as, %q: %v", raw, written, err)
		}
		if !reflect.DeepEqual(twice.Values, e.Values) || !bytes.Equal(twice.Data, e.Data) || !twice.Time.Equal(e.Time) ||
			twice.ID != e.ID || twice.Lab() != e.Lab() || twice.Kind() != e.Kind() || twice.Revision != e.Revision || twice.Retracted != e.Retracted {
			t.Fatalf("read differently: %+v and %+v", e, twice)
		}
		if e.Data == nil {
			return
		}
		if stored, err := NewDecoder().Stored(e.Lab(), e.Kind(), e.Data); err != nil || !e.Retracted && !reflect.DeepEqual(stored.Values, e.Values) {
			t.Fatalf("from its stored data %q it is read as %+v, was %+v (%v)", e.Data, stored, e.Values, err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
		if err != nil {
			t.Fatal(err)
		}
		if err := accepted[e.Kind()].Validate(document); err != nil {
			t.Errorf("the door accepts %q, the published schema doesn't: %v", e.Data, err)
		}
	})
}

// checkRefusal holds what every refusal promises.
func checkRefusal(t *testing.T, err error) {
	var refused *Invalid
	if !errors.As(err, &refused) || len(refused.Problems) == 0 {
		t.Fatalf("an error that is no refusal: %v", err)
	}
	said := []string{refused.Lab, refused.Kind}
	if uuid.Validate(refused.ID) != nil {
		said = append(said, refused.ID)
	}
	for _, p := range refused.Problems {
		if problemNames[p.Code].FR == "" || p.In(French) == "" || p.In(English) == "" {
			t.Errorf("code %q isn't explained", p.Code)
		}
		said = append(said, p.Field, p.In(French), p.In(English))
	}
	for _, s := range said {
		checkShown(t, s)
		if len(s) > 4<<10 {
			t.Errorf("a reason of %d bytes: %.200q…", len(s), s)
		}
		if strings.ContainsAny(s, "\n\r\t") {
			t.Errorf("not on one line: %q", s)
		}
	}
}

// checkEvidence holds what may be kept of a refused message.
func checkEvidence(t *testing.T, raw []byte) {
	for _, most := range []int{64 << 10, 40} {
		kept := Evidence(string(raw), most)
		if len(kept) > most {
			t.Errorf("%d bytes kept, not %d", len(kept), most)
		}
		checkShown(t, kept)
		if _, clean := personal(unescape(kept)); !clean {
			t.Errorf("%q keeps personal data", kept)
		}
	}
}

// checkShown says what a text for people must be: readable, harmless on a terminal, about nobody.
func checkShown(t *testing.T, s string) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) || unicode.Is(unicode.Bidi_Control, r)
	}) {
		t.Errorf("can't be shown: %q", s)
	}
	if _, clean := personal(s); !clean {
		t.Errorf("spreads personal data: %q", s)
	}
}

// FuzzParseDecimal compares with exact arithmetic on what JSON takes for a number.
func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0", "12.5", "1e12", "1e-6", "1e-7", "9223372036854.775807", "-9223372036854.775808", "1e999", "1e-999999999", "0x1p-999999999", "1_0", "1/3", "Inf", "+1", " 1", strings.Repeat("9", 400)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || want.Cmp(big.NewRat(d.Micros(), 1e6)) != 0 {
			t.Fatalf("%q became %s", s, d)
		}
		if again, err := ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q is written %s, which reads %s, %v", s, d, again, err)
		}
		if d.Sign() != want.Sign() || d.IsInt() != want.IsInt() {
			t.Fatalf("%s: sign %d, whole %v", d, d.Sign(), d.IsInt())
		}
		for _, o := range []Decimal{d, Micros(-1), Micros(3), Int(1000)} {
			exact := new(big.Rat).Mul(want, big.NewRat(o.Micros(), 1e6))
			if p, ok := d.Mul(o); ok && exact.Cmp(big.NewRat(p.Micros(), 1e6)) != 0 {
				t.Fatalf("%s × %s = %s", d, o, p)
			}
		}
	})
}

// FuzzParseCatalogue: whatever stands in a programme's file gives an error or a catalogue whose
// indicators can be used.
func FuzzParseCatalogue(f *testing.F) {
	f.Add([]byte("indicators:\n  - {code: X01, name: {fr: a, en: b}, aggregation: sum, unit: x, segments: [audience, 'a:b.c'], cap: 1e3, numerator: [{kinds: [training.held], when: {topic: [safety]}, value: [attendees], weight: -1}]}\n"))
	f.Add([]byte("indicators: [{code: X01, name: {fr: a, en: b}, aggregation: ratio, window: rolling, months: 12, scale: 100, numerator: [{kinds: ['*'], ref: lab}], denominator: [{kinds: ['*'], segments: []}]}]"))
	f.Add([]byte("indicators: &a [*a]"))
	f.Add([]byte("indicators:\n- cap: 0x1p-999999999"))
	f.Add([]byte("<<: {<<: *x}"))
	f.Add([]byte(strings.Repeat("[", 5000)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCatalogue(raw)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		again, err := ParseCatalogue(raw)
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("read differently the second time: %v", err)
		}
		for _, ind := range c.Indicators {
			if found, ok := c.Lookup(ind.Code); !ok || found.Name.FR == "" || found.Name.EN == "" || found.Scale < 1 {
				t.Errorf("an indicator that can't be used: %+v", ind)
			}
		}
	})
}

// FuzzParseTaxonomy: a list of codes is refused or has a code and its columns in each term.
func FuzzParseTaxonomy(f *testing.F) {
	f.Add([]byte("code,label_fr,label_en,extra\na,un,one,x\n"))
	f.Add([]byte("code\n\"a\nb\"\n"))
	f.Add([]byte("a,a\n1,2\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tax, err := parseTaxonomy("x", raw)
		if err == nil && len(tax.Terms) == 0 {
			t.Fatal("no terms, and no error")
		}
		for _, code := range tax.Codes() {
			_ = tax.Label(code)
		}
	})
}

// FuzzParseSubject: a subject that is one is that of its lab and kind.
func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"vitrine.events.x.training.held", "vitrine.programme.x.lab.registered", "vitrine.events.*.>", "vitrine.events.x", "vitrine.programme..", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		if lab, kind, ok := ParseSubject(subject); ok && (!IsSlug(lab) || Subject(lab, kind) != subject) {
			t.Errorf("%q is lab %q, kind %q", subject, lab, kind)
		}
		for _, lab := range []string{"x", "xx", ""} {
			for _, kind := range []string{"training.held", "lab.registered", "held", ""} {
				e := Event{Source: SourceOf(lab, ""), Type: TypePrefix + kind}
				if own := Subject(e.Lab(), e.Kind()); e.OnSubject(subject) != (subject == own) || !e.OnSubject(own) {
					t.Errorf("%q: on its own, %q, is %v", subject, own, e.OnSubject(subject))
				}
			}
		}
	})
}
