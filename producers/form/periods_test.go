package form

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// periodsOfNord are atelier-nord's periods in memory.
type periodsOfNord struct {
	states    map[string]string
	submitted []string
	down      bool
	remaking  bool
}

// tooLate is why a period may not be submitted.
type tooLate struct{}

func (tooLate) Error() string { return "approved" }
func (tooLate) In(l schemas.Lang) string {
	return schemas.Text{FR: "validée : demandez", EN: "approved: ask"}.In(l)
}
func (p *periodsOfNord) of(s string) Period {
	due := time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)
	out := Period{Period: s, Due: &due, State: p.states[s]}
	if out.State == "submitted" || out.State == "approved" {
		at := time.Date(2026, 4, 1, 23, 5, 0, 0, time.UTC) // the next day in Paris
		out.SubmittedAt = &at
	}
	if out.State == "sent_back" {
		out.Reason = "Il manque <mars>"
	}
	return out
}

func (p *periodsOfNord) Periods(_ context.Context, lab string) ([]Period, error) {
	if p.down {
		return nil, errors.New("down")
	}
	var out []Period
	for _, s := range []string{"2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"} {
		if lab == "atelier-nord" {
			out = append(out, p.of(s))
		}
	}
	return out, nil
}

func (p *periodsOfNord) Figures(_ context.Context, lab, period string) (PeriodFigures, error) {
	if p.remaking {
		return PeriodFigures{}, ErrRemaking
	}
	if p.states[period] == "" || lab != "atelier-nord" {
		return PeriodFigures{}, ErrNoPeriod
	}
	value := 1234.0
	return PeriodFigures{Period: p.of(period), Figures: []PeriodFigure{{Name: schemas.Text{FR: "Heures machine", EN: "Machine hours"}, Value: &value, Unit: "hour"},
		{Name: schemas.Text{FR: "Entreprises connaissant l'atelier, d'après l'enquête annuelle auprès des entreprises", EN: "Companies that know the lab, of those asked in the yearly survey of companies"}, Value: &value, Unit: "EUR"},
		{Name: schemas.Text{FR: "Satisfaction", EN: "Satisfaction"}}}, Missing: []schemas.Text{{FR: "Retombées", EN: "Mentions"}}}, nil
}

func (p *periodsOfNord) Submit(_ context.Context, lab, period string) error {
	if p.remaking {
		return ErrRemaking
	}
	switch p.states[period] {
	case "":
		return ErrNoPeriod
	case "approved":
		return tooLate{}
	}
	p.submitted = append(p.submitted, lab+" "+period)
	p.states[period] = "submitted"
	return nil
}

func TestALabSubmitsAPeriod(t *testing.T) {
	periods := &periodsOfNord{states: map[string]string{"2025-Q2": "approved", "2025-Q3": "approved", "2025-Q4": "overdue", "2026-Q1": "sent_back", "2026-Q2": "upcoming", "2026-Q3": "upcoming"}}
	b := worldWith(t, func(c *Config) { c.Periods = periods }).browser().signIn(goodToken)
	b.has("Périodes de déclaration", "2025-T4", "en retard", "2026-T1", "Il manque &lt;mars&gt;", "À déclarer au plus tard le 15 avril 2026", "2026-T2", "validée")
	b.hasNot("2026-T3")
	b.get("/submit/periods/2026-Q1").has("Heures machine", "1 234", "Satisfaction", "Retombées", "Oui, déclarer la période")
	in := b.form()
	b.post("/submit/periods/2026-Q1", in).has("déclarée, examinée par le programme", "Déclarée le 2 avril 2026")
	b.hasNot("au plus tard") // it is done
	if b.at.Path != "/submit/periods/2026-Q1" {
		t.Errorf("led to %s", b.at)
	}
	b.hasNot("Oui, déclarer la période")
	b.post("/submit/periods/2025-Q2", in).has("validée : demandez")
	if b.status != http.StatusConflict {
		t.Errorf("status %d", b.status)
	}
	for _, path := range []string{"/submit/periods/2027-Q1", "/submit/periods/%3Cx%3E"} {
		if b.get(path); b.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, b.status)
		}
	}
	if b.post("/submit/periods/2025-Q4", url.Values{}); b.status != http.StatusForbidden {
		t.Errorf("a forged request: %d", b.status)
	}
	if !slices.Equal(periods.submitted, []string{"atelier-nord 2026-Q1"}) {
		t.Errorf("submitted %q", periods.submitted)
	}
	b.get("/submit/periods/2025-Q2?lang=en").has("approved, figures frozen", "Submitted on 2 April 2026")
	periods.down = true
	b.get("/submit").hasNot("2025-T4")
}

// While everything is made again the form says so, in the reader's language, and still takes what is told; a period is neither shown nor submitted, and
// nothing is corrected by a version that may not be the last.
func TestFiguresBeingMadeAgain(t *testing.T) {
	periods := &periodsOfNord{states: map[string]string{"2026-Q1": "open"}}
	w := worldWith(t, func(c *Config) { c.Periods = periods })
	b := w.browser().signIn(goodToken)
	in := b.get("/submit/periods/2026-Q1").form()
	correct := "/submit/correct/0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"
	w.set(func() { w.down, w.remaking = true, true })
	periods.down, periods.remaking = true, true
	b.get("/submit").has("Les chiffres sont en cours de recalcul", "vous pouvez continuer à déclarer")
	b.get("/submit?lang=en").has("The figures are being recalculated", "you can go on telling")
	b.get("/submit/entries").has("Les chiffres sont en cours de recalcul")
	refused := func(what string) {
		t.Helper()
		b.has("Les chiffres sont en cours de recalcul", "Rien n’est perdu")
		if b.status != http.StatusServiceUnavailable || b.header.Get("Retry-After") != "30" {
			t.Errorf("%s: %d %v", what, b.status, b.header)
		}
	}
	b.get("/submit/periods/2026-Q1")
	refused("a period")
	b.post("/submit/periods/2026-Q1", in)
	refused("its submission")
	b.get(correct)
	refused("a correction")
	if len(periods.submitted) > 0 {
		t.Errorf("submitted %q", periods.submitted)
	}
	stranger := w.browser().signIn(goodToken) // the lab's zone is known by now
	stranger.has("Les chiffres sont en cours de recalcul")
}

func (b *browser) hasNot(text string) {
	b.t.Helper()
	if strings.Contains(b.body, text) {
		b.t.Errorf("%s has %q", b.at, text)
	}
}
