package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"vitrine/dashboards/programme"
	"vitrine/schemas"
)

func (p programmeLabs) corrections(ctx context.Context, out *programme.LabSheet) error {
	read, err := p.store.Corrections(ctx, out.Slug, out.AsOf.AddDate(0, 0, 1), shownLately)
	for _, c := range read {
		source := schemas.Event{Source: c.Source}
		shown := programme.Correction{At: c.ReceivedAt.In(p.env.Config.Zone), Kind: kindName(c.Kind), EventDay: c.LocalDay, ID: c.ID.String(),
			Retracted: c.Retracted, Restored: c.BeforeRetracted && !c.Retracted, Reason: shownText(schemas.Reason(c.Reason)), System: source.System()}
		if !c.Retracted {
			shown.Changes = changesOf(c.Kind, c.BeforeData, c.Data, p.env.Config.Zone)
			if !c.OccurredAt.Equal(c.BeforeAt) {
				moment := func(at time.Time) programme.Text { return momentText(at, p.env.Config.Zone) }
				shown.Changes = append([]programme.Change{{Field: programme.Text{FR: "Moment", EN: "Time"}, Old: moment(c.BeforeAt), New: moment(c.OccurredAt)}}, shown.Changes...)
			}
		}
		out.Corrections = append(out.Corrections, shown)
	}
	return err
}

// changesOf are the fields of an event's data that differ, in the contract's order.
func changesOf(kind, before, now string, zone *time.Location) []programme.Change {
	k, ok := schemas.KindByName(kind)
	var was, is map[string]json.RawMessage
	if !ok || json.Unmarshal([]byte(before), &was) != nil || json.Unmarshal([]byte(now), &is) != nil {
		return nil // an event without data, such as one that had been taken back
	}
	var out []programme.Change
	for _, f := range k.Fields() {
		if !bytes.Equal(was[f.Name], is[f.Name]) {
			out = append(out, programme.Change{Field: shownText(f.Title), Old: fieldText(f, was[f.Name], zone), New: fieldText(f, is[f.Name], zone)})
		}
	}
	return out
}

// fieldText writes a field's value for people: a code by its name, a list by how many it holds.
func fieldText(f schemas.Field, raw json.RawMessage, zone *time.Location) programme.Text {
	if len(raw) == 0 {
		return programme.Text{}
	}
	var items []json.RawMessage
	if f.Type == schemas.FieldList && json.Unmarshal(raw, &items) == nil {
		return same(fmt.Sprintf("%d × …", len(items)))
	}
	var n float64
	if json.Unmarshal(raw, &n) == nil {
		return numberText(n)
	}
	var yes bool
	if json.Unmarshal(raw, &yes) == nil {
		return map[bool]programme.Text{true: {FR: "oui", EN: "yes"}, false: {FR: "non", EN: "no"}}[yes]
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return same(string(raw))
	}
	for _, term := range f.Terms {
		if term.Code == text {
			return shownText(term.Label)
		}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && f.Type == schemas.FieldTime {
		return momentText(at, zone)
	}
	return same(text)
}

// same is what reads alike in both languages.
func same(text string) programme.Text { return programme.Text{FR: text, EN: text} }

// numberText writes a number of an event whole, with the decimals that it has.
func numberText(v float64) programme.Text {
	write := func(tag language.Tag) string {
		return message.NewPrinter(tag).Sprint(number.Decimal(v, number.MaxFractionDigits(6)))
	}
	return programme.Text{FR: write(language.French), EN: write(language.English)}
}

// momentText writes a moment as the programme's clocks show it.
func momentText(at time.Time, zone *time.Location) programme.Text {
	return programme.Text{FR: at.In(zone).Format("02/01/2006 15:04"), EN: at.In(zone).Format("2 Jan 2006 15:04")}
}
