package spreadsheet

import (
	"encoding/csv"
	"fmt"
	"io"

	"vitrine/schemas"
)

// TemplateCSV writes the header row of a CSV file for one kind, as spreadsheet programs of the language take it: in
// French with semicolons. The column “Activité” says the kind in each row. The error is a *[KindError] for a kind that a
// spreadsheet can't hold.
func TemplateCSV(w io.Writer, kind string, l schemas.Lang) error {
	k, ok := labKind(kind)
	if !ok {
		return &KindError{Found: kind}
	}
	headers := []string{kindColumn().title.In(l)}
	for _, c := range templateColumns(k) {
		headers = append(headers, c.title.In(l))
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that Excel reads UTF-8
		return fmt.Errorf("template: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if l == schemas.French {
		out.Comma = ';'
	}
	if err := out.Write(headers); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}
