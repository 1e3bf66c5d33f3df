package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// tally is what the tests know of a lab's history, counted without the pipeline.
type tally struct {
	lab       Lab
	agreement schemas.AgreementSigned
	actual    map[string]float64 // by indicator, "D01 audience=…" with its segment
	months    map[string]map[string]float64
	firms     map[string]bool
	active    map[string]string // partnership → type
	kinds     map[string]int
	last      time.Time
	submitted map[string]time.Time
}

func tallies(t *testing.T, p *Programme) map[string]*tally {
	t.Helper()
	all := map[string]*tally{}
	for _, l := range p.Labs() {
		all[l.Slug] = &tally{lab: l, actual: map[string]float64{}, months: map[string]map[string]float64{}, firms: map[string]bool{},
			active: map[string]string{}, kinds: map[string]int{}, submitted: map[string]time.Time{}}
	}
	for _, e := range live(p) {
		y := all[e.Lab()]
		y.kinds[e.Kind()]++
		if e.Time.After(y.last) {
			y.last = e.Time
		}
		read := func(data any) {
			if err := json.Unmarshal(e.Data, data); err != nil {
				t.Fatal(err)
			}
		}
		month := e.Time.Format("2006-01")
		if y.months[month] == nil {
			y.months[month] = map[string]float64{}
		}
		add := func(indicator string, x float64) {
			y.actual[indicator] += x
			y.months[month][indicator] += x
		}
		met := func(companies []schemas.Company) {
			for _, c := range companies {
				siren := c.SIREN
				if c.SIRET != "" {
					siren = c.SIRET[:9]
				}
				y.firms[siren+c.Ref] = true
			}
		}
		switch e.Kind() {
		case "agreement.signed":
			read(&y.agreement)
		case "training.held":
			var d schemas.TrainingHeld
			read(&d)
			add("T01", 1)
			add("T02", d.End.Sub(e.Time).Hours()*float64(d.Attendees))
			met(d.Companies)
		case "discovery.held":
			var d schemas.DiscoveryHeld
			read(&d)
			add("D01", 1)
			add("D01 audience="+d.Audience, 1)
			if d.Attendance != nil {
				add("D02", float64(*d.Attendance))
			}
		case "machine.usage":
			var d schemas.MachineUsage
			read(&d)
			add("U01", d.End.Sub(e.Time).Hours())
			met(d.Companies)
		case "company.service.delivered":
			var d schemas.CompanyServiceDelivered
			read(&d)
			add("C04", 1)
			met(d.Companies)
		case "business_model.test.concluded":
			add("B01", 1)
		case "business_model.stage.changed":
			var d schemas.BusinessModelStageChanged
			read(&d)
			y.actual["B03"] = float64(d.Stage)
		case "visibility.item.published":
			var d schemas.VisibilityItemPublished
			read(&d)
			add("V01", 1)
			if d.Scope == "national" || d.Scope == "international" {
				add("V02", 1)
			}
		case "showcase.visit.hosted":
			add("V03", 1)
		case "project.published":
			add("V04", 1)
		case "machine.commissioned":
			add("O01", 1)
		case "partnership.signed":
			var d schemas.PartnershipSigned
			read(&d)
			y.active[d.Partnership] = d.PartnerType
		case "partnership.ended":
			var d schemas.PartnershipEnded
			read(&d)
			delete(y.active, d.Partnership)
		case "expenditure.recorded":
			var d schemas.ExpenditureRecorded
			read(&d)
			if d.Eligible && d.Status == "paid" {
				add("paid", float64(d.Amount.Micros())/1e6)
				add("aid", float64(d.PublicFunding.Micros())/1e6)
			}
		case "finance.period.reported":
			var d schemas.FinancePeriodReported
			read(&d)
			add("revenue", float64(d.OwnRevenue.Micros())/1e6)
			add("costs", float64(d.OperatingCosts.Micros())/1e6)
		case "membership.count.reported":
			var d schemas.MembershipCountReported
			read(&d)
			y.actual["U04"] = float64(d.Members)
		case "period.submitted":
			var d schemas.PeriodSubmitted
			read(&d)
			y.submitted[d.Period] = e.Time
		}
	}
	for _, y := range all {
		y.actual["C01"] = float64(len(y.firms))
		y.actual["K01"] = float64(len(y.active))
		for _, kind := range y.active {
			y.actual["K01 partner_type="+kind]++
		}
		if y.actual["costs"] > 0 {
			y.actual["E02"] = 100 * y.actual["revenue"] / y.actual["costs"]
		}
		if y.actual["paid"] > 0 {
			y.actual["I03"] = 100 * y.actual["aid"] / y.actual["paid"]
		}
	}
	return all
}

