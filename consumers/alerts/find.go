package alerts

import (
	"slices"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
)

// Find works out what stands: a pure function, so that every process finds the same. A key that it doesn't give
// stands for nothing, and what is raised under it is cleared.
func Find(s Standing, r Rules) ([]Condition, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	texts, err := tables()
	if err != nil {
		return nil, err
	}
	f := finding{Standing: s, rules: r, texts: texts, at: map[place]int{}}
	for _, c := range s.Commitments {
		f.commitment(c)
	}
	for _, l := range s.Labs {
		f.silence(l)
	}
	for _, d := range s.Deadlines {
		f.deadline(d)
	}
	for _, m := range s.Milestones {
		f.milestone(m)
	}
	for _, w := range s.Rejections {
		f.rejected(w)
	}
	return f.conditions, nil
}

type finding struct {
	Standing
	rules      Rules
	texts      map[pages.Lang]pages.Texts
	conditions []Condition
	at         map[place]int
}

// add adds a condition. Where two have one key, the graver counts.
func (f *finding) add(c Condition) {
	at := place{c.Lab, c.Key}
	i, there := f.at[at]
	switch {
	case !there:
		f.at[at] = len(f.conditions)
		f.conditions = append(f.conditions, c)
	case c.Sort.rank() < f.conditions[i].Sort.rank():
		f.conditions[i] = c
	}
}

// faded says that what was promised until a day is so long ago that nobody needs to be told any more.
func (f *finding) faded(end time.Time) bool { return days(end, f.AsOf) > f.rules.FadeDays }

// silence: a lab that should be sending and hasn't for a while. Counted from its last event or, where there is none, from
// the day when it could have begun.
func (f *finding) silence(l clickhouse.StandingLab) {
	switch {
	case l.Start == nil:
		return // nothing is agreed for today
	case l.Opened != nil && l.Opened.After(f.AsOf), l.Opened == nil && l.Opening:
		return // it isn't open yet
	}
	since := *l.Start
	if l.Opened != nil && l.Opened.After(since) {
		since = *l.Opened
	}
	if l.LastDay != nil {
		since = *l.LastDay
	}
	silent := days(since, f.AsOf)
	if silent <= f.rules.SilentDays {
		return
	}
	f.add(Condition{Lab: l.Lab, Key: "silent", Sort: LabSilent, Since: since, Says: f.aboutSilence(l, silent, since)})
}

// deadline: a report that is due soon, or overdue.
func (f *finding) deadline(d clickhouse.StandingDeadline) {
	left := days(f.AsOf, d.Due)
	if left > f.rules.NearDays || f.faded(later(d.End, d.Due)) {
		return
	}
	c := Condition{Lab: d.Lab, Key: "period/" + d.Period, Sort: DeadlineNear, Subject: d.Period, Since: d.Due.AddDate(0, 0, -f.rules.NearDays), Says: f.aboutDeadline(d, left)}
	if left < 0 {
		c.Sort, c.Since = DeadlinePassed, d.Due.AddDate(0, 0, 1)
	}
	f.add(c)
}

// milestone: one that should have been reached.
func (f *finding) milestone(m clickhouse.StandingMilestone) {
	if m.Reached != nil || f.faded(later(m.End, m.Due)) {
		return
	}
	f.add(Condition{Lab: m.Lab, Key: "milestone/" + m.Agreement + "/" + m.Milestone + "/" + m.Due.Format(time.DateOnly), Sort: MilestoneOverdue,
		Subject: m.Milestone, Since: m.Due.AddDate(0, 0, 1), Says: f.aboutMilestone(m)})
}

// rejected: events that weren't accepted, and that nobody looked after.
func (f *finding) rejected(w clickhouse.StandingRejections) {
	c := Condition{Lab: w.Lab, Key: "rejected", Sort: RejectedWaiting, Since: day(w.Oldest), Says: f.aboutRejections(w)}
	if days(day(w.Oldest), f.AsOf) < f.rules.RejectedDays {
		c.Sort, c.Keep = "", []Sort{RejectedWaiting} // an older one was mended, another came: it goes on
	}
	f.add(c)
}

// day is a moment's day, in UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// days is how many days lie between two days, both at midnight UTC.
func days(from, to time.Time) int { return int(to.Sub(from).Hours() / 24) }

func later(a, b time.Time) time.Time {
	return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare)
}
