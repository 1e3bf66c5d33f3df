package periods_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

const deskLab = "atelier-nord"

// office is a desk before the real engines, with a consumer that counts, on a day in April 2026.
type office struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
	desk  *periods.Desk
	mu    sync.Mutex
	now   time.Time
	// before is done once before the next event is published.
	before func()
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, js: testkit.Streams(t), now: time.Date(2026, 4, 10, 10, 0, 0, 0, time.UTC)}
	store := storekit.Open(t)
	o.store = store
	consumer, err := ingest.New(ingest.Config{JetStream: o.js, Store: store, BatchAge: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	o.desk, err = periods.NewDesk(periods.DeskConfig{Store: store, Stream: periods.NewStream(o.js, ""), Publisher: o, Zone: zone(t), Clock: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(time.Second)
	return o.now
}

// PublishAfter implements [periods.Publisher] as the programme's publisher does.
func (o *office) PublishAfter(ctx context.Context, e *schemas.Event, filter string, last uint64) error {
	o.mu.Lock()
	before, now := o.before, o.now
	o.before = nil
	o.mu.Unlock()
	if before != nil {
		before()
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := schemas.Decode(raw, now); err != nil {
		return err
	}
	_, err = o.js.Publish(ctx, schemas.Subject(e.Lab(), e.Kind()), raw, jetstream.WithExpectLastSequenceForSubject(last, filter))
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return periods.ErrMoved
	}
	return err
}

// tell publishes what others say, without asking.
func (o *office) tell(at string, data any) {
	o.t.Helper()
	when, err := time.Parse(time.DateOnly, at)
	if err != nil {
		o.t.Fatal(err)
	}
	e, err := schemas.NewEvent(deskLab, "", when.Add(10*time.Hour), data)
	if err != nil {
		o.t.Fatal(err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.js.Publish(context.Background(), schemas.Subject(e.Lab(), e.Kind()), raw); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) refused(want periods.Code, words string, err error) {
	o.t.Helper()
	var r *periods.Refusal
	if !errors.As(err, &r) || r.Code != want || !strings.Contains(r.In(schemas.French), words) || r.In(schemas.English) == r.In(schemas.French) {
		o.t.Errorf("%v, want a refusal %s with %q", err, want, words)
	}
}

func (o *office) done(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Error(err)
	}
}

func (o *office) look(period string) *periods.Look {
	o.t.Helper()
	l, err := o.desk.Look(o.t.Context(), deskLab, period)
	if err != nil {
		o.t.Fatal(err)
	}
	return l
}

// A quarter's whole cycle, with what may not be done at each step, and everything that comes in between.
func TestThePeriodsCycle(t *testing.T) {
	o := newOffice(t)
	ctx, desk, q1 := t.Context(), o.desk, "2026-Q1"
	_, err := desk.Look(ctx, "Atelier Nord", q1)
	o.refused(periods.UnknownPeriod, "pas l'identifiant", err)
	o.refused(periods.UnknownPeriod, "aucune convention", desk.Submit(ctx, deskLab, q1))

	o.tell("2026-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2027-12-31",
		Reporting: []schemas.ReportingDue{{Period: q1, Due: "2026-04-15"}, {Period: "2026-Q2", Due: "2026-07-15"}},
		Commitments: []schemas.Commitment{
			{Indicator: "D02", Target: schemas.Int(100), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
			{Indicator: "V02", Target: schemas.Int(4), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
			{Indicator: "T01", Target: schemas.Int(4), From: "2026-07-01", Due: "2026-12-31", Mode: "cumulative"},
		}})
	visit := func(n int64) schemas.DiscoveryHeld {
		return schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: &n}
	}
	o.tell("2026-02-10", visit(12))
	o.refused(periods.UnknownPeriod, "2026-T1 (pour le 2026-04-15), 2026-T2", desk.Submit(ctx, deskLab, "2026-Q3"))
	o.refused(periods.NotOver, "pas terminée", desk.Submit(ctx, deskLab, "2026-Q2"))
	o.refused(periods.NothingSubmitted, "n'a pas déclaré", desk.Approve(ctx, deskLab, q1, "", ""))
	o.refused(periods.NotApproved, "rien à rouvrir", desk.Reopen(ctx, deskLab, q1, "x"))

	l := o.look(q1)
	if l.State != clickhouse.PeriodOpen || len(l.Story) != 0 || len(l.Missing) != 1 || l.Missing[0].Indicator != "V02" {
		t.Errorf("%+v: want an open period without a figure of V02 alone", l)
	}
	o.done(desk.Submit(ctx, deskLab, q1))
	o.refused(periods.AlreadySubmitted, "déjà déclarée, depuis le 2026-04-10", desk.Submit(ctx, deskLab, q1))
	o.refused(periods.NotApproved, "renvoyée", desk.Reopen(ctx, deskLab, q1, "x"))
	o.refused(periods.ReasonMissing, "motif", desk.SendBack(ctx, deskLab, q1, "  "))
	o.done(desk.SendBack(ctx, deskLab, q1, "Il manque les journées portes ouvertes"))
	o.refused(periods.NothingSubmitted, "à nouveau", desk.Approve(ctx, deskLab, q1, "", ""))
	if l = o.look(q1); l.State != clickhouse.PeriodSentBack || l.Reason != "Il manque les journées portes ouvertes" {
		t.Errorf("%+v: want it sent back", l.PeriodState)
	}
	o.done(desk.Submit(ctx, deskLab, q1))

	// What was seen must still be so: before the approval, and at its very moment.
	seen := o.look(q1)
	o.tell("2026-03-11", visit(5))
	o.refused(periods.FiguresChanged, "ont changé", desk.Approve(ctx, deskLab, q1, seen.Digest, ""))
	seen = o.look(q1)
	o.before = func() { o.tell("2026-03-12", visit(7)) }
	o.refused(periods.FiguresChanged, "ont changé", desk.Approve(ctx, deskLab, q1, seen.Digest, ""))
	seen = o.look(q1)
	o.before = func() { o.tell("2026-04-09", visit(1)) } // of the next quarter: the figures are the same
	o.done(desk.Approve(ctx, deskLab, q1, seen.Digest, "Vu"))
	l = o.look(q1)
	if l.State != clickhouse.PeriodApproved || l.Comment != "Vu" || !*l.OnTime || l.Reopenings != 1 || len(l.Story) != 4 || l.ApprovalSeq != l.Story[3].ToldSeq {
		t.Errorf("%+v: want it approved", l)
	}
	o.refused(periods.AlreadyApproved, "déjà validée", desk.Approve(ctx, deskLab, q1, seen.Digest, ""))
	o.refused(periods.AlreadyApproved, "demandez au programme", desk.Submit(ctx, deskLab, q1))
	o.refused(periods.AlreadyApproved, "déjà validée", desk.SendBack(ctx, deskLab, q1, "x"))
	o.done(desk.Reopen(ctx, deskLab, q1, "Une facture oubliée"))
	o.done(desk.Submit(ctx, deskLab, q1))
	o.done(desk.Approve(ctx, deskLab, q1, o.look(q1).Digest, ""))
	if l = o.look(q1); l.State != clickhouse.PeriodApproved || l.Reopenings != 2 || len(l.Story) != 7 || !*l.OnTime {
		t.Errorf("%+v: want it approved anew", l.PeriodState)
	}
	var wrong *schemas.Invalid
	if err := desk.Reopen(ctx, deskLab, q1, "Voir avec jeanne@example.org"); !errors.As(err, &wrong) {
		t.Errorf("a reason with an address: %v", err)
	}
}

// Nobody looks at half of the figures, or does something by them.
func TestNothingIsDoneByHalfMadeFigures(t *testing.T) {
	o := newOffice(t)
	ctx, desk, q1 := t.Context(), o.desk, "2026-Q1"
	o.tell("2026-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2027-12-31", Commitments: []schemas.Commitment{},
		Reporting: []schemas.ReportingDue{{Period: q1, Due: "2026-04-15"}}})
	o.done(desk.Submit(ctx, deskLab, q1))
	seen := o.look(q1)
	made, err := o.store.FiguresMade(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.SetFiguresMadeWith(ctx, clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	before, err := o.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	words := "en cours de recalcul"
	_, err = desk.Look(ctx, deskLab, q1)
	o.refused(periods.BeingRemade, words, err)
	_, err = desk.States(ctx, seen.Ends, deskLab)
	o.refused(periods.BeingRemade, words, err)
	o.refused(periods.BeingRemade, words, desk.Submit(ctx, deskLab, q1))
	o.refused(periods.BeingRemade, words, desk.SendBack(ctx, deskLab, q1, "x"))
	o.refused(periods.BeingRemade, words, desk.Approve(ctx, deskLab, q1, seen.Digest, ""))
	after, err := o.js.Stream(ctx, schemas.StreamEvents)
	if err != nil || before.CachedInfo().State.LastSeq != after.CachedInfo().State.LastSeq {
		t.Errorf("something was published meanwhile: %v", err)
	}
	o.done(o.store.SetFiguresMadeWith(ctx, made.With))
	o.done(desk.Approve(ctx, deskLab, q1, seen.Digest, ""))
}

// Eight at once do the same: one event, and the others are told.
func TestADoubleClickIsOneEvent(t *testing.T) {
	o := newOffice(t)
	o.tell("2026-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2027-12-31", Commitments: []schemas.Commitment{},
		Reporting: []schemas.ReportingDue{{Period: "2026-03", Due: "2026-04-15"}}})
	results := make(chan error, 8)
	for range cap(results) {
		go func() { results <- o.desk.Submit(t.Context(), deskLab, "2026-03") }()
	}
	done := 0
	for range cap(results) {
		err := <-results
		var r *periods.Refusal
		switch {
		case err == nil:
			done++
		case !errors.As(err, &r) || r.Code != periods.AlreadySubmitted && r.Code != periods.StillMoving:
			t.Error(err)
		}
	}
	if l := o.look("2026-03"); done != 1 || len(l.Story) != 1 {
		t.Errorf("%d were done, and %d events published: want one", done, len(l.Story))
	}
}

func TestALabThatIsNotCountedIsNotJudged(t *testing.T) {
	js := testkit.Streams(t)
	o := &office{t: t, js: js}
	o.tell("2026-01-02", schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: new(int64(1))})
	desk, err := periods.NewDesk(periods.DeskConfig{Store: storekit.Open(t), Stream: periods.NewStream(js, ""), Patience: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var behind *periods.Behind
	if _, err := desk.Look(t.Context(), deskLab, "2026-Q1"); !errors.As(err, &behind) || !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("%v, want to be told that nobody counts", err)
	}
}

func TestPeriodsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"2026-T1": "2026-Q1", "2026-q4": "2026-Q4", "2026T2": "2026-Q2", " 2026-03 ": "2026-03", "soon": "SOON"} {
		if got := periods.Parse(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if n := periods.Name("2026-Q1", schemas.French); n != "2026-T1" {
		t.Error(n)
	}
}

// A lab on the other side of the world lives in tomorrow already: what it submits, and what is decided, is told at once.
func TestALabThatLivesInTomorrow(t *testing.T) {
	o := newOffice(t)
	o.now = time.Date(2026, 4, 10, 20, 0, 0, 0, time.UTC) // 22:00 in Paris, 7:00 of the 11th in Nouméa
	o.tell("2026-01-01", schemas.LabRegistered{Name: "Atelier", Commune: "Nouméa", INSEE: "98818", Zone: "Pacific/Noumea"})
	o.tell("2026-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2027-12-31", Commitments: []schemas.Commitment{},
		Reporting: []schemas.ReportingDue{{Period: "2026-03", Due: "2026-04-10"}}})
	o.done(o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.refused(periods.AlreadySubmitted, "déjà déclarée", o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.done(o.desk.Approve(t.Context(), deskLab, "2026-03", o.look("2026-03").Digest, ""))
	o.refused(periods.AlreadyApproved, "déjà validée", o.desk.Approve(t.Context(), deskLab, "2026-03", "", ""))
	if l := o.look("2026-03"); l.State != clickhouse.PeriodApproved || len(l.Story) != 2 || *l.OnTime {
		t.Errorf("%+v: want it approved, and late by the lab's own calendar", l)
	}
}

// A refusal names days by the programme's calendar, as what is approved late in the evening is shown everywhere else.
func TestRefusalsNameTheProgrammesDays(t *testing.T) {
	o := newOffice(t)
	o.now = time.Date(2026, 4, 10, 22, 30, 0, 0, time.UTC) // 0:30 of the 11th in Paris
	o.tell("2026-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2027-12-31", Commitments: []schemas.Commitment{},
		Reporting: []schemas.ReportingDue{{Period: "2026-03", Due: "2026-04-15"}}})
	o.done(o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.refused(periods.AlreadySubmitted, "depuis le 2026-04-11", o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.done(o.desk.SendBack(t.Context(), deskLab, "2026-03", "il manque mars"))
	o.refused(periods.NothingSubmitted, "depuis le 2026-04-11", o.desk.SendBack(t.Context(), deskLab, "2026-03", "encore"))
	o.done(o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.done(o.desk.Approve(t.Context(), deskLab, "2026-03", o.look("2026-03").Digest, ""))
	o.refused(periods.AlreadyApproved, "depuis le 2026-04-11", o.desk.Submit(t.Context(), deskLab, "2026-03"))
	o.refused(periods.AlreadyApproved, "depuis le 2026-04-11", o.desk.Approve(t.Context(), deskLab, "2026-03", "", ""))
}
