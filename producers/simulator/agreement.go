package simulator

import (
	"fmt"
	"math"
	"time"

	"vitrine/schemas"
)

// register makes the lab's registration and its agreement, which come before everything else.
func (r *labRun) register() []draft {
	lat, long := r.Latitude, r.Longitude
	lab := schemas.LabRegistered{Name: r.Name, Commune: r.Commune, INSEE: r.INSEE, Department: r.Department, Region: r.Region, Archetype: r.Archetype,
		Zone: r.Zone, Latitude: &lat, Longitude: &long, Website: "https://www.example.org/labs/" + r.Slug}
	if r.Storyline != StoryUnopened {
		opened := r.opens
		if r.baseline() {
			opened = r.start - day(r.biz.between(400, 1900))
		}
		lab.Opened = opened.String()
	}
	registered := (r.start - 25).at(r.zone, 10, 0)
	signed := r.start.at(r.zone, 9, 0)
	r.agreement = r.draft(signed, signed, "", r.agreementData())
	return []draft{r.draft(registered, registered, "", lab), r.agreement}
}

// mostBudget is what the door takes for a planned budget, in EUR; a large scale would ask for more.
const mostBudget = 10_000_000

func (r *labRun) agreementData() schemas.AgreementSigned {
	planned := int64(0)
	for _, m := range r.machines {
		if m.planned {
			planned++
		}
	}
	y, _, _ := r.start.civil()
	cap70 := schemas.Int(70)
	a := schemas.AgreementSigned{
		Agreement: fmt.Sprintf("AFN-%d-%s", y, r.INSEE), Programme: "AFN", Start: r.start.String(), End: r.end.String(),
		Grant:         new(schemas.Int(min(200_000, int64(float64(r.budget)*r.scale)*min(70, r.aidPercent)/100))),
		PlannedBudget: new(schemas.Int(min(mostBudget, int64(float64(r.budget)*r.scale)))), AidRateCap: &cap70, MachinesPlanned: &planned,
		Commitments: r.commitments(),
	}
	for q := r.start.firstOfQuarter(); q <= r.end; q = q.addMonths(3) {
		a.Reporting = append(a.Reporting, schemas.ReportingDue{Period: periodOf(q), Due: dueOf(q).String()})
	}
	for _, m := range r.milestones() {
		a.Milestones = append(a.Milestones, schemas.PlannedMilestone{Milestone: m.code, Due: m.due.String()})
	}
	return a
}

// periodOf names the quarter that begins on a day.
func periodOf(q day) string {
	y, m, _ := q.civil()
	return fmt.Sprintf("%d-Q%d", y, (int(m)-1)/3+1)
}

// dueOf is when a quarter must be reported: the last day of the month that follows it.
func dueOf(q day) day { return q.addMonths(4) - 1 }

// commitments are the call's promises, sized by what the lab plans to do and by its pace: actual ÷
// expected comes out near the pace.
func (r *labRun) commitments() []schemas.Commitment {
	from, due := r.start.String(), r.end.String()
	var all []schemas.Commitment
	add := func(indicator, segment string, target float64) *schemas.Commitment {
		all = append(all, schemas.Commitment{Indicator: indicator, Segment: segment, Target: schemas.Int(rounded(target)), From: from, Due: due, Mode: "cumulative"})
		return &all[len(all)-1]
	}
	planned := float64(0)
	for _, m := range r.machines {
		if m.planned {
			planned++
		}
	}
	machines := planned
	if r.pace.machine < 0.7 {
		machines += 2 // promised more than was bought
	}
	add("O01", "", machines)
	add("I03", "", 70)

	if r.Storyline == StoryUnopened { // the rest begins when the lab does
		from = r.opens.String()
	}
	// months is the agreement's length in ordinary months of activity.
	months := r.effective * r.scale
	add("D01", "audience=general_public", r.public*months/r.pace.public)
	add("D01", "audience=companies", r.forFirms*months/r.pace.company)
	add("D02", "", (r.public*meanPublic+r.forFirms*meanForFirms+othersPerMonth*meanOthers)*months/r.pace.public)
	if r.periodic {
		c := add("T01", "", r.trainings*r.scale*2.6/r.pace.training)
		c.Mode, c.Every = "periodic", "quarter"
	} else {
		add("T01", "", r.trainings*months/r.pace.training)
	}
	add("T02", "", r.trainings*meanTraineeHours*months/r.pace.training)
	k := add("K01", "", math.Max(5, math.Round(float64(r.Lab.partners)*0.9)))
	if r.baseline() {
		k.Baseline = new(schemas.Int(1))
	}
	add("K01", "partner_type=school", 1)
	add("K01", "partner_type=university", 1)
	add("K01", "partner_type=chamber_commerce", 1)
	add("K01", "partner_type=competitiveness_cluster", 1)
	if r.periodic {
		c := add("U01", "", r.hours*r.scale*2.6/r.pace.machine)
		c.Mode, c.Every = "periodic", "quarter"
	} else {
		c := add("U01", "", r.hours*months/r.pace.machine)
		if r.Storyline == StoryNew {
			c.Steps = r.steps(c.Target)
		}
	}
	if r.members >= 40 {
		c := add("U04", "", float64(r.members)*1.5)
		c.Baseline = new(schemas.Int(int64(r.members)))
	}
	add("C01", "", float64(r.firms)*r.scale/r.pace.company)
	add("C04", "", r.services*months/r.pace.company)
	add("B01", "", math.Max(2, float64(r.tests)/math.Max(1, r.pace.economy)))
	stage := 3.0
	if r.pace.economy > 1.1 {
		stage = 4
	}
	add("B03", "", stage)
	add("E02", "", selfFinancing)
	add("V01", "", r.media*months/r.pace.visibility)
	add("V02", "", math.Max(1, r.media*months/6/r.pace.visibility))
	add("V03", "", r.visits*months/r.pace.visibility)
	add("V04", "", r.projects*months/r.pace.visibility)
	return all
}

