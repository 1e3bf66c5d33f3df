// Package programme is what those who run a programme look at, behind a sign-in: the portfolio of all labs and
// commitments, a lab's page, its periods with what is to be approved, data quality, alerts, and how each phrase of
// the call is served.
//
//	a browser ─► session ─► visit ─► Labs, Periods, Overview ─► cache ─► view (words in the reader's language)
//	                          └─► Actions (approve, send back, reopen)      └─► html/template ─► gzip, ETag
//
// The pages are rendered here, whole, and read without JavaScript. Figures come from interfaces that the caller
// provides; the package knows neither NATS nor ClickHouse. All words stand in texts.yaml, in French and English.
package programme
