package schemas

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// mixFile are 28 events of 14 kinds as labs send them, 415 bytes on average, one a line.
//
//go:embed testdata/mix.jsonl
var mixFile []byte

// mixNow is after all of the mix.
var mixNow = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

func mix() [][]byte { return bytes.Split(bytes.TrimSpace(mixFile), []byte("\n")) }

// BenchmarkDecode compares the door with what reads the same events without checking them (struct), and with a
// JSON Schema validator, which checks less (schema): neither is a way in.
func BenchmarkDecode(b *testing.B) {
	quick, schemaOf := NewDecoder(), map[string]*jsonschema.Schema{}
	for _, kind := range Kinds() {
		schemaOf[kind.Name] = compileSchema(b, kind.Name)
	}
	for _, way := range []struct {
		name   string
		decode func(raw []byte) error
	}{
		{"door=quick", func(raw []byte) error {
			_, err := quick.Decode(raw, mixNow)
			return err
		}},
		{"door=quick-reset", func(raw []byte) error {
			_, err := quick.Decode(raw, mixNow)
			quick.Reset()
			return err
		}},
		{"door=thorough", func(raw []byte) error {
			_, err := Decode(raw, mixNow)
			return err
		}},
		{"door=struct", func(raw []byte) error {
			_, _, err := readStruct(raw)
			return err
		}},
		{"door=schema", func(raw []byte) error {
			e, _, err := readStruct(raw)
			if err != nil {
				return err
			}
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
			if err != nil {
				return err
			}
			return schemaOf[e.Kind()].Validate(document)
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			events, n, size := mix(), 0, 0
			b.ReportAllocs()
			for b.Loop() {
				raw := events[n%len(events)]
				if err := way.decode(raw); err != nil {
					b.Fatal(err)
				}
				n, size = n+1, size+len(raw)
			}
			b.SetBytes(int64(size / n))
		})
	}
}

// readStruct is what encoding/json does where nothing is checked: the attributes, then the kind's data.
func readStruct(raw []byte) (*Event, any, error) {
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, nil, err
	}
	kind, _ := KindByName(e.Kind())
	data := reflect.New(kind.data).Interface()
	return &e, data, json.Unmarshal(e.Data, data)
}
