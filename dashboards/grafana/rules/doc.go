//go:generate go run vitrine/dashboards/grafana/internal/write -rules ../provisioning/alerting/vitrine.yaml

// Package rules describes the alert rules that Grafana evaluates for programme managers: commitments that are late or missed,
// labs that are silent, periods that are overdue. Queries are in queries/*.sql, words in texts.yaml. `make generate` writes them
// to provisioning/alerting. What they mean and what to do: docs/alerts.md.
package rules
