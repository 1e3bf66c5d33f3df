package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/schemas"
)

var when = time.Date(2026, 3, 10, 9, 0, 0, 0, time.FixedZone("", 3600))

func events(t *testing.T, n int) []*schemas.Event {
	t.Helper()
	out := make([]*schemas.Event, n)
	for i := range out {
		attendance := int64(i + 1)
		e, err := schemas.NewEvent("atelier-nord", "agenda", when, schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &attendance})
		if err != nil {
			t.Fatal(err)
		}
		out[i] = e
	}
	return out
}

// mock answers one request after the other as its script says; the last step is repeated.
type mock struct {
	t      *testing.T
	steps  []func(w http.ResponseWriter, ids []string) bool // true: the events are taken
	n      int
	taken  []string
	header []http.Header
}

func (g *mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/base/readyz" {
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/base/v1/events" || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Content-Type") != schemas.ContentTypeBatch {
		g.t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
	}
	g.header = append(g.header, r.Header)
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var batch []schemas.Event
	if err := json.Unmarshal(raw, &batch); err != nil {
		g.t.Error(err)
	}
	var ids []string
	for _, e := range batch {
		ids = append(ids, e.ID.String())
	}
	step := g.steps[min(g.n, len(g.steps)-1)]
	g.n++
	if step(w, ids) {
		g.taken = append(g.taken, ids...)
	}
}

func accept(w http.ResponseWriter, ids []string) bool {
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"accepted": len(ids), "rejected": []any{}})
	return true
}

func fail(status int, header ...string) func(http.ResponseWriter, []string) bool {
	return func(w http.ResponseWriter, _ []string) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"title":"Non","detail":"parce que"}`)
		return false
	}
}

// rejectFirst refuses a batch's first event.
func rejectFirst(w http.ResponseWriter, ids []string) bool {
	status := http.StatusAccepted
	if len(ids) == 1 {
		status = http.StatusUnprocessableEntity
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"accepted": len(ids) - 1,
		"rejected": []any{map[string]any{"index": 0, "id": ids[0], "field": "data.attendance", "error": "data.attendance : valeur invraisemblable"}}})
	return false
}

// cut takes the events and breaks the answer off.
func cut(w http.ResponseWriter, ids []string) bool {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"accepted":`)
	return true
}

