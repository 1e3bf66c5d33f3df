package verify

import (
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A migration to another catalogue and zone changes nothing of figures that are whole by the former ones, which others go on with: the
// rebuild does, once it has said that they are being made.
func TestAnotherCatalogueWaitsForTheRebuild(t *testing.T) {
	catalogue := func(scale string) *schemas.Catalogue {
		c, err := schemas.ParseCatalogue([]byte(`
indicators:
  - {code: X1, name: {fr: "Durée", en: "Time"}, level: output, unit: "h", aggregation: sum, scale: ` + scale + `,
     numerator: [{kinds: [machine.usage], value: [seconds]}]}
`))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	former, other := catalogue("3600"), catalogue("60")
	s := newSystemOn(t, former, testkit.ClickHouse(t), schemas.Cluster{})
	s.publish(
		sent{kind: "lab.registered", data: registered, time: "2025-01-01T10:00:00+01:00"},
		sent{kind: "machine.usage", time: "2025-02-03T10:00:00+01:00", data: "'machine':'m1','machine_category':'laser_cutter','end':'2025-02-03T12:00:00+01:00','origin':'measured'"},
	)
	s.consume(former, 10)
	s.verify(former).failIfNotExact(t)

	const zoneName = "Indian/Reunion"
	migrate := func(zone string) {
		t.Helper()
		if rebuild, err := s.store.Migrate(t.Context(), zone, other); err != nil || !rebuild {
			t.Fatalf("a rebuild is asked for: %v, %v", rebuild, err)
		}
	}
	note := func(made string) {
		t.Helper()
		if err := s.store.SetFiguresMadeWith(t.Context(), made); err != nil {
			t.Fatal(err)
		}
	}
	migrate(zoneName)
	s.verify(former).failIfNotExact(t)
	note(clickhouse.Rebuilding) // somebody who has the former catalogue
	migrate(schemas.DefaultZone)
	note(clickhouse.MadeWith(former, zone(t, schemas.DefaultZone)))
	s.verify(former).failIfNotExact(t)

	note(clickhouse.Rebuilding)
	if err := s.store.Adopt(t.Context(), zoneName, other); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	reunion := zone(t, zoneName)
	if err := ingest.Replay(t.Context(), ingest.Config{JetStream: s.js, Store: s.store, Catalogue: other, Zone: reunion}, nil); err != nil {
		t.Fatal(err)
	}
	note(clickhouse.MadeWith(other, reunion))
	report, err := Verify(t.Context(), Config{JetStream: s.js, Store: s.store, Catalogue: other, Zone: reunion, AsOf: s.asOf, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	report.failIfNotExact(t)
}
