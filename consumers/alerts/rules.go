package alerts

import (
	"cmp"
	"errors"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
)

// Rules say from when on something needs attention. Days are whole.
type Rules struct {
	// SilentDays is after how many days without an event a lab is silent. Default 31: a month's report is missing.
	SilentDays int
	// NearDays is how many days before its due day a report that isn't submitted is told. Default 7.
	NearDays int
	// RejectedDays is how many days rejected events may wait. Default 1: most are mended on the same day.
	RejectedDays int
	// PaceMargin is by how much a pace must be above its threshold before an alert is cleared, so that a commitment
	// that flutters around the threshold isn't told again and again. Default 0.05.
	PaceMargin float64
	// FadeDays is for how many days after the end of an agreement what wasn't kept of it stays raised. Default 180.
	FadeDays int
}

func (r Rules) withDefaults() (Rules, error) {
	r.SilentDays = cmp.Or(r.SilentDays, 31)
	r.NearDays = cmp.Or(r.NearDays, 7)
	r.RejectedDays = cmp.Or(r.RejectedDays, 1)
	r.PaceMargin = cmp.Or(r.PaceMargin, 0.05)
	r.FadeDays = cmp.Or(r.FadeDays, 180)
	if r.SilentDays < 1 || r.NearDays < 1 || r.RejectedDays < 1 || r.PaceMargin < 0 || r.FadeDays < 1 {
		return r, errors.New("alerts: the rules' days and margin can't be negative")
	}
	return r, nil
}

// Standing is how everything stands on a day, as the database says it.
type Standing struct {
	AsOf        time.Time // midnight UTC of the programme's day
	Labs        []clickhouse.StandingLab
	Commitments []clickhouse.CommitmentStatus
	Milestones  []clickhouse.StandingMilestone
	Deadlines   []clickhouse.StandingDeadline
	Rejections  []clickhouse.StandingRejections
	Paces       clickhouse.Paces
}

// Condition is what stands under a key now.
type Condition struct {
	Lab string
	Key string
	// Sort is what should be raised; empty if nothing should, but Keep names sorts that stay raised.
	Sort Sort
	// Keep are the sorts that stay raised, where one of them is: neither well enough to be cleared, nor so much
	// better or worse that another should take its place.
	Keep []Sort
	// The rest is what the alert would say.
	Subject string
	Since   time.Time // zero: the day it is raised
	Says    words
}

// alert is what is raised where the condition stands.
func (c Condition) alert(id uuid.UUID, name string, now time.Time) Alert {
	since := c.Since
	if since.IsZero() {
		since = day(now)
	}
	return Alert{ID: id, Key: c.Key, Lab: c.Lab, LabName: name, Sort: c.Sort, Subject: c.Subject, Severity: c.Sort.severity(),
		Text: c.Says.Text, Advice: c.Says.Advice, Path: path(c.Lab), Since: since, Raised: now}
}

// unknownLab stands for the lab of rejected events whose lab can't be told.
const unknownLab = "unknown"

// path is where the programme's page of a lab is; a lab that can't be told has none, its rejected events stand under quality.
func path(lab string) string {
	if lab == unknownLab {
		return "/programme/quality"
	}
	return "/programme/labs/" + lab
}
