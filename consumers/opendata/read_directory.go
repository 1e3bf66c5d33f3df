package opendata

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"

	"golang.org/x/sync/errgroup"
)

// sessionsKept is for how long an agenda still has a session that began: longer than the longest one, and long enough for a calendar
// program that asks once a week to hear of it.
const sessionsKept = 14 * 24 * time.Hour

// ReadDirectory reads what labs offer and announce, as of now. While everything is being made again it isn't half of the labs: the error is a
// [clickhouse.ErrMadeOtherwise].
func ReadDirectory(ctx context.Context, s Store, now time.Time) (*Directory, error) {
	var (
		labs     []clickhouse.PublicLab
		events   []clickhouse.PublicEvent
		sessions []clickhouse.PublicSession
	)
	err := s.WhileWhole(ctx, func() error {
		group, reading := errgroup.WithContext(ctx)
		group.Go(func() (err error) { labs, err = s.PublicLabs(reading); return err })
		group.Go(func() (err error) { events, err = s.PublicEvents(reading); return err })
		group.Go(func() (err error) { sessions, err = s.PublicSessions(reading, now.Add(-sessionsKept)); return err })
		return group.Wait()
	})
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	d := &Directory{Labs: make([]Offer, len(labs))}
	byLab := map[string]*Offer{}
	for i, l := range labs {
		d.Labs[i].Entry = entryOf(l)
		byLab[l.Lab] = &d.Labs[i]
	}
	machines := map[string]bool{}
	for _, e := range events {
		if o := byLab[e.Lab]; o != nil {
			if err := o.take(e, machines); err != nil {
				return nil, fmt.Errorf("directory: event %s of %s: %w", e.ID, e.Lab, err)
			}
		}
	}
	for _, row := range sessions {
		o := byLab[row.Lab]
		if o == nil {
			continue
		}
		session, err := sessionOf(row, o.Entry)
		if err != nil {
			return nil, fmt.Errorf("directory: session %s of %s: %w", row.ID, row.Lab, err)
		}
		d.Sessions = append(d.Sessions, session)
	}
	return d, nil
}

// take adds an event, of which the latest come first. machines are those of all labs that were seen, by lab and code.
func (o *Offer) take(e clickhouse.PublicEvent, machines map[string]bool) error {
	day, raw := e.Day.Format(time.DateOnly), []byte(e.Data)
	taxonomies := schemas.Taxonomies()
	switch e.Kind {
	case "service.launched":
		var s schemas.ServiceLaunched
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		o.Services = append(o.Services, Service{Launched: day, Type: s.ServiceType, Label: taxonomies["service_types"].Label(s.ServiceType), Audience: s.Audience, Title: s.Title, URL: s.URL})
	case "visibility.item.published":
		var v schemas.VisibilityItemPublished
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		o.Mentions = append(o.Mentions, Mention{Day: day, Scope: v.Scope, Medium: v.Medium, Outlet: v.Outlet, Title: v.Title, URL: v.URL})
	case "project.published":
		var p schemas.ProjectPublished
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		o.Projects = append(o.Projects, Project{Day: day, Code: p.Project, Licence: p.Licence, Label: labelOf("project.published", "licence", p.Licence), Title: p.Title, URL: p.URL})
	case "machine.commissioned":
		var m schemas.MachineCommissioned
		if err := json.Unmarshal(raw, &m); err != nil {
			return err
		}
		if seen := o.Lab + "/" + m.Machine; !machines[seen] {
			machines[seen] = true
			o.machine(m.Category, day)
		}
	}
	return nil
}

func (o *Offer) machine(category, day string) {
	for i := range o.Machines {
		if o.Machines[i].Category == category {
			o.Machines[i].Count++
			return
		}
	}
	o.Machines = append(o.Machines, Machines{Category: category, Label: schemas.Taxonomies()["machine_categories"].Label(category), Count: 1, Latest: day})
}

// labelOf is a code's name in a field of a kind.
func labelOf(kind, field, code string) schemas.Text {
	k, _ := schemas.KindByName(kind)
	for _, f := range k.Fields() {
		if f.Name != field {
			continue
		}
		for _, term := range f.Terms {
			if term.Code == code {
				return term.Label
			}
		}
	}
	return schemas.Text{FR: code, EN: code}
}

func sessionOf(row clickhouse.PublicSession, lab Entry) (Session, error) {
	var a schemas.SessionAnnounced
	if err := json.Unmarshal([]byte(row.Data), &a); err != nil {
		return Session{}, err
	}
	zone, err := time.LoadLocation(lab.Zone)
	if err != nil {
		return Session{}, err
	}
	s := Session{UID: row.ID.String() + "@" + row.Lab + ".vitrine", Lab: row.Lab, LabName: lab.Name, Activity: a.Activity, Title: a.Title, Starts: a.Starts.In(zone),
		Audience: a.Audience, Topic: a.Topic, Place: a.Place, URL: a.URL, Cancelled: row.Cancelled, Revision: row.Version - 1, Changed: row.Changed.UTC()}
	if a.Ends != nil {
		s.Ends = a.Ends.In(zone)
	}
	if a.Seats != nil {
		s.Seats = *a.Seats
	}
	if s.Place == "" {
		s.Place = lab.Name + ", " + lab.Commune
	}
	return s, nil
}
