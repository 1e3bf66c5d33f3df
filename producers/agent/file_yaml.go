package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// maxFileBytes bounds a configuration file, and each secret that it names.
const maxFileBytes = 1 << 20

// fileReader turns a YAML text into a [File]. It walks the syntax tree itself, as a source's keys
// depend on its connector, and so that each problem has its line. Anchors and tags aren't followed.
type fileReader struct {
	dir        string
	connectors []importers.Connector
	problems   []FileProblem
}

func (r *fileReader) bad(line int, fr, en string, args ...any) {
	r.problems = append(r.problems, FileProblem{Line: line, What: schemas.Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}})
}

// entry is one key of a mapping.
type entry struct {
	key   string
	line  int
	value ast.Node
	used  bool
}

// mapping is a YAML mapping whose keys are taken one by one; what is left is unknown.
type mapping struct {
	r       *fileReader
	line    int
	entries []*entry
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// root parses the text; nil if it isn't a mapping.
func (r *fileReader) root(raw []byte) *mapping {
	if len(raw) > maxFileBytes {
		r.bad(0, "fichier trop volumineux (au plus %d octets)", "too large (at most %d bytes)", maxFileBytes)
		return nil
	}
	file, err := parser.ParseBytes(schemas.PlainYAML(raw), 0)
	if err != nil {
		text := strings.TrimSpace(yaml.FormatError(err, false, false)) // without the lines: a password may stand there
		r.bad(0, "YAML illisible : %s", "not readable as YAML: %s", schemas.Evidence(text, 500))
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		r.bad(0, "un document YAML est attendu", "one YAML document is expected")
		return nil
	}
	return r.mapping(file.Docs[0].Body, 1)
}

func (r *fileReader) mapping(n ast.Node, line int) *mapping {
	m := &mapping{r: r, line: line}
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.bad(line, "des lignes « clé: valeur » sont attendues", "lines “key: value” are expected")
		return nil
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := text(v.Key)
		switch {
		case !ok:
			r.bad(lineOf(v.Key), "clé illisible", "unreadable key")
		case seen[key]:
			r.bad(lineOf(v.Key), "« %s » est donné deux fois", "%q is given twice", key)
		default:
			seen[key] = true
			m.entries = append(m.entries, &entry{key: key, line: lineOf(v.Key), value: v.Value})
		}
	}
	if len(m.entries) > 0 {
		m.line = m.entries[0].line
	}
	return m
}

// text is a scalar as it stands in the file.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.NullNode:
		return "", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		if n.GetToken() != nil {
			return n.GetToken().Value, true
		}
	}
	return "", false
}

// take gives a key's entry, nil if it isn't there.
func (m *mapping) take(key string) *entry {
	for _, e := range m.entries {
		if e.key == key {
			e.used = true
			return e
		}
	}
	return nil
}

// text gives a key's text, trimmed, and its line; "" and the mapping's line if it isn't there.
func (m *mapping) text(key string) (value string, line int) {
	e := m.take(key)
	if e == nil {
		return "", m.line
	}
	s, ok := text(e.value)
	if !ok {
		m.r.bad(e.line, "« %s » : un texte est attendu", "%q: a text is expected", key)
	}
	return strings.TrimSpace(s), e.line
}

// sub gives the mapping under a key, nil if it isn't there.
func (m *mapping) sub(key string) *mapping {
	e := m.take(key)
	if e == nil {
		return nil
	}
	return m.r.mapping(e.value, e.line)
}

// path is a key's file, made absolute.
func (m *mapping) path(key string) string {
	s, _ := m.text(key)
	return m.r.absolute(s)
}

// readable is [mapping.path] of a file that must be there.
func (m *mapping) readable(key string) string {
	path := m.path(key)
	if _, line := m.text(key); path != "" {
		m.r.secret(path, line)
	}
	return path
}

func (r *fileReader) absolute(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

// secret reads a file of one line or a few.
func (r *fileReader) secret(path string, line int) string {
	info, err := os.Stat(path)
	if err == nil && (info.IsDir() || info.Size() > maxFileBytes) {
		r.bad(line, "%s : un petit fichier est attendu", "%s: a small file is expected", path)
		return ""
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		r.bad(line, "fichier illisible : %v", "unreadable file: %v", err)
		return ""
	}
	return strings.TrimSpace(string(raw))
}

// rest reports the keys that nothing took.
func (m *mapping) rest(known string) {
	for _, e := range m.entries {
		if !e.used {
			m.r.bad(e.line, "clé inconnue « %s » ; attendu : %s", "unknown key %q; expected: %s", e.key, known)
		}
	}
}
