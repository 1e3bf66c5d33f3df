package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// soon is how long the tests wait for what must happen; it fails a test, it never paces one.
const soon = 20 * time.Second

var when = time.Date(2026, 3, 10, 9, 0, 0, 0, time.FixedZone("", 3600))

func now() time.Time { return when.Add(30 * 24 * time.Hour) }

// tokens is an authenticator over a list.
type tokens map[string]gateway.Principal

func (t tokens) Verify(token string) (gateway.Principal, error) {
	if p, known := t[token]; known {
		return p, nil
	}
	return gateway.Principal{}, errors.New("unknown token")
}

const (
	nord      = "token-nord"
	sud       = "token-sud"
	programme = "token-programme"
)

// rig is a gateway over a real server.
type rig struct {
	t        testing.TB
	url      string // of NATS
	server   *httptest.Server
	registry *prometheus.Registry
	log      *lockedBuffer
	js       jetstream.JetStream
}

func newRig(t testing.TB, change func(*gateway.Config)) *rig {
	t.Helper()
	return newRigAt(t, testkit.NATS(t), change)
}

func newRigAt(t testing.TB, url string, change func(*gateway.Config)) *rig {
	t.Helper()
	r := &rig{t: t, url: url, registry: prometheus.NewRegistry(), log: &lockedBuffer{}}
	p, err := producers.New(producers.Config{URL: url, Name: "gateway", Attempts: 3, AttemptTimeout: 2 * time.Second,
		BackoffMin: 5 * time.Millisecond, BackoffMax: 20 * time.Millisecond, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := gateway.Config{
		Publisher: p, Registerer: r.registry, Logger: slog.New(slog.NewJSONHandler(r.log, nil)), Clock: now,
		Authenticator: tokens{nord: {Lab: "atelier-nord"}, sud: {Lab: "atelier-sud"}, programme: {Programme: true}},
	}
	if change != nil {
		change(&cfg)
	}
	g, err := gateway.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(g.Handler())
	r.server.Client().Transport.(*http.Transport).ExpectContinueTimeout = time.Minute // not before the gateway says so
	t.Cleanup(func() {
		r.server.CloseClientConnections() // a test that failed may have left a request under way
		r.server.Close()
	})
	return r
}

// streamed is how many messages the stream holds.
func (r *rig) streamed() int {
	r.t.Helper()
	if r.js == nil {
		r.js = testkit.JetStream(r.t, r.url)
	}
	stream, err := r.js.Stream(r.t.Context(), schemas.StreamEvents)
	if err != nil {
		r.t.Fatal(err)
	}
	return int(stream.CachedInfo().State.Msgs)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	body
}

// body is what answers may hold.
type body struct {
	Type, Title, Detail string
	Accepted            int
	AcceptedIndexes     []int `json:"accepted_indexes"`
	Resend              []int
	Rejected            []item
	Errors              []item
	RowErrors           []item `json:"row_errors"`
	DryRun              bool   `json:"dry_run"`
	Events              []gateway.EventVersion
	Before              string
}

type item struct {
	Index                           int
	ID, Pointer, Field, Code, Error string
	Sheet, Column                   string
	Row                             int
	Errors                          []item
}

// do sends a request; header are names and values in turn.
func (r *rig) do(method, path, token string, in io.Reader, header ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, in)
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

func (r *rig) send(req *http.Request) answer {
	r.t.Helper()
	a, err := r.try(req)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// try is send for other goroutines than the test's.
func (r *rig) try(req *http.Request) (answer, error) {
	resp, err := r.server.Client().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if strings.HasSuffix(resp.Header.Get("Content-Type"), "json") && bytes.HasPrefix(raw, []byte("{")) {
		var other *json.UnmarshalTypeError // a lab's status has a number of events
		if err := json.Unmarshal(raw, &a.body); err != nil && !errors.As(err, &other) {
			return a, fmt.Errorf("%s: %w", raw, err)
		}
	}
	return a, nil
}

func (r *rig) get(path, token string, header ...string) answer {
	r.t.Helper()
	return r.do(http.MethodGet, path, token, nil, header...)
}

// post sends a list of events.
func (r *rig) post(token string, events ...any) answer {
	r.t.Helper()
	return r.postRaw(token, schemas.ContentTypeBatch, list(r.t, events...))
}

func (r *rig) postRaw(token, media, text string, header ...string) answer {
	r.t.Helper()
	return r.do(http.MethodPost, "/v1/events", token, strings.NewReader(text), append([]string{"Content-Type", media}, header...)...)
}

// want fails the test unless the answer has the status and code; code "" is none.
func (a answer) want(t testing.TB, status int, code string) answer {
	t.Helper()
	got := strings.TrimPrefix(a.Type, "https://vitrine.example.org/problems/")
	if a.status != status || got != code {
		t.Fatalf("got %d %q, want %d %q: %s", a.status, got, status, code, a.raw)
	}
	if code != "" && (a.header.Get("Content-Type") != "application/problem+json" || a.Title == "" || a.Detail == "") {
		t.Errorf("no whole problem: %v %s", a.header, a.raw)
	}
	if after := a.header.Get("Retry-After"); (status == 429 || status == 503) != (after != "") || after == "0" {
		t.Errorf("%d with Retry-After %q", status, after)
	}
	return a
}

// metric sums a metric over the labels that aren't given; labels are names and values in turn.
func (r *rig) metric(name string, labels ...string) float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.Metric {
			have := map[string]string{}
			for _, l := range m.Label {
				have[l.GetName()] = l.GetValue()
			}
			match := true
			for i := 0; i < len(labels); i += 2 {
				match = match && have[labels[i]] == labels[i+1]
			}
			if match {
				sum += m.Counter.GetValue() + m.Gauge.GetValue() + float64(m.Histogram.GetSampleCount())
			}
		}
	}
	return sum
}

func (r *rig) wantMetric(want float64, name string, labels ...string) {
	r.t.Helper()
	// A request is counted after it was answered.
	testkit.Eventually(r.t, soon, func() error {
		if got := r.metric(name, labels...); got != want {
			return fmt.Errorf("%s%v is %v, want %v", name, labels, got, want)
		}
		return nil
	})
}

// event is a training of a lab; i tells them apart.
func event(t testing.TB, lab string, i int) *schemas.Event {
	t.Helper()
	e, err := schemas.NewEventWithID(schemas.RecordID(lab, "test", fmt.Sprint(i)), lab, "", when, schemas.TrainingHeld{
		End: when.Add(3 * time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 5})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// events are n of them.
func events(t testing.TB, lab string, n int) []any {
	t.Helper()
	out := make([]any, n)
	for i := range out {
		out[i] = event(t, lab, i)
	}
	return out
}

func registration(t testing.TB, lab string) *schemas.Event {
	t.Helper()
	e, err := schemas.NewEventWithID(schemas.RecordID(lab, "test", "registration"), lab, "", when, schemas.LabRegistered{Name: "Atelier", Commune: "Lille", Region: "Hauts-de-France"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func list(t testing.TB, events ...any) string {
	t.Helper()
	raw, err := json.Marshal(append([]any{}, events...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func one(t testing.TB, event any) string {
	t.Helper()
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// with changes a field of an event, path being data.attendees or time.
func with(t testing.TB, event any, path string, value any) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(one(t, event)), &m); err != nil {
		t.Fatal(err)
	}
	at := m
	if rest, in := strings.CutPrefix(path, "data."); in {
		at, path = m["data"].(map[string]any), rest
	}
	at[path] = value
	return m
}

// lockedBuffer is a log that is written and read at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// readers answer the GET routes from memory.
type readers struct {
	fail     error
	versions map[uuid.UUID][]gateway.EventVersion
	export   func(relation, format, lab string) io.ReadCloser
	before   uint64
	// submitted is the period that was.
	submitted string
}

func (r *readers) Programme(context.Context) (gateway.ProgrammeStatus, error) {
	actual := 12.5
	return gateway.ProgrammeStatus{AsOf: "2026-04-09", Labs: []gateway.LabStatus{
		{AsOf: "2026-04-09", Lab: "atelier-nord", Name: "Atelier Nord", WorstStatus: "late", MeanStatus: "on_track", Commitments: []gateway.Commitment{
			{Indicator: "T01", NameFR: "Formations", NameEN: "Trainings", Unit: "count", Target: 20, Actual: &actual, Status: "late", From: "2026-01-01", Due: "2026-12-31"}}},
		{AsOf: "2026-04-09", Lab: "atelier-sud", WorstStatus: "no_data", MeanStatus: "no_data", Commitments: []gateway.Commitment{}},
	}}, r.fail
}

func (r *readers) Versions(_ context.Context, lab string, id uuid.UUID) ([]gateway.EventVersion, error) {
	var out []gateway.EventVersion
	for _, v := range r.versions[id] {
		if v.Lab == lab {
			out = append(out, v)
		}
	}
	return out, r.fail
}

func (r *readers) Recent(_ context.Context, lab string, limit int, before uint64) ([]gateway.EventVersion, error) {
	r.before = before
	var out []gateway.EventVersion
	for _, versions := range r.versions {
		for _, v := range versions {
			if v.Lab == lab && len(out) < limit {
				out = append(out, v)
			}
		}
	}
	return out, r.fail
}

func (r *readers) Export(_ context.Context, relation, format, lab string) (io.ReadCloser, error) {
	if r.fail != nil {
		return nil, r.fail
	}
	if r.export != nil {
		return r.export(relation, format, lab), nil
	}
	text := map[string]string{"csv": "lab\n" + lab + "\n", "json": `[{"lab":"` + lab + `"}]`, "parquet": "PAR1" + lab}[format]
	return io.NopCloser(strings.NewReader(text)), nil
}

var known = uuid.MustParse("0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11")

func newReaders() *readers {
	return &readers{versions: map[uuid.UUID][]gateway.EventVersion{known: {
		{Lab: "atelier-nord", ID: known, StreamSeq: 4, Kind: "training.held", Source: "/labs/atelier-nord", OccurredAt: when, ReceivedAt: now(), Data: json.RawMessage(`{"attendees":5}`)},
		{Lab: "atelier-nord", ID: known, StreamSeq: 9, Revision: 1, Retracted: true, Reason: "twice", Kind: "training.held", Source: "/labs/atelier-nord", OccurredAt: when, ReceivedAt: now()},
	}}}
}

func (r *readers) wire(c *gateway.Config) { c.Statuses, c.Events, c.Exporter, c.Periods = r, r, r, r }

func (r *readers) Periods(_ context.Context, lab string) ([]gateway.Period, error) {
	if lab != "atelier-nord" || r.fail != nil {
		return nil, r.fail
	}
	due, submitted, onTime := "2026-04-15", when, true
	out := []gateway.Period{{Period: "2026-Q1", Starts: "2026-01-01", Ends: "2026-03-31", Due: &due, State: "sent_back", SubmittedAt: &submitted, OnTime: &onTime, Reason: "Incomplet"},
		{Period: "2026-Q2", Starts: "2026-04-01", Ends: "2026-06-30", State: "upcoming"}}
	if r.submitted == "2026-Q1" {
		out[0].State = "submitted"
	}
	return out, nil
}

func (r *readers) Submit(_ context.Context, lab, period string) error {
	switch period {
	case "2026-Q1":
		r.submitted = period
		return r.fail
	case "2026-Q2":
		return &gateway.PeriodRefused{Code: "not_over", Text: schemas.Text{FR: "pas terminée", EN: "isn't over"}}
	case "2026-03":
		return fmt.Errorf("wait: %w", gateway.ErrUncounted)
	}
	return &gateway.PeriodRefused{Unknown: true, Code: "unknown_period", Text: schemas.Text{FR: "pas de période", EN: "no period"}}
}
