package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkQuick holds the quick way to its one promise, and says whether it said yes.
func checkQuick(t rapid.TB, q *quickDoor, raw []byte) bool {
	t.Helper()
	quick := q.decode(raw, testNow)
	if quick == nil {
		return false
	}
	thorough, err := Decode(raw, testNow)
	if err != nil {
		t.Fatalf("the quick way takes %q; the door: %v", raw, err)
	}
	if !reflect.DeepEqual(quick, thorough) {
		t.Fatalf("%q is\n%+v the quick way (data %s), and is\n%+v (data %s)", raw, quick, quick.Data, thorough, thorough.Data)
	}
	return true
}

// FuzzDecoder: of any bytes, what the quick way takes the door takes as well, and both make the same event of it.
func FuzzDecoder(f *testing.F) {
	for _, raw := range mix() {
		f.Add(raw)
	}
	for _, raw := range plainlyWritten() {
		f.Add([]byte(raw))
	}
	q := newQuickDoor()
	f.Fuzz(func(t *testing.T, raw []byte) { checkQuick(t, &q, raw) })
}

// plainlyWritten are events that the quick way takes, with what is seldom.
func plainlyWritten() []string {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(goodTraining) }
	const compact = `"siren": "732829320"`
	return []string{
		swap(`"siren": "732 829 320"`, compact),
		swap(`"siren": "732 829 320"`, compact, `"attendees": 7`, `"attendees": 7.0, "attendees_company": -0`, `"attendees_company": 5, `, ``),
		swap(`"siren": "732 829 320"`, compact, `"attendees": 7`, `"title": "R&D <3> d'été (2026)","attendees": 7`),
		swap(`"siren": "732 829 320"`, compact, `"companies":`, `"partners":[{"type":"school","partnership":"a:1"}, {"type" : "school"} ] , "companies":`),
		swap(`"siren": "732 829 320"`, compact, `"attendees": 7`, `"title": "D\u00e9coupe \u0026 \u003cgravure\u003E \u00Abx\u00bb","attendees": 7`, `"specversion"`, `"reason":"v\u00e9rifi\u00e9", "specversion"`),
		swap(`[{"siren": "732 829 320", "size": "pme"}]`, `[ ]`),
		swap(`"siren": "732 829 320"`, `"ref": "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"`, `"2026-03-12T18:00:00+01:00"`, `"2026-03-12T17:00:00Z"`),
		`{"data":{"nature":"extension","area_m2":120.5},"time":"2026-03-12T18:00:00+05:30","type":"org.vitrine.premises.changed","source":"/labs/x","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","specversion":"1.0"}`,
		`{"specversion":"1.0","id":"0192F0C1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x/y","type":"org.vitrine.premises.changed","time":"2026-03-12T18:00:00-09:30","retracted":true,"reason":"double","revision":2147483647}` + " \n",
		`{"specversion":"1.0","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x","type":"org.vitrine.expenditure.recorded","time":"2026-03-12T18:00:00+00:00","dataschema":"` + SchemaID("expenditure.recorded") + `",
			"datacontenttype":"application/json","subject":"d","retracted":false,"data":{"status":"paid","eligible":false,"category":"machine_new","amount_excl_vat":-0.000001,"public_funding":-0}}`,
		`{"specversion":"1.0","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x","type":"org.vitrine.project.published","time":"2026-03-12T18:00:00+01:00","data":{"project":"p","licence":"mit","url":"https://example.org/é?a=1&b=0612345678"}}`,
		`{"specversion":"1.0","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x","type":"org.vitrine.agreement.signed","time":"2026-03-12T18:00:00+01:00","data":{"agreement":"A","start":"2026-01-01","end_date":"2026-12-31","reporting":[{"period":"2026-Q1","due":"2026-04-30"}],
			"commitments":[{"indicator":"D01","target":10,"from":"2026-01-01","due":"2026-12-31","mode":"cumulative","steps":[{"by":"2026-06-30","value":5},{"value":7.5,"by":"2026-09-30"}]},{"mode":"periodic","every":"month","indicator":"T01","segment":"audience=companies","target":1,"from":"2026-01-01","due":"2026-12-31"}]}}`,
	}
}

func TestQuickWayTakesWhatIsPlainlyWritten(t *testing.T) {
	q := newQuickDoor()
	for _, raw := range plainlyWritten() {
		if !checkQuick(t, &q, []byte(raw)) {
			_, err := Decode([]byte(raw), testNow)
			t.Errorf("the quick way didn't take %s; the door: %v", raw, err)
		}
	}
}

