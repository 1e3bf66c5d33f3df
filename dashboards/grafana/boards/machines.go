package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
	"vitrine/schemas"
)

// machines answers: how much are the machines used, of the time that they could be, and what is that known from?
func machines() kit.Description {
	return kit.Description{Name: "machines", From: "now-1y/M", Refresh: "15m", Describe: func(b *kit.Board) {
		b.Variable("lab", "shared/labs", true)
		figuresState(b)
		b.Row("machines.range")
		machinesInRange(b)
		b.Row("machines.months")
		machinesByMonth(b)
		b.Row("machines.detail")
		machinesInDetail(b)
	}}
}

// machinesInRange are the months of the time range together.
func machinesInRange(b *kit.Board) {
	total := b.Stat("machines.hours", kit.Size{Width: 4, Height: 4}, b.Table("machines/totals"), "U01", "lastNotNull").Unit(units.Hours).Decimals(0)
	b.Add(explained(b, total, "machines.hours", "U01"))
	all := b.Shared("machines.hours")
	for _, t := range []struct {
		key, column, indicator, unit string
		width                        uint32
	}{
		{"machines.measured", "measured", "U01", units.Hours, 4}, {"machines.booked", "booked", "U01", units.Hours, 4},
		{"machines.declared", "declared", "U01", units.Hours, 3}, {"machines.utilisation", "U02", "U02", units.Percent, 3},
		{"machines.companies", "U03", "U03", units.Percent, 3}, {"machines.commissioned", "O01", "O01", units.Short, 3},
	} {
		p := b.Stat(t.key, kit.Size{Width: t.width, Height: 4}, all, t.column, "lastNotNull").Unit(t.unit).Decimals(0)
		b.Add(explained(b, p, t.key, t.indicator))
	}
}

func machinesByMonth(b *kit.Board) {
	half := kit.Size{Width: 12, Height: 8}
	origins := terms("machine.usage", "origin")

	// One read for five panels.
	hours := b.Bars("machines.origin", half, b.Series("machines/months")).Unit(units.Hours)
	b.Add(explained(b, series(b, hours, "origin", origins), "machines.origin", "U01"))
	all := b.Shared("machines.origin")

	shares := b.Bars("machines.shares", half, all).Unit(units.Percent).Decimals(1)
	b.Add(explained(b, series(b, shares, "share", origins), "machines.shares", "U02"))

	category := b.Lines("machines.category", kit.Size{Width: 24, Height: 9}, all).Unit(units.Percent).Decimals(1).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).Placement(common.LegendPlacementRight).
			Calcs([]string{"mean", "lastNotNull"}))
	b.Add(explained(b, series(b, category, "category", schemas.DimensionTerms("machine_category")), "machines.category", "U02"))

	users := b.Bars("machines.users", half, all).Unit(units.Hours)
	b.Add(explained(b, series(b, users, "user", append(schemas.DimensionTerms("user_type"), unknown("user_type"))), "machines.users", "U01"))

	available := b.Lines("machines.available", half, all).Unit(units.Hours)
	available.OverrideByName("used", []kit.Property{kit.Named(b.Text("machines.available.used"))}).
		OverrideByName("available", []kit.Property{kit.Named(b.Text("machines.available.open"))})
	b.Add(explained(b, only(available, "used", "available"), "machines.available", "U02"))
}

func machinesInDetail(b *kit.Board) {
	percent := append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(1))
	inHours := []kit.Property{kit.InUnit(units.Hours), kit.Decimals(0)}

	categories := b.TablePanel("machines.categories", kit.Size{Width: 14, Height: 11}, b.Table("machines/categories"), "category", "hours", "available", "U02", "U03", "O01").
		OverrideByName("category", []kit.Property{words(b, schemas.DimensionTerms("machine_category")), kit.Width(200)}).
		OverrideByName("hours", inHours).OverrideByName("available", inHours).
		OverrideByName("U02", percent).OverrideByName("U03", percent)
	b.Add(explained(b, categories, "machines.categories", "U01", "U02", "U03", "O01"))

	busiest := b.TablePanel("machines.busiest", kit.Size{Width: 10, Height: 11}, b.Table("machines/busiest"), "name", "machine", "hours").
		OverrideByName("name", labLink(b)).OverrideByName("hours", inHours)
	b.Add(explained(b, busiest, "machines.busiest", "U01"))

	labs := b.TablePanel("machines.labs", kit.Size{Width: 24, Height: 12}, b.Table("machines/labs"),
		"name", "hours", "measured", "booked", "declared", "measured_share", "U02", "U03").
		OverrideByName("name", labLink(b)).OverrideByName("measured_share", percent).OverrideByName("U02", percent).OverrideByName("U03", percent)
	for _, column := range []string{"hours", "measured", "booked", "declared"} {
		labs.OverrideByName(column, inHours)
	}
	b.Add(explained(b, labs, "machines.labs", "U01", "U02", "U03"))
}
