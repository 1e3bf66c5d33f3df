package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
)

// overview answers: how does the programme stand, and which labs want attention?
func overview() kit.Description {
	return kit.Description{Name: "overview", From: "now-1y/M", Refresh: "5m", Describe: func(b *kit.Board) {
		b.Variable("region", "shared/regions", true)

		b.Row("overview.glance")
		labs := b.TablePanel("overview.labs", kit.Size{Width: 24, Height: 9}, b.Table("overview/labs"),
			"name", "region", "worst_status", "kept", "at_risk", "late", "missed", "no_data", "silent_days", "overdue_periods", "last_event")
		labs.OverrideByName("worst_status", b.StatusCell()).
			OverrideByName("name", []kit.Property{kit.Width(260), kit.Link(b.Text("link.lab"), b.Dashboard("overview", ""))}).
			OverrideByName("silent_days", append(kit.Shaded(kit.Steps("text", 31.0, "orange")), kit.InUnit(units.Days))).
			OverrideByName("late", kit.Shaded(kit.NoneIsGood()))
		b.Add(labs)
		tile := kit.Size{Width: 6, Height: 4}
		b.Add(b.Stat("overview.count", tile, b.Shared("overview.labs"), "lab", "count"))
		b.Add(b.Stat("overview.behind", tile, b.Shared("overview.labs"), "behind", "sum").Thresholds(kit.NoneIsGood()))
		b.Add(b.Stat("overview.silent", tile, b.Shared("overview.labs"), "silent", "sum").Thresholds(kit.NoneIsGood()))
		b.Add(b.Stat("overview.overdue", tile, b.Shared("overview.labs"), "overdue_periods", "sum").Thresholds(kit.NoneIsGood()))
	}}
}
