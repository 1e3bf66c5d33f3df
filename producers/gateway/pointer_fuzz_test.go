package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"vitrine/schemas"
)

func TestPointers(t *testing.T) {
	for field, want := range map[string]string{
		"": "", "time": "/time", "data.attendees": "/data/attendees", "data.companies[2].siren": "/data/companies/2/siren",
		"data.a[0][1]": "/data/a/0/1", "data.a/b": "/data/a~1b", "a~b": "/a~0b", "data.x[": "/data/x",
	} {
		if got := pointerOf(field); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}

// Whatever a body holds: it is refused with a fault of the client's, or split into events of bounded
// number and size, which are those that encoding/json finds.
func FuzzParseBatch(f *testing.F) {
	for _, s := range []string{"", " ", "[]", "[{}]", `{"id":"a"}`, "{}{}", "[1,2,3,4,5]", "\ufeff[{}, null]", "[{}\n{}]", `["]",{"a":[1]}]`, "7", "[{\"a\":}]"} {
		for media := range 3 {
			f.Add(media, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, media int, raw []byte) {
		const most = 4
		name := []string{schemas.ContentTypeEvent, schemas.ContentTypeBatch, mediaJSON}[uint(media)%3]
		b, err := parseBatch(name, bytes.Clone(raw), most)
		if err != nil {
			if s := faultOf(err).Status; s != http.StatusBadRequest && s != http.StatusRequestEntityTooLarge {
				t.Fatalf("%q: status %d: %v", raw, s, err)
			}
			return
		}
		if len(b.Raws) > most || !b.List && len(b.Raws) != 1 || b.List && name == schemas.ContentTypeEvent {
			t.Fatalf("%q as %s: %d events", raw, name, len(b.Raws))
		}
		var want []json.RawMessage
		if b.List && json.Unmarshal(bytes.TrimPrefix(bytes.TrimSpace(raw), []byte("\ufeff")), &want) == nil && len(want) != len(b.Raws) {
			t.Fatalf("%q: %d events, encoding/json finds %d", raw, len(b.Raws), len(want))
		}
	})
}

// Whatever a field is called, its pointer is one (RFC 6901).
func FuzzPointer(f *testing.F) {
	for _, s := range []string{"", "data.companies[2].siren", "a[", "]..[", "~/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		got := pointerOf(field)
		if got != "" && got[0] != '/' {
			t.Fatalf("%q: %q", field, got)
		}
		for i, c := range []byte(got) {
			if c == '~' && (i+1 == len(got) || got[i+1] != '0' && got[i+1] != '1') {
				t.Fatalf("%q: %q", field, got)
			}
		}
	})
}
