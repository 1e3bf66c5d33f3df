package spreadsheet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Read reads a spreadsheet file, XLSX or CSV by what it holds, and says what each row of it is. name is the
// file's, for messages. It sends nothing.
//
// What is wrong with single rows stands in the analysis. The error is a *[FileError] where the file can't be
// read at all, a *[KindError] for cfg.Kind, and otherwise about cfg or r.
func Read(ctx context.Context, cfg Config, name string, r io.Reader) (*Analysis, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if name != "" {
		name = schemas.Evidence(strings.Join(strings.Fields(filepath.Base(name)), " "), 120)
	}
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(raw) > MaxBytes {
		return nil, &FileError{Name: name, What: schemas.Text{
			FR: fmt.Sprintf("plus de %d Mio : découpez le fichier en plusieurs", MaxBytes>>20), EN: fmt.Sprintf("more than %d MiB: split the file", MaxBytes>>20)}}
	}
	rd := &reader{cfg: cfg, ctx: ctx, vocabulary: vocabularyOnce(), analysis: &Analysis{Name: name, lab: cfg.Lab},
		references: map[string]string{}, alike: map[string]int{}, codes: map[string]codeRead{}, headers: map[string]bool{}}
	grids, err := rd.grids(raw)
	if err != nil {
		return nil, err
	}
	for _, g := range grids {
		if err := rd.sheet(g); err != nil {
			return nil, err
		}
	}
	rd.unmatched(grids)
	if len(rd.analysis.Sheets) == 0 {
		return nil, &FileError{Name: name, What: schemas.Text{
			FR: "aucune ligne de titres reconnue (par exemple Date, Heure début, Intitulé) : partez d'un modèle",
			EN: "no row of headers was recognised (such as Date, Start time, Title): begin with a template"}}
	}
	return rd.analysis, nil
}

// reader reads one file.
type reader struct {
	cfg        Config
	ctx        context.Context
	vocabulary *vocabulary
	analysis   *Analysis
	// references are those met, with where; alike counts rows without one that say the same.
	references map[string]string
	alike      map[string]int
	// codes are the texts of code columns that were understood or refused: most come again.
	codes map[string]codeRead
	// headers are the columns' headers met, folded.
	headers map[string]bool
}

// unmatched says what the mapping names and the file hasn't: mostly it is mistyped.
func (rd *reader) unmatched(grids []*grid) {
	for _, header := range slices.Sorted(maps.Keys(rd.cfg.Mapping.Columns)) {
		if !rd.headers[importers.Fold(header)] {
			rd.analysis.Notes = append(rd.analysis.Notes, Note{Column: schemas.Evidence(header, 80), What: schemas.Text{
				FR: "la correspondance la nomme, et aucune colonne lue n'a ce titre", EN: "the mapping names it, and no column that was read has this header"}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rd.cfg.Mapping.Sheets)) {
		read := slices.ContainsFunc(grids, func(g *grid) bool { return importers.Fold(g.name) == importers.Fold(name) })
		hidden := slices.ContainsFunc(rd.analysis.Notes, func(n Note) bool { return importers.Fold(n.Sheet) == importers.Fold(name) }) // and said so
		if !read && !hidden {
			rd.analysis.Notes = append(rd.analysis.Notes, Note{Sheet: schemas.Evidence(name, 80), What: schemas.Text{
				FR: "la correspondance la nomme, et aucune feuille du fichier n'a ce nom", EN: "the mapping names it, and no sheet of the file has this name"}})
		}
	}
}

func (rd *reader) grids(raw []byte) ([]*grid, error) {
	name := rd.analysis.Name
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, &FileError{Name: name, What: schemas.Text{FR: "le fichier est vide", EN: "the file is empty"}}
	case bytes.Contains(raw[:min(len(raw), 128)], []byte("application/vnd.oasis.opendocument")): // its name stands first, packed as it is
		return nil, &FileError{Name: name, What: schemas.Text{
			FR: "fichier LibreOffice ou OpenOffice (.ods) : enregistrez-le au format Excel (.xlsx), menu « Fichier », « Enregistrer sous »",
			EN: "a file of LibreOffice or OpenOffice (.ods): save it in Excel's format (.xlsx), menu “File”, “Save as”"}}
	case isDocument(raw):
		return nil, notASpreadsheet(name, nil)
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), bytes.HasPrefix(raw, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		grids, notes, err := readXLSX(rd.ctx, name, raw)
		rd.analysis.Notes = append(rd.analysis.Notes, notes...)
		return grids, err
	}
	g, err := readCSV(name, raw)
	return []*grid{g}, err
}

// isDocument says whether a file is a page or a document that might pass for text: a web page that a program exported as .xls, a PDF.
func isDocument(raw []byte) bool {
	begin := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(raw[:min(len(raw), 256)], []byte("\ufeff"))))
	for _, mark := range []string{"%pdf-", "<!doctype", "<html", "<?xml", "<table", "{\\rtf"} {
		if bytes.HasPrefix(begin, []byte(mark)) {
			return true
		}
	}
	return false
}

