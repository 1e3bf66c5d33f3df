package schemas

import (
	"bytes"
	"reflect"
	"testing"
)

// What is read from an event's stored data is what was read when it came, whichever way it goes; and it stays when the bytes and the
// decoder are used again.
func TestStoredEventsAreReadAsTheyCame(t *testing.T) {
	door, stored, again := NewDecoder(), NewDecoder(), 0
	all := mix()
	for _, raw := range plainlyWritten() {
		all = append(all, []byte(raw))
	}
	for _, raw := range all {
		e, err := door.Decode(raw, mixNow)
		if err != nil {
			if e, err = door.Decode(raw, testNow); err != nil {
				t.Fatal(err)
			}
		}
		if e.Retracted {
			continue
		}
		again++
		// As it is written, and as only the thorough way reads it.
		for _, data := range [][]byte{bytes.Clone(e.Data), append(bytes.Clone(e.Data[:len(e.Data)-1]), " }"...), append([]byte(`{"no such field": 1, `), e.Data[1:]...)} {
			got, err := stored.Stored(e.Lab(), e.Kind(), data)
			if err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			codes := map[string]string{}
			for name, code := range got.Values.Codes() {
				codes[name] = code
			}
			if !reflect.DeepEqual(got.Values, e.Values) || got.Lab() != e.Lab() || got.Kind() != e.Kind() {
				t.Fatalf("%s is read as %+v, was %+v", data, got.Values, e.Values)
			}
			clear(data)
			stored.Reset()
			if _, err := stored.Stored("x", "discovery.held", []byte(`{"type":"open_lab","audience":"general_public","attendance":3}`)); err != nil {
				t.Fatal(err)
			}
			for name, code := range e.Values.Codes() {
				if codes[name] != code {
					t.Fatalf("%s of %s is now %q, was %q", name, raw, codes[name], code)
				}
			}
		}
	}
	if again < 30 {
		t.Errorf("only %d events were read again", again)
	}
	for _, c := range [][2]string{{"no.such.kind", "{}"}, {"discovery.held", "["}, {"discovery.held", "7"}} {
		if _, err := stored.Stored("x", c[0], []byte(c[1])); err == nil {
			t.Errorf("%s of kind %s is read", c[1], c[0])
		}
	}
}
