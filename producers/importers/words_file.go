package importers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"golang.org/x/text/encoding/charmap"

	"vitrine/schemas"
)

// maxWordsBytes bounds a lab's file of words.
const maxWordsBytes = 1 << 20

// Mistakes are all that is wrong with a YAML file in which a lab says what its own words mean, in both languages and with
// their lines: a person must correct them. Make them with [ParseWords].
type Mistakes struct {
	path string
	raw  []byte
	// broken says that the file can't be understood, so that nothing more is known of it.
	broken bool
	list   []mistake
}

type mistake struct {
	line int // 0: not known
	err  error
}

// ReadWords reads a lab's file of words with a connector's own parse. The [Mistakes] name the file.
func ReadWords[T any](path string, parse func(raw []byte) (T, error)) (words T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return words, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxWordsBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return words, fmt.Errorf("%s: %w", path, err)
	}
	words, err = parse(raw)
	var bad *Mistakes
	if errors.As(err, &bad) {
		bad.path = path
	}
	return words, err
}

// ParseWords reads a file's text into what a pointer points to. A key that isn't known is a mistake; what else is one, the caller
// adds.
func ParseWords(raw []byte, into any) *Mistakes {
	m := &Mistakes{raw: fromEditor(raw)}
	if len(raw) > maxWordsBytes {
		m.add(0, "fichier trop volumineux (au plus %d octets)", "too large (at most %d bytes)", maxWordsBytes)
	} else if err := yaml.UnmarshalWithOptions(m.raw, into, yaml.Strict()); err != nil {
		m.unreadable(err)
	}
	m.broken = len(m.list) > 0
	return m
}

// fromEditor is a file's YAML in UTF-8. What can't be UTF-8 is what editors on Windows wrote in France before: with its accents unread, a word
// would never be found, and nobody would hear of it.
func fromEditor(raw []byte) []byte {
	if !utf8.Valid(raw) {
		if text, err := charmap.Windows1252.NewDecoder().Bytes(raw); err == nil {
			raw = text
		}
	}
	return schemas.PlainYAML(raw)
}

func (m *Mistakes) unreadable(err error) {
	line, found, what := 0, "", schemas.Evidence(strings.TrimSpace(yaml.FormatError(err, false, false)), 500)
	var placed yaml.Error
	if errors.As(err, &placed) {
		what = placed.GetMessage()
		if at := placed.GetToken(); at != nil && at.Position != nil {
			line, found = at.Position.Line, at.Value
		}
	}
	var unknown *yaml.UnknownFieldError
	var other *yaml.TypeError
	var elsewhere *yaml.UnexpectedNodeTypeError
	switch {
	case errors.As(err, &unknown):
		m.add(line, "clé inconnue : %q", "unknown key %q", found)
	case errors.As(err, &other), errors.As(err, &elsewhere):
		m.add(line, "%q : ce n'est pas ce qui est attendu à cet endroit (un texte, une liste ou des paires « mot: code »)", "%q: not what is expected there (a text, a list or pairs “word: code”)", found)
	default:
		m.add(line, "YAML illisible (%s)", "not readable as YAML (%s)", what)
	}
}

// Add adds what is wrong at a place: a key, below it a word of the lab or the number of an item, counted from 0.
func (m *Mistakes) Add(at []any, fr, en string, args ...any) {
	if !m.broken {
		args = append([]any{label(at)}, args...)
		m.add(m.lineOf(at), "%s : "+fr, "%s: "+en, args...)
	}
}

// OneOf adds a mistake unless what was found at a place is one of those that are allowed.
func (m *Mistakes) OneOf(found string, allowed []string, at ...any) {
	if !slices.Contains(allowed, found) {
		m.Add(at, "%q est inconnu ; attendu : %s", "%q is not one of %s", found, strings.Join(allowed, ", "))
	}
}

func (m *Mistakes) add(line int, fr, en string, args ...any) {
	m.list = append(m.list, mistake{line, Problem(fr, en, args...)})
}

// Err is nil if there is no mistake.
func (m *Mistakes) Err() error {
	if len(m.list) == 0 {
		return nil
	}
	return m
}

// Error is [Mistakes.In] English.
func (m *Mistakes) Error() string { return m.In(schemas.English) }

// In says every mistake in a language.
func (m *Mistakes) In(l schemas.Lang) string {
	colon, between, line := ": ", "; ", "line %d"
	if l == schemas.French {
		colon, between, line = " : ", " ; ", "ligne %d"
	}
	var all []string
	for i, wrong := range m.list {
		var where []string
		if i == 0 && m.path != "" {
			where = append(where, m.path)
		}
		if wrong.line > 0 {
			where = append(where, fmt.Sprintf(line, wrong.line))
		}
		text := Say(wrong.err, l)
		if len(where) > 0 {
			text = strings.Join(where, ", ") + colon + text
		}
		all = append(all, text)
	}
	return strings.Join(all, between)
}

// label names a place: entries[0].kind, or machines, "Laser".
func label(at []any) string {
	var b strings.Builder
	for i, key := range at {
		switch key := key.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", key)
		case string:
			_, item := at[max(i-1, 0)].(int)
			switch {
			case i == 0:
				b.WriteString(key)
			case item:
				b.WriteString("." + key)
			default:
				fmt.Fprintf(&b, ", %q", key)
			}
		}
	}
	return b.String()
}

// lineOf is the line of a place, or of what it stands in where YAML's references lead elsewhere; 0 if that isn't known.
func (m *Mistakes) lineOf(at []any) (line int) {
	file, err := parser.ParseBytes(m.raw, 0)
	if err != nil || len(file.Docs) == 0 {
		return 0
	}
	node := file.Docs[0].Body
	for _, key := range at {
		var found ast.Node
		switch n := node.(type) {
		case ast.MapNode:
			for pairs := n.MapRange(); pairs.Next(); {
				if name := pairs.Key().GetToken(); name != nil && name.Value == key {
					line, found = name.Position.Line, pairs.Value()
				}
			}
		case *ast.SequenceNode:
			if i, is := key.(int); is && i < len(n.Values) {
				found = n.Values[i]
				line = found.GetToken().Position.Line
			}
		}
		if found == nil {
			return line
		}
		node = found
	}
	return line
}
