package form

import (
	"slices"

	"vitrine/schemas"
)

// timing is how a form asks when something happened.
type timing int

const (
	// onDay asks for a day; the event's time is its noon, which no change of clocks moves.
	onDay timing = iota
	// atTime asks for a day and, if it is known, a time.
	atTime
	// lasting asks for a start and an end.
	lasting
	// used asks for a start and an end or a duration.
	used
)

// firstKinds are what labs tell most; they stand first, as large buttons.
func firstKinds() []string {
	return []string{"training.held", "discovery.held", "partnership.signed", "machine.usage", "company.service.delivered"}
}

// timingOf follows from the kind's data, but for a few that happen at a time and have no end.
func timingOf(k schemas.Kind) timing {
	switch k.Name {
	case "machine.usage", "machine.availability":
		return used
	case "training.cancelled", "showcase.visit.hosted", "partnership.activity":
		return atTime
	case "session.announced": // its own times are to come
		return onDay
	}
	if slices.ContainsFunc(k.Fields(), func(f schemas.Field) bool { return f.Type == schemas.FieldTime }) {
		return lasting
	}
	return onDay
}

// endRequired says whether a kind that lasts must say until when.
func endRequired(k schemas.Kind) bool {
	return slices.ContainsFunc(k.Fields(), func(f schemas.Field) bool { return f.Name == "end" && f.Required })
}

// labKinds are those that a lab may tell, the first ones first.
func labKinds() (first, more []schemas.Kind) {
	for _, name := range firstKinds() {
		if k, known := schemas.KindByName(name); known {
			first = append(first, k)
		}
	}
	for _, k := range schemas.Kinds() {
		if !k.Programme && !slices.Contains(firstKinds(), k.Name) {
			more = append(more, k)
		}
	}
	return first, more
}

// labKind finds a kind that a lab may tell.
func labKind(name string) (schemas.Kind, bool) {
	k, known := schemas.KindByName(name)
	return k, known && !k.Programme
}
