package verify

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

func TestVerifyFindsThePipelineExact(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		s := newSystem(t, schemas.DefaultCatalogue())
		g := &generator{chooser: rand.New(rand.NewPCG(seed, 7))}
		var events []sent
		for range 500 {
			events = append(events, g.next())
		}
		s.publish(events...)
		s.consume(schemas.DefaultCatalogue(), 60)
		report := s.verify(schemas.DefaultCatalogue())
		report.failIfNotExact(t)
		if report.Messages != len(events) || report.Accepted < 300 || report.Rejected < 20 {
			t.Errorf("seed %d: %d messages, %d accepted, %d rejected", seed, report.Messages, report.Accepted, report.Rejected)
		}
	}
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	at := "2025-05-05T10:00:00+02:00"
	s.publish(
		sent{lab: "cell", id: 1, kind: "discovery.held", data: discovery, time: at},
		sent{lab: "row", id: 2, kind: "discovery.held", data: discovery, time: at},
		sent{lab: "row", id: 3, kind: "discovery.held", data: discovery, time: at},
		sent{lab: "row", id: 4, kind: "discovery.held", data: `'nonsense': 1`, time: at},
	)
	s.consume(schemas.DefaultCatalogue(), 10)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)

	// A cell of a higher version says 20 attendances instead of 10.
	s.exec(`INSERT INTO kpi_cells SELECT * REPLACE (version + 1 AS version,
		arrayMap((i, s, a) -> if(i = 'D02' AND s = '', toDecimal128(20, 6), a), item_indicator, item_segment, item_amount) AS item_amount)
		FROM kpi_cells FINAL WHERE lab = 'cell'`)
	// A row of event_store says that an event was retracted; its cell isn't recomputed.
	s.exec(`INSERT INTO event_store SELECT * REPLACE (version + 1 AS version, true AS retracted) FROM event_store FINAL WHERE stream_seq = 3`)
	// A rejection gets lost, another appears.
	s.exec(`INSERT INTO rejection_store (stream_seq, code) VALUES (4, 'personal_data'), (9, 'missing')`)

	report := s.verify(schemas.DefaultCatalogue())
	if report.Exact() {
		t.Error("it is said to be exact")
	}
	got := []string{}
	for _, d := range report.Differences {
		got = append(got, d.String())
	}
	event := "discovery.held " + testID(3).String() + " on 2025-05-05, revision 0, message 3"
	expect(t, got,
		"messages: accepted and rejected together: expected 4, found 5",
		"rejections: message 4: expected rejected: unknown_field, found rejected: personal_data",
		"rejections: message 9: expected nothing, found rejected: missing",
		"event_history: lab row, message 3: expected "+event+", found "+event+", retracted",
		"events: lab row, event "+testID(3).String()+": expected "+event+", found nothing",
		"kpi_cells: lab cell, discovery.held on 2025-05-05: expected D02 numerator sum on 2025-05-05: 10, "+
			"found D02 numerator sum on 2025-05-05: 20",
		"kpi_daily: lab cell, indicator D02, period 2025-05-05: expected 10 (numerator 10), found 20 (numerator 20)",
		"kpi_monthly: lab cell, indicator D02, period 2025-05: expected 10 (numerator 10), found 20 (numerator 20)",
		"kpi_quarterly: lab cell, indicator D02, period 2025-Q2: expected 10 (numerator 10), found 20 (numerator 20)",
		"programme_figures: indicator D02: expected numerator 30, value 30, found numerator 40, value 40",
		"programme_quarterly: indicator D02, period 2025-04-01: expected numerator 30, value 30, found numerator 40, value 40",
	)
	for _, c := range report.Checks {
		want := 0
		switch c.Name {
		case "messages", "event_history", "events", "kpi_cells", "kpi_daily", "kpi_monthly", "kpi_quarterly", "programme_figures", "programme_quarterly":
			want = 1
		case "rejections":
			want = 2
		}
		if c.Differing != want {
			t.Errorf("%s: %d differ, want %d", c.Name, c.Differing, want)
		}
	}
}

// What shows twice to an analyst, though every row is right.
func TestVerifyFindsWhatIsThereTwice(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.publish(sent{id: 1, kind: "discovery.held", data: discovery, time: "2025-05-05T10:00:00+02:00"})
	s.consume(schemas.DefaultCatalogue(), 10)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
	for _, view := range []string{"events", "event_history"} {
		s.exec("CREATE TABLE " + view + "_once AS " + view + " ENGINE = Memory")
		s.exec("INSERT INTO " + view + "_once SELECT * FROM " + view)
		s.exec("CREATE OR REPLACE VIEW " + view + " AS SELECT * FROM " + view + "_once UNION ALL SELECT * FROM " + view + "_once")
	}
	report := s.verify(schemas.DefaultCatalogue())
	if report.Exact() {
		t.Error("it is said to be exact")
	}
	got := []string{}
	for _, d := range report.Differences {
		got = append(got, d.String())
	}
	expect(t, got,
		"messages: accepted and rejected together: expected 1, found 2",
		"event_history: lab a, message 1: expected it once, found it again",
		"events: lab a, event "+testID(1).String()+": expected it once, found it again",
	)
}

