package schemas

import (
	"fmt"
	"time"
)

// maxDuration bounds a usage, session or availability. A week covers the longest print; anything
// longer is an end that nobody noticed.
const maxDuration = 7 * 24 * time.Hour

// consistent checks what one field says about another. Each field is valid by itself here.
func (d *decoder) consistent(kind string, data map[string]any) {
	v := d.event.Values
	if end, given := EndOf(d.event); given {
		switch length := end.Sub(d.event.Time); {
		case length < 0:
			d.problem("data.end", CodeOrder, data["end"], Text{FR: "une fin après le début (" + d.event.Time.Format(time.RFC3339) + ")", EN: "an end after the start (" + d.event.Time.Format(time.RFC3339) + ")"})
		case length > maxDuration:
			d.problem("data.end", CodeRange, data["end"], Text{FR: "une durée de 7 jours au plus", EN: "at most 7 days after the start"})
		}
		if down, given := v.Number("downtime_s"); given && Int(int64(end.Sub(d.event.Time)/time.Second)).Less(down) {
			d.problem("data.downtime_s", CodeOrder, down.String(), Text{FR: "au plus la durée de disponibilité", EN: "at most the time from start to end"})
		}
	}
	d.companies(v)
	switch kind {
	case "training.held":
		d.atMost(v, "attendees_company", "attendees")
	case "survey.aggregate.reported":
		d.atMost(v, "aware", "respondents")
	case "finance.period.reported":
		d.atMost(v, "company_revenue", "own_revenue")
	case "membership.count.reported":
		d.once(v, "by_user_type", "user_type")
	case "agreement.signed":
		d.dateOrder("data.end_date", v.Code("start"), v.Code("end_date"))
		for i, c := range v.List("commitments") {
			d.dateOrder(fmt.Sprintf("data.commitments[%d].due", i), c.Code("from"), c.Code("due"))
			if c.Code("mode") == "periodic" && c.Code("every") == "" {
				d.problem(fmt.Sprintf("data.commitments[%d].every", i), CodeMissing, nil, Text{FR: "month, quarter ou year pour un engagement périodique", EN: "month, quarter or year for a periodic commitment"})
			}
			d.steps(fmt.Sprintf("data.commitments[%d].steps", i), c)
		}
	case "session.announced":
		d.sessionOrder(v)
	case "machine.commissioned":
		if v.Code("nature") == "replacement" && v.Code("replaces") == "" {
			d.problem("data.replaces", CodeMissing, nil, Text{FR: "le code de la machine remplacée", EN: "the code of the machine replaced"})
		}
	}
}

// sessionOrder holds an announced session's end to its start.
func (d *decoder) sessionOrder(v Values) {
	starts, err := time.Parse(time.RFC3339Nano, v.Code("starts"))
	ends, notGiven := time.Parse(time.RFC3339Nano, v.Code("ends"))
	switch {
	case err != nil || notGiven != nil:
	case ends.Before(starts):
		d.problem("data.ends", CodeOrder, v.Code("ends"), Text{FR: "une fin après le début (" + v.Code("starts") + ")", EN: "an end after the start (" + v.Code("starts") + ")"})
	case ends.Sub(starts) > maxDuration:
		d.problem("data.ends", CodeRange, v.Code("ends"), Text{FR: "une durée de 7 jours au plus", EN: "at most 7 days after the start"})
	}
}

// steps must rise in time within a cumulative commitment: its line is drawn through them.
func (d *decoder) steps(path string, c Values) {
	steps := c.List("steps")
	if len(steps) > 0 && c.Code("mode") != "cumulative" {
		d.problem(path, CodeOrder, nil, Text{FR: "des paliers seulement pour un engagement cumulatif", EN: "steps for a cumulative commitment only"})
		return
	}
	before := c.Code("from")
	for i, step := range steps {
		if by := step.Code("by"); by < before || i > 0 && by == before || by > c.Code("due") {
			d.problem(fmt.Sprintf("%s[%d].by", path, i), CodeOrder, by, Text{
				FR: "des dates croissantes, du " + c.Code("from") + " au " + c.Code("due"), EN: "rising dates from " + c.Code("from") + " to " + c.Code("due")})
		}
		before = step.Code("by")
	}
}

// once refuses a code that stands twice in a list where each has one figure.
func (d *decoder) once(v Values, list, code string) {
	seen := map[string]bool{}
	for i, item := range v.List(list) {
		if c := item.Code(code); seen[c] {
			d.problem(fmt.Sprintf("data.%s[%d].%s", list, i, code), CodeOrder, c, Text{FR: "chaque code une seule fois", EN: "each code once"})
		} else {
			seen[c] = true
		}
	}
}

func (d *decoder) atMost(v Values, part, whole string) {
	p, hasPart := v.Number(part)
	w, hasWhole := v.Number(whole)
	if hasPart && hasWhole && w.Less(p) {
		d.problem("data."+part, CodeOrder, p.String(), Text{FR: fmt.Sprintf("au plus %s (%s)", whole, w), EN: fmt.Sprintf("at most %s (%s)", whole, w)})
	}
}

func (d *decoder) companies(v Values) {
	for i, c := range v.List("companies") {
		if c.Code("siren") == "" && c.Code("siret") == "" && c.Code("ref") == "" {
			d.problem(fmt.Sprintf("data.companies[%d]", i), CodeMissing, nil, Text{FR: "siren, siret ou ref", EN: "siren, siret or ref"})
		}
	}
}

func (d *decoder) dateOrder(field, from, to string) {
	if to < from { // both are YYYY-MM-DD
		d.problem(field, CodeOrder, to, Text{FR: "une date à partir du " + from, EN: "a date from " + from + " on"})
	}
}

// EndOf is when a decoded event ended, for the kinds that last.
func EndOf(e *Event) (end time.Time, given bool) {
	return e.end, !e.end.IsZero()
}
