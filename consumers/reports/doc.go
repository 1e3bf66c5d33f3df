// Package reports makes the reports on a lab's period and on the programme's: [Build] reads the figures and says
// them as a document in one language, and a writer for each format lays it out. The writers look at nothing but
// the document, so that all formats say the same.
package reports
