package alerts

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
)

func on(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func at(s string) *time.Time { t := on(s); return &t }

func number(v float64) *float64 { return &v }

var paces = clickhouse.Paces{OnTrack: 0.9, AtRisk: 0.7}

// found is what Find says under the only key of a standing: the sort, and in brackets what stays raised.
func found(t *testing.T, s Standing) string {
	t.Helper()
	s.Paces = paces
	all, err := Find(s, Rules{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range all {
		word := string(c.Sort)
		for _, keep := range c.Keep {
			word += "[" + string(keep) + "]"
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestCommitmentsThatNeedAttention(t *testing.T) {
	const kept = "[commitment_late][commitment_at_risk]"
	for name, c := range map[string]struct {
		asOf, status string
		pace         *float64
		mode, every  string
		want         string
	}{
		"on track":                         {"2026-06-30", "on_track", number(1.1), "cumulative", "", ""},
		"on track by a hair stays raised":  {"2026-06-30", "on_track", number(0.94), "cumulative", "", kept},
		"on track by the margin":           {"2026-06-30", "on_track", number(0.95), "cumulative", "", ""},
		"at risk":                          {"2026-06-30", "at_risk", number(0.8), "cumulative", "", "commitment_at_risk"},
		"at risk by a hair stays late":     {"2026-06-30", "at_risk", number(0.71), "cumulative", "", "commitment_at_risk[commitment_late]"},
		"late":                             {"2026-06-30", "late", number(0.2), "cumulative", "", "commitment_late"},
		"late on the first days":           {"2026-01-20", "late", number(0), "cumulative", "", kept},
		"late once the 30 days are over":   {"2026-01-31", "late", number(0), "cumulative", "", "commitment_late"},
		"a month's first week":             {"2026-06-07", "late", number(0), "periodic", "month", kept},
		"a month's eighth day":             {"2026-06-08", "late", number(0), "periodic", "month", "commitment_late"},
		"a quarter's first weeks":          {"2026-04-22", "at_risk", number(0.8), "periodic", "quarter", kept},
		"a quarter's fourth week":          {"2026-04-23", "at_risk", number(0.8), "periodic", "quarter", "commitment_at_risk"},
		"on track in its first weeks":      {"2026-04-03", "on_track", number(20), "periodic", "quarter", kept},
		"a year":                           {"2026-02-01", "late", number(0), "periodic", "year", "commitment_late"},
		"achieved":                         {"2026-06-30", "achieved", number(0.3), "cumulative", "", ""},
		"missed":                           {"2027-01-01", "missed", number(0.8), "cumulative", "", "commitment_missed"},
		"missed half a year ago":           {"2027-06-29", "missed", number(0.8), "cumulative", "", "commitment_missed"},
		"missed long ago":                  {"2027-06-30", "missed", number(0.8), "cumulative", "", ""},
		"a cap exceeded on the first days": {"2026-01-03", "exceeded", nil, "cumulative", "", "commitment_exceeded"},
		"within a cap":                     {"2026-06-30", "within", nil, "cumulative", "", ""},
		"nothing reported":                 {"2026-06-30", "no_data", nil, "cumulative", "", kept},
		"to come":                          {"2025-06-30", "not_started", nil, "cumulative", "", ""},
	} {
		got := found(t, Standing{AsOf: on(c.asOf), Commitments: []clickhouse.CommitmentStatus{{Lab: "a", Agreement: "A1", Indicator: "T01",
			Mode: c.mode, Every: c.every, From: on("2026-01-01"), Due: on("2026-12-31"), Status: c.status, Pace: c.pace}}})
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Two commitments on one thing are one to whoever reads the alerts: the graver counts.
func TestOneKeyHasOneCondition(t *testing.T) {
	c := clickhouse.CommitmentStatus{Lab: "a", Agreement: "A1", Indicator: "T01", Mode: "cumulative", From: on("2026-01-01"), Due: on("2026-12-31"), Status: "at_risk", Pace: number(0.8)}
	late := c
	late.Status = "late"
	for _, both := range [][]clickhouse.CommitmentStatus{{c, late}, {late, c}} {
		if got := found(t, Standing{AsOf: on("2026-06-30"), Commitments: both}); got != "commitment_late" {
			t.Errorf("%q", got)
		}
	}
}

func TestLabsThatAreSilent(t *testing.T) {
	started := at("2026-01-01")
	for name, c := range map[string]struct {
		lab  clickhouse.StandingLab
		want string
	}{
		"for 31 days":                {clickhouse.StandingLab{Start: started, LastDay: at("2026-05-30")}, ""},
		"for 32 days":                {clickhouse.StandingLab{Start: started, LastDay: at("2026-05-29")}, "lab_silent"},
		"never sent anything":        {clickhouse.StandingLab{Start: started}, "lab_silent"},
		"opened lately":              {clickhouse.StandingLab{Start: started, Opened: at("2026-06-15")}, ""},
		"opens later":                {clickhouse.StandingLab{Start: started, Opened: at("2026-09-01")}, ""},
		"opening isn't reported yet": {clickhouse.StandingLab{Start: started, Opening: true}, ""},
		"no agreement is in force":   {clickhouse.StandingLab{}, ""},
	} {
		c.lab.Lab = "a"
		if got := found(t, Standing{AsOf: on("2026-06-30"), Labs: []clickhouse.StandingLab{c.lab}}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsDueAndWhatWaits(t *testing.T) {
	deadline := func(due string) Standing {
		return Standing{Deadlines: []clickhouse.StandingDeadline{{Lab: "a", Period: "2026-Q1", Due: on(due), End: on("2026-12-31")}}}
	}
	milestone := func(reached *time.Time) Standing {
		return Standing{Milestones: []clickhouse.StandingMilestone{{Lab: "a", Milestone: "opening", Due: on("2026-05-31"), End: on("2026-12-31"), Reached: reached}}}
	}
	for name, c := range map[string]struct {
		standing Standing
		want     string
	}{
		"due in 8 days":     {deadline("2026-07-08"), ""},
		"due in 7 days":     {deadline("2026-07-07"), "deadline_near"},
		"due today":         {deadline("2026-06-30"), "deadline_near"},
		"was due yesterday": {deadline("2026-06-29"), "deadline_passed"},
		"overdue milestone": {milestone(nil), "milestone_overdue"},
		"reached milestone": {milestone(at("2026-06-03")), ""},
		"rejected today":    {Standing{Rejections: []clickhouse.StandingRejections{{Lab: "a", Open: 2, Oldest: on("2026-06-30").Add(time.Hour)}}}, "[rejected_waiting]"},
		"rejected before":   {Standing{Rejections: []clickhouse.StandingRejections{{Lab: "a", Open: 2, Oldest: on("2026-06-29").Add(time.Hour)}}}, "rejected_waiting"},
	} {
		c.standing.AsOf = on("2026-06-30")
		if got := found(t, c.standing); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Every sentence is whole in both languages: no text is missing, nothing is left to be filled in.
func TestAlertsAreSaidInBothLanguages(t *testing.T) {
	s := Standing{AsOf: on("2026-06-30"), Paces: paces,
		Labs: []clickhouse.StandingLab{{Lab: "a", Start: at("2026-01-01"), LastDay: at("2026-05-01")}, {Lab: "b", Start: at("2026-01-01")}},
		Deadlines: []clickhouse.StandingDeadline{{Lab: "a", Period: "2026-Q1", Due: on("2026-04-30")}, {Lab: "b", Period: "2026-Q1", Due: on("2026-06-30")},
			{Lab: "c", Period: "2026-Q1", Due: on("2026-07-01")}, {Lab: "d", Period: "2026-Q1", Due: on("2026-04-30"), SentBack: true}},
		Milestones: []clickhouse.StandingMilestone{{Lab: "a", Milestone: "opening", Due: on("2026-05-31")}},
		Rejections: []clickhouse.StandingRejections{{Lab: "a", Open: 1, Oldest: on("2026-06-01")}, {Lab: unknownLab, Open: 1234, Oldest: on("2026-06-01")}},
	}
	for _, status := range []string{"missed", "exceeded", "late", "at_risk"} {
		s.Commitments = append(s.Commitments, clickhouse.CommitmentStatus{Lab: "a", Agreement: status, Indicator: "T01", Segment: "audience=companies", Mode: "cumulative",
			From: on("2026-01-01"), Due: on("2026-12-31"), Status: status, Actual: number(1234.6), Expected: 2000, Target: 4000.123, Unit: "hour", NameFR: "Heures", NameEN: "Hours", Pace: number(0.5)})
	}
	all, err := Find(s, Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 13 {
		t.Errorf("%d conditions", len(all))
	}
	hole := regexp.MustCompile(`[{}|]|^[a-z_.]+$`)
	texts := map[string]bool{}
	for _, c := range all {
		for _, s := range []string{c.Says.Text.FR, c.Says.Text.EN, c.Says.Advice.FR, c.Says.Advice.EN, c.Sort.Name().FR, c.Sort.Name().EN} {
			if s == "" || hole.MatchString(s) {
				t.Errorf("%s %s: %q", c.Sort, c.Key, s)
			}
		}
		texts[strings.NewReplacer(pages.NBSP, " ", pages.NNBSP, " ").Replace(c.Says.Text.FR)] = true
		texts[strings.NewReplacer(pages.NBSP, " ", pages.NNBSP, " ").Replace(c.Says.Text.EN)] = true
	}
	for _, want := range []string{
		"« Heures (Entreprises) » est en retard : 1 235 h, 2 000 h attendu à ce jour, cible de 4 000 h au 31 décembre 2026.",
		"“Hours (Companies)” is late: 1,235 h, 2,000 h expected by now, target 4,000 h by 31 December 2026.",
		"n’a rien envoyé depuis 60 jours, le dernier événement date du 1er mai 2026.",
		"doit déclarer la période 2026-T1 au plus tard le 1er juillet 2026 (dans 1 jour).",
		"n’a pas déclaré la période 2026-T1, attendue le 30 avril 2026.",
		"doit compléter la période 2026-T1, qui lui a été renvoyée, et la déclarer à nouveau (échéance : 30 avril 2026).",
		"must complete 2026-Q1, which was sent back, and submit it again (due on 30 April 2026).",
		"must report on 2026-Q1 by 1 July 2026 (in 1 day).",
		"a 1 234 événements rejetés à traiter, le premier reçu le 1er juin 2026.",
	} {
		if !texts[want] {
			t.Errorf("nothing says %q", want)
		}
	}
	if t.Failed() {
		for text := range texts {
			t.Log(text)
		}
	}
}

// An alert about a commitment goes by the word that the pages have for its status.
func TestAlertsGoByTheStatusesWords(t *testing.T) {
	texts, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	for status, sort := range map[string]Sort{"missed": CommitmentMissed, "exceeded": CommitmentExceeded, "late": CommitmentLate, "at_risk": CommitmentAtRisk} {
		for lang, words := range texts {
			word, name := strings.ToLower(words.Must("status."+status)), strings.ToLower(lang.Pick(sort.Name().FR, sort.Name().EN))
			if !strings.HasSuffix(name, word) && !strings.HasPrefix(word, name) {
				t.Errorf("%s: the alert is %q, the status %q", lang, name, word)
			}
		}
	}
}