// At least 95 % of what labs send goes the quick way, or the decoder isn't quick.
func TestMixGoesTheQuickWay(t *testing.T) {
	d, events := NewDecoder(), mix()
	for _, raw := range events {
		if _, err := d.Decode(raw, mixNow); err != nil {
			t.Fatal(err)
		}
	}
	if d.asked.quick*100 < 95*len(events) || d.asked.quick+d.asked.thorough != len(events) {
		t.Errorf("%d of %d events went the quick way, %d the other", d.asked.quick, len(events), d.asked.thorough)
	}
}

// What a decoder gave stays as it is while it reads on, whatever is done with the bytes.
func TestEventsStayValid(t *testing.T) {
	var events, want []*Event
	d := NewDecoder()
	for range 50 {
		for _, raw := range mix() {
			thorough, err := Decode(raw, mixNow)
			if err != nil {
				t.Fatal(err)
			}
			buffer := bytes.Clone(raw)
			e, err := d.Decode(buffer, mixNow)
			if err != nil {
				t.Fatal(err)
			}
			clear(buffer)
			_ = append(e.Data, "overwrites a neighbour?"...)
			events, want = append(events, e), append(want, thorough)
		}
	}
	for i, e := range events {
		if !reflect.DeepEqual(e, want[i]) {
			t.Fatalf("event %d is now %+v, was %+v", i, e, want[i])
		}
	}
}

// Strings outlive the reset of the decoder that they came from, and what is decoded then is right.
func TestWhatStaysAfterReset(t *testing.T) {
	var all [][]string
	d := NewDecoder()
	read := func(e *Event) (kept []string) {
		for name, code := range e.Values.Codes() {
			kept = append(kept, name, code)
		}
		return append(kept, e.Source, e.Type, e.Reason, e.Lab())
	}
	for range 50 {
		for _, raw := range mix() {
			e, err := d.Decode(raw, mixNow)
			if err != nil {
				t.Fatal(err)
			}
			thorough, err := Decode(raw, mixNow)
			if err != nil || !reflect.DeepEqual(e, thorough) {
				t.Fatalf("%+v, and the door says %+v, %v", e, thorough, err)
			}
			all = append(all, read(e))
		}
		d.Reset()
	}
	for i, kept := range all {
		thorough, err := Decode(mix()[i%len(mix())], mixNow)
		if err != nil {
			t.Fatal(err)
		}
		if want := read(thorough); !slices.Equal(kept, want) {
			t.Fatalf("of event %d is left %v, was %v", i, kept, want)
		}
	}
}

// TestQuickWaySaysNothingElse draws events of every kind, spoils some, and writes them as senders do.
func TestQuickWaySaysNothingElse(t *testing.T) {
	q, yes, all := newQuickDoor(), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		attributes := map[string]any{"specversion": "1.0", "id": "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", "source": "/labs/x", "type": TypePrefix + kind.Name,
			"time": rapid.SampledFrom([]string{"2026-03-01T10:00:00+01:00", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00-09:30", "2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00+24:00", "1999-12-31T23:59:59Z"}).Draw(t, "time"),
			"data": drawObject(t, kind.shape)}
		raw, err := json.Marshal(attributes)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "spaces") {
			var spaced bytes.Buffer
			if err := json.Indent(&spaced, raw, " ", "\t"); err != nil {
				t.Fatal(err)
			}
			raw = spaced.Bytes()
		}
		if rapid.Bool().Draw(t, "escaped") {
			ascii := strconv.QuoteToASCII(string(raw))
			raw = []byte(strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n", `\t`, "\t").Replace(ascii[1 : len(ascii)-1]))
		}
		switch rapid.IntRange(0, 5).Draw(t, "spoil") {
		case 0: // a byte changed
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\"\\{}[],:0918eE.-+ @&<\x00\x7f\xc2\x85z")).Draw(t, "byte")
		case 1: // cut
			raw = raw[:rapid.IntRange(0, len(raw)).Draw(t, "cut")]
		}
		all++
		if checkQuick(t, &q, raw) {
			yes++
		}
	})
	if t.Logf("%d of %d went the quick way", yes, all); yes == 0 {
		t.Errorf("none of %d went the quick way: it shows nothing", all)
	}
}

func ExampleDecoder() {
	d := NewDecoder() // one for each goroutine
	e, err := d.Decode([]byte(goodTraining), testNow)
	if err != nil {
		fmt.Println(err)
		return
	}
	attendees, _ := e.Values.Number("attendees")
	fmt.Println(e.Lab(), e.Kind(), attendees)
	// Output: atelier-nord training.held 7
}
