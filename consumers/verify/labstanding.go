package verify

import (
	"strconv"

	"vitrine/schemas"
)

// verdicts are the statuses that a lab is judged by, from best to worst; the others say nothing about it.
func verdicts() []string { return []string{"achieved", "on_track", "at_risk", "late", "missed"} }

// verdictOf counts a kept cap as achieved, and one that wasn't as missed.
func verdictOf(status string) string {
	switch status {
	case "within":
		return "achieved"
	case "exceeded":
		return "missed"
	}
	return status
}

// labStandingRows is what lab_status should hold of a lab as of a day: nothing if it isn't registered.
func (o *Oracle) labStandingRows(standings []standing, lab string, asOf Day) []row {
	_, r, registered := o.registered(lab)
	if !registered {
		return nil
	}
	count := map[string]int{}
	for _, s := range standings {
		count[verdictOf(s.status)]++
	}
	judged, sum, worst := 0, 0, 0
	for i, v := range verdicts() {
		judged += count[v]
		sum += (i + 1) * count[v]
		if count[v] > 0 {
			worst = i + 1
		}
	}
	worstStatus, meanStatus := "no_data", "no_data"
	switch {
	case judged > 0:
		worstStatus = verdicts()[worst-1]
		meanStatus = verdicts()[(2*sum+judged)/(2*judged)-1] // a half is rounded up, to the worse
	case len(standings) > 0 && count["not_started"] == len(standings):
		worstStatus, meanStatus = "not_started", "not_started"
	}
	last := o.activity(lab, asOf)
	out := given(row{
		"lab": lab, "name": r.Name, "commune": r.Commune, "region": r.Region, "worst_status": worstStatus, "mean_status": meanStatus,
		"commitments": strconv.Itoa(len(standings)), "events": strconv.Itoa(last.events),
		"overdue_periods": strconv.Itoa(o.overdue(lab, asOf)), "as_of": asOf.String(),
	}, row{})
	for _, status := range append(verdicts(), "no_data", "not_started") {
		out[status] = strconv.Itoa(count[status])
	}
	if last.events > 0 {
		out["last_event"] = number64(last.at)
		out["silent_days"] = strconv.Itoa(int(asOf - last.day))
	}
	return []row{out}
}

// activity is what a lab itself reported up to a day; the programme's own events aren't its doing.
type activity struct {
	events int
	at     int64 // milliseconds since 1970 of the last one
	day    Day
}

func (o *Oracle) activity(lab string, asOf Day) activity {
	var out activity
	for v := range o.labs[lab].live() {
		kind, _ := schemas.KindByName(o.kinds.values[v.kind])
		if kind.Programme || v.day > asOf {
			continue
		}
		if out.events == 0 {
			out.at, out.day = v.at, v.day
		}
		out.events++
		out.at, out.day = max(out.at, v.at), max(out.day, v.day)
	}
	return out
}

// overdue is how many periods a lab should have reported on before a day, and hasn't.
func (o *Oracle) overdue(lab string, asOf Day) int {
	n := 0
	for _, s := range o.stories(lab, asOf) {
		if s.stateAt(asOf) == "overdue" {
			n++
		}
	}
	return n
}
