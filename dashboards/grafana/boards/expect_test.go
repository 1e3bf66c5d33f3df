package boards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// What a column is for Grafana.
const (
	timeColumn   = "time"
	numberColumn = "number"
	textColumn   = "text"
)

// kindOf says what the plugin makes of a ClickHouse type.
func kindOf(clickhouse string) string {
	for {
		m := regexp.MustCompile(`^(?:Nullable|LowCardinality)\((.*)\)$`).FindStringSubmatch(clickhouse)
		if m == nil {
			break
		}
		clickhouse = m[1]
	}
	switch {
	case strings.HasPrefix(clickhouse, "Date"):
		return timeColumn
	case regexp.MustCompile(`^(U?Int|Float|Decimal|Bool)`).MatchString(clickhouse):
		return numberColumn
	default:
		return textColumn
	}
}

// expectations holds a query's answer against its panel: the columns that its type, its options and its overrides
// want, and units that its values can have.
func expectations(p *dashboard.Panel, format int, a answer) []string {
	kinds := map[string]string{}
	count := map[string]int{}
	for _, m := range a.Meta {
		kinds[m.Name] = kindOf(m.Type)
		count[kindOf(m.Type)]++
	}
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	if format == 0 {
		if len(a.Meta) == 0 || kindOf(a.Meta[0].Type) != timeColumn {
			problem("a time series' first column must be a time, these are %v", a.Meta)
		}
		last := ""
		for _, row := range a.Data {
			if at := fmt.Sprint(row[0]); at < last {
				problem("not in the order of time: %s after %s", at, last)
				break
			} else {
				last = at
			}
		}
	}
	switch p.Type {
	case "timeseries", "stat", "gauge", "bargauge":
		if p.Type == "timeseries" && format != 0 {
			problem("a time series panel needs a query of that format")
		}
		if count[numberColumn] == 0 && p.Type != "stat" {
			problem("no column of numbers among %v", a.Meta)
		}
	case "barchart", "piechart":
		if count[numberColumn] == 0 || count[textColumn]+count[timeColumn] == 0 {
			problem("bars need a text or a time and numbers, these are %v", a.Meta)
		}
	case "geomap":
		for _, c := range []string{"latitude", "longitude"} {
			if kinds[c] != numberColumn {
				problem("the map needs a number %s, these are %v", c, a.Meta)
			}
		}
	}
	for _, name := range namesIn(p) {
		// With a text beside its numbers, a time series is called by the text.
		if _, ok := kinds[name]; !ok && (format != 0 || count[textColumn] == 0) {
			problem("the panel speaks of a column %q, which the query doesn't give", name)
		}
	}
	for column, unit := range unitsOf(p, a) {
		problems = append(problems, unitFits(column, unit, kinds[column], a)...)
	}
	return problems
}

