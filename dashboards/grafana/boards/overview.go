package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
)

// overview answers: how does the programme stand, and which labs want attention?
func overview() kit.Description {
	return kit.Description{Name: "overview", From: "now-1y/M", Refresh: "15m", Describe: func(b *kit.Board) {
		b.Variable("region", "shared/regions", true)
		figuresState(b)

		tile := kit.Size{Width: 4, Height: 4}
		b.Add(b.Stat("overview.count", tile, b.Shared("overview.labs"), "lab", "count"))
		b.Add(b.Stat("overview.commitments", tile, b.Shared("overview.labs"), "commitments", "sum"))
		b.Add(b.Stat("overview.kept", tile, b.Shared("overview.labs"), "kept_percent", "lastNotNull").
			Unit(units.Percent).Thresholds(kit.PaceSteps(100)))
		b.Add(b.Stat("overview.behind", tile, b.Shared("overview.labs"), "behind", "sum").Thresholds(kit.NoneIsGood()))
		b.Add(b.Stat("overview.silent", tile, b.Shared("overview.labs"), "silent", "sum").Thresholds(kit.NoneIsGood()))
		b.Add(b.Stat("overview.overdue", tile, b.Shared("overview.labs"), "overdue_periods", "sum").Thresholds(kit.NoneIsGood()))

		b.Row("overview.who")
		b.Add(labMap(b, "overview.map", kit.Size{Width: 9, Height: 16}, b.Shared("overview.labs")))
		b.Add(labsAtRisk(b))
		b.Add(statusTotals(b, "overview.statuses", kit.Size{Width: 24, Height: 5}, b.Shared("overview.labs")))

		b.Row("overview.what")
		b.Add(totals(b))
		b.Add(heat(b))
		b.Add(b.Bars("overview.activity", kit.Size{Width: 24, Height: 9}, b.Series("overview/activity")))
	}}
}

func labsAtRisk(b *kit.Board) *table.PanelBuilder {
	lab := kit.Link(b.Text("link.lab"), b.Dashboard("lab", "var-lab=${__data.fields.lab}"))
	return b.TablePanel("overview.labs", kit.Size{Width: 15, Height: 16}, b.Table("overview/labs"),
		"name", "worst_status", "at_risk", "late", "missed", "no_data", "silent_days", "overdue_periods").
		OverrideByName("worst_status", b.StatusCell()).
		OverrideByName("name", []kit.Property{kit.Width(230), lab}).
		OverrideByName("at_risk", kit.Shaded(kit.NoneIsGood())).
		OverrideByName("late", kit.Shaded(kit.Steps("green", 1.0, "red"))).
		OverrideByName("missed", kit.Shaded(kit.Steps("green", 1.0, "red"))).
		OverrideByName("silent_days", append(kit.Shaded(kit.Steps("text", 31.0, "orange")), kit.InUnit(units.Days))).
		OverrideByName("overdue_periods", kit.Shaded(kit.NoneIsGood()))
}

func totals(b *kit.Board) *table.PanelBuilder {
	return b.TablePanel("overview.totals", kit.Size{Width: 24, Height: 14}, b.Table("overview/totals"),
		"indicator", "unit", "target", "expected", "actual", "reached", "pace", "kept", "at_risk", "broken", "no_data").
		NoValue("–"). // ratios and distinct counts have no total
		OverrideByName("indicator", []kit.Property{kit.Width(330)}).
		OverrideByName("reached", append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(0))).
		OverrideByName("pace", append(kit.Shaded(kit.PaceSteps(1)), kit.Decimals(2))).
		OverrideByName("broken", kit.Shaded(kit.NoneIsGood()))
}

// heat is a matrix of labs and indicators. Each cell is a status: a symbol and a word on its colour.
func heat(b *kit.Board) *table.PanelBuilder {
	return kit.Begin(b, table.NewPanelBuilder(), "overview.heat", kit.Size{Width: 24, Height: 16}, b.Table("overview/heat")).
		ShowHeader(true).CellHeight(common.TableCellHeightSm).Footer(kit.NoFooter()).
		Mappings(b.StatusMappings()).
		CellOptions(common.TableCellOptions{TableColoredBackgroundCellOptions: common.NewTableColoredBackgroundCellOptions()}).MinWidth(110).
		WithTransformation(dashboard.DataTransformerConfig{Id: "groupingToMatrix", Options: map[string]any{
			"rowField": "name", "columnField": "indicator", "valueField": "status", "emptyValue": "empty"}}).
		OverrideByRegexp(`name.indicator`, []kit.Property{kit.Named(b.Text("column.name")), kit.Width(230)})
}
