package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Connector says what a spreadsheet is to the command line and the agent.
func Connector() importers.Connector {
	return importers.Connector{
		Name:  "spreadsheet",
		Title: schemas.Text{FR: "Tableur", EN: "Spreadsheet"},
		About: schemas.Text{FR: "les lignes d'un classeur .xlsx ou d'un fichier .csv, une par activité", EN: "the rows of an .xlsx workbook or a .csv file, one for each activity"},
		Settings: []importers.Setting{
			{Name: "file", Type: importers.Path, Required: true, Help: schemas.Text{
				FR: "le classeur .xlsx ou le fichier .csv, par exemple activites-2026.xlsx", EN: "the .xlsx workbook or .csv file, such as activities-2026.xlsx"}},
			{Name: "kind", Type: importers.Plain, Help: schemas.Text{
				FR: "ce que sont les lignes d'une feuille qui ne le dit pas, par exemple training.held", EN: "what the rows of a sheet are that doesn't say it, such as training.held"}},
			{Name: "mapping", Type: importers.Path, Help: schemas.Text{
				FR: "fichier YAML qui dit ce que signifient vos titres de colonnes et vos mots (défaut : ils sont reconnus d'eux-mêmes)",
				EN: "YAML file that says what your headers and words mean (default: they are known by themselves)"}},
			{Name: "retract-missing", Type: importers.Switch, Help: schemas.Text{
				FR: "retirer aussi ce qu'un import précédent avait envoyé et qui n'est plus dans le fichier, entre sa première et sa dernière date",
				EN: "also take back what an earlier import sent and the file no longer has, between its first and its last date"}},
		},
		Open: open,
	}
}

func open(o importers.Options) (importers.Importer, error) {
	cfg := Config{Lab: o.Lab, Zone: o.Zone, Kind: o.Values["kind"], Clock: o.Clock}
	var errs []error
	if path := o.Values["mapping"]; path != "" {
		var err error
		if cfg.Mapping, err = importers.ReadWords(path, ParseMapping); err != nil {
			errs = append(errs, err)
		}
	}
	if info, err := os.Stat(o.Values["file"]); errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, &FileError{Name: o.Values["file"], Err: err, What: schemas.Text{FR: "ce fichier n'existe pas : vérifiez son nom et son dossier", EN: "there is no such file: check its name and folder"}})
	} else if err != nil {
		errs = append(errs, err)
	} else if info.IsDir() {
		errs = append(errs, &FileError{Name: o.Values["file"], What: schemas.Text{FR: "c'est un dossier : attendu un fichier .xlsx ou .csv", EN: "this is a folder: expected an .xlsx or .csv file"}})
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 1 {
		return nil, errs[0] // as it is: it can be said in both languages
	}
	if len(errs) > 1 {
		bad := &importers.Problems{Of: "spreadsheet"}
		for _, err := range errs {
			bad.AddError(err)
		}
		return nil, bad
	}
	return &Importer{cfg: cfg, path: o.Values["file"], retract: o.Values["retract-missing"] != ""}, nil
}

// Importer imports one file. The file is read anew at each import.
type Importer struct {
	cfg     Config
	path    string
	retract bool
}

var _ importers.Importer = (*Importer)(nil)

// Analyse reads the file.
func (im *Importer) Analyse(ctx context.Context) (*Analysis, error) {
	f, err := os.Open(im.path)
	if err != nil {
		return nil, fmt.Errorf("spreadsheet: %w", err)
	}
	a, err := Read(ctx, im.cfg, filepath.Base(im.path), f)
	return a, errors.Join(err, f.Close())
}

// Events implements [importers.Importer]: the rows in the file's order. A row with problems is told of as a record's error,
// what wasn't taken and what was concluded as warnings.
func (im *Importer) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		a, err := im.Analyse(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, note := range a.Notes {
			if !yield(nil, &importers.Warning{Origin: a.Name, What: schemas.Text{FR: note.In(schemas.French), EN: note.In(schemas.English)}}) {
				return
			}
		}
		for _, row := range a.Rows {
			for err := range row.errors(a.Name) {
				if !yield(nil, err) {
					return
				}
			}
			if row.Event != nil && overlaps(r, row.Event) && !yield(row.Event, nil) {
				return
			}
		}
	}
}

func overlaps(r importers.Range, e *schemas.Event) bool {
	end, lasts := schemas.EndOf(e)
	if !lasts {
		end = e.Time
	}
	return r.Overlaps(e.Time, end)
}

// errors are what an import says of a row: its problems, or what was concluded for it.
func (row Row) errors(origin string) iter.Seq[error] {
	return func(yield func(error) bool) {
		for _, p := range row.Problems {
			bare := p // the column stands before it
			bare.Column, bare.Title = "", schemas.Text{}
			what := schemas.Text{FR: bare.In(schemas.French), EN: bare.In(schemas.English)}
			if row.Kind == "" && row.Sheet == "" && p.Key == keyKind && p.Cell == "" {
				what.FR += ". Si toutes les lignes du fichier sont de même sorte, dites laquelle dans le réglage kind, par exemple --kind training.held"
				what.EN += ". If all rows of the file are of one sort, say which in the setting kind, such as --kind training.held"
			}
			if !yield(inBoth(func(l schemas.Lang) error {
				return &importers.RecordError{Origin: origin, Record: row.Place(l), Field: p.Where(l), What: what}
			})) {
				return
			}
		}
		if len(row.Problems) > 0 {
			return
		}
		for _, n := range row.Notes {
			if !yield(inBoth(func(l schemas.Lang) error { return &importers.Warning{Origin: origin, Record: row.Place(l), What: n} })) {
				return
			}
		}
	}
}

// spoken is an error whose place is named in the reader's language too.
type spoken struct{ fr, en error }

func inBoth(say func(schemas.Lang) error) error {
	return &spoken{say(schemas.French), say(schemas.English)}
}

// Error is [spoken.In] English.
func (e *spoken) Error() string { return e.In(schemas.English) }

// In says the error in a language.
func (e *spoken) In(l schemas.Lang) string {
	if l == schemas.French {
		return importers.Say(e.fr, l)
	}
	return importers.Say(e.en, l)
}

// Unwrap is the error with its place in English.
func (e *spoken) Unwrap() error { return e.en }
