package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Bounds of what the decoder reads at all.
const (
	// MaxEventBytes is the largest event accepted.
	MaxEventBytes = 256 << 10
	maxDepth      = 16
)

// notTree is the error of JSON that isn't read, though its syntax may be right. It says what was expected.
type notTree struct{ expected Text }

func (n *notTree) Error() string { return "expected " + n.expected.EN }

var (
	errTooDeep = &notTree{Text{FR: fmt.Sprintf("au plus %d niveaux d'imbrication", maxDepth), EN: fmt.Sprintf("at most %d levels of nesting", maxDepth)}}
	errUTF8    = &notTree{Text{FR: "un texte en UTF-8 valide", EN: "valid UTF-8"}}
	errTrailer = &notTree{Text{FR: "un seul événement, sans rien après lui", EN: "one event, with nothing after it"}}
)

// duplicateKey is the error of an object that names a field twice: which of the two was meant can't be told.
type duplicateKey struct{ path string }

// place is where a value stands. It is written out only where something is wrong there: with a path for each value,
// an event of 256 KiB in which a long name stands over a long list took 14 GB and 9 s.
type place struct {
	in    *place // nil: it is the whole
	name  string // of a member
	index int    // of a list's item; -1 of a member
}

func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.index >= 0:
		return fmt.Sprintf("%s[%d]", p.in, p.index)
	}
	return join(p.in.String(), p.name)
}

func (d duplicateKey) Error() string { return d.path + " is given twice" }

// parseTree reads JSON into map[string]any, []any, string, json.Number, bool and nil.
func parseTree(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, errUTF8
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := parseValue(dec, nil, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailer
	}
	return v, nil
}

func parseValue(dec *json.Decoder, at *place, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		object := map[string]any{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name := key.(string) // the decoder allows nothing else there
			member := &place{in: at, name: name, index: -1}
			if _, twice := object[name]; twice {
				return nil, duplicateKey{member.String()}
			}
			if object[name], err = parseValue(dec, member, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := dec.Token()
		return object, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := parseValue(dec, &place{in: at, index: len(list)}, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return tok, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// jsonType names a parsed value's type for a message.
func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true/false"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
