package main

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// A ledger that answered from what is counted alone would give a row that was corrected twice in the form a
// revision too low, and the row would be accepted and lose.
func TestTheLedgerWaitsForWhatTheLabHasSent(t *testing.T) {
	js := testkit.Streams(t)
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	store := storekit.Open(t)
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: store, Catalogue: schemas.DefaultCatalogue(), Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().AddDate(0, 0, -1).Truncate(time.Second)
	send := func(revision, attendees int64) *schemas.Event {
		t.Helper()
		e, err := schemas.NewEvent("atelier-nord", "tableur", at, schemas.TrainingHeld{End: at.Add(time.Hour), Topic: "robotics", Audience: "youth", Attendees: attendees})
		if err != nil {
			t.Fatal(err)
		}
		e.ID, e.Revision = schemas.RecordID("atelier-nord", "tableur", "1"), revision
		raw, err := json.Marshal(e)
		if err == nil {
			_, err = js.Publish(t.Context(), "vitrine.events.atelier-nord.training.held", raw)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	row := send(0, 5)
	send(1, 6)
	send(2, 7) // corrected twice
	hasty := storeLedger{store, js, 300 * time.Millisecond}
	if last, err := hasty.Last(t.Context(), "atelier-nord", []uuid.UUID{row.ID}); err == nil {
		t.Errorf("nothing is counted, and it says %v, %v", last, err)
	}
	if _, err := hasty.OfSystem(t.Context(), "atelier-nord", "tableur"); err == nil {
		t.Error("nothing is counted, and it says what there is")
	}
	if last, err := hasty.Last(t.Context(), "atelier-sud", []uuid.UUID{row.ID}); err != nil || len(last) != 0 {
		t.Errorf("a lab waits for another's events: %v, %v", last, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	row.Data = []byte(`{"attendees":8,"audience":"youth","end":"` + at.Add(time.Hour).Format(time.RFC3339) + `","topic":"robotics"}`)
	for e, err := range importers.ReviseAll(t.Context(), storeLedger{store, js, time.Minute}, "atelier-nord", importers.Valid(func(yield func(*schemas.Event) bool) { yield(row) })) {
		if err != nil || e.Revision != 3 {
			t.Errorf("the row sent again: %+v, %v", e, err)
		}
	}
	counted, err := formEntries{store}.Counted(t.Context(), "atelier-nord", []uuid.UUID{row.ID, uuid.New()})
	if err != nil || len(counted) != 1 || counted[row.ID] != 2 {
		t.Errorf("the form's entries that are counted: %v, %v", counted, err)
	}
}
