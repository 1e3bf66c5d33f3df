package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/verify"
	"vitrine/schemas"
)

// poison is a message that anybody with credentials may publish, straight over NATS.
type poison struct {
	name    string
	subject string // default: the lab's subject of discovery.held
	data    []byte
	header  nats.Header
	code    string // of its rejection; empty: it is accepted
}

// base is an event that would be accepted; each case changes one thing.
func base(t *testing.T) string {
	t.Helper()
	e := discovery(t, uuid.New(), "2026-03-12 18:00", "general_public", 0)
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func poisons(t *testing.T) []poison {
	t.Helper()
	with := func(old, new string) []byte {
		raw := base(t)
		if !strings.Contains(raw, old) {
			t.Fatalf("%s has no %s", raw, old)
		}
		return []byte(strings.Replace(raw, old, new, 1))
	}
	add := func(fields string) []byte { return with(`{`, `{`+fields+`,`) }
	data := func(fields string) []byte { return with(`"type":"open_day"`, `"type":"open_day",`+fields) }
	at := func(s string) []byte { return with(`"time":"2026-03-12T18:00:00+01:00"`, `"time":"`+s+`"`) }
	utf16 := func(s string) []byte {
		out := []byte{0xff, 0xfe}
		for _, c := range []byte(s) {
			out = append(out, c, 0)
		}
		return out
	}
	long := strings.Repeat("l", 63)
	right := "vitrine.events." + lab + ".discovery.held"
	escape := "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e"
	return []poison{
		{name: "nothing", code: schemas.CodeNotJSON},
		{name: "no JSON", data: []byte("date;type\n2026;x\n"), code: schemas.CodeNotJSON},
		{name: "no CloudEvents", data: []byte(`{"hello":"world"}`), code: schemas.CodeUnknown},
		{name: "1 MiB of zeros", data: make([]byte, 1<<20), code: schemas.CodeTooLarge},
		{name: "few zeros", data: make([]byte, 100), code: schemas.CodeNotJSON},
		{name: "100,000 brackets", data: []byte(strings.Repeat("[", 100_000)), code: schemas.CodeNotJSON},
		{name: "100,000 objects", data: []byte(strings.Repeat(`{"a":`, 50_000)), code: schemas.CodeNotJSON},
		{name: "deep data", data: data(`"x":` + strings.Repeat("[", 30) + strings.Repeat("]", 30)), code: schemas.CodeNotJSON},
		{name: "invalid UTF-8", data: data("\"title\":\"caf\xe9\""), code: schemas.CodeNotJSON},
		{name: "half a surrogate", data: data(`"title":"\ud800"`)}, // JSON's decoder makes it U+FFFD
		{name: "1e999", data: with(`"attendance":0`, `"attendance":1e999`), code: schemas.CodeFormat},
		{name: "1e-999999999", data: with(`"attendance":0`, `"attendance":1e-999999999`), code: schemas.CodeFormat},
		{name: "400 digits", data: with(`"attendance":0`, `"attendance":`+strings.Repeat("9", 400)), code: schemas.CodeFormat},
		{name: "400 decimals", data: with(`"attendance":0`, `"attendance":0.`+strings.Repeat("0", 399)+"1"), code: schemas.CodeFormat},
		{name: "minus nothing", data: with(`"attendance":0`, `"attendance":-0.0e-0`)},
		{name: "NaN", data: with(`"attendance":0`, `"attendance":NaN`), code: schemas.CodeNotJSON},
		{name: "a field twice", data: with(`"attendance":0`, `"attendance":0,"attendance":7`), code: schemas.CodeDuplicate},
		{name: "an attribute twice", data: add(`"specversion":"1.0"`), code: schemas.CodeDuplicate},
		{name: "a huge text", data: data(`"title":"` + strings.Repeat("é", 100_000) + `"`), code: schemas.CodeRange},
		{name: "a huge name", data: data(`"` + strings.Repeat("n", 250_000) + `":1`), code: schemas.CodeUnknown},
		{name: "a huge name twice", data: data(`"` + strings.Repeat("n", 120_000) + `":1,"` + strings.Repeat("n", 120_000) + `":1`), code: schemas.CodeDuplicate},
		{name: "a huge id", data: with(`"id":"`, `"id":"`+strings.Repeat("<", 200_000)), code: schemas.CodeRange},
		{name: "many attributes", data: add(manyFields(10_000)), code: schemas.CodeUnknown},
		{name: "a list of 100,000", data: data(`"companies":[` + strings.Repeat("0,", 100_000) + `0]`), code: schemas.CodeRange},
		{name: "NUL in a text", data: data(`"title":"a\u0000b"`), code: schemas.CodeFormat},
		{name: "NUL in a name", data: data(`"a\u0000b\r\nNats-Rollup: all":1`), code: schemas.CodeUnknown},
		{name: "a terminal's codes in a text", data: data(`"title":"\u001b[2J"`), code: schemas.CodeFormat},
		{name: "a terminal's codes in one byte", data: data(`"title":"\u009b2J"`), code: schemas.CodeFormat},
		{name: "a terminal's codes, raw", data: []byte(escape), code: schemas.CodeNotJSON},
		{name: "a byte order mark", data: []byte("\ufeff" + base(t)), code: schemas.CodeNotJSON},
		{name: "UTF-16", data: utf16(base(t)), code: schemas.CodeNotJSON},
		{name: "gzip", data: []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), code: schemas.CodeNotJSON},
		{name: "an array", data: []byte("[" + base(t) + "]"), code: schemas.CodeType},
		{name: "a text", data: []byte(`"x"`), code: schemas.CodeType},
		{name: "garbage behind", data: []byte(base(t) + "}garbage"), code: schemas.CodeNotJSON},
		{name: "two events", data: []byte(base(t) + "\n" + base(t)), code: schemas.CodeNotJSON},
		{name: "white space behind", data: []byte(base(t) + " \r\n\t ")},
		{name: "binary mode", data: []byte(`{"type":"open_day"}`), header: nats.Header{"ce-specversion": {"1.0"}, "ce-type": {"org.vitrine.discovery.held"}}, code: schemas.CodeMissing},
		{name: "odd headers", data: []byte(base(t)), header: nats.Header{"content-type": {"text/html", "a"}, "Vitrine-Publisher": {escape + strings.Repeat("x", 3000)}, "X": {""}}},
		{name: "an address for a code", data: with(`"general_public"`, `"jo.dupont@example.org"`), code: schemas.CodeValue},
		{name: "an address for a name", data: add(`"jo.dupont@example.org":1`), code: schemas.CodeUnknown},
		{name: "an address in JSON's escapes", data: data(`"title":"jo.dupont\u0040example.org 0\u0036 12 34 56 78 06 12 34 56 78"`), code: schemas.CodePersonal},
		{name: "year 1", data: at("0001-01-01T00:00:00Z"), code: schemas.CodeRange},
		{name: "year 0", data: at("0000-12-31T23:59:59Z"), code: schemas.CodeRange},
		{name: "year 9999", data: at("9999-12-31T23:59:59Z"), code: schemas.CodeRange},
		{name: "year 10000", data: at("10000-01-01T00:00:00Z"), code: schemas.CodeFormat},
		{name: "a leap second", data: at("2016-12-31T23:59:60Z"), code: schemas.CodeFormat},
		{name: "offset of a day", data: at("2026-03-12T18:00:00+24:00"), code: schemas.CodeFormat},
		{name: "offset of almost a day", data: at("2026-03-12T18:00:00-23:59")},
		{name: "30 decimals of a second", data: at("2026-03-12T18:00:00.123456789012345678901234567890Z")},
		{name: "the first day", data: at("2000-01-01T00:00:00Z")},
		{name: "the highest revision", data: add(`"revision":2147483647`)},
		{name: "a revision too high", data: add(`"revision":2147483648`), code: schemas.CodeRange},
		{name: "a revision of 2^64", data: add(`"revision":18446744073709551616`), code: schemas.CodeRange},
		{name: "a negative revision", data: add(`"revision":-1`), code: schemas.CodeRange},
		{name: "a revision with exponent", data: add(`"revision":1e1`), code: schemas.CodeRange},
		{name: "a text for a revision", data: add(`"revision":"1"`), code: schemas.CodeRange},
		{name: "another lab's subject", subject: "vitrine.events.another-lab.discovery.held", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "the programme's subject", subject: "vitrine.programme." + lab + ".discovery.held", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "another kind's subject", subject: "vitrine.events." + lab + ".training.held", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "more behind the subject", subject: right + ".x", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "no kind in the subject", subject: "vitrine.events." + lab, data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "a kind that there isn't", subject: "vitrine.programme." + lab + ".no.such.kind", data: []byte("?"), code: schemas.CodeNotJSON},
		{name: "a lab of 63 letters", subject: "vitrine.events." + long + ".discovery.held", data: with("/labs/"+lab, "/labs/"+long)},
		{name: "a lab of 2,000 letters", subject: "vitrine.events." + strings.Repeat("l", 2000) + ".discovery.held", data: with("/labs/"+lab, "/labs/"+strings.Repeat("l", 400)), code: schemas.CodeFormat},
		{name: "1,000 tokens", subject: "vitrine.events" + strings.Repeat(".x", 1000), data: []byte("{}"), code: schemas.CodeMissing},
		{name: "a lab in capitals", subject: "vitrine.events.LAB.discovery.held", data: with("/labs/"+lab, "/labs/LAB"), code: schemas.CodeFormat},
		{name: "an accent in the subject", subject: "vitrine.events.établi.discovery.held", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "invalid UTF-8 in the subject", subject: "vitrine.events.\xff\xfe.discovery.held", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "a terminal's codes in the subject", subject: "vitrine.events.\x1b[2J.x", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "an address in the subject", subject: "vitrine.events.jo@example.org.x", data: []byte(base(t)), code: schemas.CodeWrongSubject},
		{name: "a dollar in the subject", subject: "vitrine.events.$JS.ACK.x", data: []byte(base(t)), code: schemas.CodeWrongSubject},
	}
}