// namesIn are the columns that a panel's overrides, options and links speak of.
func namesIn(p *dashboard.Panel) []string {
	var names []string
	raw, _ := json.Marshal(p)
	for _, m := range regexp.MustCompile(`__data\.fields\.(\w+)`).FindAllStringSubmatch(string(raw), -1) {
		names = append(names, m[1])
	}
	for _, m := range regexp.MustCompile(`"fields":"/\^(\w+)\$/"`).FindAllStringSubmatch(string(raw), -1) {
		names = append(names, m[1])
	}
	for _, m := range regexp.MustCompile(`"(?:xField|colorByField|rowField|columnField|valueField)":"(\w+)"`).FindAllStringSubmatch(string(raw), -1) {
		names = append(names, m[1])
	}
	if p.FieldConfig != nil {
		for _, o := range p.FieldConfig.Overrides {
			switch o.Matcher.Id {
			case "byName":
				names = append(names, named(o.Matcher))
			case "byNames":
				options, _ := o.Matcher.Options.(map[string]any)
				some, _ := options["names"].([]string)
				names = append(names, some...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// named is the column that a byName matcher means; the SDK keeps a pointer to it.
func named(m dashboard.MatcherConfig) string {
	if name, ok := m.Options.(*string); ok {
		return *name
	}
	return fmt.Sprint(m.Options)
}

// unitsOf are the units that columns of numbers show in.
func unitsOf(p *dashboard.Panel, a answer) map[string]string {
	units := map[string]string{}
	if p.FieldConfig == nil {
		return units
	}
	if p.FieldConfig.Defaults.Unit != nil {
		shown := regexp.MustCompile(`.*`)
		raw, _ := json.Marshal(p.Options)
		if m := regexp.MustCompile(`"fields":"/(\^\w+\$)/"`).FindSubmatch(raw); m != nil {
			shown = regexp.MustCompile(string(m[1]))
		}
		for _, m := range a.Meta {
			if kindOf(m.Type) == numberColumn && shown.MatchString(m.Name) {
				units[m.Name] = *p.FieldConfig.Defaults.Unit
			}
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if o.Matcher.Id == "byName" && property.Id == "unit" {
				units[named(o.Matcher)] = fmt.Sprint(property.Value)
			}
		}
	}
	return units
}

// unitFits says where a column's values can't be in its unit: a share of 1 shown per hundred, or the other way round.
func unitFits(column, unit, kind string, a answer) []string {
	at := slices.Index(a.columns(), column)
	if at < 0 || unit == "" {
		return nil
	}
	dated := strings.HasPrefix(unit, "dateTime") || strings.HasPrefix(unit, "time:")
	if dated != (kind == timeColumn) {
		return []string{fmt.Sprintf("column %s is of kind %s, but its unit is %s", column, kind, unit)}
	}
	highest, any := 0.0, false
	for _, row := range a.Data {
		if v, ok := row[at].(float64); ok {
			highest, any = max(highest, v, -v), true
		}
	}
	switch {
	case unit == "percentunit" && highest > 20:
		return []string{fmt.Sprintf("column %s reaches %g, but its unit is a share of 1", column, highest)}
	case unit == "percent" && any && highest > 0 && highest <= 1:
		return []string{fmt.Sprintf("column %s doesn't exceed %g, but its unit is percent", column, highest)}
	}
	return nil
}

func TestExpectationsBite(t *testing.T) {
	text := func(s string) *string { return &s }
	meta := func(pairs ...string) (a answer) {
		for i := 0; i < len(pairs); i += 2 {
			a.Meta = append(a.Meta, struct{ Name, Type string }{pairs[i], pairs[i+1]})
		}
		return a
	}
	share := meta("pace", "Nullable(Float64)")
	share.Data = [][]any{{0.4}, {0.9}}
	percent := &dashboard.FieldConfigSource{Defaults: dashboard.FieldConfig{Unit: text("percent")}}
	named := &dashboard.FieldConfigSource{Overrides: []dashboard.DashboardFieldConfigSourceOverrides{{Matcher: dashboard.MatcherConfig{Id: "byName", Options: "labs"}}}}
	for what, got := range map[string][]string{
		"a time series without a time": expectations(&dashboard.Panel{Type: "timeseries"}, 0, meta("value", "Float64")),
		"a map without coordinates":    expectations(&dashboard.Panel{Type: "geomap"}, 1, meta("latitude", "Float64")),
		"a share shown per hundred":    expectations(&dashboard.Panel{Type: "stat", FieldConfig: percent}, 1, share),
		"an override of nothing":       expectations(&dashboard.Panel{Type: "table", FieldConfig: named}, 1, share),
		"bars without numbers":         expectations(&dashboard.Panel{Type: "barchart"}, 1, meta("status", "String")),
		"a series without numbers":     expectations(&dashboard.Panel{Type: "timeseries"}, 0, meta("time", "DateTime")),
	} {
		if len(got) == 0 {
			t.Errorf("%s passes", what)
		}
	}
	if got := expectations(&dashboard.Panel{Type: "timeseries"}, 0, meta("time", "DateTime", "lab", "String", "value", "Nullable(Decimal(38, 6))")); len(got) > 0 {
		t.Errorf("a good series: %v", got)
	}
	if contractOnly("SELECT 1 FROM vitrine.event_store") == nil || contractOnly("SELECT 1") == nil || contractOnly("SELECT 1 FROM vitrine.labs") != nil {
		t.Error("contractOnly doesn't tell the contract's relations from others")
	}
}
