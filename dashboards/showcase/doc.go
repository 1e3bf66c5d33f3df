// Package showcase is Vitrine's public face: web pages that show the labs of a
// programme and how each stands against what it promised.
//
//	Source ─► cache (one query at a time) ─► view (words and figures in the visitor's language)
//	                                           ─► html/template ─► gzip, ETag ─► visitor
//
// The pages are rendered here, whole: they need no JavaScript, no font and no
// other host, so that they open at once on a workshop's Wi-Fi. Figures come from
// a [Source] that the caller provides; the package knows neither NATS nor
// ClickHouse. All words stand in texts.yaml, in French and English.
package showcase
