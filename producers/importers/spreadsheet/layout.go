package spreadsheet

import (
	"slices"
	"strings"
	"sync"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// vocabulary knows the headers of every kind.
type vocabulary struct {
	kinds map[string]*kindWordsOf
	// known are the headers of any kind, folded.
	known map[string]bool
}

// kindWordsOf is one kind's columns, and its headers in the order of their weight.
type kindWordsOf struct {
	kind    schemas.Kind
	columns map[string]column
	// sure are keys and titles, usual the other words; folded header → key, empty where two columns share it.
	sure, usual map[string]string
}

// vocabularyOnce is the vocabulary, which is the same for every file.
var vocabularyOnce = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{kinds: map[string]*kindWordsOf{}, known: map[string]bool{}}
	words := headerWords()
	for _, k := range labKinds() {
		w := &kindWordsOf{kind: k, columns: map[string]column{}, sure: map[string]string{}, usual: map[string]string{}}
		name := func(in map[string]string, header, key string) {
			folded := importers.Fold(header)
			if before, taken := in[folded]; taken && before != key {
				key = ""
			}
			in[folded], v.known[folded] = key, true
		}
		for _, c := range columnsOf(k) {
			w.columns[c.key] = c
			name(w.sure, c.key, c.key)
			name(w.sure, c.title.FR, c.key)
			name(w.sure, c.title.EN, c.key)
			for _, word := range words[c.key] {
				name(w.usual, word, c.key)
			}
		}
		v.kinds[k.Name] = w
	}
	for _, header := range slices.Concat(kindHeaders(), weakKindHeaders()) {
		v.known[header] = true
	}
	return v
})

// keyOf is the key of the column that a header names in this kind; empty for none.
func (w *kindWordsOf) keyOf(header string) string {
	folded := importers.Fold(header)
	if key := w.sure[folded]; key != "" {
		return key
	}
	return w.usual[folded]
}

// layout is which column of a sheet holds what for the rows of one kind.
type layout struct {
	*kindWordsOf
	at map[string]int // by key
}

// sheetReader reads one sheet.
type sheetReader struct {
	*reader
	grid    *grid
	sheet   Sheet
	headers []string // by column; empty for none
	keys    []string // by column, of a template; nil for other sheets
	kindAt  int      // the column that says each row's kind; -1 for none
	first   int      // the index of the first row below the headers
	layouts map[string]*layout
	uses    []ColumnUse
	unused  map[unused]int
}

// unused is a column whose values rows of a kind have no field for.
type unused struct {
	column int
	kind   string
}

// keysMark begins the hidden row of a template that says each column's key.
const keysMark = "vitrine 1 "

func isKeys(row gridRow) bool { return strings.HasPrefix(row.at(0).text, keysMark) }

// headerRows is how many rows from the top may be the headers'.
const headerRows = 30

// findHeader finds the row with the headers: of the first rows that whose texts are the most known as headers. It is false where
// there is none.
func (s *sheetReader) findHeader() bool {
	rows := s.grid.rows
	if len(rows) > 1 && isKeys(rows[0]) {
		kind := strings.TrimPrefix(rows[0].at(0).text, keysMark)
		if _, known := labKind(kind); known || kind == keyKind {
			for i := range rows[0].cells {
				s.keys = append(s.keys, strings.TrimSpace(rows[0].cells[i].text))
			}
			s.keys[0] = keyReference
			if known {
				s.sheet.Kind = kind
			}
			s.takeHeader(1)
			return true
		}
	}
	best, at := 1, -1
	for i, row := range rows[:min(len(rows), headerRows)] {
		known := 0
		for _, c := range row.cells {
			if c.kind == cellText && (s.vocabulary.known[importers.Fold(c.text)] || s.cfg.Mapping.column(strings.TrimSpace(c.text)) != "") {
				known++
			}
		}
		if known > best {
			best, at = known, i
		}
	}
	if at < 0 {
		return false
	}
	s.takeHeader(at)
	return true
}

