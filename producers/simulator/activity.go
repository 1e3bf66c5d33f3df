package simulator

import (
	"strconv"
	"time"

	"vitrine/schemas"
)

// What an ordinary session or event looks like; targets of attendance are set from these means.
const (
	meanTraineeHours = 13.6 // 2.5 h × 5.45 attendees
	meanPublic       = 26.0
	meanForFirms     = 14.0
	meanOthers       = 22.0
	othersPerMonth   = 0.4 // schools, young people, hackathons
)

// partnership is one agreement with a partner.
type partnership struct {
	code, kind string
	from, to   day
}

// activityDay makes the promotion of an open day; x is the day's intensity.
func (r *labRun) activityDay(d day, x float64) {
	a := r.act
	// share is what of a monthly rate falls on this day.
	share := func(rate float64) float64 { return rate * r.scale * x / openDays }
	for range r.spreads.training.due(share(r.trainings), a) {
		r.training(d)
	}
	for range r.spreads.public.due(share(r.public), a) {
		r.discoverPublic(d)
	}
	for range r.spreads.forFirms.due(share(r.forFirms), a) {
		r.discover(d, "company_discovery", "companies", 8, 2, meanForFirms)
	}
	for range r.spreads.others.due(share(othersPerMonth), a) {
		r.discoverOthers(d)
	}
	for range r.spreads.joint.due(share(0.12*float64(r.Lab.partners)), a) {
		if p := r.partner(d); p != nil {
			action := weighted(a, []choice[string]{{"joint_project", 4}, {"joint_offer", 2}, {"fair", 2}, {"working_group", 4}, {"internship", 3}, {"loan", 1}, {"other", 1}})
			at := d.at(r.zone, a.between(9, 16), 30)
			r.report(at, r.sent(at, 4*time.Hour, 5*24*time.Hour), "", schemas.PartnershipActivity{Action: action, Partners: p, Title: actionTitles(action)})
		}
	}
	for range r.spreads.media.due(share(r.media), a) {
		r.mention(d)
	}
	for range r.spreads.visits.due(share(r.visits), a) {
		r.visit(d)
	}
	for range r.spreads.projects.due(share(r.projects), a) {
		r.project(d)
	}
}

func (r *labRun) training(d day) {
	a := r.act
	audience := weighted(a, []choice[string]{{"general_public", 40}, {"members", 24}, {"companies", 20}, {"youth", 8}, {"education", 8}})
	topics := trainingTopics()
	if audience == "companies" {
		topics = companyTopics()
	}
	topic := weighted(a, topics)
	at := d.at(r.zone, pick(a, []int{9, 10, 14, 14, 16}), 30*a.IntN(2))
	switch {
	case d.weekday() == time.Thursday && audience != "companies":
		at = d.at(r.zone, 18, 30)
	case d.weekday() == time.Saturday:
		at = d.at(r.zone, pick(a, []int{10, 14}), 0)
	}
	if a.chance(0.06) {
		data := schemas.TrainingCancelled{Topic: topic, Audience: audience, Registered: new(int64(a.between(0, 3))),
			Cause: weighted(a, []choice[string]{{"few_registrations", 5}, {"trainer_absent", 2}, {"machine_down", 2}, {"other", 1}})}
		r.report(at, r.sent(at, time.Minute, 24*time.Hour), r.system, data)
	}
	data := schemas.TrainingHeld{End: at.Add(time.Duration(a.between(4, 6)) * 30 * time.Minute), Topic: topic, Audience: audience,
		Attendees: int64(weighted(a, []choice[int]{{3, 6}, {4, 20}, {5, 26}, {6, 26}, {7, 14}, {8, 8}})), Title: pick(a, trainingTitles(topic))}
	if a.chance(0.85) {
		data.Capacity = new(max(data.Attendees, int64(a.between(6, 8))))
	}
	if audience == "companies" {
		data.AttendeesCompany = new(data.Attendees - int64(a.between(0, 1)))
		data.Companies = r.firmsOf(a, d, a.between(1, 3))
	} else if a.chance(0.3) {
		data.AttendeesCompany = new(int64(a.between(0, 2)))
	}
	if a.chance(0.15) {
		data.Partners = r.partner(d)
	}
	r.reportRecord(at, r.sent(data.End, time.Hour, 40*time.Hour), "formation", data)
}

