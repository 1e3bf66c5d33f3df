package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
)

// lab answers: where does this lab stand, what did it do in a period, and what was approved?
func lab() kit.Description {
	return kit.Description{Name: "lab", From: "now-2y/M", Describe: func(b *kit.Board) {
		b.Variable("lab", "shared/labs", false)
		b.Variable("period", "lab/periods_variable", false)
		b.PageLink("link.report", "/programme/reports/${lab}/${period}.html")
		b.PageLink("link.labpage", "/programme/labs/${lab}")
		figuresState(b)

		tile := kit.Size{Width: 4, Height: 4}
		b.Add(b.Stat("lab.count", tile, b.Shared("lab.commitments"), "code", "count"))
		b.Add(b.Stat("lab.kept", tile, b.Shared("lab.commitments"), "kept_percent", "lastNotNull").
			Unit(units.Percent).Thresholds(kit.PaceSteps(100)))
		b.Add(b.Stat("lab.behind", tile, b.Shared("lab.commitments"), "behind", "sum").Thresholds(kit.NoneIsGood()))
		b.Add(b.Stat("lab.last", kit.Size{Width: 6, Height: 4}, b.Table("lab/last"), "last_event", "lastNotNull").Unit("dateTimeAsLocal"))
		b.Add(b.Stat("lab.silent", kit.Size{Width: 6, Height: 4}, b.Shared("lab.last"), "silent_days", "lastNotNull").
			Unit(units.Days).Thresholds(kit.Steps("green", 31.0, "orange")))

		b.Row("lab.promised")
		b.Add(b.TablePanel("lab.commitments", kit.Size{Width: 24, Height: 14}, b.Table("lab/commitments"),
			"indicator", "segment", "status", "target", "actual", "unit", "reached", "pace", "projected", "needed_per_month", "due_date").
			OverrideByName("indicator", []kit.Property{kit.Width(300), kit.Link(b.Text("link.labpage"), b.Page("/programme/labs/${lab}"))}).
			OverrideByName("status", b.StatusCell()).
			OverrideByName("reached", append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(0))).
			OverrideByName("pace", append(kit.Shaded(kit.PaceSteps(1)), kit.Decimals(2))).
			OverrideByName("due_date", []kit.Property{kit.InUnit(kit.Day)}))

		b.Row("lab.done")
		b.Add(b.TablePanel("lab.figures", kit.Size{Width: 14, Height: 14}, b.Table("lab/figures"),
			"indicator", "unit", "value", "previous", "last_year", "approved").
			OverrideByName("indicator", []kit.Property{kit.Width(300)}))
		b.Add(b.TablePanel("lab.periods", kit.Size{Width: 10, Height: 14}, b.Table("lab/periods"),
			"period", "state", "due", "submitted_at", "approved_at").
			OverrideByName("period", []kit.Property{
				kit.Link(b.Text("link.period"), b.Page("/programme/labs/${lab}/periods/${__data.fields.period}"))}).
			OverrideByName("due", []kit.Property{kit.InUnit(kit.Day)}))
		b.Add(b.Bars("lab.activity", kit.Size{Width: 14, Height: 10}, b.Series("lab/activity")))
		b.Add(b.TablePanel("lab.adjustments", kit.Size{Width: 10, Height: 10}, b.Table("lab/adjustments"),
			"period", "indicator", "segment", "approved", "now", "difference", "unit"))
		b.MayBeEmpty("lab.adjustments")
	}}
}
