package icalendar

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// instance is one time at which an entry of the calendar was to take place.
type instance struct {
	*entry
	class class
	// key identifies it, see the package's documentation.
	key string
	// planned is when it was to begin at first; begin and end are when it does.
	planned, begin moment
	end            time.Time
	// off says that it was cancelled, deleted that it was taken out of the series.
	off, deleted bool
	// who came.
	people, companies *int64
	unclear           bool
}

// series is what a calendar holds under one UID.
type series struct {
	uid     string
	main    *entry           // nil: there are changed instances alone
	changed map[int64]*entry // by RECURRENCE-ID
}

// group sorts entries by UID; of several versions of one the newest counts.
func group(entries []*entry) []*series {
	byUID := map[string]*series{}
	for _, e := range entries {
		s := byUID[e.uid]
		if s == nil {
			s = &series{uid: e.uid, changed: map[int64]*entry{}}
			byUID[e.uid] = s
		}
		switch {
		case e.planned == nil:
			if s.main == nil || e.newer(s.main) {
				s.main = e
			}
		default:
			if at := e.planned.Unix(); s.changed[at] == nil || e.newer(s.changed[at]) {
				s.changed[at] = e
			}
		}
	}
	return slices.SortedFunc(maps.Values(byUID), func(a, b *series) int {
		if a.uid < b.uid {
			return -1
		}
		return 1
	})
}

// class is what a series is, as its main entry says it.
func (s *series) class(m *Mapping) class {
	if s.main != nil {
		return m.classify(s.main.categories, s.main.title)
	}
	for _, at := range slices.Sorted(maps.Keys(s.changed)) {
		if c := m.classify(s.changed[at].categories, s.changed[at].title); c.kind != Skip {
			return c
		}
	}
	return class{kind: Skip}
}

// instances are a series' instances planned until a time, deleted and cancelled ones included.
func (s *series) instances(m *Mapping, lab *time.Location, until time.Time) (all []*instance, warnings []error, err error) {
	general := s.class(m)
	taken := map[int64]bool{}
	if s.main != nil {
		planned, err := s.main.occurrences(until)
		if err != nil {
			return nil, nil, err
		}
		changed := s.byDay(lab)
		perDay := map[string]int{}
		for _, o := range planned {
			perDay[day(o.moment, lab)]++
		}
		for _, o := range planned {
			at := o.Unix()
			if _, exact := s.changed[at]; !exact && perDay[day(o.moment, lab)] == 1 {
				// The series was moved to another hour after one of its instances was changed.
				if e := changed[day(o.moment, lab)]; e != nil {
					at = e.planned.Unix()
				}
			}
			if e := s.changed[at]; e != nil && !taken[at] {
				taken[at] = true
				all = append(all, s.of(e, m, general, o.moment))
				continue
			}
			i := &instance{entry: s.main, class: general, planned: o.moment, begin: o.moment, off: s.main.cancelled, deleted: o.deleted}
			if !s.main.repeats() {
				i.people, i.companies, i.unclear = s.main.note.people, s.main.note.companies, s.main.note.unclear
			}
			all = append(all, i)
		}
		if s.main.repeats() && s.main.note.people != nil && general.kind != Skip {
			warnings = append(warnings, &importers.Warning{Origin: s.main.origin, Record: s.main.record(), What: schemas.Text{
				FR: "le nombre de participants est écrit sur toute la série : écrivez-le sur chaque date, il n'est pas compté", EN: "the attendance stands on the whole series: write it on each date; it isn't counted"}})
		}
	}
	for at, e := range s.changed {
		if !taken[at] {
			all = append(all, s.of(e, m, general, *e.planned))
		}
	}
	slices.SortFunc(all, func(a, b *instance) int { return a.planned.Compare(b.planned.Time) })
	perDay := map[string]int{}
	for _, i := range all {
		i.end = i.begin.Add(i.length)
		if i.begin.date {
			i.end = i.begin.AddDate(0, 0, i.days)
		}
		i.key = s.uid
		if s.main != nil && !s.main.repeats() && i.entry == s.main {
			continue // single: it keeps its id on another day
		}
		d := day(i.planned, lab)
		i.key += "/" + d
		if n := perDay[d]; n > 0 {
			i.key += fmt.Sprintf("#%d", n)
		}
		perDay[d]++
	}
	return all, warnings, nil
}

// of is a changed instance. What it doesn't say again is as in the series.
func (s *series) of(e *entry, m *Mapping, general class, planned moment) *instance {
	c := general
	if e.categories != "" || s.main == nil {
		c = m.classify(e.categories, e.title)
	}
	i := &instance{entry: e, class: c, planned: planned, begin: e.start, off: e.cancelled || s.main != nil && s.main.cancelled,
		people: e.note.people, companies: e.note.companies, unclear: e.note.unclear}
	return i
}

// byDay are the changed instances by the day for which they were planned, where it has one alone.
func (s *series) byDay(lab *time.Location) map[string]*entry {
	byDay := map[string]*entry{}
	for _, e := range s.changed {
		d := day(*e.planned, lab)
		if _, several := byDay[d]; several {
			e = nil
		}
		byDay[d] = e
	}
	return byDay
}

func day(m moment, lab *time.Location) string { return m.In(lab).Format(time.DateOnly) }

// private says whether any part of a series is.
func (s *series) private() bool {
	if s.main != nil {
		return s.main.private
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(s.changed)), func(e *entry) bool { return e.private })
}

// id is the event's of an instance.
func (i *instance) id(lab string) uuid.UUID { return schemas.RecordID(lab, System, i.key) }

// counts says whether any of a series' instances may.
func (s *series) counts(m *Mapping) bool {
	if s.class(m).kind != Skip {
		return true
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(s.changed)), func(e *entry) bool {
		return e.categories != "" && m.classify(e.categories, e.title).kind != Skip
	})
}
