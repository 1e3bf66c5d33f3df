// Package kit is what Vitrine's Grafana dashboards are built with, on top of Grafana's Foundation SDK:
// queries from .sql files, texts in French and English, statuses with their words, symbols and colours,
// links from one dashboard to the others.
//
//	Description (once) ─► Kit.Build (per language) ─► Board ─► dashboards/{fr,en}/NAME.json
//	                          queries/*.sql, texts/*.yaml
//
// A dashboard is described by code that uses the SDK's own panel builders; [Add], [Stat], [Table] and the like give a
// builder its title, description and words for the empty case from the texts, and its place from its size.
package kit
