// Package schemas holds the contracts that producers, consumers and dashboards share: the kinds of
// events with their data, validation in French and English, taxonomies, the indicator catalogue,
// names on NATS, and ClickHouse's tables.
package schemas

//go:generate go run ./internal/gen
