package main

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/producers/form"
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

// While everything is read from the stream again, or after that was killed, ClickHouse lacks events that count: a row taken for a new one would be
// accepted with a revision too low to win, and times be understood in the programme's zone instead of the lab's.
func TestNothingIsSentByHalfOfTheEvents(t *testing.T) {
	store := storekit.Open(t)
	ledger, labs := storeLedger{store, testkit.Streams(t), time.Second}, &registeredLabs{store: store, programme: time.UTC}
	entries := formEntries{store}
	asked := map[string]func() error{
		"a row's last version":  func() error { _, err := ledger.Last(t.Context(), "atelier-nord", []uuid.UUID{uuid.New()}); return err },
		"what a system sent":    func() error { _, err := ledger.OfSystem(t.Context(), "atelier-nord", "tableur"); return err },
		"the name and the zone": func() error { _, err := labs.Lab(t.Context(), "atelier-nord"); return err },
		"the zone of a file":    func() error { _, err := labs.zone(t.Context(), "atelier-nord"); return err },
		"the last entries":      func() error { _, err := entries.Recent(t.Context(), "atelier-nord", 3); return err },
		"what is counted": func() error {
			_, err := entries.Counted(t.Context(), "atelier-nord", []uuid.UUID{uuid.New()})
			return err
		},
		"an entry to correct": func() error {
			if _, err := entries.Entry(t.Context(), "atelier-nord", uuid.New()); !errors.Is(err, form.ErrNoEntry) {
				return err
			}
			return nil
		},
	}
	for what, ask := range asked {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	for what, ask := range asked {
		if err := ask(); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
			t.Errorf("%s, while half is there: %v", what, err)
		}
	}
}
