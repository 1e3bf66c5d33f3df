package verify

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vitrine/schemas"
)

const (
	kindApproved = "period.approved"
	kindReopened = "period.reopened"
)

// telling is an event of a period's story: a charter and where the stream told its present revision first.
type telling struct {
	charter
	at     int64 // milliseconds
	told   uint64
	period string
	words  string // the comment or the reason
}

// story is what was told of a reporting period so far, and what follows from it.
type story struct {
	period, agreement string
	due               string // YYYY-MM-DD; "" if no agreement in force asks for it
	state             string // "" before anything was told
	submissions       []telling
	approval          *telling
	reopening         *telling
	reopenings        int
	sinceReopening    bool // something was submitted or approved since
	approvedSince     bool
}

// stories are a lab's reporting periods as of a day: those that its agreements ask for and those that were told of.
func (o *Oracle) stories(lab string, asOf Day) []*story {
	periods := map[string]*story{}
	of := func(period string) *story {
		if periods[period] == nil {
			periods[period] = &story{period: period}
		}
		return periods[period]
	}
	for _, a := range o.agreements(lab) {
		for _, r := range a.Reporting {
			if s := of(r.Period); s.due == "" || cmp.Or(cmp.Compare(r.Due, s.due), cmp.Compare(a.Agreement, s.agreement)) < 0 {
				s.due, s.agreement = r.Due, a.Agreement
			}
		}
	}
	for _, t := range o.tellings(lab) {
		if localDay(t.at, o.zone) <= asOf { // by the programme's calendar: it decides what is told already
			of(t.period).tell(t)
		}
	}
	out := slices.Collect(maps.Values(periods))
	slices.SortFunc(out, func(a, b *story) int { return cmp.Compare(a.period, b.period) })
	return out
}

// tellings are a lab's live events about periods, each at the place of the first telling of its revision.
func (o *Oracle) tellings(lab string) []telling {
	l := o.labs[lab]
	var out []telling
	for c := range o.liveCharters(lab) {
		t := telling{charter: c, told: c.seq}
		switch c.kind {
		case kindSubmitted:
			var d schemas.PeriodSubmitted
			c.read(&d)
			t.period = d.Period
		case kindApproved:
			var d schemas.PeriodApproved
			c.read(&d)
			t.period, t.words = d.Period, d.Comment
		case kindReopened:
			var d schemas.PeriodReopened
			c.read(&d)
			t.period, t.words = d.Period, d.Why
		default:
			continue
		}
		for v := range l.chain(l.ids[c.id]) {
			if v.seq == c.seq {
				t.at = v.at
			}
			if v.revision == c.revision {
				t.told = min(t.told, v.seq)
			}
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b telling) int { return cmp.Compare(a.told, b.told) })
	return out
}

// tell continues the story with the next event.
func (s *story) tell(t telling) {
	switch t.kind {
	case kindSubmitted:
		s.submissions = append(s.submissions, t)
		s.sinceReopening = true
		if s.approval == nil {
			s.state = "submitted"
		}
	case kindApproved:
		s.sinceReopening, s.approvedSince = true, true
		if s.approval == nil {
			s.approval, s.state = &t, "approved"
		}
	case kindReopened:
		if !s.sinceReopening {
			return // there is nothing to undo
		}
		s.state = "sent_back"
		if s.approvedSince {
			s.state = "reopened"
		}
		s.approval, s.reopening, s.sinceReopening, s.approvedSince = nil, &t, false, false
		s.reopenings++
	}
}

// stateAt is the state as of a day.
func (s *story) stateAt(asOf Day) string {
	_, ends := s.days()
	switch {
	case s.state != "":
		return s.state
	case s.due != "" && dayIn(s.due) < asOf:
		return "overdue"
	case asOf <= ends:
		return "upcoming"
	default:
		return "open"
	}
}

// days are the period's first and last.
func (s *story) days() (first, last Day) {
	year, part, _ := strings.Cut(s.period, "-")
	y, _ := strconv.Atoi(year)
	if quarter, is := strings.CutPrefix(part, "Q"); is {
		q, _ := strconv.Atoi(quarter)
		p := period(y*4 + q - 1)
		return Quarterly.start(p), Quarterly.end(p)
	}
	m, _ := strconv.Atoi(part)
	p := period(y*12 + m - 1)
	return Monthly.start(p), Monthly.end(p)
}

// periodRows is what period_states should hold of a lab.
func (o *Oracle) periodRows(lab string, asOf Day) []row {
	var out []row
	for _, s := range o.stories(lab, asOf) {
		starts, ends := s.days()
		sure := row{
			"lab": lab, "agreement": s.agreement, "period": s.period, "starts": starts.String(), "ends": ends.String(), "state": s.stateAt(asOf),
			"approval_seq": "0", "comment": "", "reason": "", "reopenings": strconv.Itoa(s.reopenings), "as_of": asOf.String(),
		}
		maybe := row{"due": s.due}
		if n := len(s.submissions); n > 0 {
			maybe["first_submitted_at"], maybe["submitted_at"] = number64(s.submissions[0].at), number64(s.submissions[n-1].at)
			if s.due != "" {
				earliest := slices.MinFunc(s.submissions, func(a, b telling) int { return cmp.Compare(a.day, b.day) })
				maybe["on_time"] = strconv.FormatBool(earliest.day <= dayIn(s.due))
			}
		}
		if a := s.approval; a != nil {
			sure["approval_seq"], sure["comment"] = number64(int64(a.told)), a.words
			maybe["approved_at"], maybe["approval_id"] = number64(a.at), a.id.String()
		}
		if r := s.reopening; r != nil {
			sure["reason"], maybe["reopened_at"] = r.words, number64(r.at)
		}
		out = append(out, given(sure, maybe))
	}
	return out
}
