package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
	"vitrine/schemas"
)

// silentDays is after how many days without an event a lab is silent: the default of vitrine's --alert-silent-days.
const silentDays = 31

// quality answers: can the figures be relied on? Who is silent or late, what was refused, corrected, or changed after its approval?
func quality() kit.Description {
	return kit.Description{Name: "quality", From: "now-1y/M", Refresh: "15m", Describe: func(b *kit.Board) {
		b.Variable("lab", "shared/labs", true)
		figuresState(b)
		labs := qualityByLab(b)
		adjusted := qualityAdjusted(b)
		b.Row("quality.today")
		qualityToday(b)
		b.Add(labs)
		b.Row("quality.declared")
		qualityDeclared(b)
		b.Add(adjusted)
		b.Row("quality.events")
		qualityEvents(b)
	}}
}

func qualityToday(b *kit.Board) {
	tile := kit.Size{Width: 4, Height: 4}
	labs := b.Shared("quality.labs")
	for _, t := range []struct{ key, column string }{{"quality.silent", "silent"}, {"quality.overdue", "overdue_periods"}, {"quality.rejected", "rejected_waiting"}} {
		b.Add(b.Stat(t.key, tile, labs, t.column, "sum").Thresholds(kit.NoneIsGood()))
	}
	b.Add(b.Stat("quality.adjusted", tile, b.Shared("quality.adjustments"), "period", "count"))
	reporting := b.Stat("quality.complete", tile, b.Series("quality/conduct"), "Q02", "lastNotNull").Unit(units.Percent).Decimals(0)
	b.Add(explained(b, reporting, "quality.complete", "Q02"))
	onTime := b.Stat("quality.ontime", tile, b.Shared("quality.complete"), "Q03", "lastNotNull").Unit(units.Percent).Decimals(0)
	b.Add(explained(b, onTime, "quality.ontime", "Q03"))
}

// qualityByLab is read once, for the tiles as well.
func qualityByLab(b *kit.Board) *table.PanelBuilder {
	percent := append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(0))
	p := b.TablePanel("quality.labs", kit.Size{Width: 24, Height: 12}, b.Table("quality/labs"),
		"name", "last_event", "silent_days", "overdue_periods", "Q02", "Q03", "rejected_waiting", "rejected", "versions", "corrected_share").
		OverrideByName("name", labLink(b)).
		OverrideByName("last_event", []kit.Property{kit.InUnit(units.DateTimeFromNow)}).
		OverrideByName("silent_days", append(kit.Shaded(kit.Steps("text", float64(silentDays+1), "orange")), kit.InUnit(units.Days))).
		OverrideByName("overdue_periods", kit.Shaded(kit.Steps("text", 1.0, "orange"))).
		OverrideByName("rejected_waiting", kit.Shaded(kit.Steps("text", 1.0, "orange"))).
		OverrideByName("Q02", percent).OverrideByName("Q03", percent).
		OverrideByName("corrected_share", []kit.Property{kit.InUnit(units.Percent), kit.Decimals(1)})
	return explained(b, p, "quality.labs", "Q01", "Q02", "Q03")
}

// qualityDeclared is what labs declare of their periods.
func qualityDeclared(b *kit.Board) {
	half := kit.Size{Width: 12, Height: 8}
	conduct := b.Lines("quality.reporting", half, b.Shared("quality.complete")).Unit(units.Percent).Decimals(0).Max(100)
	b.Add(explained(b, indicators(b, conduct, "Q02", "Q03"), "quality.reporting", "Q02", "Q03"))

	fresh := b.Lines("quality.fresh", half, b.Shared("quality.complete")).Unit(units.Days).Decimals(0).
		ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed)).
		Thresholds(kit.Steps("transparent", float64(silentDays), "orange"))
	fresh.OverrideByName("Q01_median", []kit.Property{kit.Named(b.Text("quality.fresh.median"))}).
		OverrideByName("Q01_most", []kit.Property{kit.Named(b.Text("quality.fresh.most"))})
	b.Add(explained(b, only(fresh, "Q01_median", "Q01_most"), "quality.fresh", "Q01"))

	periods := b.TablePanel("quality.periods", kit.Size{Width: 24, Height: 9}, b.Table("quality/periods"), "name", "period", "due", "state", "days_late", "reason").
		OverrideByName("name", labLink(b)).
		OverrideByName("period", []kit.Property{kit.Link(b.Text("link.period"), b.Page("/programme/labs/${__data.fields.lab}/periods/${__data.fields.period}"))}).
		OverrideByName("due", []kit.Property{kit.InUnit("time:YYYY-MM-DD")}).
		OverrideByName("state", []kit.Property{stateWords(b)}).
		OverrideByName("days_late", append(kit.Shaded(kit.Steps("text", 1.0, "orange")), kit.InUnit(units.Days)))
	b.Add(periods)
	b.MayBeEmpty("quality.periods")
}

