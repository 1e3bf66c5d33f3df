package schemas

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
)

//go:embed call.csv
var callFile []byte

// Phrase is a promise or condition of the call for projects, and where Vitrine shows how it is kept.
type Phrase struct {
	// ID is S01 to S20, in the call's order.
	ID string
	// Text is the call's own wording in French, and how it is read in English.
	Text Text
	// Indicators are the codes that measure it; none where it is a matter of the registry.
	Indicators []string
	// Pages are the paths of the web pages that show it, {lab} standing for a lab's slug.
	Pages []string
	// Report are the sections of the report that hold it: head, commitments, activity, partners, companies, expenditure.
	Report []string
	// Views are the relations of ClickHouse to ask.
	Views []string
}

// Phrases are those of the call, in its order.
func Phrases() []Phrase { return phrases() }

var phrases = sync.OnceValue(func() []Phrase {
	rows, err := csv.NewReader(bytes.NewReader(callFile)).ReadAll()
	if err != nil || len(rows) < 2 {
		panic(fmt.Sprintf("call.csv: %d rows, %v", len(rows), err)) // it is compiled in, and a test reads it
	}
	list := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ';' })
	}
	var all []Phrase
	for _, r := range rows[1:] {
		all = append(all, Phrase{ID: r[0], Text: Text{FR: r[1], EN: r[2]}, Indicators: list(r[3]), Pages: list(r[4]), Report: list(r[5]), Views: list(r[6])})
	}
	return all
})
