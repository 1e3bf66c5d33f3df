package main

import (
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/consumers/explain"
)

// The JSON form of an explanation. Numbers are exact decimals; days are YYYY-MM-DD, times RFC 3339.
type (
	explanationJSON struct {
		Lab         string         `json:"lab"`
		LabName     string         `json:"lab_name"`
		Indicator   string         `json:"indicator"`
		Name        string         `json:"name"`
		Unit        string         `json:"unit"`
		Rule        string         `json:"rule"`
		Scale       int64          `json:"scale"`
		Segment     string         `json:"segment"`
		Period      string         `json:"period"`
		From        *string        `json:"from"` // null: since the beginning
		To          string         `json:"to"`
		AsOf        string         `json:"as_of"`
		Exact       bool           `json:"exact"`
		Value       *json.Number   `json:"value"`
		Figure      *figureJSON    `json:"figure"`
		Numerator   partJSON       `json:"numerator"`
		Denominator *partJSON      `json:"denominator"`
		Former      []explainedRow `json:"no_longer_counted"`
	}
	figureJSON struct {
		Value       *json.Number `json:"value"`
		Numerator   json.Number  `json:"numerator"`
		Denominator *json.Number `json:"denominator"`
	}
	partJSON struct {
		Total   json.Number  `json:"total"`
		Base    *json.Number `json:"base,omitempty"` // the entries are taken from it
		Entries []entryJSON  `json:"entries"`
	}
	entryJSON struct {
		Ref    string         `json:"ref,omitempty"`
		Amount json.Number    `json:"amount"`
		Events []explainedRow `json:"events"`
	}
	explainedRow struct {
		ID       string          `json:"id"`
		Kind     string          `json:"kind"`
		Day      string          `json:"day"`
		Amount   json.Number     `json:"amount"`
		Cut      bool            `json:"cut,omitempty"` // it counts on days outside of this figure too
		Why      string          `json:"why,omitempty"`
		Versions []versionOfJSON `json:"versions"`
	}
	versionOfJSON struct {
		Revision    uint32       `json:"revision"`
		StreamSeq   uint64       `json:"stream_seq"`
		Kind        string       `json:"kind"`
		Day         string       `json:"day"`
		OccurredAt  time.Time    `json:"occurred_at"`
		ReceivedAt  time.Time    `json:"received_at"`
		Source      string       `json:"source"`
		Retracted   bool         `json:"retracted"`
		Reason      string       `json:"reason,omitempty"`
		Again       bool         `json:"again,omitempty"`       // the same content as the version before
		Late        bool         `json:"late,omitempty"`        // it never held
		Numerator   *json.Number `json:"numerator,omitempty"`   // what it would add if it held
		Denominator *json.Number `json:"denominator,omitempty"` // likewise
		Unreadable  bool         `json:"unreadable,omitempty"`  // that can't be told
	}
)

func (env *environment) printExplanationJSON(a *explain.Answer) error {
	out := explanationJSON{
		Lab: a.Lab, LabName: a.LabName, Indicator: a.Indicator.Code, Name: a.Indicator.Name.In(env.Config.Lang), Unit: a.Indicator.Unit,
		Rule: string(a.Rule), Scale: a.Indicator.Scale, Segment: a.Segment, Period: a.Period.String(),
		To: a.To.Format(time.DateOnly), AsOf: a.AsOf.Format(time.DateOnly), Exact: a.Exact(), Value: exactOrNull(a.Value),
		Numerator: partAsJSON(a.Numerator), Former: rowsAsJSON(a.Former),
	}
	if !a.From.IsZero() {
		from := a.From.Format(time.DateOnly)
		out.From = &from
	}
	if a.Denominated() {
		denominator := partAsJSON(a.Denominator)
		out.Denominator = &denominator
	}
	if f := a.Figure; f != nil {
		out.Figure = &figureJSON{exactOrNull(f.Value), exactJSON(f.Numerator), exactOrNull(f.Denominator)}
	}
	encoder := json.NewEncoder(env.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func partAsJSON(p explain.Part) partJSON {
	out := partJSON{Total: exactJSON(p.Total), Base: exactOrNull(p.Base), Entries: []entryJSON{}}
	for _, e := range p.Entries {
		out.Entries = append(out.Entries, entryJSON{Ref: e.Ref, Amount: exactJSON(e.Amount), Events: rowsAsJSON(e.Events)})
	}
	return out
}

func rowsAsJSON(events []explain.Event) []explainedRow {
	out := []explainedRow{}
	for _, e := range events {
		row := explainedRow{ID: e.ID.String(), Kind: e.Kind, Day: e.Day.Format(time.DateOnly), Amount: exactJSON(e.Amount), Cut: e.Cut, Why: string(e.Why)}
		for _, v := range e.Versions {
			row.Versions = append(row.Versions, versionOfJSON{
				Revision: v.Revision, StreamSeq: v.StreamSeq, Kind: v.Kind, Day: v.LocalDay.Format(time.DateOnly), OccurredAt: v.OccurredAt.UTC(),
				ReceivedAt: v.ReceivedAt.UTC(), Source: v.Source, Retracted: v.Retracted, Reason: v.Reason, Again: v.Again, Late: v.Late,
				Numerator: exactOrNull(v.Numerator), Denominator: exactOrNull(v.Denominator), Unreadable: v.Unreadable,
			})
		}
		out = append(out, row)
	}
	return out
}

func exactJSON(d decimal.Decimal) json.Number { return json.Number(d.String()) }

func exactOrNull(d *decimal.Decimal) *json.Number {
	if d == nil {
		return nil
	}
	n := exactJSON(*d)
	return &n
}