// stateWords show the states of a reporting period as words with symbols.
func stateWords(b *kit.Board) kit.Property {
	options := map[string]dashboard.ValueMappingResult{}
	for i, state := range []string{"overdue", "sent_back", "reopened", "submitted", "open"} {
		text, index := b.Text("period."+state), int32(i)
		options[state] = dashboard.ValueMappingResult{Text: &text, Index: &index}
	}
	return kit.Property{Id: "mappings", Value: []dashboard.ValueMapping{kit.Values(options)}}
}

func qualityAdjusted(b *kit.Board) *table.PanelBuilder {
	p := b.TablePanel("quality.adjustments", kit.Size{Width: 24, Height: 10}, b.Table("quality/adjustments"),
		"period", "name", "indicator_code", "label", "segment", "approved", "now", "difference", "unit").
		OverrideByName("name", labLink(b)).
		OverrideByName("label", []kit.Property{kit.Width(260)})
	for _, column := range []string{"approved", "now", "difference"} {
		p.OverrideByName(column, []kit.Property{kit.Decimals(2)})
	}
	b.MayBeEmpty("quality.adjustments")
	return p
}

// qualityEvents is what came in, and what of it was wrong.
func qualityEvents(b *kit.Board) {
	received := b.Bars("quality.received", kit.Size{Width: 12, Height: 8}, b.Series("quality/received"))
	for _, c := range []struct{ column, colour string }{{"new", "blue"}, {"corrected", "yellow"}, {"withdrawn", "orange"}, {"rejected", "red"}} {
		received.OverrideByName(c.column, []kit.Property{kit.Named(b.Text("quality.received." + c.column)), kit.Colour(c.colour)})
	}
	b.Add(received)

	byCode := b.TablePanel("quality.codes", kit.Size{Width: 12, Height: 8}, b.Table("quality/rejected_by_code"), "code", "waiting", "replayed", "discarded").
		OverrideByName("code", []kit.Property{codeWords(b), kit.Width(280)}).
		OverrideByName("waiting", kit.Shaded(kit.Steps("text", 1.0, "orange")))
	b.Add(byCode)
	b.MayBeEmpty("quality.codes")

	rejected := b.TablePanel("quality.refused", kit.Size{Width: 24, Height: 10}, b.Table("quality/rejected"),
		"received_at", "lab", "kind", "code", "field", "reason", "stream_seq").
		OverrideByName("kind", []kit.Property{words(b, kinds())}).OverrideByName("code", []kit.Property{codeWords(b)}).
		OverrideByName("reason", []kit.Property{kit.Width(480)}).OverrideByName("stream_seq", []kit.Property{kit.Width(90), kit.Decimals(0)})
	b.Add(rejected)
	b.MayBeEmpty("quality.refused")

	corrections := b.TablePanel("quality.corrections", kit.Size{Width: 24, Height: 12}, b.Table("quality/corrections"),
		"kind", "events", "corrected", "withdrawn", "share", "days_median").
		OverrideByName("kind", []kit.Property{words(b, kinds()), kit.Width(280)}).
		OverrideByName("corrected", []kit.Property{kit.Decimals(0)}).
		OverrideByName("share", append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(1))).
		OverrideByName("days_median", []kit.Property{kit.InUnit(units.Days), kit.Decimals(1)})
	b.Add(corrections)
}

// codeWords show why an event was rejected in words.
func codeWords(b *kit.Board) kit.Property {
	options := map[string]dashboard.ValueMappingResult{}
	for _, code := range []string{schemas.CodeNotJSON, schemas.CodeTooLarge, schemas.CodeMissing, schemas.CodeUnknown, schemas.CodeDuplicate, schemas.CodeType,
		schemas.CodeValue, schemas.CodeRange, schemas.CodeFormat, schemas.CodeFuture, schemas.CodeOrder, schemas.CodePersonal, schemas.CodeWrongSubject} {
		text := in(b, schemas.ProblemName(code))
		options[code] = dashboard.ValueMappingResult{Text: &text}
	}
	return kit.Property{Id: "mappings", Value: []dashboard.ValueMapping{kit.Values(options)}}
}
