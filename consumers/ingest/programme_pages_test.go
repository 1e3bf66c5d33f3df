package ingest_test

import (
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// What the programme's pages read of how a lab sends: its days, what it corrected and took back, what it sent again.
func TestWhatThePagesSayOfALabsSending(t *testing.T) {
	p := newPipeline(t)
	event := func(at string, attendees int64) *schemas.Event {
		t.Helper()
		e, err := schemas.NewEvent("aa", "form", paris(t, at), schemas.TrainingHeld{End: paris(t, at).Add(time.Hour), Topic: "safety", Audience: "members", Attendees: attendees})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	registered, err := schemas.NewEvent("aa", "", paris(t, "2026-01-01 08:00"), schemas.LabRegistered{Name: "A", Commune: "Lille"})
	if err != nil {
		t.Fatal(err)
	}
	kept, mended, withdrawn := event("2026-02-03 10:00", 5), event("2026-02-03 14:00", 6), event("2026-02-05 10:00", 7)
	correction, retraction := event("2026-02-04 14:00", 8), *withdrawn
	correction.ID, correction.Revision, correction.Reason = mended.ID, 1, "two were forgotten"
	retraction.Revision, retraction.Retracted, retraction.Reason = 1, true, "test"
	p.publish(registered, kept, mended, withdrawn)
	p.publish(kept) // again: nothing new
	p.publish(correction, &retraction)
	p.consume(1)

	days, err := p.store.Activity(t.Context(), "aa", paris(t, "2026-01-01 00:00"), paris(t, "2026-12-31 00:00"))
	if err != nil {
		t.Fatal(err)
	}
	if len(days) != 2 || days[0].Day.Format(time.DateOnly) != "2026-02-03" || days[0].Events != 1 || days[1].Day.Format(time.DateOnly) != "2026-02-04" || days[1].Events != 1 {
		t.Errorf("active on %+v", days)
	}
	corrections, err := p.store.Corrections(t.Context(), "aa", time.Now().AddDate(0, 0, 2), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(corrections) != 2 || corrections[0].ID != withdrawn.ID || !corrections[0].Retracted || corrections[0].BeforeRetracted || corrections[0].Reason != "test" ||
		corrections[1].ID != mended.ID || corrections[1].Reason != "two were forgotten" || !corrections[1].BeforeAt.Equal(mended.Time) || corrections[1].Data == corrections[1].BeforeData {
		t.Errorf("corrected: %+v", corrections)
	}
	if none, err := p.store.Corrections(t.Context(), "aa", time.Now().AddDate(-1, 0, 0), 10); err != nil || len(none) != 0 {
		t.Errorf("a year ago: %+v, %v", none, err)
	}
	sent := func(when string) {
		t.Helper()
		sendings, err := p.store.Sendings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(sendings) != 1 || sendings[0].Lab != "aa" || sendings[0].Events != 2 || sendings[0].Corrected != 1 || sendings[0].Retracted != 1 || sendings[0].Resent != 1 {
			t.Errorf("%s sent: %+v", when, sendings)
		}
	}
	sent("once counted,")
	testkit.Exec(t, p.url, "SYSTEM STOP MERGES event_versions")
	if err := p.js.DeleteConsumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable); err != nil {
		t.Fatal(err)
	}
	p.consume(1) // all versions are stored once more
	sent("counted twice,")
}
