package simulator

import (
	"iter"
	"time"

	"vitrine/schemas"
)

// liveGap is the mean time between two live messages.
const liveGap = 400 * time.Millisecond

// Live is what the programme publishes from an instant on, without end: about two and a half
// messages a second. A caller that waits for each message's Published keeps real time; one that
// hurries runs into the future, where the pipeline refuses events more than a day ahead.
// The labs that are silent or not open yet stay so. The same from gives the same messages.
func (p *Programme) Live(from time.Time) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		var out []draft
		runs := p.runs(func(d draft) { out = append(out, d) })
		var labs []choice[*labRun]
		for i, r := range runs {
			if r.Storyline == StorySilent || r.Storyline == StoryUnopened {
				continue
			}
			// Its own ids: never the history's.
			stream := func(theme string) rng { return newRNG(p.seed^uint64(from.UnixNano()), "live/"+r.Slug+"/"+theme) }
			r.ids, r.use, r.act, r.biz, r.noise, r.agenda = stream("ids"), stream("use"), stream("act"), stream("biz"), stream("noise"), stream("agenda")
			r.weekly = false
			labs = append(labs, choice[*labRun]{runs[i], int(r.hours)})
		}
		chance := newRNG(p.seed^uint64(from.UnixNano()), "live")
		var recent []draft
		for now := from; ; {
			now = now.Add(time.Duration(chance.ExpFloat64() * float64(liveGap)))
			out = out[:0]
			weighted(chance, labs).live(chance, now.Truncate(time.Millisecond), &recent)
			for _, d := range out {
				if !yield(d.message()) {
					return
				}
			}
		}
	}
}

// recentKept is how many live activities may still be corrected.
const recentKept = 200

// live publishes one thing now.
func (r *labRun) live(chance rng, now time.Time, recent *[]draft) {
	now = now.In(r.zone)
	d := dayOf(now)
	send := func(at time.Time, system string, data any) {
		made := r.draft(at, now, system, data)
		r.emit(made)
		if len(*recent) < recentKept {
			*recent = append(*recent, made)
		} else {
			(*recent)[chance.IntN(recentKept)] = made
		}
	}
	x := chance.Float64()
	switch {
	case x < 0.001:
		r.emit(r.flawed(chance, now.Add(-time.Hour).Truncate(time.Second), now))
	case x < 0.025 && len(*recent) > 0:
		i := chance.IntN(len(*recent))
		old := (*recent)[i]
		owner := *r
		owner.Lab, owner.zone = old.lab, old.at.Location()
		next := owner.corrected(old)
		if chance.chance(0.2) {
			next = old.retraction(chance)
			*recent = append((*recent)[:i], (*recent)[i+1:]...)
		} else {
			(*recent)[i] = next
		}
		next.pub = now
		r.emit(next)
	case x < 0.065:
		at := now.Add(-2 * time.Hour).Truncate(time.Minute)
		topic := weighted(chance, trainingTopics())
		send(at, r.system, schemas.TrainingHeld{End: now.Truncate(time.Minute), Topic: topic, Audience: weighted(chance, []choice[string]{{"general_public", 5}, {"members", 3}, {"companies", 2}}),
			Attendees: int64(chance.between(3, 8)), Capacity: new(int64(8)), Title: pick(chance, trainingTitles(topic))})
	case x < 0.08:
		at := now.Add(-3 * time.Hour).Truncate(time.Minute)
		kind, audience := "workshop_intro", "general_public"
		if chance.chance(0.35) {
			kind, audience = "company_discovery", "companies"
		}
		data := schemas.DiscoveryHeld{End: new(now.Truncate(time.Minute)), Type: kind, Audience: audience, Attendance: new(int64(chance.between(8, 40))), Place: "on_site", Title: pick(chance, discoveryTitles(kind))}
		if audience == "companies" {
			data.Companies = r.firmsOf(chance, d, 4)
		}
		send(at, "", data)
	case x < 0.11:
		send(now.Truncate(time.Second), "", schemas.CompanyServiceDelivered{ServiceType: weighted(chance, serviceTypes()), Companies: r.firmsOf(chance, d, 1), Amount: new(schemas.Cents(int64(chance.between(12, 240)) * 1000))})
	case x < 0.125:
		send(now.Add(-time.Hour).Truncate(time.Minute), "", schemas.ShowcaseVisitHosted{VisitorType: pick(chance, []string{"school", "company", "institution", "peers"}), Visitors: new(int64(chance.between(3, 25)))})
	case x < 0.135:
		scope := weighted(chance, []choice[string]{{"local", 60}, {"regional", 35}, {"national", 5}})
		send(now.Truncate(time.Second), "", schemas.VisibilityItemPublished{Scope: scope, Medium: "web", Outlet: pick(chance, outlets(scope, "web")), Title: pick(chance, mediaTitles())})
	case x < 0.139:
		if data, ok := r.session(d); ok {
			r.emit(r.draft(now.Truncate(time.Second), now, r.system, data)) // nothing to correct later: it is yet to come
		}
	default:
		var serving []*machine
		for i := range r.machines {
			if m := &r.machines[i]; m.from <= d && d < m.to {
				serving = append(serving, m)
			}
		}
		if len(serving) == 0 {
			return // before the lab opened, if from is that early
		}
		m := pick(chance, serving)
		userType, firms := r.user(d)
		send(now.Add(-chance.duration(10*time.Minute, hours(m.max))).Truncate(time.Second), r.system,
			schemas.MachineUsage{Machine: m.code, Category: m.category, End: now.Truncate(time.Second), Origin: r.origin, UserType: userType, Companies: firms})
	}
}
