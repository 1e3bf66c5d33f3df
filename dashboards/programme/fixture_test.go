package programme

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/internal/pages"
	"vitrine/internal/pages/session"
)

const (
	goodToken = "vit_programme_good"
	labToken  = "vit_atelier-nord_good"
	longName  = "Grande Fabrique partagée de l’Estuaire, des Savoir-faire navals, du Réemploi et de l’Émerveillement numérique pour tous"
)

// world is a programme that is made up, as the pages see it.
type world struct {
	mu      sync.Mutex
	labs    []Lab
	down    error
	actErr  error
	done    []string // what was decided
	checked error    // instead of what the token says
	state   string   // of the period
	more    int      // events behind an adjustment besides those listed
	unasked bool     // an amendment no longer asks for the periods
	periods []Period // instead of the usual ones, as the others below
	alerts  []Alert
	quality []Quality
}

func today() time.Time { return time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC) }

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) Check(_ context.Context, token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.checked != nil:
		return w.checked
	case token == labToken:
		return ErrLabToken
	case token != goodToken:
		return ErrToken
	}
	return nil
}

func (w *world) Portfolio(_ context.Context, asOf time.Time) (*Portfolio, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if asOf.IsZero() {
		asOf = today()
	}
	return &Portfolio{AsOf: asOf, Labs: w.labs}, w.down
}

func (w *world) Lab(_ context.Context, lab string, asOf time.Time) (*LabSheet, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if asOf.IsZero() {
		asOf = today()
	}
	for _, l := range w.labs {
		if l.Slug == lab {
			return sheet(l, asOf), w.down
		}
	}
	return nil, errors.Join(w.down, ErrUnknown)
}

func (w *world) Periods(context.Context, string) ([]Period, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.periods != nil {
		return w.periods, w.down
	}
	return []Period{w.period("2025-Q4", "approved"), w.period("2026-Q1", w.state), w.period("2026-Q2", "upcoming"), w.period("2025-Q3", "overdue"), w.period("2025-10", "sent_back")}, w.down
}

func (w *world) period(code, state string) Period {
	at, yes := today().Add(-30*time.Hour), true
	p := Period{Lab: "etang", LabName: "Étang numérique", Agreement: "2025-07", Code: code, Starts: today().AddDate(0, -4, 0), Ends: today().AddDate(0, -1, 0), State: state}
	if due := today().AddDate(0, 0, -3); !w.unasked {
		p.Due = &due
	}
	switch state {
	case "submitted":
		p.SubmittedAt, p.OnTime = &at, &yes
	case "approved":
		p.SubmittedAt, p.OnTime, p.ApprovedAt, p.Comment = &at, &yes, &at, "Chiffres relus avec l’atelier."
	case "sent_back":
		p.SubmittedAt, p.ReopenedAt, p.Reason, p.Reopenings = &at, &at, "Les heures de la fraiseuse manquent.", 1
	}
	return p
}

func (w *world) Figures(_ context.Context, lab, code string) (*PeriodFigures, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lab != "etang" || code != "2026-Q1" && code != "2025-Q4" {
		return nil, ErrUnknown
	}
	f := &PeriodFigures{Period: w.period(code, w.state), Digest: "d1", Figures: []Figure{
		{Indicator: "D01", Name: Text{"Événements de découverte organisés", "Discovery events held"}, Unit: "event", Value: ptr(12.0)},
		{Indicator: "D01", Name: Text{"Événements de découverte organisés", "Discovery events held"}, SegmentName: Text{"entreprises", "companies"}, Unit: "event", Value: ptr(4.0)},
		{Indicator: "E02", Name: Text{"Taux d'autofinancement", "Self-financing rate"}, Unit: "%"},
	}}
	if code == "2025-Q4" {
		f.Period = w.period(code, "approved")
		f.Adjustments = []Adjustment{{Indicator: "D01", Name: Text{"Événements de découverte organisés", "Discovery events held"}, Unit: "event", Approved: ptr(12.0), Now: ptr(13.0), Difference: ptr(1.0), Apart: true, MoreEvents: w.more,
			Events: []AdjustingEvent{{ID: "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", Kind: Text{"Événement de découverte", "Discovery event"}, Day: today().AddDate(0, -3, 0), At: today(), Now: ptr(1.0), Reason: Text{"oublié", "oublié"}, System: "form"}}},
			// No figure was there when the period was approved.
			{Indicator: "C04", Name: Text{"Prestations livrées aux entreprises", "Services delivered to companies"}, Unit: "service", Now: ptr(2.0), Difference: ptr(2.0), Apart: true}}
	}
	return f, w.down
}