// sheet reads one sheet's rows into the analysis.
func (rd *reader) sheet(g *grid) error {
	notes := &rd.analysis.Notes
	*notes = append(*notes, g.notes...)
	if rd.cfg.Mapping.sheet(g.name) == Skip {
		*notes = append(*notes, Note{Sheet: g.name, What: schemas.Text{FR: "feuille laissée de côté, comme demandé", EN: "sheet left out, as asked for"}})
		return nil
	}
	s := &sheetReader{reader: rd, grid: g, sheet: Sheet{Name: g.name}, layouts: map[string]*layout{}, unused: map[unused]int{}}
	if len(g.rows) == 0 || isReadme(g) {
		return nil
	}
	if !s.findHeader() {
		*notes = append(*notes, Note{Sheet: g.name, What: schemas.Text{FR: "feuille non lue : aucune ligne de titres reconnue", EN: "sheet not read: no row of headers was recognised"}})
		return nil
	}
	for _, header := range s.headers {
		rd.headers[importers.Fold(header)] = true
	}
	if !s.findKind() {
		rd.analysis.Sheets = append(rd.analysis.Sheets, s.sheet)
		rd.analysis.Rows = append(rd.analysis.Rows, Row{Sheet: g.name, Line: s.sheet.Header, Problems: []Problem{{
			Title: kindColumn().title, Key: keyKind, Code: schemas.CodeMissing, Expected: schemas.Text{
				FR: "une colonne « Activité » qui dit ce qu'est chaque ligne (par exemple Formation), ou une feuille qui en porte le nom",
				EN: "a column “Activity” that says what each row is (such as Training), or a sheet with that name"}}}})
		return nil
	}
	for i, row := range g.rows[s.first:] {
		if i%256 == 0 && rd.ctx.Err() != nil {
			return rd.ctx.Err()
		}
		s.row(row)
	}
	s.finish()
	return nil
}

// finish says what became of the columns.
func (s *sheetReader) finish() {
	if s.sheet.Kind != "" {
		s.layout(s.sheet.Kind) // also where there was no row
	}
	kinds := func(kind string) schemas.Text { return s.vocabulary.kinds[kind].kind.Title }
	note := func(column int, fr, en string) {
		s.analysis.Notes = append(s.analysis.Notes, Note{Sheet: s.grid.name, Column: s.header(column), What: schemas.Text{FR: fr, EN: en}})
	}
	for i, header := range s.headers {
		if header == "" {
			if filled := s.filled(i); filled > 0 {
				s.analysis.Notes = append(s.analysis.Notes, Note{Sheet: s.grid.name, Column: letter(i), What: schemas.Counted(filled,
					schemas.Text{FR: "colonne sans titre, non reprise (%d valeur)", EN: "column without a header, not taken (%d value)"},
					schemas.Text{FR: "colonne sans titre, non reprise (%d valeurs)", EN: "column without a header, not taken (%d values)"})})
			}
			continue
		}
		use := s.uses[i]
		if i == s.kindAt {
			use = Taken
		}
		if use == "" {
			use = Unknown // no row said a kind
		}
		s.sheet.Columns = append(s.sheet.Columns, Column{Letter: letter(i), Header: s.header(i), Use: use})
		switch use {
		case Personal:
			note(i, "peut contenir des données personnelles : refusée, son contenu n'est pas lu", "it may hold personal data: refused, its content isn't read")
		case Unknown:
			note(i, "non reprise : aucun champ n'a ce nom", "not taken: no field has this name")
		case Twice:
			note(i, "non reprise : une autre colonne porte déjà ce champ", "not taken: another column holds this field already")
		case Taken:
			for _, k := range labKinds() {
				if n := s.unused[unused{i, k.Name}]; n > 0 {
					has := schemas.Text{FR: " : « " + kinds(k.Name).FR + " » n'a pas ce champ", EN: ": “" + kinds(k.Name).EN + "” has no such field"}
					taken := schemas.Counted(n, schemas.Text{FR: "%d valeur non reprise", EN: "%d value not taken"}, schemas.Text{FR: "%d valeurs non reprises", EN: "%d values not taken"})
					note(i, taken.FR+has.FR, taken.EN+has.EN)
				}
			}
		}
	}
	s.analysis.Sheets = append(s.analysis.Sheets, s.sheet)
}

// header is a column's header as a message may show it.
func (s *sheetReader) header(column int) string { return schemas.Evidence(s.headers[column], 80) }

func (s *sheetReader) filled(column int) (n int) {
	for _, row := range s.grid.rows[s.first:] {
		if !row.at(column).blank() && row.at(column).kind != cellCovered {
			n++
		}
	}
	return n
}

// isReadme says whether a sheet is a template's explanations.
func isReadme(g *grid) bool {
	name := importers.Fold(g.name)
	return name == importers.Fold(readmeSheet(schemas.French)) || name == importers.Fold(readmeSheet(schemas.English))
}
