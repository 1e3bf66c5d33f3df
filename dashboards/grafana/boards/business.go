package boards

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
	"vitrine/schemas"
)

// business answers: which companies does the programme reach, what do they get and pay, and do the labs find a business model?
func business() kit.Description {
	return kit.Description{Name: "business", From: "now-2y/y", Refresh: "15m", Describe: func(b *kit.Board) {
		b.Variable("lab", "shared/labs", true)
		figuresState(b)
		b.Row("business.start")
		businessSoFar(b)
		b.Row("business.quarters")
		businessByQuarter(b)
		b.Row("business.labs.row")
		b.Add(businessByLab(b))
	}}
}

// businessSoFar is the programme from its start to today, over all labs: a company counts once, however many labs serve it.
func businessSoFar(b *kit.Board) {
	tile := kit.Size{Width: 6, Height: 4}
	first := b.Stat("business.companies", tile, b.Table("business/since_start"), "C01", "lastNotNull")
	b.Add(explained(b, first, "business.companies", "C01"))
	all := b.Shared("business.companies")
	for _, t := range []struct{ key, code string }{
		{"business.repeat", "C03"}, {"business.delivered", "C04"}, {"business.launched", "O05"}, {"business.revenue", "E01"},
		{"business.selffinancing", "E02"}, {"business.companyshare", "E03"}, {"business.testsrun", "B01"},
	} {
		p := b.Stat(t.key, tile, all, t.code, "lastNotNull").Unit(kit.Unit(b.Indicator(t.code).Unit))
		b.Add(explained(b, p, t.key, t.code))
	}
	half := kit.Size{Width: 12, Height: 7}
	b.Add(explained(b, called(b, gauges(b, "business.sizes", half, "size"), "size", terms("company.service.delivered", "companies.size")), "business.sizes", "C01"))
	b.Add(explained(b, called(b, gauges(b, "business.outcomes", half, "outcome"), "outcome", terms("company.outcome.reported", "outcome_type")), "business.outcomes", "C05"))
}

// gauges are horizontal bars, one for each column that begins with prefix.
func gauges(b *kit.Board, key string, size kit.Size, prefix string) *bargauge.PanelBuilder {
	return kit.Begin(b, bargauge.NewPanelBuilder(), key, size, b.Shared("business.companies")).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Fields("/^" + prefix + "_/").Values(false)).
		Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic).ColorScheme(kit.Fixed("blue")).Min(0)
}

func businessByQuarter(b *kit.Board) {
	half := kit.Size{Width: 12, Height: 8}
	percent := common.NewStackingConfigBuilder().Mode(common.StackingModePercent)

	companies := b.Bars("business.active", half, b.Series("business/companies")).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNone))
	b.Add(explained(b, indicators(b, companies, "C01", "C02"), "business.active", "C01", "C02"))

	// One read for six panels.
	services := b.Bars("business.services", half, b.Series("business/quarters"))
	b.Add(explained(b, series(b, services, "service", schemas.DimensionTerms("service_type")), "business.services", "C04"))
	all := b.Shared("business.services")

	launches := b.Bars("business.launches", half, all)
	b.Add(explained(b, series(b, launches, "launch", schemas.DimensionTerms("service_type")), "business.launches", "O05"))

	mix := b.Bars("business.mix", half, all).Stacking(percent).Unit(units.Euro)
	b.Add(explained(b, series(b, mix, "revenue", terms("finance.period.reported", "revenues.stream")), "business.mix", "E01"))

	shares := b.Lines("business.shares", half, all).Unit(units.Percent).Decimals(1)
	b.Add(explained(b, indicators(b, shares, "E02", "E03", "C03"), "business.shares", "E02", "E03", "C03"))

	stage := b.Bars("business.stages", half, all)
	for i, colour := range []string{"#8e8e8e", "light-blue", "blue", "light-green", "green"} {
		stage.OverrideByName(stageColumn(i), []kit.Property{kit.Named(stageName(b, i)), kit.Colour(colour)})
	}
	b.Add(explained(b, only(stage, stageColumn(0), stageColumn(1), stageColumn(2), stageColumn(3), stageColumn(4)), "business.stages", "B03"))

	tests := b.Bars("business.tests", half, all)
	b.Add(explained(b, series(b, tests, "test", terms("business_model.test.concluded", "decision")), "business.tests", "B01"))
}

// businessByLab is the last whole quarter of each lab.
func businessByLab(b *kit.Board) *table.PanelBuilder {
	columns := []string{"C01", "C02", "C03", "C04", "O05", "E01", "E02", "E03", "E04", "B01", "B03"}
	p := b.TablePanel("business.labs", kit.Size{Width: 24, Height: 12}, b.Table("business/by_lab"), append([]string{"name", "quarter"}, columns...)...).
		OverrideByName("name", labLink(b)).OverrideByName("quarter", []kit.Property{kit.InUnit("time:" + b.Text("quarter.format"))})
	for _, code := range columns {
		p.OverrideByName(code, []kit.Property{kit.InUnit(kit.Unit(b.Indicator(code).Unit)), {Id: "description", Value: b.Formula(code)}})
	}
	stages := map[string]dashboard.ValueMappingResult{}
	for i := range 5 {
		word := stageName(b, i)
		stages[fmt.Sprint(i)] = dashboard.ValueMappingResult{Text: &word}
	}
	p.OverrideByName("E02", append(kit.Gauge(100, kit.Steps("blue")), kit.InUnit(units.Percent), kit.Decimals(0))).
		OverrideByName("E04", kit.Shaded(kit.Steps("text", capOf(b, "E04"), "orange"))).
		OverrideByName("B03", []kit.Property{{Id: "mappings", Value: []dashboard.ValueMapping{kit.Values(stages)}}, kit.Width(190)})
	return explained(b, p, "business.labs")
}

// stageName is a stage of the business model as B03 counts it, 0 to 4.
func stageName(b *kit.Board, stage int) string { return b.Text(fmt.Sprintf("stage.%d", stage)) }

func stageColumn(stage int) string { return fmt.Sprintf("stage_%d", stage) }

// capOf is the catalogue's cap of an indicator.
func capOf(b *kit.Board, code string) float64 {
	if c := b.Indicator(code).Cap; c != nil {
		return float64(c.Micros()) / 1e6
	}
	return 100
}
