package simulator

import (
	"time"

	"vitrine/schemas"
)

// How often things go wrong, per activity reported.
const (
	lateChance       = 0.010
	correctionChance = 0.010
	retractionChance = 0.003
	duplicateChance  = 0.005
	invalidChance    = 0.0007
)

const dayLong = 24 * time.Hour

// withNoise publishes an activity as people do: late, corrected, withdrawn, twice, or after a
// message that can't be accepted.
func (r *labRun) withNoise(d draft) {
	n := r.noise
	if n.chance(lateChance) {
		d.pub = d.pub.Add(n.duration(15*dayLong, 75*dayLong))
	}
	if n.chance(invalidChance) {
		r.push(r.flawed(n, d.at, d.pub.Add(-time.Second)))
	}
	switch x := n.Float64(); {
	case x < correctionChance:
		r.correct(d)
	case x < correctionChance+retractionChance:
		r.push(d)
		gone := d.retraction(n)
		r.push(gone)
		if n.chance(0.1) { // withdrawn by mistake: it did happen
			d.revision, d.pub, d.reason = 2, gone.pub.Add(n.duration(time.Hour, 5*dayLong)), "retrait par erreur"
			r.push(d)
		}
	case x < correctionChance+retractionChance+duplicateChance:
		r.push(d)
		again := d
		again.duplicate, again.pub = true, d.pub.Add(n.duration(time.Minute, 60*dayLong))
		r.push(again)
	default:
		r.push(d)
	}
}

// correct publishes an activity and its correction, sometimes two, sometimes in the wrong order.
func (r *labRun) correct(d draft) {
	n := r.noise
	lag := n.duration(time.Hour, 20*dayLong)
	if n.chance(0.15) { // often after the quarter was approved
		lag = n.duration(30*dayLong, 130*dayLong)
	}
	first := r.corrected(d)
	first.pub = d.pub.Add(lag)
	if n.chance(0.06) { // kept on a laptop while the correction went through
		first.pub, d.pub = d.pub, d.pub.Add(n.duration(time.Minute, 2*dayLong))
	}
	r.push(d)
	r.push(first)
	if n.chance(0.12) {
		second := r.corrected(first)
		second.pub = first.pub.Add(n.duration(time.Hour, 10*dayLong))
		r.push(second)
	}
}

func (d draft) retraction(n rng) draft {
	d.revision++
	d.pub = d.pub.Add(n.duration(10*time.Minute, 15*dayLong))
	d.retracted, d.data = true, nil
	d.reason = pick(n, []string{"saisie en double", "annulé au dernier moment", "mauvais atelier", "test de saisie"})
	return d
}

// corrected is the next revision of an activity: another number, day, audience or kind.
func (r *labRun) corrected(d draft) draft {
	n := r.noise
	d.revision++
	d.reason = "saisie corrigée"
	if n.chance(0.25) {
		back := n.between(1, 3)
		if n.chance(0.4) {
			back = n.between(25, 35) // the month was mistaken
		}
		// By civil days, so that the hour stays the same across a clock change.
		if moved := d.at.AddDate(0, 0, -back); dayOf(moved) >= max(r.opens, r.start) {
			d.data = shifted(d.data, -back)
			d.at = moved
			return d
		}
	}
	switch v := d.data.(type) {
	case schemas.TrainingHeld:
		switch {
		case n.chance(0.6):
			v.Attendees = max(0, v.Attendees+pick(n, []int64{-2, -1, 1, 2}))
			if v.AttendeesCompany != nil {
				v.AttendeesCompany = new(min(*v.AttendeesCompany, v.Attendees))
			}
		case n.chance(0.5):
			v.Audience = pick(n, []string{"general_public", "members", "youth"})
		default: // it was an introduction, not a training
			end := v.End
			d.data = schemas.DiscoveryHeld{End: &end, Type: "workshop_intro", Audience: v.Audience, Attendance: new(v.Attendees), Title: v.Title, Companies: v.Companies, Partners: v.Partners}
			d.kind = "discovery.held"
			return d
		}
		d.data = v
	case schemas.DiscoveryHeld:
		switch {
		case n.chance(0.7) || v.End == nil:
			v.Attendance = new(int64(n.between(8, 45)))
		case n.chance(0.6):
			v.Audience = pick(n, []string{"general_public", "mixed"})
		default: // it was a visit
			d.data = schemas.ShowcaseVisitHosted{VisitorType: "public", Visitors: v.Attendance, Companies: v.Companies}
			d.kind = "showcase.visit.hosted"
			return d
		}
		d.data = v
	case schemas.MachineUsage:
		if n.chance(0.75) {
			v.End = v.End.Add(time.Duration(pick(n, []int{-10, 15, 30, 45})) * time.Minute)
			if !v.End.After(d.at) {
				v.End = d.at.Add(15 * time.Minute)
			}
		} else {
			v.UserType, v.Companies = "individual", nil
		}
		d.data = v
	case schemas.MachineAvailability:
		v.Downtime = new(int64(n.between(1, 8)) * 1800)
		d.data = v
	case schemas.CompanyServiceDelivered:
		v.Amount = new(schemas.Cents(int64(n.between(12, 240)) * 1000))
		d.data = v
	case schemas.ShowcaseVisitHosted:
		v.Visitors = new(int64(n.between(3, 25)))
		d.data = v
	case schemas.VisibilityItemPublished:
		v.Scope = pick(n, []string{"local", "regional"})
		d.data = v
	}
	return d
}

// shifted moves the end along with the start.
func shifted(data any, days int) any {
	switch v := data.(type) {
	case schemas.TrainingHeld:
		v.End = v.End.AddDate(0, 0, days)
		return v
	case schemas.DiscoveryHeld:
		if v.End != nil {
			v.End = new(v.End.AddDate(0, 0, days))
		}
		return v
	case schemas.MachineUsage:
		v.End = v.End.AddDate(0, 0, days)
		return v
	case schemas.MachineAvailability:
		v.End = v.End.AddDate(0, 0, days)
		return v
	}
	return data
}

// flaw is what makes a message unacceptable.
type flaw int

const (
	flawless flaw = iota
	flawSIREN
	flawNegative
	flawOrder
	flawEmail
	flawUnknownField
	flawWrongLab
	flawTruncated
	flaws // how many there are
)

// flawed is a message that the pipeline must reject, as bad exports and hand-made ones are.
func (r *labRun) flawed(n rng, at, pub time.Time) draft {
	f := flawless + 1 + flaw(n.IntN(int(flaws)-1))
	training := schemas.TrainingHeld{End: at.Add(2 * time.Hour), Topic: "software_3d_cad", Audience: "general_public", Attendees: 6}
	var data any = training
	switch f {
	case flawSIREN: // two digits exchanged
		data = schemas.CompanyServiceDelivered{ServiceType: "prototyping", Companies: []schemas.Company{{SIREN: "999000007"}}}
	case flawNegative:
		training.Attendees = -4
		data = training
	case flawOrder:
		data = schemas.MachineUsage{Machine: "laser-1", Category: "laser_cutter", End: at.Add(-90 * time.Minute), Origin: "declared"}
	case flawEmail:
		training.Title = "CAO 3D, inscriptions : atelier@example.org"
		data = training
	}
	d := r.draft(at, pub, "", data)
	d.flaw = f
	if f == flawWrongLab {
		d.subject = pick(n, r.others).Slug
	}
	if d.pub.Before(d.at) {
		d.pub = d.at
	}
	return d
}
