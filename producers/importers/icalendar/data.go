package icalendar

import (
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// kind is the kind of event that an instance gives.
func (i *instance) kind() string {
	if i.class.kind == Training {
		return "training.held"
	}
	return "discovery.held"
}

// awaits says that nobody has confirmed an instance yet.
func (i *instance) awaits(d draft) error {
	what := schemas.Text{
		FR: "en attente de confirmation, non compté : écrivez « Participants : 23 » dans la description de cette date, ou une ligne dans le fichier des confirmations",
		EN: "awaits confirmation, not counted: write “Participants: 23” into this one's description, or a line into the file of confirmations"}
	if i.unclear {
		what = schemas.Text{
			FR: "en attente de confirmation, non compté : après « Participants : », attendu un seul nombre entier",
			EN: "awaits confirmation, not counted: after “Participants:”, one whole number is expected"}
	}
	return &importers.Warning{Origin: d.origin, Record: d.record, What: what}
}

// data is what a confirmed instance was.
func (i *instance) data(zone *time.Location, d draft) (any, error) {
	wrong := func(field, fr, en string) error {
		return &importers.RecordError{Origin: d.origin, Record: d.record, Field: field, What: schemas.Text{FR: fr, EN: en}}
	}
	if i.companies != nil && *i.companies > *i.people {
		return nil, wrong("Participants", "plus de participants d'entreprises que de participants", "more people from companies than people")
	}
	audience := i.class.audience
	title := importers.Title(i.title, 200)
	if i.class.kind == Training {
		if i.begin.date || !i.end.After(i.begin.Time) {
			return nil, wrong("DTEND", "une formation sans heures : donnez-lui un début et une fin", "a training without hours: give it a begin and an end")
		}
		if audience == "" {
			audience = i.audienceByCompanies()
		}
		return schemas.TrainingHeld{End: i.end.In(zone), Topic: i.class.topic, Audience: audience, Attendees: *i.people, AttendeesCompany: i.companies, Title: title}, nil
	}
	data := schemas.DiscoveryHeld{Type: i.class.eventType, Audience: audience, Attendance: i.people, Title: title}
	if !i.begin.date && i.end.After(i.begin.Time) {
		end := i.end.In(zone)
		data.End = &end
	}
	return data, nil
}

// audienceByCompanies is whom a training was for, where only those who came tell.
func (i *instance) audienceByCompanies() string {
	switch {
	case i.companies == nil || *i.companies == 0:
		return "general_public"
	case *i.companies == *i.people:
		return "companies"
	}
	return "mixed"
}
