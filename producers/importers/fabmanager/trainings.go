package fabmanager

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// class is a training session: the bookings of one training in one availability.
type class struct {
	availability, training int64
	start, end             time.Time
	settled                time.Time // when the first of its bookings is; all were read if that wasn't before
	slug, name             string
	origin                 string
	booked, cancelled      []*reservation
	validated              bool
}

type classKey struct{ availability, training int64 }

// trainings tells each session that is over: held if somebody who was booked was validated for the
// training after it, else cancelled. Attendees are those booked who didn't cancel: Fab-manager
// validates a person once per training, so somebody who comes again isn't validated again.
func (s *session) trainings() error {
	catalogue, err := walk(s.ctx, s.source, "trainings", nil, func() *training { return &training{} })
	if err != nil {
		return err
	}
	if err := s.report(catalogue.broken...); err != nil {
		return err
	}
	places := map[int64]*int64{}
	for _, t := range catalogue.records {
		places[t.key()] = t.Places
	}
	classes := s.classes()
	s.validate(classes)
	var drafts []draft
	for _, c := range classes {
		d, tell, err := s.class(c, places[c.training])
		if err != nil {
			return err
		}
		if tell {
			drafts = append(drafts, d)
		}
	}
	return s.emit(drafts)
}

// classes groups the bookings by session, in the order of their begins.
func (s *session) classes() []*class {
	byKey := map[classKey]*class{}
	for _, r := range s.reservations.records {
		if r.Type != "Training" {
			continue
		}
		counted := map[classKey]bool{} // a booking of two slots of a session is one attendee
		for _, cancelled := range []bool{false, true} {
			for _, slot := range r.Slots {
				key := classKey{*slot.Availability, *r.ReservableID}
				if slot.canceled != cancelled || counted[key] {
					continue
				}
				counted[key] = true
				c := byKey[key]
				if c == nil {
					c = &class{availability: key.availability, training: key.training, start: slot.start, end: slot.end, settled: s.settles(r, slot),
						slug: r.slug(), name: r.name(), origin: s.reservations.origin(r.key())}
					byKey[key] = c
				}
				if cancelled {
					c.cancelled = append(c.cancelled, r)
				} else {
					c.booked = append(c.booked, r)
				}
			}
		}
		for _, slot := range r.Slots {
			c := byKey[classKey{*slot.Availability, *r.ReservableID}]
			if slot.start.Before(c.start) {
				c.start = slot.start
			}
			if slot.end.After(c.end) {
				c.end = slot.end
			}
			if settled := s.settles(r, slot); settled.Before(c.settled) {
				c.settled = settled
			}
		}
	}
	return slices.SortedFunc(maps.Values(byKey), func(a, b *class) int {
		if c := a.start.Compare(b.start); c != 0 {
			return c
		}
		return int(a.availability - b.availability)
	})
}

// validate marks the sessions that somebody was validated for: of the sessions that a person was
// booked for, the last one that had begun by the day of the validation, if that is within the
// window. A validation after the second session says nothing of the first one.
func (s *session) validate(classes []*class) {
	for _, v := range s.validations.records {
		if v.UserID == nil {
			continue
		}
		var last *class
		for _, c := range classes { // by begin
			if c.training != *v.TrainingID || s.dayOf(c.start).After(s.dayOf(v.at)) || s.windowEnd(c.end).Before(v.at) {
				continue
			}
			if slices.ContainsFunc(c.booked, func(r *reservation) bool { return r.UserID != nil && *r.UserID == *v.UserID }) {
				if last == nil || !c.start.After(v.at) {
					last = c
				}
			}
		}
		if last != nil {
			last.validated = true
		}
	}
}

func (s *session) dayOf(t time.Time) time.Time {
	t = t.In(s.cfg.Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, s.cfg.Zone)
}

// windowEnd is until when a validation counts for a session that ends then: whole days after its last one.
func (s *session) windowEnd(end time.Time) time.Time {
	return s.dayOf(end).AddDate(0, 0, 1).Add(s.cfg.ValidationWindow)
}

func (s *session) class(c *class, places *int64) (d draft, tell bool, err error) {
	if c.end.After(s.now) || !s.r.Contains(c.start) {
		return draft{}, false, nil
	}
	// A session that was settled at the last reading: some of its bookings weren't read this time.
	if s.before != nil && c.settled.Before(s.before.At) {
		return draft{}, false, nil
	}
	key := fmt.Sprintf("availability/%d/training/%d", c.availability, c.training)
	record := fmt.Sprintf("training %d, availability %d", c.training, c.availability)
	topic := s.cfg.Mapping.topic(c.slug, c.name)
	switch {
	case c.validated:
		d, err = s.draft(key, c.start, s.held(c, topic, places), c.origin, record)
	case len(c.booked) == 0:
		registered := int64(len(c.cancelled))
		d, err = s.draft(key, c.start, schemas.TrainingCancelled{Topic: topic, Registered: &registered}, c.origin, record)
	case s.now.After(s.windowEnd(c.end)):
		registered := int64(len(c.booked))
		d, err = s.draft(key, c.start, schemas.TrainingCancelled{Topic: topic, Registered: &registered, Cause: "not_validated"}, c.origin, record)
	default:
		return draft{}, false, nil // they may still be validated
	}
	return d, true, err
}

func (s *session) held(c *class, topic string, places *int64) schemas.TrainingHeld {
	data := schemas.TrainingHeld{
		End: c.end.In(s.cfg.Zone), Topic: topic, Attendees: int64(len(c.booked)), Title: importers.Title(c.name, 200)}
	if places != nil && *places > 0 {
		data.Capacity = places
	}
	var fromCompanies int64
	told := map[string]bool{}
	for _, r := range c.booked {
		if !isCompany(s.cfg.Mapping.userType(r.User.group())) {
			continue
		}
		fromCompanies++
		for _, company := range s.company(r.User) {
			if !told[company.Ref] {
				told[company.Ref] = true
				data.Companies = append(data.Companies, company)
			}
		}
	}
	data.AttendeesCompany = &fromCompanies
	switch fromCompanies {
	case 0:
		data.Audience = "general_public"
	case data.Attendees:
		data.Audience = "companies"
	default:
		data.Audience = "mixed"
	}
	return data
}
