package opendata

import "vitrine/schemas"

// Row is a line of the table that CSV and Parquet hold: a figure, or a commitment.
type Row struct {
	Release   string `parquet:"release" csv:"release"`
	Record    string `parquet:"record" csv:"record"` // figure, commitment or, in CSV, notice
	Lab       string `parquet:"lab" csv:"lab"`       // empty: the programme
	LabName   string `parquet:"lab_name" csv:"lab_name"`
	Commune   string `parquet:"commune" csv:"commune"`
	Region    string `parquet:"region" csv:"region"`
	Indicator string `parquet:"indicator" csv:"indicator"`
	NameFR    string `parquet:"name_fr" csv:"name_fr"`
	NameEN    string `parquet:"name_en" csv:"name_en"`
	Unit      string `parquet:"unit" csv:"unit"`
	Segment   string `parquet:"segment" csv:"segment"`
	// Scope is quarter, since_start or commitment.
	Scope string `parquet:"scope" csv:"scope"`
	// FromDate and ToDate are the first and the last day that the value covers; of a commitment, its first and its due day.
	FromDate string   `parquet:"from_date" csv:"from_date"`
	ToDate   string   `parquet:"to_date" csv:"to_date"`
	Value    *float64 `parquet:"value,optional" csv:"value"`
	Masked   bool     `parquet:"masked" csv:"masked"`
	// CountedIn is the quarter whose figure a masked quarter was added to.
	CountedIn  string   `parquet:"counted_in" csv:"counted_in"`
	MaskedLabs int64    `parquet:"masked_labs" csv:"masked_labs"`
	Target     *float64 `parquet:"target,optional" csv:"target"`
	Baseline   *float64 `parquet:"baseline,optional" csv:"baseline"`
	Percent    *float64 `parquet:"percent,optional" csv:"percent"`
	Status     string   `parquet:"status" csv:"status"`
	Licence    string   `parquet:"licence" csv:"licence"`
}

// Rows are a release as a table: the programme's figures, then each lab's figures and commitments.
func Rows(r *Release) []Row {
	names := map[string]Indicator{}
	for _, i := range r.Indicators {
		names[i.Code] = i
	}
	base := func(record string, lab Entry, code string) Row {
		i := names[code]
		return Row{Release: r.Quarter.String(), Record: record, Lab: lab.Lab, LabName: lab.Name, Commune: lab.Commune, Region: lab.Region,
			Indicator: code, NameFR: i.Name.FR, NameEN: i.Name.EN, Unit: i.Unit, Licence: r.Licence.Name}
	}
	var out []Row
	figures := func(lab Entry, list []Figure) {
		for _, f := range list {
			row := base("figure", lab, f.Indicator)
			row.Scope = "quarter"
			if f.Total {
				row.Scope = "since_start"
			}
			row.FromDate, row.ToDate = day(f.From.First()), day(f.To.Last())
			row.Value, row.Masked, row.MaskedLabs = float(f.Value), f.Masked, int64(f.MaskedLabs)
			if f.CountedIn != 0 {
				row.CountedIn = f.CountedIn.String()
			}
			out = append(out, row)
		}
	}
	figures(Entry{}, r.Programme)
	for _, l := range r.Labs {
		figures(l.Entry, l.Figures)
		for _, c := range l.Commitments {
			row := base("commitment", l.Entry, c.Indicator)
			row.Scope, row.Segment, row.FromDate, row.ToDate = "commitment", c.Segment, c.From, c.Due
			row.Value, row.Masked, row.Target, row.Baseline = float(c.Actual), c.Masked, float(&c.Target), float(c.Baseline)
			row.Percent, row.Status = float(c.Percent), c.Status
			out = append(out, row)
		}
	}
	return out
}

func float(d *schemas.Decimal) *float64 {
	if d == nil {
		return nil
	}
	f := float64(d.Micros()) / 1e6
	return &f
}