func (r *labRun) discoverPublic(d day) {
	switch {
	case d.weekday() == time.Thursday:
		r.discover(d, "open_lab", "general_public", 18, 3, meanPublic)
	case d.weekday() == time.Saturday:
		kind := weighted(r.act, []choice[string]{{"repair_cafe", 4}, {"workshop_intro", 3}, {"open_day", 2}, {"fair_outreach", 2}})
		r.discover(d, kind, "general_public", pick(r.act, []int{10, 14}), 4, meanPublic)
	default:
		kind := weighted(r.act, []choice[string]{{"workshop_intro", 6}, {"conference", 2}, {"fair_outreach", 1}, {"open_day", 1}})
		r.discover(d, kind, "general_public", pick(r.act, []int{10, 14, 17}), 3, meanPublic)
	}
}

func (r *labRun) discoverOthers(d day) {
	_, m, _ := d.civil()
	switch {
	case m == time.July || m == time.August:
		r.discover(d, "holiday_camp", "youth", 10, 6, meanOthers)
	case d.weekday() == time.Saturday:
		r.discover(d, "hackathon", "mixed", 9, 9, meanOthers)
	default:
		r.discover(d, "school_visit", "education", 9, 3, meanOthers)
	}
}

// discover holds an event of 8 to 60 people, mean of them in the mean.
func (r *labRun) discover(d day, kind, audience string, hour, length int, mean float64) {
	a := r.act
	at := d.at(r.zone, hour, 0)
	end := at.Add(time.Duration(length) * time.Hour)
	data := schemas.DiscoveryHeld{End: &end, Type: kind, Audience: audience, Place: "on_site", Title: pick(a, discoveryTitles(kind))}
	if kind == "fair_outreach" {
		data.Place = "off_site"
	}
	if a.chance(0.97) { // else nobody counted
		// The square of chance makes many small events and a few large ones; its mean is 1/4.
		spread := a.Float64() * a.Float64()
		data.Attendance = new(int64(min(60, max(8, mean*(0.5+2*spread)))))
	}
	if audience == "companies" {
		data.Companies = r.firmsOf(a, d, a.between(3, 8))
	}
	if a.chance(0.35) {
		data.Partners = r.partner(d)
	}
	r.report(at, r.sent(end, 2*time.Hour, 70*time.Hour), "", data)
}

// partner is a partner of the day for a joint action; nil if there is none yet.
func (r *labRun) partner(d day) []schemas.Partner {
	var active []partnership
	for _, p := range r.partnerships {
		if p.from <= d && d < p.to {
			active = append(active, p)
		}
	}
	if len(active) == 0 {
		return nil
	}
	p := pick(r.act, active)
	return []schemas.Partner{{Partnership: p.code, Type: p.kind}}
}

func (r *labRun) mention(d day) {
	a := r.act
	scope := weighted(a, []choice[string]{{"local", 60}, {"regional", 35}})
	r.mentions++
	if r.national && r.mentions%6 == 4 {
		scope = weighted(a, []choice[string]{{"national", 5}, {"international", 1}})
	}
	medium := weighted(a, []choice[string]{{"press", 40}, {"radio", 15}, {"television", 6}, {"web", 22}, {"social_network", 9}, {"newsletter", 8}})
	data := schemas.VisibilityItemPublished{Scope: scope, Medium: medium, Outlet: pick(a, outlets(scope, medium)), Title: pick(a, mediaTitles()),
		URL: "https://presse.example.org/" + r.Slug + "/" + strconv.Itoa(r.mentions)}
	at := d.at(r.zone, a.between(6, 20), a.between(0, 59))
	r.report(at, r.sent(at, 2*time.Hour, 6*24*time.Hour), "", data)
}

func (r *labRun) visit(d day) {
	a := r.act
	data := schemas.ShowcaseVisitHosted{VisitorType: weighted(a, []choice[string]{{"school", 4}, {"company", 3}, {"institution", 3}, {"elected", 2}, {"peers", 3}, {"media", 1}, {"public", 1}}),
		Visitors: new(int64(a.between(3, 25)))}
	if data.VisitorType == "company" {
		data.Companies = r.firmsOf(a, d, 1)
	}
	at := d.at(r.zone, pick(a, []int{10, 11, 14, 15}), 0)
	r.report(at, r.sent(at, 2*time.Hour, 72*time.Hour), "", data)
}

func (r *labRun) project(d day) {
	a := r.act
	r.published++
	code := "projet-" + strconv.Itoa(r.published)
	data := schemas.ProjectPublished{Project: code, Licence: weighted(a, []choice[string]{{"cc_by_sa", 40}, {"cc_by", 20}, {"cc0", 8}, {"cern_ohl", 12}, {"gpl", 8}, {"mit", 4}, {"cc_by_nc", 5}, {"closed", 3}}),
		Title: pick(a, projectTitles()), URL: "https://projets.example.org/" + r.Slug + "/" + code}
	at := d.at(r.zone, a.between(10, 18), a.between(0, 59))
	r.report(at, r.sent(at, time.Hour, 96*time.Hour), "", data)
}
