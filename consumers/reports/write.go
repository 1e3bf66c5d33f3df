package reports

import (
	"fmt"
	"io"
)

// Formats are those that [Write] knows, as a file's name ends.
func Formats() []string { return []string{"html", "pdf", "xlsx"} }

// MediaType is a format's, for HTTP.
func MediaType(format string) string {
	switch format {
	case "html":
		return "text/html; charset=utf-8"
	case "pdf":
		return "application/pdf"
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/octet-stream"
}

// Write writes a report in one of [Formats].
func Write(w io.Writer, r *Report, format string) error {
	switch format {
	case "html":
		return HTML(w, r)
	case "pdf":
		return PDF(w, r)
	case "xlsx":
		return XLSX(w, r)
	}
	return fmt.Errorf("write a report: unknown format %q", format)
}
