package kit

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// sharedUID is Grafana's own data source that gives a panel what another panel of the dashboard has read.
const (
	sharedUID  = "-- Dashboard --"
	sharedType = "datasource"
)

// Shared takes the rows of another panel of this board, by the key of its texts, so that a costly query runs once.
// That panel may stand below: it is known by its key before.
func (b *Board) Shared(key string) cog.Builder[variants.Dataquery] {
	id := b.id(key)
	b.shared = append(b.shared, key)
	ref, source := "A", reference(sharedType, sharedUID)
	return built{datasource.Dataquery{PanelId: id, RefId: &ref, Datasource: &source}}
}

// built is a query that needs no building.
type built struct{ query variants.Dataquery }

func (q built) Build() (variants.Dataquery, error) { return q.query, nil }

// Metric asks Prometheus for a series over time. legend names the series, with the values of labels: {{use}}.
func (b *Board) Metric(ref, expr, legend string) cog.Builder[variants.Dataquery] {
	return prometheus.NewDataqueryBuilder().RefId(ref).Datasource(Prometheus()).Expr(expr).Range().LegendFormat(legend)
}

// MetricNow asks Prometheus for the present value only.
func (b *Board) MetricNow(ref, expr, legend string) cog.Builder[variants.Dataquery] {
	return prometheus.NewDataqueryBuilder().RefId(ref).Datasource(Prometheus()).Expr(expr).Instant().LegendFormat(legend)
}