func (w *world) act(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.actErr == nil {
		w.done = append(w.done, what)
	}
	return w.actErr
}

func (w *world) Approve(_ context.Context, lab, period, digest, comment string) error {
	return w.act(fmt.Sprintf("approve %s %s %s %q", lab, period, digest, comment))
}

func (w *world) SendBack(_ context.Context, lab, period, reason string) error {
	return w.act(fmt.Sprintf("send back %s %s %q", lab, period, reason))
}

func (w *world) Reopen(_ context.Context, lab, period, reason string) error {
	return w.act(fmt.Sprintf("reopen %s %s %q", lab, period, reason))
}

func (w *world) Quality(context.Context) ([]Quality, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.labs) == 0 {
		return nil, w.down
	}
	if w.quality != nil {
		return w.quality, w.down
	}
	return []Quality{{Lab: "etang", Name: "Étang numérique", Freshness: ptr(45.0), Completeness: ptr(75.0), Timeliness: ptr(50.0), Events: 4000, Waiting: 3, Corrected: 41, Retracted: 7, Resent: 120, Adjustments: 2},
		{Lab: "tres-long", Name: longName, Freshness: ptr(0.0), Completeness: ptr(100.0), Timeliness: ptr(100.0), Events: 9000, Adjustments: -1}}, w.down
}

func (w *world) Alerts(context.Context) ([]Alert, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.labs) == 0 {
		return nil, w.down
	}
	if w.alerts != nil {
		return w.alerts, w.down
	}
	return []Alert{{Lab: "etang", LabName: "Étang numérique", Severity: "warning", Text: Text{"Aucune activité depuis 45 jours.", "No activity for 45 days."}, Advice: Text{"Appelez l’atelier.", "Call the lab."}, Since: today()},
		{Lab: "tres-long", LabName: longName, Severity: "critical", Text: Text{"Engagement non tenu : 1 visite sur 4.", "Commitment missed: 1 visit of 4."}, Since: today()}}, w.down
}

func (w *world) Call(context.Context) ([]Phrase, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []Phrase{{Code: "S10", Text: Text{"événements de découverte pour le grand public ou pour les entreprises", "discovery events, two audiences"},
		Indicators: []PhraseFigure{{Code: "D01", Name: Text{"Événements de découverte organisés", "Discovery events held"}, Unit: "event", Value: ptr(214.0), Labs: 13}, {Code: "D03", Name: Text{"Entreprises reçues", "Companies reached"}, Unit: "company"}}},
		{Code: "S03", Text: Text{"devront être portés par un atelier de fabrication numérique (fab lab)", "eligibility of the holder"}}}, w.down
}

func ptr[T any](v T) *T { return &v }

