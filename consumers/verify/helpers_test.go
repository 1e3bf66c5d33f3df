package verify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// sent is an event in a test: only what matters is given.
type sent struct {
	lab       string // default "a"
	id        int    // default: one of its own
	kind      string
	time      string // default 2026-01-15T10:00:00+01:00
	data      string // JSON without the outer braces
	revision  int
	retracted bool
	subject   string // default: the right one
	astray    bool   // it is published on another lab's subject
}

var testNamespace = uuid.MustParse("00000000-0000-4000-8000-000000000001")

func testID(n int) uuid.UUID { return uuid.NewSHA1(testNamespace, fmt.Append(nil, n)) }

func (s sent) message(t testing.TB, seq uint64) Message {
	t.Helper()
	if s.lab == "" {
		s.lab = "a"
	}
	if s.id == 0 {
		s.id = 1_000_000 + int(seq)
	}
	if s.time == "" {
		s.time = "2026-01-15T10:00:00+01:00"
	}
	if s.subject == "" {
		s.subject = schemas.Subject(s.lab, s.kind)
	}
	if s.astray {
		s.subject = schemas.Subject("z", s.kind)
	}
	raw, err := s.raw()
	if err != nil {
		t.Fatal(err)
	}
	return Message{Seq: seq, Subject: s.subject, Stored: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), Data: raw}
}

// raw is the event as JSON.
func (s sent) raw() ([]byte, error) {
	e := map[string]any{
		"specversion": "1.0", "id": testID(s.id).String(), "source": "/labs/" + s.lab, "type": schemas.TypePrefix + s.kind, "time": s.time,
	}
	if s.data != "" || !s.retracted {
		e["data"] = json.RawMessage("{" + strings.ReplaceAll(s.data, "'", `"`) + "}")
	}
	if s.revision != 0 {
		e["revision"] = s.revision
	}
	if s.retracted {
		e["retracted"] = true
	}
	return json.Marshal(e)
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func day(t testing.TB, s string) Day {
	t.Helper()
	d, ok := parseDay(s)
	if !ok {
		t.Fatalf("%q is no day", s)
	}
	return d
}

// oracleOf adds events, all of which must be accepted.
func oracleOf(t testing.TB, catalogue *schemas.Catalogue, events ...sent) *Oracle {
	t.Helper()
	o := NewOracle(catalogue, zone(t, "Europe/Paris"))
	for i, s := range events {
		m := s.message(t, uint64(i+1))
		if err := o.Add(m); err != nil {
			t.Fatal(err)
		}
		if code, rejected := o.rejected[m.Seq]; rejected {
			_, err := schemas.Decode(m.Data, m.Stored)
			t.Fatalf("event %d is rejected: %s (%v)", i+1, code, err)
		}
	}
	return o
}

// figuresOf writes an indicator's figures of lab a in a segment: "2026-01: 12 (24/200)" each, sorted.
func figuresOf(o *Oracle, indicator, segment string, grain Grain, asOf Day) []string {
	out := []string{}
	for k := range o.KPIs(grain, asOf) {
		if k.Lab != "a" || k.Indicator != indicator || k.Segment != segment {
			continue
		}
		value := "-"
		if k.Value != nil {
			value = *k.Value
		}
		s := fmt.Sprintf("%s: %s", grain.name(k.Start), value)
		if k.Denominator != nil {
			s += fmt.Sprintf(" (%s/%s)", k.Numerator, *k.Denominator)
		}
		out = append(out, s)
	}
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}
