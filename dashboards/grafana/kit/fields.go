package kit

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// Property is one setting of a column.
type Property = dashboard.DynamicConfigValue

// Steps are thresholds: the colour below the first value, then pairs of a value and the colour from it on.
// Colours are never alone: the number or a word stands beside them.
func Steps(below string, pairs ...any) *dashboard.ThresholdsConfigBuilder {
	steps := []dashboard.Threshold{{Color: below}}
	for i := 0; i+1 < len(pairs); i += 2 {
		value, _ := pairs[i].(float64)
		color, _ := pairs[i+1].(string)
		steps = append(steps, dashboard.Threshold{Value: &value, Color: color})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

// The paces from which a commitment is at risk and on track, as status_rules has them.
const (
	AtRisk  = 0.7
	OnTrack = 0.9
)

// PaceSteps colour a share of what was due: as the statuses are, unit by unit (1 for a share of 1, 100 for percent).
func PaceSteps(unit float64) *dashboard.ThresholdsConfigBuilder {
	return Steps("red", AtRisk*unit, "orange", OnTrack*unit, "green")
}

// NoneIsGood colours a count of what should be none.
func NoneIsGood() *dashboard.ThresholdsConfigBuilder { return Steps("green", 1.0, "orange") }

// Unit is Grafana's unit for one of the catalogue's.
func Unit(catalogue string) string {
	switch catalogue {
	case "%":
		return units.Percent
	case "EUR":
		return units.Euro
	case "hour", "trainee.hour":
		return units.Hours
	case "day":
		return units.Days
	case "m2":
		return units.SquareMeters
	default: // things that are counted
		return units.Short
	}
}

// Day is the unit of a date without a time.
const Day = "time:YYYY-MM-DD"

// InUnit gives a column its unit, as Grafana names it.
func InUnit(unit string) Property { return Property{Id: "unit", Value: unit} }

// Decimals gives a column a number of decimals.
func Decimals(n int) Property { return Property{Id: "decimals", Value: n} }

// Width gives a column its width in pixels.
func Width(pixels int) Property { return Property{Id: "custom.width", Value: pixels} }

// Named is a column's heading or a series' name, where the text isn't column.NAME.
func Named(name string) Property { return Property{Id: "displayName", Value: name} }

// Colour gives a series one colour.
func Colour(name string) Property {
	return Property{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": name}}
}

// Gauge draws a column's cells as bars from 0 to highest, coloured by steps.
func Gauge(highest float64, steps *dashboard.ThresholdsConfigBuilder) []Property {
	return []Property{
		{Id: "custom.cellOptions", Value: map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}},
		{Id: "min", Value: 0}, {Id: "max", Value: highest}, threshold(steps), {Id: "color", Value: map[string]any{"mode": "thresholds"}},
	}
}

// Shaded colours the text of a column's cells by steps.
func Shaded(steps *dashboard.ThresholdsConfigBuilder) []Property {
	return []Property{
		{Id: "custom.cellOptions", Value: map[string]any{"type": "color-text"}},
		threshold(steps), {Id: "color", Value: map[string]any{"mode": "thresholds"}},
	}
}

func threshold(steps *dashboard.ThresholdsConfigBuilder) Property {
	config, _ := steps.Build()
	return Property{Id: "thresholds", Value: config}
}

// Link makes a column's cells lead to an address, under a title.
func Link(title, address string) Property {
	return Property{Id: "links", Value: []map[string]any{{"title": title, "url": address, "targetBlank": false}}}
}

// Fixed is one colour for everything in a panel.
func Fixed(color string) cog.Builder[dashboard.FieldColor] {
	return dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(color)
}

// Bar draws a column's cells as bars from 0 to the column's highest value.
func Bar() []Property {
	return []Property{{Id: "custom.cellOptions", Value: map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}}, {Id: "min", Value: 0}, Colour("blue")}
}
