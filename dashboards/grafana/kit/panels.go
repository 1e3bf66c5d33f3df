package kit

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Panel is what all of the SDK's panel builders have; T is the builder itself.
type Panel[T any] interface {
	cog.Builder[dashboard.Panel]
	Id(uint32) T
	Title(string) T
	Description(string) T
	NoValue(string) T
	Span(uint32) T
	Height(uint32) T
	Datasource(common.DataSourceRef) T
	WithTarget(cog.Builder[variants.Dataquery]) T
}

// Size of a panel: columns of the 24 that a dashboard has, and rows of 30 pixels.
type Size struct{ Width, Height uint32 }

// Begin gives a panel its title (the text KEY), its description (KEY.help: what it shows and by which formula), its words
// for the empty case (KEY.empty, else those that all share), its size and what it asks.
func Begin[T Panel[T]](b *Board, panel T, key string, size Size, targets ...cog.Builder[variants.Dataquery]) T {
	if b.begun[key] {
		b.errs = append(b.errs, fmt.Errorf("there are two panels %q", key))
	}
	b.begun[key] = true
	panel.Id(b.id(key))
	panel.Title(b.Text(key))
	panel.Description(b.Text(key + ".help"))
	empty := "empty"
	if b.has(key + ".empty") {
		empty = key + ".empty"
	}
	panel.NoValue(b.Text(empty))
	panel.Span(size.Width)
	panel.Height(size.Height)
	for i, target := range targets {
		q, err := target.Build()
		if err != nil {
			b.errs = append(b.errs, err)
			continue
		}
		if i == 0 {
			panel.Datasource(sourceOf(q))
		}
		panel.WithTarget(target)
	}
	return panel
}

func sourceOf(q variants.Dataquery) common.DataSourceRef {
	switch q.DataqueryType() {
	case ClickHouseType:
		return ClickHouse()
	case PrometheusType:
		return Prometheus()
	default:
		return reference(sharedType, sharedUID)
	}
}

// MayBeEmpty says that the panel of that key has nothing to show where all is well: without it the query test wants rows.
func (b *Board) MayBeEmpty(key string) { b.empty[b.id(key)] = true }

// Stat begins a panel with one big number: field of the answer, reduced by calc (sum, lastNotNull, …).
func (b *Board) Stat(key string, size Size, target cog.Builder[variants.Dataquery], field, calc string) *stat.PanelBuilder {
	return Begin(b, stat.NewPanelBuilder(), key, size, target).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{calc}).Fields("/^" + field + "$/").Values(false)).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		TextMode(common.BigValueTextModeValue).
		Thresholds(Steps("text"))
}

// TablePanel begins a table whose columns are headed by the texts column.NAME, in the given order; what the query gives beside
// them is hidden.
func (b *Board) TablePanel(key string, size Size, target cog.Builder[variants.Dataquery], columns ...string) *table.PanelBuilder {
	p := Begin(b, table.NewPanelBuilder(), key, size, target).ShowHeader(true).CellHeight(common.TableCellHeightSm).Filterable(true).
		Footer(NoFooter())
	for _, c := range columns {
		p.OverrideByName(c, []dashboard.DynamicConfigValue{{Id: "displayName", Value: b.Text("column." + c)}})
	}
	// What is hidden stays readable for links: ${__data.fields.lab}.
	return p.WithOverride(dashboard.MatcherConfig{Id: "byNames", Options: map[string]any{"mode": "exclude", "names": columns}},
		[]dashboard.DynamicConfigValue{{Id: "custom.hideFrom.viz", Value: true}, {Id: "custom.hidden", Value: true}}) // the latter before Grafana 12.2
}

// NoFooter is a table's footer that isn't shown; Grafana's schema wants one.
func NoFooter() *common.TableFooterOptionsBuilder {
	return common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})
}

// Bars begins a time series drawn as bars from zero: what was done in each period.
func (b *Board) Bars(key string, size Size, targets ...cog.Builder[variants.Dataquery]) *timeseries.PanelBuilder {
	return b.Lines(key, size, targets...).
		DrawStyle(common.GraphDrawStyleBars).FillOpacity(70).LineWidth(1).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
}

// Lines begins a time series drawn as lines.
func (b *Board) Lines(key string, size Size, targets ...cog.Builder[variants.Dataquery]) *timeseries.PanelBuilder {
	return Begin(b, timeseries.NewPanelBuilder(), key, size, targets...).
		AxisSoftMin(0).LineWidth(2).ShowPoints(common.VisibilityModeAuto).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom))
}