// labs are a few, one for each way of standing.
func labs() []Lab {
	var all []Lab
	add := func(slug, name, commune, region, archetype string, worst, mean Status, silent int, promises ...Commitment) {
		last := today().AddDate(0, 0, -silent)
		all = append(all, Lab{Slug: slug, Name: name, Commune: commune, Region: region, Archetype: archetype, ArchetypeName: Text{"Type " + archetype, "Type " + archetype + " (en)"},
			Worst: worst, Mean: mean, LastEvent: &last, SilentDays: &silent, Events: 3998, Commitments: promises})
	}
	c := commitments()
	add("etang", "Étang numérique", "Sète", "Occitanie", "3", pages.StatusMissed, pages.StatusAtRisk, 45, c...)
	all[0].OverduePeriods = 1
	add("zinc", "Zinc Lab", "Nantes", "Pays de la Loire", "5", pages.StatusAchieved, pages.StatusAchieved, 0, c[2])
	add("tres-long", longName, "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "Provence-Alpes-Côte d’Azur", "3", pages.StatusLate, pages.StatusOnTrack, 2, c[0], c[1], c[4])
	all = append(all, Lab{Slug: "bientot", Name: "Bientôt Lab", Commune: "Guéret", Region: "Nouvelle-Aquitaine", Worst: pages.StatusNoData, Mean: pages.StatusNoData})
	return all
}

func commitments() []Commitment {
	from, due := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	make := func(n int, code, fr, en, unit, segment, segmentFR string, target float64, actual *float64, percent *float64, expected float64, pace *float64, s Status) Commitment {
		return Commitment{Agreement: "2025-07", Number: n, Indicator: code, Name: Text{fr, en}, Unit: unit, Segment: segment, SegmentName: Text{segmentFR, segmentFR}, Mode: "cumulative", Direction: "up",
			Target: target, Actual: actual, Percent: percent, Expected: expected, Pace: pace, Status: s, From: from, Due: due}
	}
	all := []Commitment{
		make(1, "U01", "Heures machines", "Machine hours", "hour", "", "", 12_000, ptr(8_210.0), ptr(68.42), 7_400, ptr(1.109), pages.StatusOnTrack),
		make(2, "C01", "Entreprises utilisatrices actives", "Active company users", "company", "", "", 120, ptr(37.0), ptr(30.83), 72, ptr(0.514), pages.StatusLate),
		make(3, "D02", "Participants aux événements de découverte", "Discovery attendances", "attendance", "audience=companies", "entreprises", 300, ptr(341.0), ptr(113.7), 178, ptr(1.92), pages.StatusAchieved),
		make(4, "T04", "Taux de remplissage", "Fill rate", "%", "", "", 75, ptr(58.4), ptr(77.9), 75, ptr(0.779), pages.StatusAtRisk),
		make(5, "I03", "Taux d'aide effectif", "Effective aid rate", "%", "", "", 70, ptr(66.3), nil, 0, nil, pages.StatusWithin),
		make(6, "E01", "Recettes propres", "Own revenue", "EUR", "", "", 90_000, nil, nil, 54_000, nil, pages.StatusNoData),
		make(7, "V03", "Visites vitrine accueillies", "Showcase visits hosted", "visit", "", "", 4, ptr(1.0), ptr(25.0), 4, ptr(0.25), pages.StatusMissed),
		make(8, "X01", "Bois économisé dans la chaîne de fabrication des aménagements intérieurs", "Wood saved", "kg", "", "", 1_500, ptr(0.0), ptr(0.0), 0, nil, pages.StatusNotStarted),
	}
	all[4].Direction = "cap"
	all[0].Projected, all[0].ProjectedLow, all[0].ProjectedHigh = ptr(13_900.0), ptr(12_100.0), ptr(15_400.0)
	all[1].Projected, all[1].NeededPerMonth = ptr(61.4), ptr(8.6)
	return all
}

func sheet(l Lab, asOf time.Time) *LabSheet {
	out := &LabSheet{Lab: l, AsOf: asOf, Opened: ptr(time.Date(2014, 9, 1, 0, 0, 0, 0, time.UTC))}
	if len(l.Commitments) == 0 {
		return out
	}
	out.Agreements = []Agreement{{Number: "2025-07", Starts: l.Commitments[0].From, Ends: l.Commitments[0].Due, Grant: ptr(120_000.0), Budget: ptr(171_000.0), AidRateCap: ptr(70.0), Amendments: 1}}
	for _, c := range l.Commitments {
		var line Line
		for i := range 24 {
			day := time.Date(2025, time.Month(i+2), 0, 0, 0, 0, 0, time.UTC)
			p := LinePoint{Day: day, Expected: ptr(c.Target * float64(i+1) / 24)}
			if !day.After(asOf) && c.Actual != nil {
				p.Actual = ptr(*c.Actual * float64(i+1) / 15)
			}
			line = append(line, p)
		}
		out.Lines = append(out.Lines, line)
	}
	for i := range 300 {
		if i%7 < 5 {
			out.Activity = append(out.Activity, DayCount{Day: asOf.AddDate(0, 0, -i), Events: 1 + i*37%23})
		}
	}
	out.Corrections = []Correction{
		{At: asOf.Add(15 * time.Hour), Kind: Text{"Formation", "Training"}, EventDay: asOf.AddDate(0, 0, -9), ID: "x", Reason: Text{"deux stagiaires oubliés", "deux stagiaires oubliés"}, System: "form",
			Changes: []Change{{Field: Text{"Stagiaires", "Trainees"}, Old: Text{"6", "6"}, New: Text{"8", "8"}}, {Field: Text{"Public", "Audience"}, New: Text{"entreprises", "companies"}}}},
		{At: asOf.Add(9 * time.Hour), Kind: Text{"Usage d’une machine", "Machine use"}, EventDay: asOf, ID: "y", Retracted: true, System: "fabmanager"},
		{At: asOf.Add(8 * time.Hour), Kind: Text{"Visite", "Visit"}, EventDay: asOf, ID: "z", Restored: true, Reason: Text{"retirée par erreur", "retirée par erreur"}},
	}
	out.Rejections = []Rejection{{At: asOf.Add(8 * time.Hour), Sequence: 4711, Kind: Text{"Formation", "Training"}, Field: "data.attendees", Reason: Text{"attendu un nombre entre 0 et 1000", "expected a number from 0 to 1000"}}}
	out.Waiting = 4
	return out
}

func newWorld() *world { return &world{labs: labs(), state: "submitted"} }

func newHandler(t testing.TB, w *world) *Handler {
	t.Helper()
	h, err := New(Config{Key: bytes.Repeat([]byte{7}, session.MinKeyBytes), Accounts: w, Labs: w, Periods: w, Actions: w, Overview: w, Reports: true, Cache: -1, Clock: func() time.Time { return today().Add(12 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// browser is a client with cookies that follows redirects.
type browser struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	body   string
	status int
	header http.Header
}

func newBrowser(t testing.TB, w *world) *browser {
	t.Helper()
	server := httptest.NewServer(newHandler(t, w))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, server: server, client: &http.Client{Jar: jar}}
}

func (b *browser) got(r *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		b.t.Fatal(err)
	}
	b.body, b.status, b.header = body.String(), r.StatusCode, r.Header
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.got(b.client.Get(b.server.URL + path))
}

var csrfPattern = regexp.MustCompile(`name="csrf" value="([^"]+)"`) // read only

// post sends a form with the token of the page that is open.
func (b *browser) post(path string, pairs ...string) *browser {
	b.t.Helper()
	in := url.Values{}
	if m := csrfPattern.FindStringSubmatch(b.body); m != nil {
		in.Set("csrf", m[1])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		in.Set(pairs[i], pairs[i+1])
	}
	return b.got(b.client.PostForm(b.server.URL+path, in))
}

func (b *browser) signIn() *browser {
	b.t.Helper()
	return b.get("/programme?lang=fr").post("/programme/signin?lang=fr", "token", goodToken, "next", "/programme?lang=fr")
}

// shows checks the status and that the page has all of some texts.
func (b *browser) shows(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Errorf("status %d, want %d", b.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(b.body, text) {
			b.t.Errorf("the page doesn't say %q", text)
		}
	}
	return b
}
