package boards

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/geomap"

	"vitrine/dashboards/grafana/kit"
	"vitrine/internal/pages"
)

// labStatuses are lab_status' columns of statuses, from best to worst: achieved counts caps kept, missed caps exceeded.
func labStatuses() []pages.Status {
	return []pages.Status{pages.StatusAchieved, pages.StatusOnTrack, pages.StatusAtRisk, pages.StatusLate, pages.StatusMissed,
		pages.StatusNoData, pages.StatusNotStarted}
}

// statusTotals adds up columns named like statuses, one bar for each.
func statusTotals(b *kit.Board, key string, size kit.Size, target cog.Builder[variants.Dataquery]) *bargauge.PanelBuilder {
	var names []string
	for _, s := range labStatuses() {
		names = append(names, string(s))
	}
	p := kit.Begin(b, bargauge.NewPanelBuilder(), key, size, target).
		Orientation(common.VizOrientationVertical).DisplayMode(common.BarGaugeDisplayModeBasic).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"sum"}).Fields("/^(" + strings.Join(names, "|") + ")$/").Values(false)).
		Min(0)
	for _, s := range labStatuses() {
		p.OverrideByName(string(s), []kit.Property{kit.Named(b.StatusWord(s)), kit.Colour(b.StatusColour(s))})
	}
	return p
}

// labMap places rows with latitude, longitude and worst_status. The base map is the outline of countries that Grafana
// brings: tiles would come from the internet, which tells a third party who looks, and a server may have none. (The type
// xyz without an address isn't "no tiles": Grafana then takes a default address.)
func labMap(b *kit.Board, key string, size kit.Size, target cog.Builder[variants.Dataquery]) *geomap.PanelBuilder {
	latitude, longitude, opacity := "latitude", "longitude", int64(1)
	return kit.Begin(b, geomap.NewPanelBuilder(), key, size, target).
		View(geomap.NewMapViewConfigBuilder().Id("coords").Lat(46).Lon(2).Zoom(5)).
		Controls(geomap.NewControlsOptionsBuilder().ShowZoom(true).MouseWheelZoom(false).ShowAttribution(false).ShowScale(true)).
		Basemap(common.NewMapLayerOptionsBuilder().Type("geojson").Name(b.Text("map.base")).Config(map[string]any{
			"src": "public/maps/countries.geojson", "rules": []any{},
			"style": map[string]any{"color": map[string]any{"fixed": "#8e8e8e"}, "opacity": 0.15, "lineWidth": 1},
		})).
		Tooltip(geomap.NewTooltipOptionsBuilder().Mode(geomap.TooltipModeDetails)).
		Layers([]cog.Builder[common.MapLayerOptions]{
			common.NewMapLayerOptionsBuilder().Type("markers").Name(b.Text("map.labs")).Tooltip(true).Opacity(opacity).
				Location(common.NewFrameGeometrySourceBuilder().Mode(common.FrameGeometrySourceModeCoords).Latitude(latitude).Longitude(longitude)).
				Config(map[string]any{
					"showLegend": true,
					"style": map[string]any{
						"size":       map[string]any{"fixed": 8, "min": 4, "max": 15},
						"color":      map[string]any{"field": "worst_status", "fixed": "dark-green"},
						"symbol":     map[string]any{"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
						"text":       map[string]any{"mode": "field", "field": "name", "fixed": ""},
						"textConfig": map[string]any{"fontSize": 11, "offsetX": 0, "offsetY": -14, "textAlign": "center", "textBaseline": "middle"},
						"opacity":    1, "rotation": map[string]any{"fixed": 0, "mode": "mod", "min": -360, "max": 360},
						"symbolAlign": map[string]any{"horizontal": "center", "vertical": "center"},
					},
				}),
		}).
		OverrideByName("worst_status", []kit.Property{{Id: "mappings", Value: b.StatusMappings()}, kit.Named(b.Text("column.worst_status"))})
}

// figuresState says above all figures whether they are all there: some are missing while they are made again.
func figuresState(b *kit.Board) {
	state := func(code, color string) dashboard.ValueMappingResult {
		word := b.Text("figures." + code)
		return dashboard.ValueMappingResult{Text: &word, Color: &color}
	}
	b.Add(b.Stat("figures", kit.Size{Width: 24, Height: 3}, b.Table("shared/figures"), "state", "lastNotNull").
		Mappings([]dashboard.ValueMapping{kit.Values(map[string]dashboard.ValueMappingResult{
			"whole": state("whole", "green"), "rebuilding": state("rebuilding", "red"),
		})}))
}
