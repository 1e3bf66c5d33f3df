package spreadsheet

import (
	"fmt"
	"strings"

	"vitrine/schemas"
)

// identity are the fields, beside kind and time, that tell a row without a reference from others: what
// the event is about, and nothing that is corrected often.
func identity() []string {
	return []string{"machine", "topic", "type", "partnership", "action", "category", "invoice", "service", "service_type", "outcome_type", "test", "medium", "visitor_type",
		"project", "survey", "milestone"}
}

// identify gives the row its event's id, if it can be told.
func (r *rowReader) identify(reference string) {
	if r.failed[keyReference] {
		return
	}
	if reference != "" {
		r.out.ID = schemas.RecordID(r.cfg.Lab, System, "reference\x00"+r.kind.Name+"\x00"+reference)
		return
	}
	if r.at.IsZero() {
		return
	}
	// Local and without an offset: another zone in the settings makes no other events.
	parts := []string{"row", r.kind.Name, r.at.In(r.cfg.Zone).Format("2006-01-02T15:04:05")}
	for _, name := range identity() {
		if r.failed[name] {
			return
		}
		if v, given := r.data[name]; given {
			parts = append(parts, fmt.Sprintf("%s=%v", name, v))
		}
	}
	key := strings.Join(parts, "\x00")
	r.alike[key]++
	r.out.ID = schemas.RecordID(r.cfg.Lab, System, fmt.Sprintf("%s\x00%d", key, r.alike[key]))
}
