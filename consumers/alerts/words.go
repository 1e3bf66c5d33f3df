package alerts

import (
	_ "embed"
	"math"
	"sync"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/internal/pages"
	"vitrine/schemas"
)

//go:embed texts.yaml
var textsFile []byte

// tables are the package's words in both languages.
var tables = sync.OnceValues(func() (map[pages.Lang]pages.Texts, error) { return pages.LoadTexts("alerts", textsFile) })

// words are what an alert says.
type words struct{ Text, Advice schemas.Text }

// say makes a text in both languages.
func (f *finding) say(make func(pages.Texts) string) schemas.Text {
	return schemas.Text{FR: make(f.texts[pages.French]), EN: make(f.texts[pages.English])}
}

func (f *finding) advice(key string) schemas.Text {
	return f.say(func(t pages.Texts) string { return t.Must("advice." + key) })
}

func (f *finding) aboutCommitment(c clickhouse.CommitmentStatus) words {
	segment := schemas.SegmentLabel(c.Segment)
	value := func(t pages.Texts, v float64) string { return t.Value(math.Round(100*v)/100, c.Unit) }
	text := f.say(func(t pages.Texts) string {
		name := t.Lang.Pick(c.NameFR, c.NameEN)
		if s := t.Lang.Pick(segment.FR, segment.EN); s != "" {
			name += " (" + s + ")"
		}
		actual := t.Must("commitment.nothing")
		if c.Actual != nil {
			actual = value(t, *c.Actual)
		}
		return t.Must("commitment."+c.Status, "name", name, "actual", actual, "expected", value(t, c.Expected), "target", value(t, c.Target), "due", t.Date(c.Due))
	})
	return words{text, f.advice("commitment." + c.Status)}
}

func (f *finding) aboutSilence(l clickhouse.StandingLab, silent int, since time.Time) words {
	key := "silent"
	if l.LastDay == nil {
		key = "silent.never"
	}
	return words{f.say(func(t pages.Texts) string { return t.Count(key, silent, "since", t.Date(since)) }), f.advice("silent")}
}

func (f *finding) aboutDeadline(d clickhouse.StandingDeadline, left int) words {
	key, advice := "deadline.near", "deadline.near"
	switch {
	case d.SentBack: // it did report
		key, advice = "deadline.sent_back", "deadline.sent_back"
	case left < 0:
		key, advice = "deadline.passed", "deadline.passed"
	case left == 0:
		key = "deadline.today"
	}
	return words{f.say(func(t pages.Texts) string {
		return t.Count(key, left, "period", periods.Name(d.Period, schemas.Lang(t.Lang)), "due", t.Date(d.Due))
	}), f.advice(advice)}
}

func (f *finding) aboutMilestone(m clickhouse.StandingMilestone) words {
	label := schemas.Taxonomies()["milestones"].Label(m.Milestone)
	return words{f.say(func(t pages.Texts) string {
		return t.Must("milestone", "name", t.Lang.Pick(label.FR, label.EN), "due", t.Date(m.Due))
	}), f.advice("milestone")}
}

func (f *finding) aboutRejections(w clickhouse.StandingRejections) words {
	return words{f.say(func(t pages.Texts) string { return t.Count("rejected", int(w.Open), "since", t.Date(day(w.Oldest))) }), f.advice("rejected")}
}
