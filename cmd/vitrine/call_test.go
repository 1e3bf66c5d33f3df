package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// demoLabs are some of the demo's: a steady one, one whose agreement is amended, a new one, and one that isn't open yet.
var demoLabs = []string{"forge-aux-etincelles", "kaz-copeaux", "atelier-du-maripa", "cairn-des-bricoleurs"}

// demoSample counts what some of the demo's labs send in two years, with one machine event in 20: the others add nothing
// but time.
func demoSample(t testing.TB, clickhouseURL string, until time.Time) {
	t.Helper()
	programme, err := simulator.New(simulator.Config{Seed: 1, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	js := testkit.Streams(t)
	machines := 0
	for m := range programme.History() {
		if !m.Valid || !strings.Contains(strings.Join(demoLabs, " "), m.Event.Lab()) {
			continue
		}
		if kind := m.Event.Kind(); kind == "machine.usage" || kind == "machine.availability" {
			if machines++; machines%20 != 0 {
				continue
			}
		}
		if _, err := js.PublishAsync(m.Subject, m.Raw); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	store, err := clickhouse.Open(clickhouse.Config{URL: clickhouseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		t.Fatal(err)
	}
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	testkit.Eventually(t, time.Minute, func() error {
		return ingest.WaitCounted(t.Context(), js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Every phrase of the call is served: each of its indicators has a value in the demo's programme.
func TestEveryPhraseOfTheCallHasValues(t *testing.T) {
	url := testkit.ClickHouse(t)
	demoSample(t, url, time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC))
	status, out, errs := command(t, "", "", "call", "--clickhouse-url", url, "--as-of", "2026-05-12", "--json")
	if status != 0 {
		t.Fatalf("%d: %s", status, errs)
	}
	var answer struct {
		AsOf     string              `json:"as_of"`
		Registry clickhouse.Registry `json:"registry"`
		Phrases  []struct {
			ID      string
			Figures []struct {
				Indicator string
				Value     *float64
				Labs      uint64
				Committed uint64
			}
			Labs  uint64
			Pages []string
		}
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.AsOf != "2026-05-12" || answer.Registry != (clickhouse.Registry{Labs: 4, Archetypes: 4, Opened: 3}) || len(answer.Phrases) != 20 {
		t.Errorf("%s, %+v, %d phrases", answer.AsOf, answer.Registry, len(answer.Phrases))
	}
	committed := map[string]uint64{}
	for n, p := range answer.Phrases {
		if p.ID != fmt.Sprintf("S%02d", n+1) || p.Labs < 3 || p.Labs > 4 || len(p.Pages) == 0 || len(p.Figures) == 0 && p.ID != "S03" {
			t.Errorf("%+v", p)
		}
		for _, f := range p.Figures {
			if f.Value == nil || f.Labs == 0 || f.Labs > 4 {
				t.Errorf("%s: %s has no value in the demo: %+v", p.ID, f.Indicator, f)
			}
			committed[f.Indicator] = f.Committed
		}
	}
	if committed["D01"] != 3 || committed["I03"] != 4 || committed["K03"] != 1 { // two of D01's are one lab's; K03 comes with an amendment
		t.Errorf("committed: %v", committed)
	}

	status, out, errs = command(t, "", "", "call", "--clickhouse-url", url, "--as-of", "2026-05-12", "--lang", "fr")
	if status != 0 {
		t.Fatalf("%d: %s", status, errs)
	}
	for _, want := range []string{"S01", "S20", "Registre : 4 fab labs enregistrés", "accroitre leur impact", "/programme/call", "rapport : commitments", "Heures machines"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q isn't in\n%s", want, out)
		}
	}
	if status, _, errs := command(t, "", "", "call", "--as-of", "yesterday"); status != 2 || !strings.Contains(errs, "--as-of") {
		t.Errorf("%d, %s", status, errs)
	}
}
