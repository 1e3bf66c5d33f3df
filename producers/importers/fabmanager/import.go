package fabmanager

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"net/url"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Events implements [importers.Importer]: machine usages, opening times, trainings, discovery
// events, members and revenue, in this order, each by time. A usage or opening time of which a part
// lies in the range is told whole; members and revenue are told of the months that lie whole in it.
func (im *Importer) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		s := &session{Importer: im, ctx: ctx, r: r, now: im.cfg.Clock(), yield: yield, companies: map[int64]bool{}, groups: map[int64]string{}}
		for _, step := range s.steps() {
			if err := step(); err != nil {
				if !s.stopped {
					yield(nil, err)
				}
				return
			}
		}
	}
}

// steps are those of an import. Bookings and validations come first: they tell of which kind the
// customers are.
func (s *session) steps() []func() error {
	if s.cfg.Exports != nil && s.cfg.Files == nil && s.cfg.URL == "" {
		return []func() error{s.exports}
	}
	begin := func() (err error) {
		s.before, err = s.resumes(s.r, s.now)
		return err
	}
	full := func(step func() error) func() error {
		return func() error {
			if s.before != nil {
				return nil
			}
			return step()
		}
	}
	end := func() error {
		s.reach()
		return nil
	}
	return []func() error{begin, s.bookings, s.usages, s.openings, s.trainings, full(s.discoveries), full(s.members), full(s.finances), full(s.compare), end}
}

// session is one import at work.
type session struct {
	*Importer
	ctx     context.Context
	r       importers.Range
	now     time.Time
	yield   func(*schemas.Event, error) bool
	stopped bool // the caller has had enough
	// before is where a short reading goes on; nil: everything is read.
	before *resume

	reservations *walked[*reservation]
	validations  *walked[*userTraining]
	// lines are the accounts' of the months read; nil if they weren't.
	lines []*line
	// companies says of the customers met, by invoicing profile, whether they are companies.
	companies map[int64]bool
	// groups are the slugs of the groups met, by id.
	groups map[int64]string
}

// errStopped ends the steps when the caller has had enough.
type errStopped struct{}

func (errStopped) Error() string { return "stopped" }

// draft is an event before it has passed the door.
type draft struct {
	event          *schemas.Event
	origin, record string
}

// emit passes the events through the door and hands them over by time.
func (s *session) emit(drafts []draft) error {
	slices.SortFunc(drafts, func(a, b draft) int {
		return cmp.Or(a.event.Time.Compare(b.event.Time), cmp.Compare(a.event.ID.String(), b.event.ID.String()))
	})
	for _, d := range drafts {
		err := importers.Check(d.event, s.now, d.origin, d.record)
		if err != nil {
			if err := s.report(err); err != nil {
				return err
			}
			continue
		}
		if !s.yield(d.event, nil) {
			s.stopped = true
			return errStopped{}
		}
	}
	return nil
}

// report hands over errors about single records; any other error ends the import.
func (s *session) report(errs ...error) error {
	for _, err := range errs {
		if !importers.Continues(err) {
			return err
		}
		if !s.yield(nil, err) {
			s.stopped = true
			return errStopped{}
		}
	}
	return nil
}

// draft makes the event of a record.
func (s *session) draft(key string, at time.Time, data any, origin, record string) (draft, error) {
	e, err := schemas.NewEventWithID(schemas.RecordID(s.cfg.Lab, System, key), s.cfg.Lab, System, at.In(s.cfg.Zone), data)
	return draft{e, origin, record}, err
}

// bookings reads the reservations and validations, and learns of the customers.
func (s *session) bookings() (err error) {
	query := url.Values{}
	if since := s.bookedSince(); !since.IsZero() {
		query.Set("after", since.Format(time.RFC3339))
	}
	if s.reservations, err = walk(s.ctx, s.source, "reservations", query, func() *reservation { return &reservation{} }); err != nil {
		return err
	}
	if s.validations, err = walk(s.ctx, s.source, "user_trainings", s.validated(), func() *userTraining { return &userTraining{} }); err != nil {
		return err
	}
	for _, r := range s.reservations.records {
		s.meet(r.User)
	}
	for _, v := range s.validations.records {
		s.meet(v.User)
	}
	return s.report(slices.Concat(s.reservations.broken, s.validations.broken)...)
}

// validated is the query for the validations that matter: of the trainings that were booked. The
// list of all has one for each person and training since ever.
func (s *session) validated() url.Values {
	if s.before == nil {
		return nil
	}
	ids := map[int64]bool{0: true} // no training has it: an empty list would mean all
	for _, r := range s.reservations.records {
		if r.Type == "Training" {
			ids[*r.ReservableID] = true
		}
	}
	query := url.Values{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		query.Add("training_id[]", itoa(id))
	}
	return query
}

func (s *session) meet(p *person) {
	if p == nil || p.Group == nil {
		return
	}
	s.groups[p.Group.ID] = p.Group.Slug
	if p.Profile != nil {
		s.companies[*p.Profile] = isCompany(s.cfg.Mapping.userType(p.Group.Slug))
	}
}

// company is a customer as a company, if it is one.
func (s *session) company(p *person) []schemas.Company {
	if p == nil || p.Profile == nil || !isCompany(s.cfg.Mapping.userType(p.group())) {
		return nil
	}
	return []schemas.Company{{Ref: s.coder.Company(System, itoa(*p.Profile))}}
}