// takeHeader reads the headers in a row, and in those that cells merged with it belong to: a header is the lowest text of its
// column there ("Time" over "Start" and "End").
func (s *sheetReader) takeHeader(index int) {
	row := s.grid.rows[index]
	top, bottom := row.line, row.line
	for _, m := range s.grid.merged {
		if m.top <= row.line && m.bottom >= row.line && m.bottom-m.top < headerRows {
			top, bottom = min(top, m.top), max(bottom, m.bottom)
		}
	}
	s.sheet.Header = row.line
	width := 0
	for i, r := range s.grid.rows {
		if width = max(width, len(r.cells)); r.line <= bottom {
			s.first = i + 1
		}
	}
	s.headers, s.uses = make([]string, width), make([]ColumnUse, width)
	for _, r := range s.grid.rows[:s.first] {
		for i := range r.cells {
			if text := strings.Join(strings.Fields(r.cells[i].text), " "); text != "" && r.line >= top && r.cells[i].kind == cellText {
				s.headers[i] = text
			}
		}
	}
	s.cover(bottom)
}

// cover marks the cells below the headers that a merged cell covers, but for its first row.
func (s *sheetReader) cover(header int) {
	for _, m := range s.grid.merged {
		for i := range s.grid.rows {
			row := &s.grid.rows[i]
			if row.line <= header || row.line <= m.top || row.line > m.bottom {
				continue
			}
			for c := m.left; c <= m.right && c < len(row.cells); c++ {
				row.cells[c] = cell{kind: cellCovered}
			}
			if m.left >= len(row.cells) && m.left < len(s.headers) {
				for len(row.cells) < m.left {
					row.cells = append(row.cells, cell{})
				}
				row.cells = append(row.cells, cell{kind: cellCovered})
			}
		}
	}
}

// findKind finds what says the rows' kind. It is false where nothing does.
func (s *sheetReader) findKind() bool {
	s.kindAt = -1
	if s.keys != nil {
		s.kindAt = slices.Index(s.keys, keyKind)
		return s.sheet.Kind != "" || s.kindAt >= 0
	}
	if kind := s.cfg.Mapping.sheet(s.grid.name); kind != "" {
		s.sheet.Kind = kind
		return true
	}
	for i, header := range s.headers {
		if mapped := s.cfg.Mapping.column(header); mapped == keyKind || mapped == "" && slices.Contains(kindHeaders(), importers.Fold(header)) {
			s.kindAt = i
			return true
		}
	}
	for _, kind := range []string{kindOfSheet(s.grid.name), s.cfg.Mapping.Kind, s.cfg.Kind} {
		if kind != "" {
			s.sheet.Kind = kind
			return true
		}
	}
	for i, header := range s.headers {
		if s.cfg.Mapping.column(header) == "" && slices.Contains(weakKindHeaders(), importers.Fold(header)) {
			s.kindAt = i
			return true
		}
	}
	return false
}

// layout is that of a kind.
func (s *sheetReader) layout(kind string) *layout {
	if l := s.layouts[kind]; l != nil {
		return l
	}
	l := &layout{kindWordsOf: s.vocabulary.kinds[kind], at: map[string]int{}}
	for i, header := range s.headers {
		if i == s.kindAt || header == "" {
			continue
		}
		key := s.keyAt(i, l)
		use := Taken
		_, taken := l.at[key]
		switch {
		case key == Skip:
			use = Skipped
		case key != "" && taken:
			use = Twice
		case key != "":
			l.at[key] = i
		case holdsWord(header, surelyPersonal()) || holdsWord(header, maybePersonal()):
			use = Personal
		default:
			use = Unknown
		}
		if s.uses[i] != Taken {
			s.uses[i] = use
		}
	}
	s.layouts[kind] = l
	return l
}

// keyAt is the key of the column at an index, for a kind: as the template, the mapping or the header says; empty for none.
func (s *sheetReader) keyAt(i int, l *layout) string {
	key := ""
	switch mapped := s.cfg.Mapping.column(s.headers[i]); {
	case s.keys != nil && i < len(s.keys) && s.keys[i] != "":
		key = s.keys[i]
	case mapped == Skip:
		return Skip
	case mapped != "":
		key = mapped
	default:
		return l.keyOf(s.headers[i])
	}
	if _, has := l.columns[key]; !has {
		return ""
	}
	return key
}
