package loops

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/go-faster/jx"

	"vitrine/internal/bench/load"
)

// What is decoded by hand is what encoding/json reads, event by event: the fast loop must not be fast because it does less.
func TestBlockHoldsWhatTheEventsSay(t *testing.T) {
	l, err := load.New(load.Config{Labs: 20, Events: 3000, Until: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	b, n, corrected := newBlock(), 0, 0
	var d jx.Decoder
	for m := range l.All() {
		if err := b.add(&d, m.Data); err != nil {
			t.Fatal(err)
		}
		var e event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			t.Fatal(err)
		}
		if b.id.Row(n) != e.ID || b.source.Row(n) != e.Source || "org.vitrine."+b.kind.Row(n) != e.Type || !b.time.Row(n).Equal(e.Time) ||
			b.revision.Row(n) != e.Revision || b.retracted.Row(n) != e.Retracted || b.data.Row(n) != string(e.Data) || "/labs/"+b.lab.Row(n) != e.Source[:len("/labs/lab-0001")] {
			t.Fatalf("row %d isn't %s", n, m.Data)
		}
		if e.Revision > 0 {
			corrected++
		}
		n++
	}
	if n != l.Len() || corrected == 0 {
		t.Fatalf("%d rows of %d, %d of them corrections", n, l.Len(), corrected)
	}
	raw, err := b.encode()
	if err != nil || len(raw) < 100*n || bytes.Contains(raw, []byte("org.vitrine.")) {
		t.Errorf("%d bytes are encoded: %v", len(raw), err)
	}
	b.reset()
	if b.id.Rows() != 0 || b.data.Rows() != 0 {
		t.Error("a block that is reset has rows")
	}
}

func TestBlockRefusesOtherThings(t *testing.T) {
	var d jx.Decoder
	for _, raw := range []string{"", "[]", "{}", `{"id":"x"}`, `{"id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"elsewhere"}`, `{"time":"yesterday"}`} {
		if newBlock().add(&d, []byte(raw)) == nil {
			t.Errorf("%s: accepted", raw)
		}
	}
}

func TestRateIsReadAsWritten(t *testing.T) {
	var b bytes.Buffer
	want := Rate{Events: 12_345, Took: 1500 * time.Millisecond, CPU: 20 * time.Millisecond}
	if err := WriteRate(&b, want); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadRate(b.String()); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ReadRate("ready"); err == nil {
		t.Error("accepted another line")
	}
	if _, err := Run(t.Context(), "nobody", Config{}); err == nil || !slices.Contains(Names(), "plain-best") {
		t.Error("a loop that isn't there was run")
	}
}