// steps are a new lab's line: nothing before the opening, then its planned growth.
func (r *labRun) steps(target schemas.Decimal) []schemas.Step {
	var steps []schemas.Step
	sum := 0.0
	for d := r.start; d <= r.end; d++ {
		sum += r.intensity(d) / openDays
		if next := d + 1; next == next.firstOfQuarter() && d >= r.opens && d < r.end {
			value := int64(sum / r.effective * float64(target.Micros()) / 1e6)
			steps = append(steps, schemas.Step{By: d.String(), Value: schemas.Int(value)})
		}
	}
	return steps
}

// rounded makes a target look like one that people agreed on.
func rounded(x float64) int64 {
	unit := 1.0
	switch {
	case x >= 2000:
		unit = 100
	case x >= 300:
		unit = 20
	case x >= 60:
		unit = 5
	}
	return max(1, int64(math.Round(x/unit)*unit))
}

// milestone is one that the agreement sets; reached may lie after the history.
type milestone struct {
	code         string
	due, reached day
}

func (r *labRun) milestones() []milestone {
	month := func(n int) day { return r.start.addMonths(max(1, n*r.months/24)) - 1 }
	var all []milestone
	if r.baseline() {
		all = []milestone{{code: "team_hired", due: month(3)}, {code: "first_company", due: month(4)}, {code: "machines_installed", due: month(12)}, {code: "business_model_defined", due: month(9)}}
		slip := float64(r.end-r.start) * 0.18
		for i := range all {
			all[i].reached = all[i].due + day(slip*(1-min(1.2, r.pace.machine))) - 6 + day(5*i)
		}
		return all
	}
	// A new lab is set up step by step; the opening is what it is.
	all = []milestone{{code: "premises_ready", due: month(2)}, {code: "team_hired", due: month(3)}, {code: "machines_installed", due: month(5)},
		{code: "opening", due: month(6)}, {code: "first_training", due: month(6) + 20}, {code: "first_company", due: month(8)}, {code: "business_model_defined", due: month(10)}}
	lead := r.opens - r.start
	for i, reached := range []day{r.start + lead*3/10, r.start + lead*42/100, r.opens - 10, r.opens, r.opens + 12, r.opens + 35, r.opens + 170} {
		all[i].reached = reached
	}
	return all
}

// planAgreement lays out milestones, reports, approvals and the amendment.
func (r *labRun) planAgreement() {
	for _, m := range r.milestones() {
		r.plan(m.reached, func(d day) {
			at := d.at(r.zone, 11, 0)
			r.report(at, r.sent(at, time.Hour, 96*time.Hour), "", schemas.MilestoneReached{Milestone: m.code, Due: m.due.String(), AgreementStart: r.start.String()})
		})
	}
	n := 0
	for q := r.start.firstOfQuarter(); q <= r.end; q = q.addMonths(3) {
		n++
		r.planPeriod(q, n)
	}
	if r.amended {
		r.plan(r.start+(r.end-r.start)*55/100, r.amend)
	}
}

// planPeriod has a quarter reported and approved: mostly in time, some late, some never.
func (r *labRun) planPeriod(q day, nth int) {
	b, due := r.biz, dueOf(q)
	late, never := 0.1, 0.0
	switch r.Storyline {
	case StoryLate:
		late, never = 0.8, 0.3
	case StoryAtRisk, StorySilent, StoryUnreported:
		late, never = 0.45, 0.12
	}
	submitted := due - day(b.between(2, 22))
	if b.chance(late) {
		submitted = due + day(b.between(4, 50))
	}
	if b.chance(never) {
		return
	}
	tell := func(d day, data any) {
		at := d.at(r.zone, b.between(9, 17), b.between(0, 59))
		r.push(r.draft(at, at.Add(b.duration(time.Second, time.Minute)), "", data))
	}
	period := periodOf(q)
	submission := schemas.PeriodSubmitted{Period: period, Deadline: due.String()}
	approved := submitted + day(b.between(12, 40))
	r.plan(submitted, func(d day) { tell(d, submission) })
	if nth > 2 && b.chance(0.15) {
		return // still with the programme
	}
	r.plan(approved, func(d day) {
		tell(d, schemas.PeriodApproved{Period: period, Comment: "Chiffres conformes aux justificatifs."})
	})
	if r.reopens && nth == 3 {
		r.plan(approved+25, func(d day) {
			tell(d, schemas.PeriodReopened{Period: period, Why: "Deux matinales entreprises avaient été oubliées."})
		})
		r.plan(approved+33, func(d day) { tell(d, submission) })
		r.plan(approved+40, func(d day) {
			tell(d, schemas.PeriodApproved{Period: period, Comment: "Validé après réouverture."})
		})
	}
}

// amend raises one promise and adds another: the agreement's next revision.
func (r *labRun) amend(d day) {
	next := r.agreement
	data := r.agreementData()
	for i, c := range data.Commitments {
		if c.Indicator == "D02" {
			data.Commitments[i].Target = schemas.Int(rounded(float64(c.Target.Micros()) / 1e6 * 1.1))
		}
	}
	data.Commitments = append(data.Commitments, schemas.Commitment{Indicator: "K03", Target: schemas.Int(6), From: d.String(), Due: r.end.String(), Mode: "cumulative"})
	next.data, next.revision, next.pub = data, 1, d.at(r.zone, 15, 0)
	next.reason = "avenant n° 1"
	r.push(next)
}
