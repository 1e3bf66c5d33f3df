package opendata

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"vitrine/schemas"
)

// The names are those of IATI's activity standard 2.03, elements and attributes alike being members of JSON objects.

type iatiFile struct {
	Version    string         `json:"version"`
	Generated  time.Time      `json:"generated-datetime"`
	Licence    Licence        `json:"licence"`
	Notes      []narrative    `json:"notes"`
	Dictionary string         `json:"dictionary"`
	Activities []iatiActivity `json:"iati-activity"`
}

type narrative struct {
	Lang string `json:"lang,omitempty"`
	Text string `json:"text"`
}

type narrated struct {
	Narrative []narrative `json:"narrative"`
}

type iatiOrg struct {
	Ref  string `json:"ref,omitempty"`
	Type string `json:"type,omitempty"`
	narrated
}

type iatiActivity struct {
	Identifier string       `json:"iati-identifier"`
	Reporting  iatiOrg      `json:"reporting-org"`
	Title      narrated     `json:"title"`
	Location   []narrated   `json:"location,omitempty"`
	Result     []iatiResult `json:"result"`
}

type iatiResult struct {
	Type      string          `json:"type"` // code list ResultType: 1 output, 2 outcome, 9 other
	Title     narrated        `json:"title"`
	Indicator []iatiIndicator `json:"indicator"`
}

type iatiIndicator struct {
	Measure     string         `json:"measure"` // code list IndicatorMeasure: 1 unit, 2 percentage
	Ascending   bool           `json:"ascending"`
	Aggregation bool           `json:"aggregation-status"`
	Title       narrated       `json:"title"`
	Description narrated       `json:"description"`
	Reference   []iatiRef      `json:"reference"`
	Baseline    []iatiBaseline `json:"baseline,omitempty"`
	Period      []iatiPeriod   `json:"period"`
}

type iatiRef struct {
	Vocabulary string `json:"vocabulary"` // code list IndicatorVocabulary: 99 the reporter's own
	Code       string `json:"code"`
}

type iatiBaseline struct {
	Year      string      `json:"year"`
	Date      string      `json:"iso-date"`
	Value     string      `json:"value"`
	Dimension []dimension `json:"dimension,omitempty"`
}

type iatiDate struct {
	Date string `json:"iso-date"`
}

type iatiPeriod struct {
	Start  iatiDate    `json:"period-start"`
	End    iatiDate    `json:"period-end"`
	Target []iatiValue `json:"target,omitempty"`
	Actual []iatiValue `json:"actual"`
}

type iatiValue struct {
	Value     *string     `json:"value,omitempty"`
	Dimension []dimension `json:"dimension,omitempty"`
	Comment   *narrated   `json:"comment,omitempty"`
}

type dimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// IATI writes a release's results as IATI has them: for each lab, indicators with periods, targets and actuals.
func IATI(w io.Writer, r *Release) error {
	f := iatiFile{Version: "2.03", Generated: r.Made.UTC(), Licence: r.Licence, Dictionary: r.Dictionary, Notes: inBoth(r.Masking).Narrative}
	f.Notes = append(f.Notes, inBoth(r.Source).Narrative...)
	publisher := iatiOrg{Type: "10", narrated: narrated{[]narrative{{Text: r.Publisher}}}} // OrganisationType 10: government
	programme := iatiActivity{Identifier: "vitrine", Reporting: publisher, Title: inBoth(schemas.Text{FR: "Ensemble du programme", EN: "The whole programme"})}
	programme.Result = results(r, r.Programme, nil)
	f.Activities = append(f.Activities, programme)
	for _, l := range r.Labs {
		a := iatiActivity{Identifier: "vitrine-" + l.Lab, Reporting: publisher, Title: narrated{[]narrative{{Text: l.Name}}},
			Location: []narrated{{[]narrative{{Text: l.Commune}}}}}
		a.Result = results(r, l.Figures, l.Commitments)
		f.Activities = append(f.Activities, a)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", " ")
	if err := out.Encode(f); err != nil {
		return fmt.Errorf("open data as IATI: %w", err)
	}
	return nil
}

func inBoth(t schemas.Text) narrated {
	return narrated{[]narrative{{Lang: "fr", Text: t.FR}, {Lang: "en", Text: t.EN}}}
}

// results are one for outputs and one for outcomes.
func results(r *Release, figures []Figure, commitments []Commitment) []iatiResult {
	byLevel := map[string]*iatiResult{
		"output":  {Type: "1", Title: inBoth(schemas.Text{FR: "Réalisations", EN: "Outputs"})},
		"outcome": {Type: "2", Title: inBoth(schemas.Text{FR: "Résultats", EN: "Outcomes"})},
	}
	for _, ind := range r.Indicators {
		result := byLevel[ind.Level]
		if result == nil {
			continue
		}
		if i := indicator(ind, figures, commitments); len(i.Period) > 0 {
			result.Indicator = append(result.Indicator, i)
		}
	}
	var out []iatiResult
	for _, level := range []string{"output", "outcome"} {
		if len(byLevel[level].Indicator) > 0 {
			out = append(out, *byLevel[level])
		}
	}
	return out
}

func indicator(ind Indicator, figures []Figure, commitments []Commitment) iatiIndicator {
	i := iatiIndicator{Measure: "1", Ascending: ind.Direction == "up", Aggregation: ind.Aggregation == string(schemas.AggSum), Title: inBoth(ind.Name),
		Description: inBoth(ind.Definition), Reference: []iatiRef{{Vocabulary: "99", Code: ind.Code}}}
	if ind.Unit == "%" {
		i.Measure = "2"
	}
	for _, f := range figures {
		if f.Indicator == ind.Code {
			i.Period = append(i.Period, iatiPeriod{Start: iatiDate{day(f.From.First())}, End: iatiDate{day(f.To.Last())}, Actual: []iatiValue{actual(f.Value, f.Masked, nil)}})
		}
	}
	for _, c := range commitments {
		if c.Indicator != ind.Code {
			continue
		}
		var about []dimension
		if c.Segment != "" {
			about = []dimension{{Name: "segment", Value: c.Segment}}
		}
		if c.Baseline != nil {
			i.Baseline = append(i.Baseline, iatiBaseline{Year: c.From[:4], Date: c.From, Value: c.Baseline.String(), Dimension: about})
		}
		target := c.Target.String()
		i.Period = append(i.Period, iatiPeriod{Start: iatiDate{c.From}, End: iatiDate{c.Due}, Target: []iatiValue{{Value: &target, Dimension: about}},
			Actual: []iatiValue{actual(c.Actual, c.Masked, about)}})
	}
	return i
}

func actual(v *schemas.Decimal, masked bool, about []dimension) iatiValue {
	out := iatiValue{Dimension: about}
	if v != nil {
		s := v.String()
		out.Value = &s
	}
	if masked {
		why := inBoth(schemas.Text{FR: "Non publié : trop peu de personnes ou d'entreprises.", EN: "Not published: too few people or companies."})
		out.Comment = &why
	}
	return out
}
