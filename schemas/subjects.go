package schemas

import "strings"

// Names on NATS; other programs rely on them.
const (
	StreamEvents    = "VITRINE_EVENTS"
	StreamRejected  = "VITRINE_REJECTED"
	StreamAlerts    = "VITRINE_ALERTS"
	StreamErasures  = "VITRINE_ERASURES"
	ConsumerDurable = "vitrine-clickhouse"

	SubjectsOfLabs      = "vitrine.events.>"
	SubjectsOfProgramme = "vitrine.programme.>"
	SubjectsOfRejected  = "vitrine.rejected.>"
	SubjectsOfAlerts    = "vitrine.alerts.>"
	SubjectsOfErasures  = "vitrine.erasures.>"

	subjectLabs      = "vitrine.events."
	subjectProgramme = "vitrine.programme."
)

// Subject is where an event of a lab and kind is published.
func Subject(lab, kind string) string {
	if k, ok := KindByName(kind); ok && k.Programme {
		return subjectProgramme + lab + "." + kind
	}
	return subjectLabs + lab + "." + kind
}

// OnSubject says whether a subject is where the event belongs: that of its lab and kind.
func (e *Event) OnSubject(subject string) bool {
	lab, kind := e.Lab(), e.Kind()
	n := len(subject) - len(kind)
	if n < 0 || subject[n:] != kind {
		return false
	}
	before := subjectLabs
	if i, known := kinds().byName[kind]; known && kinds().list[i].Programme {
		before = subjectProgramme
	}
	return n == len(before)+len(lab)+1 && subject[:len(before)] == before && subject[len(before):n-1] == lab && subject[n-1] == '.'
}

// SubjectsAbout matches every event of a lab and about it, SubjectsOfPeriods those about its reporting periods.
func SubjectsAbout(lab string) string     { return "vitrine.*." + lab + ".>" }
func SubjectsOfPeriods(lab string) string { return subjectProgramme + lab + ".period.*" }

// SubjectRejected is where a lab's rejected events go; a lab that can't be told is "unknown".
func SubjectRejected(lab string) string { return "vitrine.rejected." + slugOrUnknown(lab) }

// SubjectAlerts is where alerts about a lab go; a lab that can't be told is "unknown".
func SubjectAlerts(lab string) string { return "vitrine.alerts." + slugOrUnknown(lab) }

// SubjectErasures is where the trace of what was erased of a lab goes; what isn't one lab's goes to "unknown".
func SubjectErasures(lab string) string { return "vitrine.erasures." + slugOrUnknown(lab) }

// SubjectsOfLab match all that the stream of events has of a lab.
func SubjectsOfLab(lab string) []string {
	return []string{subjectLabs + lab + ".>", subjectProgramme + lab + ".>"}
}

func slugOrUnknown(lab string) string {
	if !IsSlug(lab) {
		return "unknown"
	}
	return lab
}

// ParseSubject splits a subject into lab and kind; ok is false if it is neither a lab's nor the
// programme's, or if a kind stands under the wrong one of the two.
func ParseSubject(subject string) (lab, kind string, ok bool) {
	rest, isLab := strings.CutPrefix(subject, subjectLabs)
	if !isLab {
		if rest, ok = strings.CutPrefix(subject, subjectProgramme); !ok {
			return "", "", false
		}
	}
	lab, name, _ := strings.Cut(rest, ".")
	k, known := KindByName(name)
	return lab, name, known && IsSlug(lab) && k.Programme == !isLab
}

// DefaultZone is the programme's time zone where none is configured.
const DefaultZone = "Europe/Paris"
