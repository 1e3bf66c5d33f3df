//go:generate go run vitrine/dashboards/grafana/internal/write -to ../dashboards

// Package boards describes Vitrine's Grafana dashboards: one file each, their queries in queries/NAME/*.sql, their
// texts in texts/NAME.yaml. `make generate` writes them to dashboards/{fr,en}/*.json.
package boards
