package producers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"vitrine/producers"
	"vitrine/schemas"
)

type readItem struct {
	Raw  string
	Line int
}

func readAll(t testing.TB, r io.Reader) (items []readItem, err error) {
	t.Helper()
	for it, e := range producers.ReadEvents(r) {
		if e != nil {
			return items, e
		}
		if it.Index != len(items) {
			t.Errorf("item %d has index %d", len(items), it.Index)
		}
		items = append(items, readItem{string(it.Raw), it.Line})
	}
	return items, nil
}

func TestReadEventsSplits(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []readItem
	}{
		{"nothing", " \n ", nil},
		{"one event", `{"a":1}`, []readItem{{`{"a":1}`, 1}}},
		{"one event over lines", "\n{\n \"a\": \"}\\\"\"\n}\n", []readItem{{"{\n \"a\": \"}\\\"\"\n}", 2}}},
		{"events over lines", "{\n\"a\":1}\n\n{\n\"a\":2\n}", []readItem{{"{\n\"a\":1}", 1}, {"{\n\"a\":2\n}", 4}}},
		{"JSON lines", "{\"a\":1}\r\n\n{\"a\":2}", []readItem{{`{"a":1}`, 1}, {`{"a":2}`, 3}}},
		{"a bad line among good ones", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", []readItem{{`{"a":1}`, 1}, {`{"a":`, 2}, {`{"a":3}`, 3}}},
		{"a bad first line", "{\"a\":}\n{\"a\":2}\n", []readItem{{`{"a":}`, 1}, {`{"a":2}`, 2}}},
		{"no JSON at all", "date;type\n2026;x\n", []readItem{{"date;type", 1}, {"2026;x", 2}}},
		{"an empty array", "[ ]", nil},
		{"an array", "[\n{\"a\":[1,{}]},\n {\"a\":2}]\n", []readItem{{`{"a":[1,{}]}`, 2}, {`{"a":2}`, 3}}},
		{"a bad element among good ones", `[{"a":1},{"a":},7,"x,]",null]`, []readItem{{`{"a":1}`, 1}, {`{"a":}`, 1}, {`7`, 1}, {`"x,]"`, 1}, {`null`, 1}}},
		{"what JSON has no space for", "\v\n{\"a\":1}\n\u00a0\n", []readItem{{"\v", 1}, {`{"a":1}`, 2}, {"\u00a0", 3}}},
		{"a byte order mark", "\ufeff[{}]", []readItem{{`{}`, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := readAll(t, r)
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("got %+v, %v; want %+v", got, err, c.want)
				}
			}
		})
	}
}

func TestReadEventsNamesTheLineOfWhatItCannotRead(t *testing.T) {
	for in, want := range map[string]string{
		"[{}\n{}]":    "line 2: a comma",
		"[{},\n]":     "line 2: an event was expected",
		"[{},\n{":     "line 2: the input ends in the middle",
		"[{}":         "line 1: the input ends in the middle",
		"[{}]\n{}":    "line 2: something follows",
		"{\n\"a\":1":  "line 1: the input ends in the middle",
		"[,{}]":       "line 1: an event was expected",
		"{}\n{\"a\"":  "",
		"{\n}\n\n{\n": "line 4: the input ends",
	} {
		_, err := readAll(t, strings.NewReader(in))
		var syntax *producers.SyntaxError
		if want == "" && err == nil {
			continue
		}
		if !errors.As(err, &syntax) || !strings.HasPrefix(syntax.Error(), want) || !strings.HasPrefix(syntax.In(schemas.French), "ligne") {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
}

func TestReadEventsPassesOnTheReadersError(t *testing.T) {
	broken := errors.New("disk gone")
	for _, in := range []string{"[{},", "{}\n", "{", "[{}", "[1"} {
		_, err := readAll(t, io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

// A hostile or mistaken file must not fill the memory, nor hide what follows it.
func TestReadEventsBoundsOneEvent(t *testing.T) {
	huge := `{"x":"` + strings.Repeat("a", 4*schemas.MaxEventBytes) + `"}`
	for _, in := range []string{"[" + huge + `,{"a":2}]`, huge + "\n" + `{"a":2}`} {
		got, err := readAll(t, strings.NewReader(in))
		if err != nil || len(got) != 2 || got[1].Raw != `{"a":2}` {
			t.Fatalf("got %d items, %v", len(got), err)
		}
		if n := len(got[0].Raw); n != schemas.MaxEventBytes+1 {
			t.Errorf("kept %d bytes of the first", n)
		}
	}
}

func TestReadEventsStopsWhenTold(t *testing.T) {
	n := 0
	for range producers.ReadEvents(strings.NewReader("[{},{},{}]")) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("read %d items", n)
	}
}

// Whatever encoding/json takes for an array, ReadEvents splits alike; nothing makes it panic, or keep
// more than an event may have; and how the bytes arrive makes no difference.
func FuzzReadEvents(f *testing.F) {
	for _, s := range []string{`[]`, `[{"a":[1,"]"]},2,"x\\",null]`, "{}\n{}\n", "{\n}\n{", "\ufeff[1 , 2]", `[1,]`, `"a`, "{\"a\":\"\\\"\"}", `[[[[`, "nonsense\n", "{\"a\":1}{\"a\":2}\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		items, err := readAll(t, bytes.NewReader(in))
		again, errAgain := readAll(t, iotest.OneByteReader(bytes.NewReader(in)))
		if !slices.Equal(items, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("%q byte by byte: %v, %v; at once: %v, %v", in, again, errAgain, items, err)
		}
		var syntax *producers.SyntaxError
		if err != nil && (!errors.As(err, &syntax) || syntax.Line < 1 || syntax.In(schemas.French) == "") {
			t.Fatalf("an error without a line: %v", err)
		}
		line := 1
		for _, it := range items {
			if len(it.Raw) > schemas.MaxEventBytes+1 || len(it.Raw) == 0 || it.Line < line {
				t.Fatalf("%q: an item of %d bytes on line %d after line %d", in, len(it.Raw), it.Line, line)
			}
			line = it.Line
		}
		var want []json.RawMessage
		if json.Unmarshal(in, &want) != nil || want == nil {
			return
		}
		if err != nil || len(items) != len(want) {
			t.Fatalf("%q: %d items, %v; encoding/json finds %d", in, len(items), err, len(want))
		}
		for i := range want {
			if items[i].Raw != string(want[i]) {
				t.Errorf("item %d: %q, want %q", i, items[i].Raw, want[i])
			}
		}
	})
}

func ExampleReadEvents() {
	for item, err := range producers.ReadEvents(strings.NewReader(`[{"id":"a"}, {"id":"b"}]`)) {
		fmt.Println(item.Index, item.Line, string(item.Raw), err)
	}
	// Output:
	// 0 1 {"id":"a"} <nil>
	// 1 1 {"id":"b"} <nil>
}
