// Package connectors lists every connector. The list is made from the folders of importers: a new
// connector is a package there with a function Connector, and takes no change elsewhere.
package connectors

//go:generate go run ./internal/gen
