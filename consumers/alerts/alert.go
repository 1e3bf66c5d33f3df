package alerts

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Sort is what an alert is about.
type Sort string

// The sorts of alerts.
const (
	CommitmentMissed   Sort = "commitment_missed"   // past its due day, and not reached
	CommitmentExceeded Sort = "commitment_exceeded" // a cap that was passed
	CommitmentLate     Sort = "commitment_late"
	CommitmentAtRisk   Sort = "commitment_at_risk"
	DeadlinePassed     Sort = "deadline_passed" // a period that wasn't submitted by its due day
	DeadlineNear       Sort = "deadline_near"
	MilestoneOverdue   Sort = "milestone_overdue"
	LabSilent          Sort = "lab_silent"
	RejectedWaiting    Sort = "rejected_waiting" // rejected events that nobody replayed or discarded
)

// Severity says how soon somebody should look.
type Severity string

// The severities, the gravest first.
const (
	Critical Severity = "critical" // a promise was broken
	Warning  Severity = "warning"  // it will be, unless something is done
	Notice   Severity = "notice"   // to know
)

// Alert is one time that a condition stood. Its texts are those of the moment when it was raised.
type Alert struct {
	// ID is the same wherever the alert is told, and in the message that clears it.
	ID uuid.UUID `json:"id"`
	// Key is what the alert is about, for programs: of the alerts of a lab with one key at most one is raised.
	Key     string `json:"key"`
	Lab     string `json:"lab"`
	LabName string `json:"lab_name"`
	Sort    Sort   `json:"sort"`
	// Subject is what of the lab's: an indicator with its segment, a period, a milestone; empty for the lab itself.
	Subject  string       `json:"subject,omitempty"`
	Severity Severity     `json:"severity"`
	Text     schemas.Text `json:"text"`   // what is so, with figures, in a sentence
	Advice   schemas.Text `json:"advice"` // what to do
	Path     string       `json:"path"`   // of the page about it, below the public URL
	// Since is the day (midnight UTC) from which on it is so, as far as that is known; else the day it was raised.
	Since time.Time `json:"since"`
	// Raised and Cleared are moments by the clock of who found it; Cleared is nil while it is raised.
	Raised  time.Time  `json:"raised"`
	Cleared *time.Time `json:"cleared,omitempty"`
	// Became is the sort of the alert that took this one's place, where a condition got worse or better.
	Became Sort `json:"became,omitempty"`
}

// sorts are all sorts with their rank, severity and name.
func sorts() []sortOf {
	return []sortOf{
		{CommitmentMissed, Critical, schemas.Text{FR: "Engagement manqué", EN: "Commitment missed"}},
		{CommitmentExceeded, Critical, schemas.Text{FR: "Plafond dépassé", EN: "Cap exceeded"}},
		{DeadlinePassed, Critical, schemas.Text{FR: "Déclaration en retard", EN: "Report overdue"}},
		{CommitmentLate, Warning, schemas.Text{FR: "Engagement en retard", EN: "Commitment late"}},
		{MilestoneOverdue, Warning, schemas.Text{FR: "Jalon en retard", EN: "Milestone overdue"}},
		{LabSilent, Warning, schemas.Text{FR: "Fab lab silencieux", EN: "Silent lab"}},
		{RejectedWaiting, Warning, schemas.Text{FR: "Événements rejetés à traiter", EN: "Rejected events waiting"}},
		{CommitmentAtRisk, Notice, schemas.Text{FR: "Engagement à surveiller", EN: "Commitment at risk"}},
		{DeadlineNear, Notice, schemas.Text{FR: "Déclaration bientôt due", EN: "Report due soon"}},
	}
}

type sortOf struct {
	sort     Sort
	severity Severity
	name     schemas.Text
}

// Name is what a sort is called; one that isn't known is its own name.
func (s Sort) Name() schemas.Text {
	for _, known := range sorts() {
		if known.sort == s {
			return known.name
		}
	}
	return schemas.Text{FR: string(s), EN: string(s)}
}

// severity is how soon somebody should look at alerts of the sort.
func (s Sort) severity() Severity {
	for _, known := range sorts() {
		if known.sort == s {
			return known.severity
		}
	}
	return Notice
}

// rank orders sorts, the gravest first.
func (s Sort) rank() int {
	all := sorts()
	for i, known := range all {
		if known.sort == s {
			return i
		}
	}
	return len(all)
}

// Name is what a severity is called.
func (s Severity) Name() schemas.Text {
	switch s {
	case Critical:
		return schemas.Text{FR: "critique", EN: "critical"}
	case Warning:
		return schemas.Text{FR: "à traiter", EN: "warning"}
	}
	return schemas.Text{FR: "à noter", EN: "notice"}
}

// byUrgency compares two alerts of a list: by lab, then the gravest sort, then what they are about.
func byUrgency(a, b Alert) int {
	return cmp.Or(cmp.Compare(a.Lab, b.Lab), cmp.Compare(a.Sort.rank(), b.Sort.rank()), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Key, b.Key))
}