// What is wrong in the registry and the statuses alone.
func TestVerifyFindsAWrongStatus(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	promises := `'indicator': 'D01', 'target': 2, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'cumulative'`
	s.publish(
		sent{id: 1, kind: "lab.registered", data: registered, time: "2025-01-01T00:00:00+01:00"},
		sent{id: 2, kind: "agreement.signed", time: "2025-01-01T00:00:00+01:00",
			data: `'agreement': 'A1', 'start': '2025-01-01', 'end_date': '2025-12-31', 'commitments': [{` + promises + `}]`},
		sent{id: 3, kind: "discovery.held", data: discovery, time: "2025-05-05T10:00:00+02:00"},
	)
	s.consume(schemas.DefaultCatalogue(), 10)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)

	// The row of the agreement asks for one event; its cells are as they were.
	s.exec(`INSERT INTO event_store SELECT * REPLACE (version + 1 AS version, replace(data, '"target":2', '"target":1') AS data)
		FROM event_store FINAL WHERE kind = 'agreement.signed'`)
	// The event's row says that it was later.
	s.exec(`INSERT INTO event_store SELECT * REPLACE (version + 1 AS version, occurred_at + 1 AS occurred_at)
		FROM event_store FINAL WHERE kind = 'discovery.held'`)
	// The catalogue's row says that fewer is better.
	s.exec(`INSERT INTO indicator_store SELECT * REPLACE (updated_at + 1 AS updated_at, 'down' AS direction) FROM indicator_store FINAL WHERE code = 'B01'`)

	report := s.verify(schemas.DefaultCatalogue())
	got := []string{}
	for _, d := range report.Differences {
		if !strings.Contains(d.String(), "data {") { // long
			got = append(got, d.String())
		}
	}
	agreement := "agreement.signed " + testID(2).String() + " on 2025-01-01, revision 0, message 2"
	event := "discovery.held " + testID(3).String() + " on 2025-05-05, revision 0, message 3"
	expect(t, got,
		"event_history: lab a, message 2: expected "+agreement+", found "+agreement+", with another content",
		"event_history: lab a, message 3: expected "+event+", found "+event+", with another content",
		"events: lab a, event "+testID(3).String()+": expected "+event+", found "+event+", with another content",
		"events: lab a, event "+testID(2).String()+": expected "+agreement+", found "+agreement+", with another content",
		"indicators: indicator B01: expected direction up, found direction down",
		"commitments: lab a, indicator D01, agreement A1, commitment 1: expected target 2, found target 1",
		// 344 of 365 days: 2 × 344/365 = 1.884…; 1 ÷ 1.884… = 0.5305
		"commitment_status: lab a, indicator D01, agreement A1, commitment 1: expected expected 1.88, needed_per_month 1, pace 0.531, percent 50, status late, target 2, "+
			"found expected 0.94, needed_per_month 0, pace 1.061, percent 100, status achieved, target 1",
		"lab_status: lab a: expected achieved 0, last_event 1746432000000, late 1, mean_status late, worst_status late, "+
			"found achieved 1, last_event 1746432001000, late 0, mean_status achieved, worst_status achieved",
	)
}

func TestVerifySaysHowFarBehindThePipelineIs(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.publish(sent{kind: "discovery.held", data: discovery, time: "2025-05-05T10:00:00Z"}, sent{kind: "discovery.held", data: discovery, time: "2025-05-05T10:00:00Z"})
	config := Config{JetStream: s.js, Store: s.store, AsOf: s.asOf, Timeout: 300 * time.Millisecond}
	var behind *BehindError
	if _, err := Verify(t.Context(), config); !errors.As(err, &behind) || !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("without a consumer: %v", err)
	}
	consumer, err := s.js.CreateConsumer(t.Context(), schemas.StreamEvents, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.Next(); err != nil { // delivered, not acknowledged
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), config); !errors.As(err, &behind) || behind.Pending != 1 || behind.Unacknowledged != 1 {
		t.Errorf("with a consumer that stands still: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, config); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestVerifyOfAnEmptyStream(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.consume(schemas.DefaultCatalogue(), 10)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
}

// An event of before the lab's registration lies on a later day than one an instant after it: a
// figure of one lab that can't be told must not take all the others with it.
func TestVerifyDaysOutOfOrder(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.publish(
		signed("2025-03-31T22:30:00Z", "p1", "school"), // 1 April in Paris
		sent{kind: "lab.registered", data: registered + `, 'zone': 'America/Cayenne'`, time: "2025-03-01T10:00:00Z"},
		ended("2025-03-31T22:45:00Z", "p1"), // 31 March in Cayenne
		signed("2025-03-31T22:48:00Z", "p1", "company"),
		ended("2025-05-31T22:48:00Z", "p1"),
	)
	s.consume(schemas.DefaultCatalogue(), 60)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
}

// What a programme may add to the catalogue, and the call's doesn't have.
func TestVerifyAnotherCatalogue(t *testing.T) {
	c, err := schemas.ParseCatalogue([]byte(`
indicators:
  - code: X1
    name: {fr: "Entreprises par stagiaire, sur 12 mois", en: "Companies per trainee, over 12 months"}
    level: output
    unit: "%"
    aggregation: ratio
    window: rolling
    months: 12
    numerator:
      - {kinds: [training.held], list: companies, ref: company}
    denominator:
      - {kinds: [training.held], value: [attendees]}
  - code: X2
    name: {fr: "Stagiaires par session", en: "Trainees per session"}
    level: output
    unit: "trainee"
    aggregation: ratio
    segments: [company_size:companies.size]
    numerator:
      - {kinds: [training.held], value: [attendees], weight: -3}
    denominator:
      - {kinds: ['*'], when: {kind: [training.held]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := newSystemOn(t, c, testkit.ClickHouse(t), schemas.Cluster{})
	for i, at := range []string{"2025-01-10T10:00:00+01:00", "2025-02-10T10:00:00+01:00", "2025-05-10T10:00:00+02:00"} {
		e := trainingAt(at, 2, 0, "{'ref': 'X', 'size': 'pme'}, {'ref': 'Y'}")
		e.id = i + 1
		s.publish(e)
	}
	s.consume(c, 60)
	s.verify(c).failIfNotExact(t)
}
