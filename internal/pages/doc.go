// Package pages is what all of Vitrine's web pages share: languages, tables of texts, figures and dates as people
// write them, statuses with their words and icons, rendering and assets. It knows nothing of what the pages show
// and imports nothing of ours.
//
//	request ─► LangOf ─► Texts ─► html/template (with Templates' shared parts) ─► Sheet ─► gzip, ETag ─► visitor
package pages
