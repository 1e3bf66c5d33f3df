package alerts

import (
	"math"
	"strings"
	"time"

	"vitrine/consumers/clickhouse"
)

// commitment: one that won't be kept at this pace, or that wasn't.
//
// A pace says little on the first days of its window: a quarter of it, at most 30 days, what was raised stays and
// nothing is raised. And it must be well above a threshold, by the rules' margin, before an alert gives way to a milder one or none.
func (f *finding) commitment(c clickhouse.CommitmentStatus) {
	if f.faded(c.Due) {
		return
	}
	found := Condition{Lab: c.Lab, Key: strings.Join([]string{"commitment", c.Agreement, c.Indicator, c.Segment, c.Mode, c.From.Format(time.DateOnly)}, "/"),
		Subject: strings.TrimSpace(c.Indicator + " " + c.Segment)}
	early := f.early(c)
	switch c.Status {
	case "missed":
		found.Sort, found.Since = CommitmentMissed, c.Due.AddDate(0, 0, 1)
	case "exceeded":
		found.Sort = CommitmentExceeded
	case "late":
		found.Sort, found.Keep = CommitmentLate, nil
	case "at_risk":
		found.Sort = CommitmentAtRisk
		if c.Pace != nil && !f.well(*c.Pace, f.Paces.AtRisk) {
			found.Keep = []Sort{CommitmentLate}
		}
	case "on_track":
		if !early && (c.Pace == nil || f.well(*c.Pace, f.Paces.OnTrack)) {
			return
		}
		found.Keep = []Sort{CommitmentLate, CommitmentAtRisk}
	case "no_data": // nothing was reported: the lab's silence and its deadlines tell it
		found.Keep = []Sort{CommitmentLate, CommitmentAtRisk}
	default:
		return
	}
	if early && (found.Sort == CommitmentLate || found.Sort == CommitmentAtRisk) {
		found.Sort, found.Keep = "", []Sort{CommitmentLate, CommitmentAtRisk}
	}
	if found.Sort != "" {
		found.Says = f.aboutCommitment(c)
	}
	f.add(found)
}

// well says that a pace is above a threshold by the margin. Paces have three decimals.
func (f *finding) well(pace, threshold float64) bool {
	return math.Round(1000*(pace-threshold-f.rules.PaceMargin)) >= 0
}

// longestEarly bounds the first days of a window on which its pace says little.
const longestEarly = 30

// early says that the window of a commitment has only begun.
func (f *finding) early(c clickhouse.CommitmentStatus) bool {
	start, end := c.From, c.Due
	if c.Mode == "periodic" {
		start, end = window(c.Every, earlier(f.AsOf, c.Due))
		start, end = later(start, c.From), earlier(end, c.Due)
	}
	return days(start, f.AsOf) < min((days(start, end)+1)/4, longestEarly)
}

// window is the month, quarter or year that a day lies in, first and last day.
func window(every string, on time.Time) (start, end time.Time) {
	y, m, _ := on.Date()
	first := func(m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	switch every {
	case "month":
		start, end = first(m), first(m+1)
	case "quarter":
		start = first((m-1)/3*3 + 1)
		end = start.AddDate(0, 3, 0)
	default:
		start, end = first(time.January), first(time.January+12)
	}
	return start, end.AddDate(0, 0, -1)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
