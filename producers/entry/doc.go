// Package entry reads what a person typed, into a form or a cell, as the values of an event's data.
//
// It knows how people write in French and in English: "1 234,50", "18h00", "12/03/2026", "oui",
// "Grand public". What can be read in two ways is refused, with what to write instead: "1,234" is
// neither taken for 1234 nor for 1.234.
package entry
