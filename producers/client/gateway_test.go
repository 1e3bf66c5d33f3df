package client_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// one is an authenticator with one token.
type one struct{}

func (one) Verify(token string) (gateway.Principal, error) {
	if token != "secret" {
		return gateway.Principal{}, errors.New("unknown token")
	}
	return gateway.Principal{Lab: "atelier-nord"}, nil
}

func TestMain(m *testing.M) { testkit.Main(m) }

// With the gateway itself: what it accepts, refuses and forbids is what the client says.
func TestTheGatewayAndTheClientAgree(t *testing.T) {
	js := testkit.Streams(t)
	clock := func() time.Time { return when.AddDate(0, 1, 0) }
	p, err := producers.New(producers.Config{URL: js.Conn().ConnectedUrl(), Attempts: 2, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{Publisher: p, Authenticator: one{}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	defer server.Close()
	at := func(token string) *client.Client {
		c, err := client.New(client.Config{URL: server.URL, Token: token, Batch: 50, Attempts: 3, BackoffMin: time.Millisecond, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	all := events(t, 120)
	all[7].Source = "/labs/atelier-sud/agenda" // not this token's
	var results []error
	totals, err := at("secret").PublishAll(t.Context(), slices.Values(all), producers.Options{OnResult: func(_ int, _ producers.Receipt, err error) { results = append(results, err) }})
	var rejected *client.RejectedError
	if err != nil || totals != (producers.Totals{Accepted: 119, Refused: 1}) || !errors.As(results[7], &rejected) || rejected.Reason == "" {
		t.Fatalf("totals %+v, %v, %v", totals, err, results[7])
	}
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil || stream.CachedInfo().State.Msgs != 119 {
		t.Fatalf("%v, %v", stream, err)
	}
	for i := range uint64(119) {
		m, err := stream.GetMsg(t.Context(), i+1)
		if err != nil {
			t.Fatal(err)
		}
		e, err := schemas.Decode(m.Data, clock())
		if err != nil {
			t.Fatal(err)
		}
		got, _ := e.Values.Number("attendance")
		if n := int64(i) + 1 + btoi(i >= 7); got != schemas.Int(n) {
			t.Fatalf("message %d isn't event %d: %v", i+1, n, e)
		}
	}

	if err := at("secret").Publish(t.Context(), all[7]); !errors.As(err, &rejected) {
		t.Errorf("an event of another lab alone: %v", err)
	}
	var forbidden *client.ForbiddenError
	if err := at("wrong").Publish(t.Context(), all[0]); !errors.As(err, &forbidden) || forbidden.Status != 401 || forbidden.Detail == "" {
		t.Errorf("a wrong token: %v", err)
	}
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// A gateway that answers 503 in the middle of a batch makes the whole batch be sent again: some events
// then stand twice in the stream, the last copies in their order, and the last version of an event last.
func TestABatchThatWasCutInTheMiddleIsSentAgain(t *testing.T) {
	js := testkit.Streams(t)
	clock := func() time.Time { return when.AddDate(0, 1, 0) }
	p, err := producers.New(producers.Config{URL: js.Conn().ConnectedUrl(), Attempts: 1, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{Publisher: p, Authenticator: one{}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	defer server.Close()
	c, err := client.New(client.Config{URL: server.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	all := events(t, 100)
	all[70].ID = all[10].ID // said anew further down, at equal revision: the later one holds
	parcels := make([]producers.Parcel, len(all))
	for i, e := range all {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		parcels[i] = producers.Parcel{Raw: raw}
	}
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	room := func(messages int64) {
		t.Helper()
		limited := stream.CachedInfo().Config
		limited.MaxMsgs, limited.Discard = messages, jetstream.DiscardNew
		if _, err := js.UpdateStream(t.Context(), limited); err != nil {
			t.Fatal(err)
		}
	}
	room(40)
	settled, err := c.Send(t.Context(), parcels)
	var busy interface{ RetryAfter() time.Duration }
	if len(settled) != 0 || !errors.As(err, &busy) || busy.RetryAfter() == 0 {
		t.Fatalf("settled %d, %v", len(settled), err)
	}
	room(-1)
	if settled, err = c.Send(t.Context(), parcels); err != nil || len(settled) != len(all) {
		t.Fatalf("then settled %d, %v", len(settled), err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Msgs != 140 {
		t.Fatalf("%d messages, want 40 and 100: %v", info.State.Msgs, err)
	}
	last := map[string]uint64{}
	raws := map[uint64]string{}
	for seq := uint64(1); seq <= 140; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		e, err := schemas.Decode(m.Data, clock())
		if err != nil {
			t.Fatal(err)
		}
		last[e.ID.String()], raws[seq] = seq, string(m.Data)
	}
	before := uint64(0)
	for i, e := range all {
		if i == 10 {
			continue // all[70] holds
		}
		seq := last[e.ID.String()]
		if seq <= before || raws[seq] != string(parcels[i].Raw) {
			t.Fatalf("event %d is at %d, after %d:\n%s", i, seq, before, raws[seq])
		}
		before = seq
	}
}
