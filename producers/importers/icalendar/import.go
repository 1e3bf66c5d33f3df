package icalendar

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// maxAll bounds the instances of a whole calendar.
const maxAll = 200_000

// Reasons of retractions; the same at each import.
const (
	cancelledReason   = schemas.ReasonCancelledInCalendar
	deletedReason     = schemas.ReasonDeletedFromCalendar
	unconfirmedReason = schemas.ReasonUnconfirmed
)

// Events implements [importers.Importer]: what is over and confirmed, by time, and what was taken back.
func (im *Importer) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		im.next = nil
		now := im.cfg.Clock()
		raw, origin, err := im.read(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		s := &session{Importer: im, r: r, now: now, yield: yield, unread: map[uuid.UUID]bool{}}
		if err := s.run(ctx, raw, origin); err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// Commit implements [importers.Resumer].
func (im *Importer) Commit(context.Context) error {
	if im.next == nil {
		return nil
	}
	return im.next.save(im.cfg.State, im.cfg.Clock())
}

var errStopped = errors.New("icalendar: stopped")

// session is one reading at work.
type session struct {
	*Importer
	r     importers.Range
	now   time.Time
	yield func(*schemas.Event, error) bool
	// unread are the series of which a part couldn't be read: nothing can be said of what is missing.
	unread map[uuid.UUID]bool
}

func (s *session) run(ctx context.Context, raw []byte, origin string) error {
	components, err := parse(raw, origin)
	if err != nil {
		return err
	}
	before, err := loadTold(s.cfg.State)
	if err != nil {
		return err
	}
	entries, errs := s.entries(components, origin)
	if err := s.report(errs...); err != nil {
		return err
	}
	all, present, err := s.instances(ctx, entries, origin)
	if err != nil {
		return err
	}
	if err := s.confirm(all); err != nil {
		return err
	}
	next := maps.Clone(before)
	drafts, err := s.drafts(all, before, next)
	if err != nil {
		return err
	}
	drafts = append(drafts, s.vanished(all, present, next)...)
	slices.SortFunc(drafts, func(a, b draft) int {
		return cmp.Or(a.event.Time.Compare(b.event.Time), cmp.Compare(a.event.ID.String(), b.event.ID.String()))
	})
	for _, d := range drafts {
		if err := importers.Check(d.event, s.now, d.origin, d.record); err != nil {
			delete(next, d.event.ID)
			if err := s.report(err); err != nil {
				return err
			}
			continue
		}
		if !s.yield(d.event, nil) {
			return errStopped
		}
	}
	s.next = next
	return nil
}

// report hands over errors about single records; any other error ends the reading.
func (s *session) report(errs ...error) error {
	for _, err := range errs {
		if !importers.Continues(err) {
			return err
		}
		if !s.yield(nil, err) {
			return errStopped
		}
	}
	return nil
}

func (s *session) series(uid string) uuid.UUID { return schemas.RecordID(s.cfg.Lab, System, uid) }

func (s *session) entries(components []*component, origin string) (entries []*entry, errs []error) {
	z := newZones(s.cfg.Zone, components)
	for _, c := range components {
		if c.name != "VEVENT" {
			continue
		}
		e, err := newEntry(c, origin, z)
		if err != nil {
			s.unread[s.series(c.text("UID"))] = true
			if class := c.text("CLASS"); class == "" || class == "PUBLIC" {
				errs = append(errs, err)
			}
			continue
		}
		entries = append(entries, e)
	}
	return entries, errs
}

// instances are those of all series that count, until now; present are the series in the calendar.
func (s *session) instances(ctx context.Context, entries []*entry, origin string) (all []*instance, present map[uuid.UUID]bool, err error) {
	present = map[uuid.UUID]bool{}
	for _, series := range group(entries) {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if series.private() {
			continue
		}
		present[s.series(series.uid)] = series.main != nil // else only a part of it is known
		if !series.counts(s.cfg.Mapping) {
			continue
		}
		some, warnings, err := series.instances(s.cfg.Mapping, s.cfg.Zone, s.now)
		if err != nil {
			s.unread[s.series(series.uid)] = true
			warnings = append(warnings, err)
		}
		if err := s.report(warnings...); err != nil {
			return nil, nil, err
		}
		if all = append(all, some...); len(all) > maxAll {
			return nil, nil, &rest.PageError{Origin: origin, What: schemas.Text{FR: "plus de 200 000 dates passées : exportez une période plus courte", EN: "more than 200,000 past instances: export a shorter period"}}
		}
	}
	return slices.DeleteFunc(all, func(i *instance) bool { return i.private || i.end.After(s.now) || i.begin.After(s.now) }), present, nil
}

// confirm takes in the lab's file.
func (s *session) confirm(all []*instance) error {
	if s.cfg.Confirmations == "" {
		return nil
	}
	raw, err := readFile(s.cfg.Confirmations, maxConfirmations)
	if err != nil {
		return err
	}
	lines, errs, err := parseConfirmations(raw, filepath.Base(s.cfg.Confirmations))
	if err != nil {
		return err
	}
	counted := slices.DeleteFunc(slices.Clone(all), func(i *instance) bool { return i.class.kind == Skip })
	return s.report(append(errs, confirm(counted, lines, s.cfg.Zone)...)...)
}

// draft is an event before it has passed the door.
type draft struct {
	event          *schemas.Event
	origin, record string
}

// drafts are the events of the instances in the range.
func (s *session) drafts(all []*instance, before, next told) (drafts []draft, err error) {
	for _, i := range all {
		if !s.r.Contains(i.begin.Time) {
			continue
		}
		d := draft{origin: i.origin, record: describe(moment{i.begin.In(s.cfg.Zone), i.begin.date}, i.title)}
		id := i.id(s.cfg.Lab)
		was, known := before[id]
		takeBack := func(kind, reason string) {
			delete(next, id)
			d.event = importers.Retraction(id, s.cfg.Lab, System, kind, i.begin.In(s.cfg.Zone), reason)
			drafts = append(drafts, d)
		}
		switch {
		case i.class.kind == Skip:
			if known {
				takeBack(was.Kind, deletedReason)
			}
		case i.deleted:
			takeBack(i.kind(), deletedReason)
		case i.off && i.class.kind == Training:
			next[id] = held{Series: s.series(i.uid), Kind: "training.cancelled", Time: i.begin.UTC()}
			d.event, err = schemas.NewEventWithID(id, s.cfg.Lab, System, i.begin.In(s.cfg.Zone), schemas.TrainingCancelled{Topic: i.class.topic, Audience: i.class.audience})
			drafts = append(drafts, d)
		case i.off:
			takeBack(i.kind(), cancelledReason)
		case i.people == nil || i.unclear:
			if known {
				takeBack(was.Kind, unconfirmedReason)
			}
			err = s.report(i.awaits(d))
		default:
			data, wrong := i.data(s.cfg.Zone, d)
			if wrong != nil {
				err = s.report(wrong)
				break
			}
			next[id] = held{Series: s.series(i.uid), Kind: i.kind(), Time: i.begin.UTC()}
			d.event, err = schemas.NewEventWithID(id, s.cfg.Lab, System, i.begin.In(s.cfg.Zone), data)
			drafts = append(drafts, d)
		}
		if err != nil {
			return nil, err
		}
	}
	return drafts, nil
}

// vanished takes back the instances told before that are no longer in a series that is still there:
// its days were changed, or its rule. A series that is gone says nothing, since many programs
// export the last months alone.
func (s *session) vanished(all []*instance, present map[uuid.UUID]bool, next told) (drafts []draft) {
	there := map[uuid.UUID]bool{}
	for _, i := range all {
		there[i.id(s.cfg.Lab)] = true
	}
	for id, h := range next {
		if there[id] || !present[h.Series] || s.unread[h.Series] || !s.r.Contains(h.Time) {
			continue
		}
		delete(next, id)
		drafts = append(drafts, draft{event: importers.Retraction(id, s.cfg.Lab, System, h.Kind, h.Time.In(s.cfg.Zone), deletedReason), origin: System, record: h.Time.In(s.cfg.Zone).Format("2006-01-02 15:04")})
	}
	return drafts
}
