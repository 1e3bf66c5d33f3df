package icalendar

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

const (
	// maxInstances bounds what one series gives: 27 years of days.
	maxInstances = 10_000
	// maxInterval bounds INTERVAL.
	maxInterval = 10_000
	// cycles is by how many years rules are counted later. The library looks for a rule's next instance
	// up to the year 9999, and a rule that has none (30 February, each day) takes it seconds. The
	// calendar repeats itself every 400 years, so that from the year 9626 it has the same days, and
	// less far to look.
	cycles = 19 * 400
)

// occurrence is an instance of a series as its rule gives it.
type occurrence struct {
	moment
	// deleted says that an EXDATE takes it out.
	deleted bool
}

// occurrences are a series' instances up to a time, in order.
func (e *entry) occurrences(until time.Time) ([]occurrence, error) {
	zone := e.start.Location()
	var all []occurrence
	if e.rule == "" {
		all = append(all, occurrence{moment: e.start})
	} else {
		walls, err := e.expand(until)
		if err != nil {
			return nil, err
		}
		for _, t := range walls {
			all = append(all, occurrence{moment: moment{inZone(t, zone), e.start.date}})
		}
	}
	for _, m := range e.more {
		all = append(all, occurrence{moment: m})
	}
	all = slices.DeleteFunc(all, func(o occurrence) bool { return o.After(until) })
	slices.SortStableFunc(all, func(a, b occurrence) int { return a.Compare(b.Time) })
	all = slices.CompactFunc(all, func(a, b occurrence) bool { return a.Equal(b.Time) })
	if len(all) > maxInstances {
		return nil, e.tooMany()
	}
	if len(e.without) == 0 {
		return all, nil
	}
	times, days := map[int64]bool{}, map[string]bool{}
	for _, m := range e.without {
		if m.date {
			days[m.Format(time.DateOnly)] = true // takes out what is on that day, at any hour
		} else {
			times[m.Unix()] = true
		}
	}
	for i, o := range all {
		all[i].deleted = times[o.Unix()] || days[o.Format(time.DateOnly)]
	}
	return all, nil
}

// expand gives a rule's instances on the wall's clock, its first one included.
func (e *entry) expand(until time.Time) ([]time.Time, error) {
	start, last := wall(e.start.Time), wall(until.In(e.start.Location()))
	option, ok := parseRule(e.rule, e.start)
	if !ok {
		return nil, &importers.RecordError{Origin: e.origin, Record: e.record(), Field: "RRULE", What: schemas.Text{
			FR: "règle de répétition illisible ou non prise en charge : attendu par exemple FREQ=WEEKLY;BYDAY=TH;UNTIL=20260630T220000Z (DAILY, WEEKLY, MONTHLY ou YEARLY)",
			EN: "unreadable or unsupported recurrence rule: expected such as FREQ=WEEKLY;BYDAY=TH;UNTIL=20260630T220000Z (DAILY, WEEKLY, MONTHLY or YEARLY)"}}
	}
	if option.Until.IsZero() || option.Until.After(last) {
		option.Until = last
	}
	option.Dtstart, option.Until = start.AddDate(cycles, 0, 0), option.Until.AddDate(cycles, 0, 0)
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, &importers.RecordError{Origin: e.origin, Record: e.record(), Field: "RRULE", What: schemas.Text{FR: "règle de répétition hors bornes", EN: "recurrence rule out of bounds"}}
	}
	// The first one is DTSTART, and counts, even where the rule doesn't give it (RFC 5545, 3.8.5.3).
	all := []time.Time{start}
	next := rule.Iterator()
	for t, more := next(); more; t, more = next() {
		if t = t.AddDate(-cycles, 0, 0); t.Equal(start) {
			continue
		}
		if option.Count > 0 && len(all) >= option.Count {
			break
		}
		if all = append(all, t); len(all) > maxInstances {
			return nil, e.tooMany()
		}
	}
	return all, nil
}

func (e *entry) tooMany() error {
	return &importers.RecordError{Origin: e.origin, Record: e.record(), Field: "RRULE", What: schemas.Text{
		FR: "plus de 10 000 occurrences : donnez une fin à la série", EN: "more than 10,000 instances: give the series an end"}}
}

// parseRule reads an RRULE; UNTIL is on the wall's clock. What a lab's agenda has no use for (hours,
// minutes, Easter), and what the library can't take, isn't supported.
func parseRule(rule string, start moment) (*rrule.ROption, bool) {
	var parts []string
	until := ""
	frequency := ""
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSuffix(rule, ";")), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "UNTIL":
			until = value
			continue
		case "FREQ":
			frequency = value
		case "INTERVAL":
			if n, err := strconv.Atoi(value); err != nil || n < 1 || n > maxInterval {
				return nil, false
			}
		case "COUNT":
			if n, err := strconv.Atoi(value); err != nil || n < 1 {
				return nil, false
			}
		case "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND":
			if len(value) > 400 {
				return nil, false
			}
		default:
			return nil, false
		}
		parts = append(parts, part)
	}
	if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, frequency) {
		return nil, false
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil {
		return nil, false
	}
	for _, day := range option.Byweekday {
		// A month has at most five of each weekday; the library doesn't look.
		if n := day.N(); max(n, -n) > 5 && (frequency != "YEARLY" || len(option.Bymonth) > 0) {
			return nil, false
		}
	}
	if len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 24 {
		return nil, false
	}
	slices.SortFunc(option.Bymonth, cmp.Compare)
	if until != "" {
		if option.Until = untilOf(until, start); option.Until.IsZero() {
			return nil, false
		}
	}
	return option, true
}

// untilOf is an UNTIL on the wall's clock; zero if it can't be read. A date counts whole.
func untilOf(until string, start moment) time.Time {
	zone := start.Location()
	if t, err := time.ParseInLocation("20060102T150405Z", until, time.UTC); err == nil {
		return wall(t.In(zone))
	}
	if t, err := time.ParseInLocation("20060102T150405", until, zone); err == nil {
		return wall(t)
	}
	if t, err := time.ParseInLocation("20060102", until, zone); err == nil {
		return wall(t).Add(24*time.Hour - time.Second)
	}
	return time.Time{}
}
