package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// From events to alerts, through the real engines: what a lab did or left undone raises alerts, and what it
// mends clears them.
func TestFromEventsToAlerts(t *testing.T) {
	js := testkit.Streams(t)
	store := storekit.Open(t)
	send := func(lab, at string, data any) {
		t.Helper()
		e, err := schemas.NewEvent(lab, "", on(at).Add(12*time.Hour), data)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), schemas.Subject(lab, e.Kind()), raw); err != nil {
			t.Fatal(err)
		}
	}
	agreement := func(start string) schemas.AgreementSigned {
		return schemas.AgreementSigned{Agreement: "A1", Start: start, End: "2026-12-31",
			Reporting:  []schemas.ReportingDue{{Period: "2026-Q1", Due: "2026-04-30"}, {Period: "2026-Q2", Due: "2026-07-05"}, {Period: "2026-Q3", Due: "2026-10-31"}},
			Milestones: []schemas.PlannedMilestone{{Milestone: "first_training", Due: "2026-05-31"}, {Milestone: "first_company", Due: "2026-09-30"}},
			Commitments: []schemas.Commitment{
				{Indicator: "D01", Target: schemas.Int(20), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
				{Indicator: "I03", Target: schemas.Int(70), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"},
			}}
	}
	for _, lab := range []string{"nord", "neuf", "muet", "pause"} {
		r := schemas.LabRegistered{Name: "Atelier " + lab, Commune: "Lille"}
		if lab == "neuf" {
			r.Opened = "2026-09-01" // nothing can be expected of it yet
		}
		send(lab, "2026-01-01", r)
	}
	send("nord", "2026-01-01", agreement("2026-01-01"))
	send("muet", "2026-01-01", schemas.AgreementSigned{Agreement: "B1", Start: "2026-01-01", End: "2026-12-31", Commitments: []schemas.Commitment{
		{Indicator: "T01", Target: schemas.Int(5), From: "2026-07-01", Due: "2026-12-31", Mode: "cumulative"}}})
	send("neuf", "2026-01-01", schemas.AgreementSigned{Agreement: "C1", Start: "2026-01-01", End: "2026-12-31", Commitments: []schemas.Commitment{
		{Indicator: "T01", Target: schemas.Int(5), From: "2026-10-01", Due: "2026-12-31", Mode: "cumulative"}}})
	// An agreement is over and the next one is to come: nothing is agreed for today.
	for number, year := range map[string]string{"D1": "2025", "D2": "2027"} {
		send("pause", "2025-01-01", schemas.AgreementSigned{Agreement: number, Start: year + "-01-01", End: year + "-12-31", Commitments: []schemas.Commitment{}})
	}
	send("nord", "2026-02-10", schemas.DiscoveryHeld{Type: "open_day", Audience: "general_public"})
	public := schemas.Int(800)
	send("nord", "2026-05-20", schemas.ExpenditureRecorded{Category: "machine_new", Amount: schemas.Int(1000), Eligible: true, Status: "paid", PublicFunding: &public})
	if _, err := js.Publish(t.Context(), schemas.Subject("nord", "training.held"), []byte("{")); err != nil {
		t.Fatal(err)
	}

	rules := Rules{}
	source, err := FromStore(store, rules)
	if err != nil {
		t.Fatal(err)
	}
	today := on("2026-06-30")
	finder, err := NewFinder(FinderConfig{JetStream: js, Source: source, Today: func() time.Time { return today }})
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	expect := func(want ...string) {
		t.Helper()
		count(t, js, store)
		look(t, finder)
		all := story(t, js)
		got := slices.Clone(all[said:])
		said = len(all)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("as of %s: %q,\nwant %q", today.Format(time.DateOnly), got, want)
		}
		look(t, finder)
		if n := len(story(t, js)); n != said {
			t.Errorf("as of %s: looked again, and %d more was said", today.Format(time.DateOnly), n-said)
		}
	}
	expect("+nord commitment_late", "+nord commitment_exceeded", "+nord deadline_passed", "+nord deadline_near", "+nord milestone_overdue", "+nord lab_silent", "+muet lab_silent")

	// The lab does what it was asked for.
	send("nord", "2026-06-29", schemas.MilestoneReached{Milestone: "first_training"})
	for _, period := range []string{"2026-Q1", "2026-Q2"} {
		send("nord", "2026-06-30", schemas.PeriodSubmitted{Period: period})
	}
	for range 9 { // 10 of the 9.92 that are expected by now
		send("nord", "2026-06-28", schemas.DiscoveryHeld{Type: "open_day", Audience: "general_public"})
	}
	send("muet", "2026-06-30", schemas.DiscoveryHeld{Type: "open_day", Audience: "general_public"})
	expect("-nord commitment_late", "-nord deadline_passed", "-nord deadline_near", "-nord milestone_overdue", "-nord lab_silent", "-muet lab_silent")

	// What is sent back waits for the lab again; it did report.
	send("nord", "2026-06-30", schemas.PeriodReopened{Period: "2026-Q1", Why: "Il manque mars."})
	expect("+nord deadline_passed")
	current, err := finder.log.Current(t.Context())
	if i := slices.IndexFunc(current, func(a Alert) bool { return a.Sort == DeadlinePassed }); err != nil || i < 0 || !strings.Contains(current[i].Text.EN, "was sent back") {
		t.Errorf("%+v, %v", current, err)
	}

	// Rejected events are old once a day has passed since they were received, by the server's clock.
	today = day(time.Now()).AddDate(0, 0, 2)
	count(t, js, store)
	look(t, finder)
	if current, err = finder.log.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(current, func(a Alert) bool { return a.Sort == RejectedWaiting })
	if i < 0 || current[i].Lab != "nord" || current[i].LabName != "Atelier nord" || !strings.HasPrefix(current[i].Text.EN, "has 1") {
		t.Errorf("%+v", current)
	}
}

// count counts what the stream holds.
func count(t *testing.T, js jetstream.JetStream, store *clickhouse.Store) {
	t.Helper()
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: store, BatchAge: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		seq, err := ingest.Counted(t.Context(), js, schemas.ConsumerDurable)
		if err == nil && seq < stream.CachedInfo().State.LastSeq {
			err = errors.New("events wait")
		}
		return err
	})
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
