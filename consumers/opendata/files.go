package opendata

import (
	"bytes"
	"fmt"
	"io"

	"vitrine/schemas"
)

// fileFormat is one of the forms in which a release is given out.
type fileFormat struct {
	format, mediaType string
	suffix            string // behind the release's name
	whole             string // the whole name, of one that isn't named after the release
	write             func(io.Writer, *Release) error
}

func (f fileFormat) name(r *Release) string {
	if f.whole != "" {
		return f.whole
	}
	return "vitrine-" + r.Quarter.String() + f.suffix
}

func formats() []fileFormat {
	return []fileFormat{
		{format: "csv", mediaType: "text/csv; charset=utf-8", suffix: ".csv", write: CSV},
		{format: "json", mediaType: "application/json", suffix: ".json", write: JSON},
		{format: "parquet", mediaType: "application/vnd.apache.parquet", suffix: ".parquet", write: Parquet},
		{format: "iati", mediaType: "application/json", whole: "iati.json", write: IATI},
	}
}

// Files are all files of a release, by name.
func Files(r *Release) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, f := range formats() {
		var b bytes.Buffer
		if err := f.write(&b, r); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name(r), err)
		}
		out[f.name(r)] = b.Bytes()
	}
	return out, nil
}

// Column describes a column of the table that CSV and Parquet hold.
type Column struct {
	Name string       `json:"name"`
	What schemas.Text `json:"what"`
}

// Columns are the table's, in order.
func Columns() []Column {
	return []Column{
		{"release", schemas.Text{FR: "trimestre de la publication", EN: "the release's quarter"}},
		{"record", schemas.Text{FR: "figure : un chiffre ; commitment : un engagement ; notice : une mention", EN: "figure, commitment or notice"}},
		{"lab", schemas.Text{FR: "code du fab lab ; vide : le programme", EN: "the lab's code; empty: the programme"}},
		{"lab_name", schemas.Text{FR: "nom du fab lab", EN: "the lab's name"}},
		{"commune", schemas.Text{FR: "commune", EN: "commune"}},
		{"region", schemas.Text{FR: "région", EN: "region"}},
		{"indicator", schemas.Text{FR: "code de l'indicateur", EN: "the indicator's code"}},
		{"name_fr", schemas.Text{FR: "nom de l'indicateur en français", EN: "the indicator's name in French"}},
		{"name_en", schemas.Text{FR: "nom de l'indicateur en anglais", EN: "the indicator's name in English"}},
		{"unit", schemas.Text{FR: "unité", EN: "unit"}},
		{"segment", schemas.Text{FR: "partie de l'indicateur sur laquelle porte l'engagement", EN: "the part of the indicator that a commitment is about"}},
		{"scope", schemas.Text{FR: "quarter : un trimestre ; since_start : depuis le début ; commitment : la durée de l'engagement", EN: "quarter, since_start or commitment"}},
		{"from_date", schemas.Text{FR: "premier jour couvert ; plusieurs trimestres s'ils ont été réunis", EN: "first day covered; several quarters where they were joined"}},
		{"to_date", schemas.Text{FR: "dernier jour couvert ; échéance d'un engagement", EN: "last day covered; a commitment's due day"}},
		{"value", schemas.Text{FR: "valeur ; d'un engagement, ce qui est réalisé", EN: "the value; what a commitment has reached"}},
		{"masked", schemas.Text{FR: "vrai si la valeur n'est pas publiée, parce qu'elle est petite", EN: "true where the value isn't published because it is small"}},
		{"counted_in", schemas.Text{FR: "trimestre auquel un trimestre masqué a été ajouté", EN: "the quarter that a masked quarter was added to"}},
		{"masked_labs", schemas.Text{FR: "nombre de fab labs masqués, non comptés dans ce chiffre du programme", EN: "number of labs that are masked and not counted in this figure of the programme"}},
		{"target", schemas.Text{FR: "cible de l'engagement", EN: "the commitment's target"}},
		{"baseline", schemas.Text{FR: "situation de départ", EN: "baseline"}},
		{"percent", schemas.Text{FR: "réalisé en % de la cible", EN: "reached, in % of the target"}},
		{"status", schemas.Text{FR: "état de l'engagement", EN: "the commitment's status"}},
		{"licence", schemas.Text{FR: "licence", EN: "licence"}},
	}
}
