package simulator

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"vitrine/schemas"
)

// firmPools makes each lab's company users. Every SIREN begins with 999, which INSEE is far from
// having reached, and has a right Luhn sum. Neighbours in the list share a few companies, so that
// a programme's distinct count is less than the sum over its labs.
func firmPools(seed uint64, labs []Lab, scale float64) [][]schemas.Company {
	r := newRNG(seed, "firms")
	taken := map[string]bool{}
	pools := make([][]schemas.Company, len(labs))
	for i, l := range labs {
		pool := make([]schemas.Company, max(6, int(math.Round(float64(l.firms)*scale))))
		for j := range pool {
			c := schemas.Company{Size: weighted(r, companySizes()), NAF: weighted(r, nafSections())}
			siren := fictionalSIREN(r)
			for taken[siren] && len(taken) < 50_000 { // beyond that, load tests may share more
				siren = fictionalSIREN(r)
			}
			taken[siren] = true
			switch known := j < 5; { // the best customers are known by their number, and two of them shared
			case known || r.chance(0.68):
				c.SIREN = siren
			case r.chance(0.7):
				c.SIRET = withLuhn(siren + "0001")
			default:
				c.Ref = "cli-" + strconv.Itoa(1000+j)
			}
			pool[j] = c
		}
		if i > 0 {
			pool[2], pool[5] = pools[i-1][1], pools[i-1][4]
		}
		pools[i] = pool
	}
	return pools
}

func fictionalSIREN(r rng) string { return withLuhn(fmt.Sprintf("999%05d", r.IntN(100_000))) }

