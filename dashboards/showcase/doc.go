// Package showcase is Vitrine's public face: web pages that show the labs of a programme, what each offers, when it can be
// visited, and what it achieved.
//
//	Source ─► cache (one query at a time) ─► view (words and figures in the visitor's language)
//	                                           ─► html/template ─► gzip, ETag ─► visitor
//
// The pages are rendered here, whole: they need no JavaScript, no font, no map tiles and no other host, so that they open at
// once on a workshop's Wi-Fi. What they show comes from a [Source] that the caller provides, and it must be public: the
// package masks nothing and knows neither NATS nor ClickHouse. All words stand in texts.yaml, in French and English.
package showcase
