package simulator

import (
	"strings"
	"time"

	"vitrine/schemas"
)

// How often labs announce what is to come, and how often it comes to nothing.
const (
	announcedPerMonth = 3.0
	cancelledChance   = 0.06
)

// announcements puts into the public agenda what is planned for the weeks after an open day. Ids and chance are the agenda's own:
// it came later than the other themes, and leaves them as they were.
func (r *labRun) announcements(d day, x float64) {
	a := r.agenda
	if !a.chance(min(0.9, announcedPerMonth*x/openDays)) {
		return
	}
	data, ok := r.session(d)
	if !ok {
		return
	}
	at := d.at(r.zone, a.between(9, 17), a.between(0, 59))
	made := draft{pub: at.Add(a.duration(time.Minute, 20*time.Minute)), lab: r.Lab, subject: r.Slug, system: r.system, id: a.uuidV7(at), at: at, data: data, kind: "session.announced"}
	r.push(made)
	if a.chance(cancelledChance) {
		gone := made
		gone.revision, gone.retracted, gone.data, gone.reason = 1, true, nil, "séance annulée"
		gone.pub = made.pub.Add(a.duration(dayLong, data.Starts.Sub(made.pub)))
		r.push(gone)
	}
}

// session is one to come, between one and seven weeks after a day; ok is false where the lab is closed on the day that was drawn.
func (r *labRun) session(d day) (data schemas.SessionAnnounced, ok bool) {
	a := r.agenda
	on := d + day(a.between(7, 48))
	if !r.isOpen(on) {
		return data, false
	}
	starts := on.at(r.zone, pick(a, []int{9, 10, 14, 18}), pick(a, []int{0, 0, 30}))
	ends := starts.Add(time.Duration(a.between(4, 7)) * 30 * time.Minute)
	data = schemas.SessionAnnounced{Starts: starts, Ends: &ends, URL: "https://agenda.example.org/" + r.Slug + "/" + strings.ReplaceAll(on.String(), "-", "")}
	if a.chance(0.6) {
		data.Activity, data.Topic = "training", weighted(a, trainingTopics())
		data.Audience = weighted(a, []choice[string]{{"general_public", 5}, {"members", 3}, {"companies", 2}})
		data.Title, data.Seats = pick(a, trainingTitles(data.Topic)), new(int64(a.between(4, 12)))
		return data, true
	}
	kind, audience := weighted(a, []choice[string]{{"open_lab", 4}, {"repair_cafe", 2}, {"open_day", 1}, {"workshop_intro", 3}}), "general_public"
	switch {
	case a.chance(0.25):
		kind, audience = "company_discovery", "companies"
	case a.chance(0.1):
		kind, data.Place = "fair_outreach", "Place du Marché, "+r.Commune
	}
	data.Activity, data.Audience, data.Title = "discovery", audience, pick(a, discoveryTitles(kind))
	return data, true
}