// withLuhn appends the digit that makes the Luhn sum right.
func withLuhn(digits string) string {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// firm is a company user of the day: the lab meets them one after the other, and the first come
// back most.
func (r *labRun) firm(chance rng, d day) schemas.Company {
	known := len(r.firmPool)
	known = min(known, 3+int(float64(known)*math.Pow(r.share(d), 0.9)))
	return r.firmPool[int(float64(known)*math.Pow(chance.Float64(), 1.5))]
}

// firmsOf are up to n different companies.
func (r *labRun) firmsOf(chance rng, d day, n int) []schemas.Company {
	var firms []schemas.Company
next:
	for range n {
		f := r.firm(chance, d)
		for _, have := range firms {
			if have == f {
				continue next
			}
		}
		firms = append(firms, f)
	}
	return firms
}

// businessDay delivers an open day's services to companies.
func (r *labRun) businessDay(d day, x float64) {
	b := r.biz
	for range r.spreads.services.due(r.services*r.scale*x/openDays, b) {
		kind := weighted(b, serviceTypes())
		data := schemas.CompanyServiceDelivered{ServiceType: kind, Companies: []schemas.Company{r.firm(b, d)}}
		if b.chance(0.9) {
			data.Amount = new(schemas.Cents(int64(b.between(12, 240)) * 1000))
		}
		at := d.at(r.zone, b.between(9, 17), 15*b.IntN(4))
		r.report(at, r.sent(at, time.Hour, 6*24*time.Hour), "", data)
		if b.chance(0.1) {
			r.outcome(d+day(b.between(20, 120)), data.Companies)
		}
	}
}

// outcome is what a company drew from a service some weeks later.
func (r *labRun) outcome(d day, firms []schemas.Company) {
	b := r.biz
	data := schemas.CompanyOutcomeReported{Verified: b.chance(0.8), Companies: firms,
		OutcomeType: weighted(b, []choice[string]{{"prototype", 50}, {"product", 16}, {"small_series", 16}, {"patent", 2}, {"job", 10}, {"company_created", 6}})}
	at := d.at(r.zone, 11, 0)
	r.report(at, r.sent(at, time.Hour, 10*24*time.Hour), "", data)
}

// planBusiness lays out what the lab does once or a few times: tests, stages, services, premises,
// surveys, partnerships.
func (r *labRun) planBusiness() {
	b, econ := r.biz, r.pace.economy
	for i := range r.tests {
		code := "test-" + strconv.Itoa(i+1)
		kind := pick(b, []string{"pricing", "offer", "customer_segment", "channel", "partnership", "cost_structure"})
		begun := r.later(0.1 + 0.6*float64(i)/float64(r.tests)/min(1, econ))
		length := day(b.between(50, 100))
		r.plan(begun, func(d day) {
			at := d.at(r.zone, 9, 30)
			r.report(at, r.sent(at, time.Hour, 96*time.Hour), "", schemas.BusinessModelTestStarted{Test: code, HypothesisType: kind, Companies: r.firmsOf(b, d, 2)})
		})
		r.plan(begun+length, func(d day) {
			at := d.at(r.zone, 16, 0)
			r.report(at, r.sent(at, time.Hour, 240*time.Hour), "", schemas.BusinessModelTestConcluded{Test: code, HypothesisType: kind,
				Decision: pick(b, []string{"kept", "kept", "changed", "dropped"}), Companies: r.firmsOf(b, d, 4)})
		})
	}
	for i, share := range []float64{0.12, 0.32, 0.58, 0.8} {
		if i == 3 && econ < 1 {
			break
		}
		r.plan(r.later(share/econ), func(d day) {
			at := d.at(r.zone, 12, 0)
			r.report(at, r.sent(at, time.Hour, 240*time.Hour), "", schemas.BusinessModelStageChanged{Stage: int64(i + 1)})
		})
	}
	for i, s := range launchedServices() {
		r.plan(r.later((0.15+0.22*float64(i))/econ), func(d day) {
			s.URL = "https://www.example.org/" + r.Slug + "/" + s.Service
			at := d.at(r.zone, 9, 0)
			r.report(at, r.sent(at, time.Hour, 48*time.Hour), "", s)
		})
	}
	r.planPremises()
	for i, share := range []float64{0.3, 0.72} {
		r.plan(r.later(share), func(d day) { r.survey(d, i) })
	}
	r.planPartnerships()
}

// later is the day at a share of the time from the lab's opening to its agreement's end.
func (r *labRun) later(share float64) day {
	return r.opens + day(share*float64(r.end-r.opens))
}

func (r *labRun) planPremises() {
	told := func(d day, area int64, nature string) {
		at := d.at(r.zone, 9, 0)
		r.report(at, r.sent(at, time.Hour, 96*time.Hour), "", schemas.PremisesChanged{Area: schemas.Int(area), Reason: nature})
	}
	nature := "" // as it was when the agreement began
	if r.Storyline == StoryNew || r.Storyline == StoryUnopened {
		nature = "opening"
	}
	r.plan(r.opens, func(d day) { told(d, r.area, nature) })
	if r.pace.machine >= 0.9 {
		r.plan(r.later(0.45), func(d day) { told(d, r.area*5/4, "extension") })
	}
}

func (r *labRun) survey(d day, wave int) {
	y, _, _ := d.civil()
	at := d.at(r.zone, 17, 0)
	for _, size := range []string{"micro", "pme"} {
		n := r.biz.between(30, 90)
		aware := float64(n) * (r.biz.float(0.22, 0.3) + 0.1*float64(wave)*r.pace.visibility)
		r.report(at, r.sent(at, 24*time.Hour, 240*time.Hour), "", schemas.SurveyAggregateReported{
			Survey: fmt.Sprintf("notoriete-%d-%d", y, wave+1), Respondents: int64(n), Aware: int64(min(float64(n), aware)), Size: size})
	}
}

// planPartnerships signs one partnership after the other; some end, most of those are renewed.
func (r *labRun) planPartnerships() {
	b := r.biz
	sign := func(d day, p partnership) {
		at := d.at(r.zone, 14, 0)
		// The one that existed before the agreement is told once the lab reports.
		pub := max(d, r.opens+2).at(r.zone, 15, b.between(0, 59))
		r.report(at, pub, "", schemas.PartnershipSigned{Partnership: p.code, PartnerType: p.kind, Partner: partnerName(r.Lab, p.kind)})
	}
	for i := range r.Lab.partners {
		p := partnership{kind: partnerTypes()[i], from: r.later(0.04 + 0.6*float64(i)/float64(r.Lab.partners)), to: math.MaxInt}
		p.code = fmt.Sprintf("conv-%02d", i+1)
		told := p.from
		if i == 0 && r.baseline() {
			p.from, told = r.start-190, r.opens
		}
		r.plan(told, func(day) { sign(p.from, p) })
		if i%3 != 0 || i == 0 {
			r.partnerships = append(r.partnerships, p)
			continue
		}
		// Signed for a year.
		p.to = p.from + 365
		r.partnerships = append(r.partnerships, p)
		r.plan(p.to, func(d day) {
			at := d.at(r.zone, 12, 0)
			r.report(at, r.sent(at, time.Hour, 240*time.Hour), "", schemas.PartnershipEnded{Partnership: p.code, Cause: "term"})
		})
		if b.chance(0.7) {
			again := partnership{code: p.code, kind: p.kind, from: p.to + day(b.between(5, 40)), to: math.MaxInt}
			r.partnerships = append(r.partnerships, again)
			r.plan(again.from, func(d day) { sign(d, again) })
		}
	}
}

// baseline says whether the lab existed before its agreement.
func (r *labRun) baseline() bool { return r.Storyline != StoryNew && r.Storyline != StoryUnopened }

// monthEnd tells what is told monthly and quarterly; d is the first day after the month.
func (r *labRun) monthEnd(d day) {
	if d-1 < r.opens {
		return
	}
	r.membership(d - 1)
	if d == d.firstOfQuarter() && r.Storyline != StoryUnreported {
		r.finances(d - 1)
	}
}

func (r *labRun) membership(last day) {
	grown := float64(max(r.members, 40)) * (1 + 0.55*r.share(last)*r.pace.machine)
	if r.members < 40 { // a new lab begins with its friends
		grown = float64(r.members) + 150*r.share(last)
	}
	n := int64(grown * r.biz.float(0.97, 1.03))
	firms, students := n*int64(r.firmShare*60)/100, n*28/100
	data := schemas.MembershipCountReported{Members: n, ByUserType: []schemas.MemberCount{
		{UserType: "individual", Members: n - firms - students}, {UserType: "student_jobseeker", Members: students},
		{UserType: "sme", Members: firms / 2}, {UserType: "self_employed", Members: firms - firms/2}}}
	at := last.at(r.zone, 18, 0)
	r.report(at, r.sent(at, 12*time.Hour, 8*24*time.Hour), "", data)
}

// finances are a quarter's accounts, told some weeks after its last day.
func (r *labRun) finances(last day) {
	b := r.biz
	busy := 0.0
	for d := last.firstOfQuarter(); d <= last; d++ {
		busy += r.intensity(d) / openDays
	}
	if busy == 0 {
		return
	}
	var revenues []schemas.Revenue
	var total, firms int64 // in cents
	for _, s := range []struct {
		stream string
		share  float64
	}{{"memberships", 0.24 * (1 - r.firmShare)}, {"machine_hours", 0.46 * (1 - r.firmShare)}, {"trainings", 0.2}, {"company_services", 0.8 * r.firmShare}, {"other", 0.06}} {
		cents := int64(r.revenue * r.scale * 100 * busy * s.share * b.float(0.85, 1.15))
		total += cents
		if s.stream == "company_services" {
			firms += cents
		}
		if s.stream == "trainings" {
			firms += cents / 4
		}
		revenues = append(revenues, schemas.Revenue{Stream: s.stream, Amount: schemas.Cents(cents)})
	}
	// The self-financing rate rises towards what the pace gives at the end.
	rate := selfFinancing / 100 * r.pace.economy * (0.85 + 0.2*r.share(last)) * b.float(0.96, 1.04)
	data := schemas.FinancePeriodReported{OwnRevenue: schemas.Cents(total), CompanyRevenue: new(schemas.Cents(firms)),
		OperatingCosts: new(schemas.Cents(int64(float64(total) / rate))), TopClientPercent: new(schemas.Int(int64(b.between(18, 46)))), Revenues: revenues}
	at := last.at(r.zone, 18, 0)
	r.report(at, r.sent(at, 8*24*time.Hour, 38*24*time.Hour), "", data)
}

// selfFinancing is the rate that agreements ask for, in percent.
const selfFinancing = 60.0

// planMoney lays the expenditures along the agreement. Its budget goes to machines, staff and
// works; whoever is late with the rest is late with it too.
func (r *labRun) planMoney() {
	b := r.biz
	budget := int64(float64(r.budget) * r.scale * 100) // in cents
	spent := int64(0)
	for i := range r.machines {
		m := &r.machines[i]
		if !m.planned {
			continue
		}
		category := "machine_new"
		if m.replaces != "" {
			category = "machine_replacement"
		}
		cents := m.price * int64(b.between(92, 108))
		spent += cents
		r.purchase(max(r.start, m.from-day(b.between(20, 45))), category, cents)
	}
	setup := "premises_extension"
	if !r.baseline() {
		setup = "new_lab_setup"
	}
	for _, part := range []struct {
		category string
		percent  int64
		share    float64
	}{{setup, 9, 0.06}, {setup, 8, 0.22}, {"consulting", 3, 0.15}, {"consulting", 3, 0.5}, {"service_extension", 5, 0.33}, {"service_extension", 4, 0.68}, {"other_eligible", 3, 0.82}} {
		cents := budget / 100 * part.percent * int64(b.between(90, 108)) / 100
		spent += cents
		r.purchase(r.start+day(part.share/min(1.05, max(0.75, r.pace.machine))*float64(r.end-r.start)), part.category, cents)
	}
	for i := range 3 {
		r.plan(r.start+day((0.2+0.3*float64(i))*float64(r.end-r.start)), func(d day) {
			r.spend(d, "ineligible", int64(b.between(120, 900))*100, false)
		})
	}
	months := 0
	for d := r.start.firstOfMonth(); d < r.end; d = d.addMonths(1) {
		months++
	}
	for m := range months {
		last := r.start.firstOfMonth().addMonths(m+1) - 1
		r.plan(last, func(d day) {
			r.spend(d, "staff", max(80_000, (budget-spent)/int64(months))*int64(b.between(96, 104))/100, true)
		})
	}
}

func (r *labRun) spend(d day, category string, cents int64, eligible bool) {
	at := d.at(r.zone, 16, 0)
	r.report(at, r.sent(at, time.Hour, 12*24*time.Hour), "", r.expenditure(category, cents, "paid", eligible))
}

func (r *labRun) expenditure(category string, cents int64, status string, eligible bool) schemas.ExpenditureRecorded {
	r.invoices++
	data := schemas.ExpenditureRecorded{Category: category, Amount: schemas.Cents(cents), Eligible: eligible, Status: status, Invoice: fmt.Sprintf("F-%04d", r.invoices)}
	if eligible {
		data.PublicFunding = new(schemas.Cents(cents * r.aidPercent / 100))
	}
	return data
}

// purchase goes from order to invoice to payment: one event, whose revisions move it.
func (r *labRun) purchase(d day, category string, cents int64) {
	r.plan(d, func(d day) {
		data := r.expenditure(category, cents, "committed", true)
		at := d.at(r.zone, 10, 0)
		order := r.draft(at, at.Add(r.biz.duration(time.Hour, 72*time.Hour)), "", data)
		r.push(order)
		for i, status := range []string{"invoiced", "paid"} {
			data.Status = status
			next := order
			next.revision, next.data = int64(i+1), data
			next.at = (d + day(25*(i+1))).at(r.zone, 10, 0)
			next.pub = next.at.Add(r.biz.duration(time.Hour, 96*time.Hour))
			r.push(next)
		}
	})
}