func serve(t *testing.T, change func(*client.Config), steps ...func(http.ResponseWriter, []string) bool) (*mock, *client.Client) {
	t.Helper()
	g := &mock{t: t, steps: steps}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	cfg := client.Config{URL: s.URL + "/base/", Token: "secret\n", BackoffMin: time.Millisecond, BackoffMax: 2 * time.Millisecond, Batch: 4,
		Clock: func() time.Time { return when.AddDate(0, 1, 0) }}
	if change != nil {
		change(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return g, c
}

func TestPublishAllTriesAgainUntilEachHasItsResult(t *testing.T) {
	g, c := serve(t, nil, fail(http.StatusInternalServerError), fail(http.StatusTooManyRequests, "Retry-After", "0"), cut, accept)
	all := events(t, 10)
	all[3].Time = when.AddDate(1, 0, 0) // in the future: refused here
	var order []int
	var refusals []error
	totals, err := c.PublishAll(t.Context(), slices.Values(all), producers.Options{OnResult: func(i int, r producers.Receipt, err error) {
		order = append(order, i)
		if err != nil {
			refusals = append(refusals, err)
		} else if r.Event != all[i] || r.Attempts < 1 {
			t.Errorf("receipt %d: %+v", i, r)
		}
	}})
	if err != nil || totals != (producers.Totals{Accepted: 9, Refused: 1}) || !slices.IsSorted(order) || len(order) != 10 {
		t.Errorf("totals %+v, %v, results %v", totals, err, order)
	}
	var invalid *schemas.Invalid
	if len(refusals) != 1 || !errors.As(refusals[0], &invalid) {
		t.Errorf("refusals %v", refusals)
	}
	if n := len(g.taken); n != 9+3 { // the first batch twice: its answer was cut off
		t.Errorf("the gateway took %d events", n)
	}
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRejectionsAreTheEventsOwn(t *testing.T) {
	_, c := serve(t, nil, rejectFirst)
	var rejected *client.RejectedError
	all := events(t, 5)
	totals, err := c.PublishAll(t.Context(), slices.Values(all), producers.Options{OnResult: func(i int, _ producers.Receipt, err error) {
		if (i%4 == 0) != errors.As(err, &rejected) {
			t.Errorf("event %d: %v", i, err)
		}
	}})
	if err != nil || totals != (producers.Totals{Accepted: 3, Refused: 2}) {
		t.Errorf("totals %+v, %v", totals, err)
	}
	if err := c.Publish(t.Context(), all[0]); !errors.As(err, &rejected) || rejected.Field != "data.attendance" || rejected.ID != all[0].ID.String() ||
		err.Error() != "data.attendance : valeur invraisemblable" { // the field once
		t.Errorf("one event: %v", err)
	}
	if err := (&client.RejectedError{Field: "id", Reason: "missing"}).Error(); err != "id: missing" {
		t.Errorf("a reason without its field: %s", err)
	}
}

func TestFailuresEndTheSeries(t *testing.T) {
	var forbidden *client.ForbiddenError
	var unavailable *producers.UnavailableError
	_, c := serve(t, nil, accept, fail(http.StatusForbidden, "Content-Type", "application/problem+json"))
	totals, err := c.PublishAll(t.Context(), slices.Values(events(t, 12)), producers.Options{})
	if !errors.As(err, &forbidden) || totals != (producers.Totals{Accepted: 4, Failed: 4}) || !strings.Contains(err.Error(), "parce que") {
		t.Errorf("403: totals %+v, %v", totals, err)
	}
	_, c = serve(t, func(cfg *client.Config) { cfg.Attempts = 3 }, fail(http.StatusServiceUnavailable))
	if err := c.Publish(t.Context(), events(t, 1)[0]); !errors.As(err, &unavailable) || unavailable.Attempts != 3 {
		t.Errorf("503: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, c = serve(t, nil, func(w http.ResponseWriter, _ []string) bool {
		cancel()
		return fail(http.StatusServiceUnavailable, "Retry-After", "3600")(w, nil)
	})
	if err := c.Publish(ctx, events(t, 1)[0]); !errors.As(err, &unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("an hour's Retry-After and a context that ends: %v", err)
	}
}

// Without a bound on the attempts, what waiting doesn't change would be asked for ever, and nobody would hear of it.
func TestAnAnswerThatLastsEndsTheSeries(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnsupportedMediaType, http.StatusPermanentRedirect} {
		g, c := serve(t, nil, fail(status))
		totals, err := c.PublishAll(t.Context(), slices.Values(events(t, 2)), producers.Options{})
		var unavailable *producers.UnavailableError
		if !errors.As(err, &unavailable) || totals != (producers.Totals{Failed: 2}) || g.n != 1 {
			t.Fatalf("%d: totals %+v, asked %d times, %v", status, totals, g.n, err)
		}
		if !strings.Contains(err.Error(), "is this the gateway's address?") || !strings.Contains(unavailable.In(schemas.French), "la passerelle répond "+strconv.Itoa(status)) {
			t.Errorf("%d: %v; %s", status, err, unavailable.In(schemas.French))
		}
	}
	for _, status := range []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusFound} {
		if g, c := serve(t, nil, fail(status), accept); c.Publish(t.Context(), events(t, 1)[0]) != nil || g.n != 2 {
			t.Errorf("%d: asked %d times", status, g.n)
		}
	}
}

func TestTooLargeBatchesAreHalved(t *testing.T) {
	tooLarge := func(w http.ResponseWriter, ids []string) bool {
		if len(ids) > 1 {
			return fail(http.StatusRequestEntityTooLarge)(w, ids)
		}
		return accept(w, ids)
	}
	g, c := serve(t, nil, tooLarge)
	all := events(t, 4)
	if totals, err := c.PublishAll(t.Context(), slices.Values(all), producers.Options{}); err != nil || totals.Accepted != 4 {
		t.Fatalf("totals %+v, %v", totals, err)
	}
	for i, e := range all {
		if g.taken[i] != e.ID.String() {
			t.Errorf("event %d isn't in its place", i)
		}
	}
}

func TestSendTriesOnce(t *testing.T) {
	g, c := serve(t, nil, accept, fail(http.StatusServiceUnavailable, "Retry-After", "7"), accept)
	var parcels []producers.Parcel
	for _, e := range events(t, 10) {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		parcels = append(parcels, producers.Parcel{Raw: raw})
	}
	settled, err := c.Send(t.Context(), parcels)
	var busy interface{ RetryAfter() time.Duration }
	if len(settled) != 4 || !errors.As(err, &busy) || busy.RetryAfter() != 7*time.Second || g.n != 2 {
		t.Errorf("settled %d, %v", len(settled), err)
	}
	if settled, err := c.Send(t.Context(), parcels[4:]); err != nil || len(settled) != 6 {
		t.Errorf("then settled %d, %v", len(settled), err)
	}
}

// A gateway that sends elsewhere doesn't make the token follow.
func TestTheTokenStaysAtItsHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	_, c := serve(t, func(cfg *client.Config) { cfg.Attempts = 1 }, fail(http.StatusTemporaryRedirect, "Location", elsewhere.URL))
	var unavailable *producers.UnavailableError
	if err := c.Publish(t.Context(), events(t, 1)[0]); !errors.As(err, &unavailable) {
		t.Error(err)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  client.Config
		want string
	}{
		{client.Config{}, "URL is missing"},
		{client.Config{URL: "https://p.example.org"}, "Token is missing"},
		{client.Config{URL: "http://p.example.org", Token: "x"}, "readable"},
		{client.Config{URL: "ftp://p.example.org", Token: "x"}, "expected https"},
		{client.Config{URL: "https://p.example.org", Token: "x y"}, "one word"},
		{client.Config{URL: "https://p.example.org", Token: "x", Batch: 2000}, "1 to 1000"},
		{client.Config{URL: "https://p.example.org", Token: "x", Attempts: -1}, "Attempts"},
		{client.Config{URL: "https://p.example.org", Token: "x", BackoffMin: -1}, "BackoffMin"},
	} {
		if _, err := client.New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
}
