package rollup

import (
	"strconv"
	"time"

	"vitrine/schemas"
)

// view is an event, or an item of one of its lists, as a rule sees it: the item's fields hide the event's.
type view struct {
	event *schemas.Event
	item  *schemas.Values
	place *Place
	// amountsOnly: whether the amounts can be counted is all that is asked.
	amountsOnly bool
}

// field is where a rule reads a number, a code or what to count once: worked out from the event, or at its position
// in the item, or else at that in the event (-1: not there).
type field struct {
	made        made
	item, event int
}

// made says how a name that is no field is worked out.
type made uint8

const (
	madeNot made = iota
	madeNone
	madeKind
	madeOnTime
	madeDueOrLater
	madeDayNumber
	madeDaysSinceStart
	madeCompany
	madeLab
)

func madeOf(name string) made {
	switch name {
	case "":
		return madeNone
	case "kind":
		return madeKind
	case "on_time":
		return madeOnTime
	case "due_or_later":
		return madeDueOrLater
	case "day_number":
		return madeDayNumber
	case "days_since_start":
		return madeDaysSinceStart
	case "company":
		return madeCompany
	case "lab":
		return madeLab
	}
	return madeNot
}

// unknown is the code of what wasn't given.
const unknown = "unknown"

func (v *view) number(f *field) (schemas.Decimal, bool) {
	switch f.made {
	case madeDayNumber:
		return schemas.Int(v.place.LocalDay.Unix() / 86400), true
	case madeDaysSinceStart:
		start, err := time.Parse(time.DateOnly, v.event.Values.Code("agreement_start"))
		return schemas.Int(int64(v.place.LocalDay.Sub(start) / (24 * time.Hour))), err == nil
	}
	if n, given := v.item.NumberAt(f.item); given {
		return n, true
	}
	return v.event.Values.NumberAt(f.event)
}

func (v *view) code(f *field) string {
	switch f.made {
	case madeKind:
		return v.event.Kind()
	case madeOnTime:
		if due := v.event.Values.Code("due"); due != "" {
			return strconv.FormatBool(v.place.LocalDay.Format(time.DateOnly) <= due)
		}
		return unknown
	case madeDueOrLater:
		return max(v.place.LocalDay.Format(time.DateOnly), v.event.Values.Code("due")) // both are YYYY-MM-DD, or there is none
	}
	if c := v.item.CodeAt(f.item); c != "" {
		return c
	}
	if c := v.event.Values.CodeAt(f.event); c != "" {
		return c
	}
	return unknown
}

func (v *view) ref(f *field) string {
	switch f.made {
	case madeNone:
		return ""
	case madeCompany:
		return schemas.CompanyRef(v.event.Lab(), *v.item)
	case madeLab:
		return v.event.Lab()
	}
	return v.code(f)
}

func (d *dimension) segment(v *view) string {
	if d.always != "" {
		return d.always
	}
	if d.field.made == madeNot {
		if term := v.item.TermAt(d.field.item); term >= 0 {
			return d.ofItem[term]
		}
		if v.item.CodeAt(d.field.item) == "" {
			if term := v.event.Values.TermAt(d.field.event); term >= 0 {
				return d.ofEvent[term]
			}
			if v.event.Values.CodeAt(d.field.event) == "" {
				return d.unknown
			}
		}
	}
	return d.prefix + v.code(&d.field)
}
