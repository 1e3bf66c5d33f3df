package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// The data sources that provisioning/datasources/vitrine.yml sets up.
const (
	ClickHouseUID  = "vitrine-clickhouse"
	ClickHouseType = "grafana-clickhouse-datasource"
	PrometheusUID  = "vitrine-prometheus"
	PrometheusType = "prometheus"
)

// PluginVersion is that of the ClickHouse data source plugin whose query model [Query] is; docker-compose.yml installs it.
const PluginVersion = "4.20.0"

// ClickHouse is the reference to the ClickHouse data source.
func ClickHouse() common.DataSourceRef { return reference(ClickHouseType, ClickHouseUID) }

// Prometheus is the reference to the Prometheus data source.
func Prometheus() common.DataSourceRef { return reference(PrometheusType, PrometheusUID) }

func reference(kind, uid string) common.DataSourceRef {
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}

// Formats of [Query]: what the plugin makes of an answer. A time series needs a time first, and numbers; a text column beside
// them names the series.
const (
	formatTimeSeries = 0
	formatTable      = 1
)

// Query is the model of a query in the official ClickHouse data source, written as SQL. The SDK doesn't have it.
type Query struct {
	RefID         string               `json:"refId"`
	Datasource    common.DataSourceRef `json:"datasource"`
	PluginVersion string               `json:"pluginVersion"`
	EditorType    string               `json:"editorType"`
	QueryType     string               `json:"queryType"`
	Format        int                  `json:"format"`
	RawSQL        string               `json:"rawSql"`
}

// Build makes Query its own builder, as the SDK's panels want one.
func (q Query) Build() (variants.Dataquery, error) { return q, q.Validate() }

// ImplementsDataqueryVariant marks Query for the SDK.
func (q Query) ImplementsDataqueryVariant() {}

// DataqueryType is the data source's type.
func (q Query) DataqueryType() string { return ClickHouseType }

// Equals says whether both ask the same.
func (q Query) Equals(other variants.Dataquery) bool {
	return reflect.DeepEqual(variants.Dataquery(q), other)
}

// Validate says what a query lacks.
func (q Query) Validate() error {
	switch {
	case q.RawSQL == "":
		return errors.New("the query has no SQL")
	case q.EditorType != "sql" || q.QueryType == "" || q.RefID == "":
		return errors.New("the query isn't complete: editorType sql, queryType and refId are required")
	}
	return nil
}

// Variant lets the SDK read queries back strictly; see cog's RegisterDataqueryVariant.
func Variant() variants.DataqueryConfig {
	read := func(raw []byte) (variants.Dataquery, error) {
		var q Query
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&q); err != nil {
			return nil, err
		}
		return q, q.Validate()
	}
	return variants.DataqueryConfig{Identifier: ClickHouseType, DataqueryUnmarshaler: read, StrictDataqueryUnmarshaler: read}
}

// Table asks ClickHouse for rows: NAME is that of the .sql file.
func (b *Board) Table(name string) Query { return b.query(name, "table", formatTable) }

// Series asks ClickHouse for a time series: NAME is that of the .sql file, whose first column is a time.
func (b *Board) Series(name string) Query { return b.query(name, "timeseries", formatTimeSeries) }

func (b *Board) query(name, kind string, format int) Query {
	return Query{RefID: "A", Datasource: ClickHouse(), PluginVersion: PluginVersion, EditorType: "sql", QueryType: kind, Format: format, RawSQL: b.sql(name)}
}

// Variable offers the rows of a query to choose from; its label is the text variable.NAME. The query's columns are
// __value and __text, or one for both. all offers all of them, and lets several be chosen.
func (b *Board) Variable(name, query string, all bool) {
	sql := b.sql(query)
	v := dashboard.NewQueryVariableBuilder(name).Label(b.Text("variable." + name)).
		Datasource(ClickHouse()).Query(dashboard.StringOrMap{String: &sql}).Definition(sql).
		Refresh(dashboard.VariableRefreshOnDashboardLoad).Sort(dashboard.VariableSortDisabled).AllowCustomValue(false)
	if all {
		v.Multi(true).IncludeAll(true).Current(dashboard.VariableOption{
			Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
		})
	}
	b.builder.WithVariable(v)
}
