package verify

import (
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"vitrine/schemas"
)

// sums stand for a version's content: keeping it all would take more memory than everything else.
// A row of another content passes once in 2³² or seldomer.
type sums struct {
	content uint64 // of what event_history holds
	derived uint32 // of what events holds besides: measures, segments and companies
}

// between stands between the columns; no text that is accepted holds it.
const between = "\x00"

func sumsOf(e *schemas.Event, stored time.Time) sums {
	return sums{content: xxhash.Sum64String(contentOf(e, stored)), derived: uint32(xxhash.Sum64String(derivedOf(e)))}
}

// contentOf is what verify_versions.sql and verify_events.sql make of a row.
func contentOf(e *schemas.Event, stored time.Time) string {
	end := e.Time
	if ended, given := schemas.EndOf(e); given {
		end = ended
	}
	return strings.Join([]string{
		e.Source, e.Reason, number64(e.Time.UnixMilli()), number64(end.UnixMilli()), number64(stored.UnixMilli()), string(e.Data),
	}, between)
}

// derivedOf is what verify_events.sql makes of a row.
func derivedOf(e *schemas.Event) string {
	var measures, codes []string
	for name, n := range e.Values.Numbers() {
		measures = append(measures, name+"="+n.String()+";")
	}
	for name, code := range e.Values.Codes() {
		if name != "end" { // it has a column of its own
			codes = append(codes, name+"="+code+";")
		}
	}
	slices.Sort(measures)
	slices.Sort(codes)
	companies := ""
	for _, company := range e.Values.List("companies") {
		companies += companyRef(e.Lab(), company) + ";"
	}
	return strings.Join(measures, "") + between + strings.Join(codes, "") + between + companies
}