// status is the contract's status of a cumulative commitment (DESIGN, §5) on the day `until`.
func (y *tally) status(c schemas.Commitment) (status string, pace float64) {
	from, _ := time.Parse(time.DateOnly, c.From)
	due, _ := time.Parse(time.DateOnly, c.Due)
	due = due.AddDate(0, 0, 1)
	actual, known := y.actual[strings.TrimSpace(c.Indicator+" "+c.Segment)]
	target := float64(c.Target.Micros()) / 1e6
	if c.Indicator == "I03" {
		if actual > 70 {
			return "exceeded", 0
		}
		return "within", 0
	}
	share := min(1, until.Sub(from).Hours()/due.Sub(from).Hours())
	if c.Indicator == "E02" || c.Indicator == "U04" {
		share = 1
	}
	pace = actual / target / share
	switch {
	case from.After(until):
		return "not_started", 0
	case actual >= target:
		return "achieved", pace
	case !due.After(until):
		return "missed", pace
	case !known:
		return "no_data", pace
	case pace >= 0.9:
		return "on_track", pace
	case pace >= 0.7:
		return "at_risk", pace
	}
	return "late", pace
}

func TestStorylines(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2}[:1+1/thinning] {
		p := programme(t, Config{Seed: seed})
		all := tallies(t, p)
		seen := map[string]int{}
		for _, l := range p.Labs() {
			y := all[l.Slug]
			var line strings.Builder
			statuses := map[string]int{}
			for _, c := range y.agreement.Commitments {
				if c.Mode == "periodic" {
					continue
				}
				status, pace := y.status(c)
				statuses[status]++
				seen[status]++
				fmt.Fprintf(&line, " %s%s %s/%s %s %.2f;", c.Indicator, strings.TrimPrefix(c.Segment, "partner_type"), fmt.Sprintf("%.0f", y.actual[strings.TrimSpace(c.Indicator+" "+c.Segment)]), c.Target, status, pace)
			}
			t.Logf("%s (%s) %v\n%s", l.Slug, l.Storyline, statuses, line.String())
			n := 0
			for _, x := range statuses {
				n += x
			}
			switch l.Storyline {
			case StoryAhead:
				if statuses["achieved"] < n*2/3 || statuses["late"] > 0 {
					t.Errorf("%s isn't ahead: %v", l.Slug, statuses)
				}
			case StoryLate:
				if statuses["late"]+statuses["no_data"] < n/2 {
					t.Errorf("%s isn't late: %v", l.Slug, statuses)
				}
			case StoryEnded:
				if statuses["missed"] == 0 || statuses["achieved"] == 0 || statuses["late"]+statuses["at_risk"]+statuses["on_track"] > 0 {
					t.Errorf("%s has ended: %v", l.Slug, statuses)
				}
			case StoryUnopened:
				if statuses["not_started"] < n-3 {
					t.Errorf("%s hasn't begun: %v", l.Slug, statuses)
				}
				for kind := range y.kinds {
					switch kind {
					case "lab.registered", "agreement.signed", "expenditure.recorded", "milestone.reached", "period.submitted", "period.approved":
					default:
						t.Errorf("%s isn't open, but has %s", l.Slug, kind)
					}
				}
				if y.kinds["expenditure.recorded"] < 4 || y.kinds["milestone.reached"] != 2 {
					t.Errorf("%s: %v", l.Slug, y.kinds)
				}
			case StorySilent:
				if silent := until.Sub(y.last).Hours() / 24; silent < 90 || silent > 110 {
					t.Errorf("%s has been silent for %.0f days", l.Slug, silent)
				}
			case StoryNew:
				if statuses["exceeded"] != 1 {
					t.Errorf("%s keeps within the aid rate", l.Slug)
				}
			case StorySteady:
				if statuses["on_track"]+statuses["achieved"]+statuses["within"] < n/2 {
					t.Errorf("%s isn't steady: %v", l.Slug, statuses)
				}
			case StoryUnreported:
				if y.kinds["finance.period.reported"] > 0 {
					t.Errorf("%s reports its finances", l.Slug)
				}
			}
			if l.Storyline != StorySilent && until.Sub(y.last) > 8*24*time.Hour {
				t.Errorf("%s: last event %s", l.Slug, y.last)
			}
		}
		for _, status := range []string{"achieved", "on_track", "at_risk", "late", "missed", "no_data", "not_started", "within", "exceeded"} {
			if seen[status] == 0 {
				t.Errorf("seed %d: no commitment is %s: %v", seed, status, seen)
			}
		}
		t.Logf("seed %d: %v", seed, seen)
	}
}

