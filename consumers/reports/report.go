package reports

import (
	"time"

	"github.com/shopspring/decimal"

	"vitrine/schemas"
)

// Report is a report in one language: every word is ready to be printed, every number is exact.
type Report struct {
	Question Question
	Lang     schemas.Lang
	// Title is the report's kind, e.g. "Rapport trimestriel"; Subject the lab's or programme's name; Period the
	// period in words, e.g. "1er trimestre 2026".
	Title, Subject, Period string
	// Starts and Ends are the period's first and last day, midnight UTC.
	Starts, Ends time.Time
	// State says in words what the figures are: approved and frozen, or provisional and why.
	State string
	// Provisional says that they aren't approved: each page should say it.
	Provisional bool
	// Notice says whom the report is for; it stands on each page.
	Notice string
	// Proof says what the figures were made from and by which program, for whoever wants to make them again.
	Proof string
	// Made is when it was made, in the programme's zone; MadeText is the same in words.
	Made     time.Time
	MadeText string
	// Head is what stands under the title: commune, agreement, grant and so on.
	Head     Facts
	Sections []Section
}

// FileName is what the report's file is called by default, without the ending: report-LAB-PERIOD-LANG.
func (r *Report) FileName() string {
	subject := r.Question.Lab
	if subject == "" {
		subject = Programme
	}
	return "report-" + subject + "-" + r.Question.Period + "-" + string(r.Lang)
}

// Programme stands for all labs where a lab's slug would stand.
const Programme = "programme"

// Section is a chapter of a report.
type Section struct {
	// ID is the same in both languages: letters, digits and hyphens.
	ID string
	// Title is its heading; Sheet a short one of at most 31 characters, for a workbook.
	Title, Sheet string
	// NewPage says that it begins a page when printed.
	NewPage bool
	Blocks  []Block
}

// Block is one of [Heading], [Paragraph], [Facts], [*Table] and [*Chart].
type Block interface{ block() }

// Heading is a heading below the section's.
type Heading string

// Paragraph is running text.
type Paragraph struct {
	Text string
	Tone Tone
}

// Tone says how a text is meant.
type Tone int

// The tones: plain text, a remark in small print, something to look at, and "there is nothing here".
const (
	Plain Tone = iota
	Remark
	Warning
	Nothing
)

// Facts are names and values, as in a letter's head.
type Facts []Fact

// Fact is one of them.
type Fact struct {
	Name  string
	Value Cell
}

// Table is a table; its heading row is repeated on each page.
type Table struct {
	// ID is unique in the report, and the same in both languages.
	ID      string
	Caption string
	Columns []Column
	Rows    []Row
	// Empty is said in its place where it has no rows.
	Empty string
	// Remark stands below in small print; "" is none.
	Remark string
	// Wide says that it wants a landscape page, where pages are narrow.
	Wide bool
}

// Column is a table's column.
type Column struct {
	Title string
	// Numeric columns are aligned to the right.
	Numeric bool
	// Width is its share of the table's width, relative to the other columns'.
	Width float64
}

// Row is a row of a table, with a cell for each column.
type Row struct {
	Cells []Cell
	Level Level
}

// Level says what a row is.
type Level int

// The levels: a row among others; the name of the rows that follow, in the first cell; a sum or total.
const (
	Line Level = iota
	Group
	Total
)

// Cell is a value.
type Cell struct {
	// Text is the value as it is read: typeset in the language, with its unit.
	Text string
	// Number is the exact value where it is a number, in Unit: one of the catalogue's ("EUR", "hour", "%": 12.5 is 12.5 %), "" for a plain number.
	Number *decimal.Decimal
	Unit   string
	// Places are how many decimals are written where they are others than the unit's; nil elsewhere.
	Places *int32
	// Low and High bound the number where it is a projection; nil elsewhere. Text says them too.
	Low, High *decimal.Decimal
	// Date is the day where it is one, midnight UTC; otherwise zero.
	Date time.Time
	// Status is the code of a commitment's or a period's state, where the cell says one; Text is its word.
	Status string
	// Link is an address that the text leads to, http or https; "" is none.
	Link string
	// Foreign says that the text was written by a lab, and may hold anything.
	Foreign bool
}

// Chart is values along a line of periods.
type Chart struct {
	// ID is unique in the report, and the same in both languages.
	ID    string
	Title string
	// Description says in a sentence what the chart shows, for those who don't see it.
	Description string
	Sort        ChartSort
	// Labels are the periods along the horizontal axis, as short as they can be.
	Labels []string
	// Unit is what the values are in, as in [Cell]; UnitText its words.
	Unit, UnitText string
	Series         []Series
}

// ChartSort is how a chart is drawn.
type ChartSort int

// The sorts: lines, bars, and bars that stand on each other.
const (
	Lines ChartSort = iota
	Bars
	Stacked
)

// Series is one line of a chart, or one colour of bars.
type Series struct {
	Name string
	// Values has one for each label; nil where there is none.
	Values []*decimal.Decimal
	// Dashed says that it is something expected, not something that happened.
	Dashed bool
}

func (Heading) block()   {}
func (Paragraph) block() {}
func (Facts) block()     {}
func (*Table) block()    {}
func (*Chart) block()    {}

// StatusTone says how good a status is; it goes with the word, never instead of it.
func StatusTone(status string) Grade {
	switch status {
	case "achieved", "within", "on_track", "approved":
		return Good
	case "at_risk", "submitted", "sent_back", "reopened", "open":
		return Fair
	case "late", "missed", "exceeded", "overdue":
		return Bad
	}
	return Open
}

// Grade is how good a status is.
type Grade int

// The grades; Open is without a verdict.
const (
	Open Grade = iota
	Good
	Fair
	Bad
)

// StatusSign is a sign that tells statuses apart without colour.
func StatusSign(status string) string {
	switch status {
	case "achieved", "within", "approved":
		return "✔"
	case "on_track":
		return "●"
	case "at_risk", "open", "submitted", "sent_back", "reopened":
		return "▲"
	case "late", "overdue":
		return "▼"
	case "missed", "exceeded":
		return "✘"
	case "not_started", "upcoming":
		return "…"
	}
	return "○"
}
