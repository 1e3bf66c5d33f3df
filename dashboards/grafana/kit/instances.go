package kit

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// Instances offers the processes that Prometheus knows of, as the variable instance: all, or some of them.
func (b *Board) Instances() {
	// Whatever process it is, it talks to ClickHouse.
	query := "label_values(vitrine_store_statement_seconds_count, instance)"
	b.builder.WithVariable(dashboard.NewQueryVariableBuilder("instance").Label(b.Text("variable.instance")).
		Datasource(Prometheus()).Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).AllowCustomValue(false).
		Multi(true).IncludeAll(true).AllValue(".*").Current(dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
		Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
	}))
}