// The anchors (volume_anchors.csv) are for an ordinary month: 150–600 machine hours, 4–10
// trainings, 1–4 discovery events, with some room for chance, holidays and the newly opened.
func TestVolumesAreBelievable(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	all := tallies(t, p)
	for _, l := range p.Labs() {
		y := all[l.Slug]
		if l.Storyline == StoryUnopened {
			continue
		}
		var line strings.Builder
		ordinary, sum := 0, map[string]float64{}
		for d := l.start.addMonths(1); d.addMonths(1) < min(l.stops-20, p.until); d = d.addMonths(1) {
			_, m, _ := d.civil()
			month := d.utc().Format("2006-01")
			v := y.months[month]
			fmt.Fprintf(&line, " %s:%.0f/%.0f/%.0f", month, v["U01"], v["T01"], v["D01"])
			if v["U01"] > 660 || v["T01"] > 13 || v["D01"] > 7 {
				t.Errorf("%s, %s: %v", l.Slug, month, v)
			}
			if m == time.January || m == time.July || m == time.August || m == time.December || d < l.opens+120 {
				continue
			}
			ordinary++
			for k, x := range v {
				sum[k] += x
			}
			if v["U01"] < 115 || v["T01"] < 2 {
				t.Errorf("%s, %s is too quiet: %v", l.Slug, month, v)
			}
		}
		n := float64(ordinary)
		if h, s, e := sum["U01"]/n, sum["T01"]/n, sum["D01"]/n; h < 150 || h > 600 || s < 4 || s > 10 || e < 1 || e > 4 {
			t.Errorf("%s: a mean month has %.0f machine hours, %.1f trainings, %.1f events", l.Slug, h, s, e)
		}
		t.Logf("%s %.0f h planned; mean %.0f h, %.1f trainings, %.1f events, %d firms:%s", l.Slug, l.hours, sum["U01"]/n, sum["T01"]/n, sum["D01"]/n, len(y.firms), line.String())
	}
	for _, l := range p.Labs() {
		y := all[l.Slug]
		if august, september := y.months["2025-08"]["U01"], y.months["2025-09"]["U01"]; l.Zone == programmeZone && l.Storyline != StoryUnopened && august > september/2 {
			t.Errorf("%s: %.0f h in August, %.0f in September", l.Slug, august, september)
		}
	}
}