func manyFields(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"f%d":%d`, i, i)
	}
	return strings.Join(fields, ",")
}

// Whatever is published, the pipeline goes on: what stands before and after each message is counted,
// what can't be accepted is kept with its reason, as text that can be shown, and nothing is tried twice.
func TestPoisonNeverStopsThePipeline(t *testing.T) {
	p := newPipeline(t)
	all := poisons(t)
	wanted := map[uint64]poison{}
	seq, good, accepted := uint64(0), 0, 0
	for _, c := range all {
		good++
		p.publish(discovery(t, uuid.New(), "2026-04-01 10:00", "companies", 3))
		seq += 2
		if c.subject == "" {
			c.subject = schemas.Subject(lab, "discovery.held")
		}
		msg := &nats.Msg{Subject: c.subject, Data: c.data, Header: c.header}
		if _, err := p.js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatalf("%s can't even be published: %v", c.name, err)
		}
		if c.code != "" {
			wanted[seq] = c
		} else {
			accepted++
		}
	}
	p.publish(discovery(t, uuid.New(), "2026-04-01 10:00", "companies", 3))
	good++

	registry := prometheus.NewRegistry()
	p.consumeWith(ingest.Config{BatchSize: 11, BatchAge: 20 * time.Millisecond, Registerer: registry})
	p.want(p.figures("day"), map[string]string{"D01 2026-04-01": fmt.Sprint(good), "D02 2026-04-01": fmt.Sprint(3 * good)})

	rejections, err := p.store.Rejections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rejections {
		c, expected := wanted[r.StreamSeq]
		delete(wanted, r.StreamSeq)
		if !expected || r.Code != c.code {
			t.Errorf("%s: rejected for %s %s: %s; want %q", all[r.StreamSeq/2-1].name, r.Code, r.Field, r.Reason.EN, c.code)
		}
		checkRejection(t, c, r)
	}
	for _, c := range wanted {
		t.Errorf("%s is accepted, want %s", c.name, c.code)
	}
	failed := counted(t, registry, "vitrine_consumer_step_failures_total")
	if again := counted(t, registry, "vitrine_consumer_redelivered_total"); failed != 0 || again != 0 {
		t.Errorf("%v steps failed, %v messages were delivered again", failed, again)
	}
	if events := counted(t, registry, "vitrine_consumer_events_total"); events != float64(seq+1) {
		t.Errorf("%v messages were taken, of %d", events, seq+1)
	}
	stream, err := p.js.Stream(t.Context(), schemas.StreamRejected)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != uint64(len(rejections)) {
		t.Errorf("%d messages in %s, %d rejections", n, schemas.StreamRejected, len(rejections))
	}
	p.verifyExact(good+accepted, len(rejections))
}

// checkRejection holds what whoever reads a rejection relies on.
func checkRejection(t *testing.T, c poison, r clickhouse.Rejection) {
	t.Helper()
	for what, s := range map[string]string{"lab": r.Lab, "kind": r.Kind, "id": r.ID, "field": r.Field, "FR": r.Reason.FR, "EN": r.Reason.EN, "subject": r.Subject, "raw": r.Raw} {
		most := 2 << 10
		if what == "raw" {
			most = 64 << 10
		}
		switch {
		case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) && (what != "raw" || !strings.ContainsRune("\n\r\t", r)) || unicode.Is(unicode.Bidi_Control, r)
		}):
			t.Errorf("%s: %s can't be shown: %.200q", c.name, what, s)
		case len(s) > most:
			t.Errorf("%s: %s has %d bytes", c.name, what, len(s))
		case strings.Contains(s, "dupont") || strings.Contains(s, "jo@") || strings.Contains(s, "34 56"):
			t.Errorf("%s: %s spreads personal data: %.200q", c.name, what, s)
		}
	}
	if r.Reason.FR == "" || r.Reason.EN == "" || r.Reason.FR == r.Reason.EN {
		t.Errorf("%s: no reason in both languages: %+v", c.name, r.Reason)
	}
	if len(c.data) > 0 && r.Raw == "" {
		t.Errorf("%s: nothing is kept of it", c.name)
	}
}

// A flood of large messages comes in batches of bounded size, none is dropped on the way, and it ends.
func TestAFloodOfPoisonIsBounded(t *testing.T) {
	p := newPipeline(t)
	const flood = 80
	zeros := make([]byte, 1<<20)
	for range flood {
		p.publishRaw(schemas.Subject(lab, "discovery.held"), zeros)
	}
	p.publish(discovery(t, uuid.New(), "2026-04-01 10:00", "companies", 3))
	registry := prometheus.NewRegistry()
	p.consumeWith(ingest.Config{BatchSize: 5000, Registerer: registry})
	p.want(p.figures("day"), map[string]string{"D02 2026-04-01": "3"})
	if n := counted(t, registry, "vitrine_consumer_batch_events"); n < 2 {
		t.Errorf("%d MiB came in %v batch", flood, n)
	}
	if again := counted(t, registry, "vitrine_consumer_redelivered_total"); again != 0 {
		t.Errorf("%v messages came again: they were dropped on the way", again)
	}
	rejections, err := p.store.Rejections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rejections) != flood {
		t.Errorf("%d rejections of %d", len(rejections), flood)
	}
	p.verifyExact(1, flood)
}

// consumeWith runs one consumer until nothing is left to do.
func (p *pipeline) consumeWith(c ingest.Config) {
	p.t.Helper()
	c.JetStream, c.Store = p.js, p.store
	_, stop := p.run(c)
	defer stop()
	p.awaitCounted()
}

func (p *pipeline) verifyExact(accepted, rejected int) {
	p.t.Helper()
	report, err := verify.Verify(p.t.Context(), verify.Config{JetStream: p.js, Store: p.store, Catalogue: schemas.DefaultCatalogue(), Timeout: time.Minute})
	if err != nil {
		p.t.Fatal(err)
	}
	if !report.Exact() || report.Accepted != accepted || report.Rejected != rejected {
		p.t.Errorf("exact: %v, %d accepted of %d, %d rejected of %d: %v", report.Exact(), report.Accepted, accepted, report.Rejected, rejected, report.Differences)
	}
}

// counted is a metric's value, summed over its labels; of a histogram, how many were observed.
func counted(t *testing.T, registry *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}
