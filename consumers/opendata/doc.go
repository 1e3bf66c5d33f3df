// Package opendata says what of the programme's data anybody may have, and writes it: CSV, JSON, Parquet, IATI results, agendas.
//
// A [Release] is made for each quarter that has ended. Its figures about people and companies are masked where they are small, in
// such a way that no masked figure follows from everything else that is published; docs/open-data.md gives the rule and
// its proof, and mask.go does it. A quarter's figures are published once: later releases repeat them, and corrections
// that come later count in the quarter that is published next.
//
// A [Directory] is what labs say of themselves for everybody: services, machines, media, projects, and what is announced. It has
// no figures, and is read anew.
package opendata
