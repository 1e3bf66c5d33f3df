package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
)

// pipeline answers, for operators: is what was accepted counted, how fast, and what is in the way? The bounds that panels
// are coloured by are those of the rules in dashboards/prometheus.
func pipeline() kit.Description {
	return kit.Description{Name: "pipeline", From: "now-6h", Refresh: "30s", Describe: func(b *kit.Board) {
		b.Instances()
		b.Row("pipeline.now")
		pipelineNow(b)
		b.Row("pipeline.counting")
		pipelineCounting(b)
		b.Row("pipeline.gateway")
		pipelineGateway(b)
		b.Row("pipeline.engines")
		pipelineEngines(b)
		b.Row("pipeline.promises")
		pipelinePromises(b)
		happened(b, "pipeline.rejected", "pipeline.throughput", "pipeline.rows", "pipeline.requests", "pipeline.latency", "pipeline.refused", "pipeline.turns", "pipeline.errors",
			"pipeline.certificate")
	}}
}

// pipelineNow is what an operator wants to see first. Each consumer shows the stream's whole backlog, so that the highest is the truth.
func pipelineNow(b *kit.Board) {
	for _, t := range []struct {
		key, expr, unit string
		width           uint32
		steps           *dashboard.ThresholdsConfigBuilder
	}{
		{"pipeline.healthy", `min(vitrine_consumer_healthy{instance=~"$instance"})`, units.Short, 3, kit.Steps("red", 1.0, "green")},
		{"pipeline.waiting", `max(vitrine_consumer_pending_messages{instance=~"$instance"})`, units.Short, 3, kit.Steps("text")},
		{"pipeline.oldest", `max(vitrine_consumer_oldest_pending_seconds{instance=~"$instance"})`, units.Seconds, 3, kit.Steps("green", 120.0, "orange", 900.0, "red")},
		{"pipeline.stalled", `max(vitrine_consumer_stalled_seconds{instance=~"$instance"})`, units.Seconds, 3, kit.Steps("green", 30.0, "orange", 120.0, "red")},
		{"pipeline.rejected", `sum(rate(vitrine_consumer_events_total{outcome="rejected", instance=~"$instance"}[30m])) / sum(rate(vitrine_consumer_events_total{instance=~"$instance"}[30m]))`,
			units.PercentUnit, 4, kit.Steps("green", 0.01, "orange", 0.05, "red")},
		{"pipeline.disk", `min(vitrine_data_free_bytes{instance=~"$instance"} / vitrine_data_size_bytes{instance=~"$instance"})`, units.PercentUnit, 4,
			kit.Steps("red", 0.05, "orange", 0.15, "green")},
		{"pipeline.certificate", `min(vitrine_certificate_expiry_seconds{instance=~"$instance"} - time())`, units.Seconds, 4,
			kit.Steps("red", 3*86400.0, "orange", 14*86400.0, "green")},
	} {
		p := b.Stat(t.key, kit.Size{Width: t.width, Height: 4}, b.MetricNow("A", t.expr, ""), ".*", "lastNotNull").Unit(t.unit).Thresholds(t.steps)
		if t.key == "pipeline.healthy" {
			well, ill := b.Text("pipeline.healthy.well"), b.Text("pipeline.healthy.ill")
			p.Mappings([]dashboard.ValueMapping{kit.Values(map[string]dashboard.ValueMappingResult{"1": {Text: &well}, "0": {Text: &ill}})})
		}
		b.Add(p)
	}
}

