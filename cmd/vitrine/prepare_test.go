package main

import (
	"errors"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// A consumer that starts migrates the database of the version before, which said nothing of a protocol, and leaves one alone whose figures were made otherwise.
func TestAConsumerPreparesADatabaseOfTheVersionBefore(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	env := &environment{Config: config{Zone: zone, ZoneName: schemas.DefaultZone}}
	s := &services{store: store, catalogue: schemas.DefaultCatalogue()}
	wanted := clickhouse.MadeWith(s.catalogue, zone)
	testkit.Exec(t, url, "INSERT INTO figures_made VALUES ('"+wanted+"', now64(9))")
	if err := store.CheckMadeWith(t.Context(), wanted); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Fatalf("before: %v", err)
	}
	if err := env.prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := store.CheckMadeWith(t.Context(), wanted); err != nil {
		t.Error(err)
	}
	testkit.Exec(t, url, "INSERT INTO figures_made VALUES ('catalogue of another programme', now64(9))")
	if err := env.prepare(t.Context(), s); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Errorf("figures made otherwise: %v", err)
	}
}
