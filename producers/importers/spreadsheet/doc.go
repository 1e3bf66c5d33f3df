// Package spreadsheet reads a lab's activity from spreadsheets, XLSX and CSV, as people fill them: with
// headers in French or English, "18h00", "12/03/2026", "1 234,50", "Grand public".
//
// Each row is an event. Which kind it is says the sheet's name, a column (“Activité”, or “Type” in a sheet of
// several kinds), or the caller. Columns are known by their headers; those that aren't known, and those that may
// hold personal data, are told and not read. [Template] makes workbooks to fill in.
//
// # Which event a row is
//
// A row's event is known by its reference (column “Référence”) within its kind: a number or code of the lab's
// own that no other row of that kind has, in this file or another. A row without one is known by what it says: its kind, date and
// time, and what tells things of the same kind apart (machine, topic, type, partnership, …: [identity]); of rows
// that say the same there, the first, second and so on of the file. Correcting anything else replaces the
// event; correcting one of these makes another event, and the old one stays until it is retracted
// ([Analysis.Missing]).
//
// # What is read of a file
//
// Visible sheets whole: hidden rows (a filter hides them) and columns too; hidden sheets aren't. Formulas count by the value that
// was saved. A merged cell counts for its first row; the others are refused, since a number might count
// twice. Numbers of a workbook are rounded to six decimals.
package spreadsheet