func pipelineCounting(b *kit.Board) {
	trend(b, "pipeline.throughput", units.EventsPerSecond,
		b.Metric("A", `sum(rate(vitrine_publisher_published_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.throughput.accepted")),
		b.Metric("B", `sum by (outcome) (rate(vitrine_consumer_events_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.throughput.counted")+" {{outcome}}"))
	trend(b, "pipeline.lag", units.Seconds,
		b.Metric("A", `max(vitrine_consumer_oldest_pending_seconds{instance=~"$instance"})`, b.Text("pipeline.lag.oldest")),
		b.Metric("B", `max by (instance) (vitrine_consumer_lag_seconds{instance=~"$instance"})`, b.Text("pipeline.lag.batch")+" {{instance}}"))
	trend(b, "pipeline.steps", units.Seconds,
		b.Metric("A", `histogram_quantile(0.95, sum by (le, step) (rate(vitrine_consumer_step_seconds_bucket{step!="fetch", instance=~"$instance"}[$__rate_interval])))`, "{{step}}"))
	trend(b, "pipeline.batches", units.Short,
		b.Metric("A", `sum(rate(vitrine_consumer_batch_events_sum{instance=~"$instance"}[$__rate_interval])) / sum(rate(vitrine_consumer_batch_events_count{instance=~"$instance"}[$__rate_interval]))`,
			b.Text("pipeline.batches.events")),
		b.Metric("B", `sum(rate(vitrine_consumer_batch_cells_sum{instance=~"$instance"}[$__rate_interval])) / sum(rate(vitrine_consumer_batch_cells_count{instance=~"$instance"}[$__rate_interval]))`,
			b.Text("pipeline.batches.cells")))
	trend(b, "pipeline.repeated", units.Short,
		b.Metric("A", `sum by (step) (increase(vitrine_consumer_step_failures_total{instance=~"$instance"}[$__rate_interval]))`, "{{step}}"),
		b.Metric("B", `sum(increase(vitrine_consumer_redelivered_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.repeated.redelivered")))
	trend(b, "pipeline.rows", units.RowsPerSecond,
		b.Metric("A", `sum by (table) (rate(vitrine_store_inserted_rows_total{instance=~"$instance"}[$__rate_interval]))`, "{{table}}"))
}

func pipelineGateway(b *kit.Board) {
	trend(b, "pipeline.requests", units.RequestsPerSecond,
		b.Metric("A", `sum by (status) (rate(vitrine_gateway_requests_total{instance=~"$instance"}[$__rate_interval]))`, "{{status}}"))
	trend(b, "pipeline.latency", units.Seconds,
		b.Metric("A", `histogram_quantile(0.99, sum by (le, route) (rate(vitrine_gateway_request_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`, "{{route}}"))
	trend(b, "pipeline.results", units.EventsPerSecond,
		b.Metric("A", `sum by (result) (rate(vitrine_gateway_events_total{instance=~"$instance"}[$__rate_interval]))`, "{{result}}"))
	trend(b, "pipeline.refused", units.Short,
		b.Metric("A", `sum by (reason) (increase(vitrine_gateway_refused_total{instance=~"$instance"}[$__rate_interval]))`, "{{reason}}"),
		b.Metric("B", `sum by (result) (increase(vitrine_credentials_checks_total{result!="accepted", instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.refused.token")+" {{result}}"))
	trend(b, "pipeline.turns", units.Short,
		b.Metric("A", `sum(vitrine_gateway_in_flight{instance=~"$instance"})`, b.Text("pipeline.turns.inflight")),
		b.Metric("B", `sum(vitrine_gateway_waiting{instance=~"$instance"})`, b.Text("pipeline.turns.waiting")))
}

func pipelineEngines(b *kit.Board) {
	trend(b, "pipeline.ack", units.Seconds,
		b.Metric("A", `histogram_quantile(0.5, sum by (le) (rate(vitrine_publisher_publish_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`, b.Text("pipeline.ack.half")),
		b.Metric("B", `histogram_quantile(0.99, sum by (le) (rate(vitrine_publisher_publish_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`, b.Text("pipeline.ack.most")))
	trend(b, "pipeline.unconfirmed", units.Short,
		b.Metric("A", `sum by (publisher) (increase(vitrine_publisher_retries_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.unconfirmed.retries")+" {{publisher}}"),
		b.Metric("B", `sum by (publisher) (increase(vitrine_publisher_failed_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.unconfirmed.failed")+" {{publisher}}"),
		b.Metric("C", `sum by (reason) (increase(vitrine_nats_refused_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.unconfirmed.refused")+" {{reason}}"),
		b.Metric("D", `sum by (use) (increase(vitrine_certificate_reload_failures_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.unconfirmed.certificate")+" {{use}}"))
	trend(b, "pipeline.statements", units.Seconds,
		b.Metric("A", `topk(10, histogram_quantile(0.95, sum by (le, statement) (rate(vitrine_store_statement_seconds_bucket{instance=~"$instance"}[$__rate_interval]))))`, "{{statement}}"))
	trend(b, "pipeline.errors", units.Short,
		b.Metric("A", `sum by (statement) (increase(vitrine_store_errors_total{instance=~"$instance"}[$__rate_interval]))`, "{{statement}}"),
		b.Metric("B", `sum by (reason) (increase(vitrine_store_refusals_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.errors.refusal")+" {{reason}}"))
	trend(b, "pipeline.room", units.BytesIEC,
		b.Metric("A", `vitrine_data_free_bytes{instance=~"$instance"}`, b.Text("pipeline.room.free")+" {{instance}}"),
		b.Metric("B", `vitrine_data_size_bytes{instance=~"$instance"}`, b.Text("pipeline.room.size")+" {{instance}}"))
}

// pipelinePromises are what else the programme counts on: frozen periods, alerts, open data.
func pipelinePromises(b *kit.Board) {
	trend(b, "pipeline.alerts", units.Short,
		b.Metric("A", `max by (sort) (vitrine_alerts_raised{instance=~"$instance"})`, "{{sort}}"))
	trend(b, "pipeline.told", units.Seconds,
		b.Metric("A", `time() - max(vitrine_alert_last_round_timestamp_seconds{instance=~"$instance"})`, b.Text("pipeline.told.round")),
		b.Metric("B", `max by (destination) (vitrine_alert_untold_seconds{instance=~"$instance"})`, b.Text("pipeline.told.untold")+" {{destination}}"))
	trend(b, "pipeline.frozen", units.Short,
		b.Metric("A", `max(vitrine_period_approvals_waiting{instance=~"$instance"})`, b.Text("pipeline.frozen.waiting")),
		b.Metric("B", `sum(increase(vitrine_period_freeze_failures_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.frozen.failures")),
		b.Metric("C", `sum(increase(vitrine_opendata_failures_total{instance=~"$instance"}[$__rate_interval]))`, b.Text("pipeline.frozen.opendata")))
}

// trend adds a panel of a third's width.
func trend(b *kit.Board, key, unit string, targets ...cog.Builder[variants.Dataquery]) {
	b.Add(b.Lines(key, kit.Size{Width: 8, Height: 8}, targets...).Unit(unit))
}

// happened says that a panel has nothing to show until something happens, or goes wrong.
func happened(b *kit.Board, keys ...string) {
	for _, key := range keys {
		b.MayBeEmpty(key)
	}
}
