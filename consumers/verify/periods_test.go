package verify

import (
	"fmt"
	"testing"

	"vitrine/schemas"
)

// Stories of 2026-Q1 (due on 15 April) and what they come to, worked out by hand.
func TestStateOfAPeriod(t *testing.T) {
	agreed := func(due string) sent {
		return sent{id: 1, kind: "agreement.signed", time: "2026-01-01T00:00:00+01:00",
			data: `'agreement': 'c1', 'start': '2026-01-01', 'end_date': '2027-12-31', 'commitments': [], 'reporting': [{'period': '2026-Q1', 'due': '` + due + `'}]`}
	}
	amended := func(due string) sent {
		e := agreed(due)
		e.revision = 1
		return e
	}
	tell := func(id int, kind, at, words string) sent {
		return sent{id: id, kind: "period." + kind, time: at + "T10:00:00+02:00", data: `'period': '2026-Q1'` + words}
	}
	submit := func(id int, at string) sent { return tell(id, "submitted", at, "") }
	approve := func(id int, at string) sent { return tell(id, "approved", at, `, 'comment': 'Vu'`) }
	reopen := func(id int, at string) sent { return tell(id, "reopened", at, `, 'why': 'Incomplet'`) }
	retract := func(e sent) sent {
		e.retracted, e.revision, e.data = true, e.revision+1, ""
		return e
	}
	again := func(e sent, revision int) sent {
		e.revision = revision
		return e
	}
	for name, c := range map[string]struct {
		events []sent // after the agreement, which is message 1
		asOf   string
		want   string // state, on time, sequence of the approval, times sent back or reopened
	}{
		"not over":                    {nil, "2026-03-31", "upcoming - 0 0"},
		"over":                        {nil, "2026-04-01", "open - 0 0"},
		"the due date":                {nil, "2026-04-15", "open - 0 0"},
		"past it":                     {nil, "2026-04-16", "overdue - 0 0"},
		"submitted on the due date":   {[]sent{submit(2, "2026-04-15")}, "2026-04-20", "submitted true 0 0"},
		"submitted late":              {[]sent{submit(2, "2026-04-16")}, "2026-04-20", "submitted false 0 0"},
		"before it was submitted":     {[]sent{submit(2, "2026-04-18")}, "2026-04-17", "overdue - 0 0"},
		"submitted early":             {[]sent{submit(2, "2026-03-25")}, "2026-03-26", "submitted true 0 0"},
		"sent back":                   {[]sent{submit(2, "2026-04-10"), reopen(3, "2026-04-12")}, "2026-05-01", "sent_back true 0 1"},
		"submitted again, late":       {[]sent{submit(2, "2026-04-10"), reopen(3, "2026-04-12"), submit(4, "2026-04-20")}, "2026-05-01", "submitted true 0 1"},
		"approved":                    {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20")}, "2026-05-01", "approved true 3 0"},
		"approved twice":              {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), approve(4, "2026-04-21")}, "2026-05-01", "approved true 3 0"},
		"approved, told again":        {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), submit(2, "2026-04-10"), approve(3, "2026-04-20")}, "2026-05-01", "approved true 3 0"},
		"approved, then submitted":    {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), submit(4, "2026-04-25")}, "2026-05-01", "approved true 3 0"},
		"the approval corrected":      {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), again(approve(3, "2026-04-20"), 1)}, "2026-05-01", "approved true 4 0"},
		"the approval withdrawn":      {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), retract(approve(3, "2026-04-20"))}, "2026-05-01", "submitted true 0 0"},
		"reopened":                    {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22")}, "2026-05-01", "reopened true 0 1"},
		"reopened, told again":        {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22"), approve(3, "2026-04-20")}, "2026-05-01", "reopened true 0 1"},
		"as of before it was":         {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22")}, "2026-04-21", "approved true 3 0"},
		"reopened twice":              {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22"), reopen(5, "2026-04-23")}, "2026-05-01", "reopened true 0 1"},
		"reopened and submitted":      {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22"), submit(5, "2026-04-25")}, "2026-05-01", "submitted true 0 1"},
		"and sent back":               {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22"), submit(5, "2026-04-25"), reopen(6, "2026-04-26")}, "2026-05-01", "sent_back true 0 2"},
		"approved anew":               {[]sent{submit(2, "2026-04-10"), approve(3, "2026-04-20"), reopen(4, "2026-04-22"), submit(5, "2026-04-25"), approve(6, "2026-04-28")}, "2026-05-01", "approved true 6 1"},
		"nothing to send back":        {[]sent{reopen(2, "2026-04-12")}, "2026-04-14", "open - 0 0"},
		"the date is put off":         {[]sent{submit(2, "2026-04-20"), amended("2026-04-30")}, "2026-05-01", "submitted true 0 0"},
		"no report is asked any more": {[]sent{submit(2, "2026-04-20"), {id: 1, kind: "agreement.signed", revision: 1, data: `'agreement': 'c1', 'start': '2026-01-01', 'end_date': '2027-12-31', 'commitments': []`}}, "2026-05-01", "submitted - 0 0"},
	} {
		o := oracleOf(t, schemas.DefaultCatalogue(), append([]sent{agreed("2026-04-15")}, c.events...)...)
		rows := o.periodRows("a", day(t, c.asOf))
		if len(rows) != 1 {
			t.Errorf("%s: %d periods", name, len(rows))
			continue
		}
		onTime := rows[0]["on_time"]
		if onTime == "" {
			onTime = "-"
		}
		// The approval's sequence in the stream; the agreement was message 1, so that ids and sequences agree where nothing is told again.
		if got := fmt.Sprintf("%s %s %s %s", rows[0]["state"], onTime, rows[0]["approval_seq"], rows[0]["reopenings"]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
