package fabman_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/schemas"
)

const (
	lab    = "atelier-nord"
	token  = "a-secret-token"
	secret = "a-webhook-secret"
)

var march = importers.Range{Since: at("2026-03-01T00:00:00+01:00"), Until: at("2026-04-01T00:00:00+02:00")}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// record is one of Fabman's, all its fields.
type record map[string]any

func (r record) id() int64 {
	number, _ := r["id"].(json.Number)
	n, _ := number.Int64()
	return n
}

func (r record) with(pairs ...any) record {
	r = maps.Clone(r)
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i].(string)] = pairs[i+1]
	}
	return r
}

// api answers like Fabman, from the sample's records.
type api struct {
	*httptest.Server
	mu      sync.Mutex
	records map[string][]record
	// before looks at each request first; it answers it itself if it returns true. n counts the
	// path's requests from 1.
	before   func(w http.ResponseWriter, r *http.Request, path string, n int) bool
	requests map[string][]*http.Request
	pageSize int  // beats limit, so that the sample has several pages
	rising   bool // a server that doesn't keep to the order
	noLinks  bool // behind a proxy that drops headers
	noTotal  bool
}

func serve(t testing.TB) *api {
	t.Helper()
	f := &api{records: map[string][]record{}, requests: map[string][]*http.Request{}, pageSize: 2,
		before: func(http.ResponseWriter, *http.Request, string, int) bool { return false }}
	for _, list := range []string{"resources", "resource-logs"} {
		f.records[list] = decodeRecords(t, sample(t, list))
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func decodeRecords(t testing.TB, raw []byte) (all []record) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// edit changes a record, as Fabman does: with a higher lockVersion.
func (f *api) edit(list string, id int64, pairs ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range f.records[list] {
		if r.id() == id {
			version, _ := r["lockVersion"].(json.Number).Int64()
			f.records[list][i] = r.with("lockVersion", json.Number(strconv.FormatInt(version+1, 10))).with(pairs...)
		}
	}
}

func (f *api) remove(list string, id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records[list] = slices.DeleteFunc(f.records[list], func(r record) bool { return r.id() == id })
}

// log adds a session on machine 245.
func (f *api) log(id int64, start, end string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records["resource-logs"] = append(f.records["resource-logs"], f.records["resource-logs"][0].with(
		"id", json.Number(strconv.FormatInt(id, 10)), "createdAt", start, "stoppedAt", end))
}

func (f *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	f.mu.Lock()
	f.requests[list] = append(f.requests[list], r)
	n := len(f.requests[list])
	f.mu.Unlock()
	if f.before(w, r, list, n) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"statusCode":401,"error":"Unauthorized"}`)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if name, number := path.Split(list); name != "" {
		for _, record := range f.records[strings.TrimSuffix(name, "/")] {
			if fmt.Sprint(record.id()) == number {
				_ = json.NewEncoder(w).Encode(record)
				return
			}
		}
		http.NotFound(w, r)
		return
	}
	f.list(w, r, list)
}

func (f *api) list(w http.ResponseWriter, r *http.Request, list string) {
	records, known := f.records[list]
	if !known {
		http.NotFound(w, r)
		return
	}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b record) int {
		order := cmp.Or(cmp.Compare(a["createdAt"].(string), b["createdAt"].(string)), cmp.Compare(a.id(), b.id()))
		if r.URL.Query().Get("order") == "desc" && !f.rising {
			order = -order
		}
		return order
	})
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	from, to := min(offset, len(records)), min(offset+f.pageSize, len(records))
	if !f.noLinks && to < len(records) {
		next := r.URL.Query()
		next.Set("offset", strconv.Itoa(to))
		w.Header().Set("Link", fmt.Sprintf(`<https://internal.invalid%s?offset=%d>; rel="last", <https://internal.invalid%s?%s>; rel="next"`, r.URL.Path, len(records), r.URL.Path, next.Encode()))
	}
	if !f.noTotal {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(records)))
	}
	_ = json.NewEncoder(w).Encode(records[from:to])
}

func (f *api) count(list string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests[list])
}

// config is one for this server with quick retries.
func (f *api) config() fabman.Config {
	return fabman.Config{Lab: lab, URL: f.URL + "/api/v1", Token: token, WebhookSecret: secret,
		Clock:   func() time.Time { return at("2026-03-12T12:00:00+01:00") },
		Timeout: 5 * time.Second, Retries: 3, RetryWaitMin: time.Millisecond, RetryWaitMax: 5 * time.Millisecond}
}

func (f *api) importer(t testing.TB, change func(*fabman.Config)) *fabman.Importer {
	t.Helper()
	cfg := f.config()
	if change != nil {
		change(&cfg)
	}
	im, err := fabman.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// told is what an import gave.
type told struct {
	events   []*schemas.Event
	warnings []error
	broken   []error // about single records
	err      error   // what ended it
}

func read(t testing.TB, im importers.Importer, r importers.Range) (got told) {
	t.Helper()
	for e, err := range im.Events(t.Context(), r) {
		switch {
		case err == nil:
			got.events = append(got.events, e)
		case importers.IsWarning(err):
			got.warnings = append(got.warnings, err)
		case importers.Continues(err):
			got.broken = append(got.broken, err)
		default:
			got.err = err
		}
	}
	return got
}

func must(t testing.TB, im importers.Importer, r importers.Range) []*schemas.Event {
	t.Helper()
	got := read(t, im, r)
	if got.err != nil || len(got.broken) > 0 {
		t.Fatalf("%v, %v", got.broken, got.err)
	}
	return got.events
}

// poll is a reading that is kept.
func poll(t testing.TB, im importers.Resumer, r importers.Range) []*schemas.Event {
	t.Helper()
	events := must(t, im, r)
	if err := im.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return events
}

// decode is an event as a consumer would read it.
func decode(t testing.TB, e *schemas.Event) *schemas.Event {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	d, err := schemas.Decode(raw, at("2026-04-15T00:00:00Z"))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return d
}

// live are the events that a consumer would have: by id the highest revision, the later one where
// two have the same.
func live(t testing.TB, events []*schemas.Event) map[uuid.UUID]*schemas.Event {
	t.Helper()
	newest := map[uuid.UUID]*schemas.Event{}
	for _, e := range events {
		if have := newest[e.ID]; have == nil || have.Revision <= e.Revision {
			newest[e.ID] = decode(t, e)
		}
	}
	maps.DeleteFunc(newest, func(_ uuid.UUID, e *schemas.Event) bool { return e.Retracted })
	return newest
}

// hours are the hours of machine usage by machine.
func hours(t testing.TB, events []*schemas.Event) map[string]float64 {
	t.Helper()
	sum := map[string]float64{}
	for _, e := range live(t, events) {
		end, ok := schemas.EndOf(e)
		if !ok || e.Kind() != "machine.usage" {
			t.Fatalf("%s without an end", e.Kind())
		}
		sum[e.Values.Code("machine")] += end.Sub(e.Time).Hours()
	}
	return sum
}

func wantHours(t testing.TB, events []*schemas.Event, want map[string]float64) {
	t.Helper()
	if got := hours(t, events); !maps.Equal(got, want) {
		t.Errorf("hours %v, want %v", got, want)
	}
}

func idOf(log int64) uuid.UUID {
	return schemas.RecordID(lab, fabman.System, fmt.Sprintf("resource-log/%d", log))
}

// webhook is a sample's message as the agent hands it over.
func webhook(body []byte) importers.Message {
	return importers.Message{At: at("2026-03-12T12:00:00Z"), Query: map[string][]string{"secret": {secret}}, Body: body}
}

func receive(t testing.TB, im importers.Receiver, m importers.Message) []*schemas.Event {
	t.Helper()
	events, err := im.Receive(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// state is an importer's memory that outlives it.
type state struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (s *state) Get(key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.values[key]), nil
}

func (s *state) Put(key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = slices.Clone(value)
	return nil
}

// ledger remembers in memory what was sent.
type ledger map[uuid.UUID]importers.Sent

func (l ledger) Last(_ context.Context, _ string, ids []uuid.UUID) (map[uuid.UUID]importers.Sent, error) {
	found := map[uuid.UUID]importers.Sent{}
	for _, id := range ids {
		if sent, known := l[id]; known {
			found[id] = sent
		}
	}
	return found, nil
}

func (l ledger) OfSystem(context.Context, string, string) (all []importers.Sent, err error) {
	return slices.Collect(maps.Values(l)), nil
}

func (l ledger) Record(_ context.Context, _ string, sent []importers.Sent) error {
	for _, s := range sent {
		l[s.ID] = s
	}
	return nil
}

// send revises events by the ledger and remembers them, as the agent does.
func (l ledger) send(t testing.TB, events []*schemas.Event) (sent []*schemas.Event) {
	t.Helper()
	seq := func(yield func(*schemas.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
	for e, err := range importers.Revise(t.Context(), l, lab, seq, nil) {
		if err != nil {
			t.Fatal(err)
		}
		s, err := importers.SentOf(e)
		if err == nil {
			err = l.Record(t.Context(), lab, []importers.Sent{s})
		}
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, e)
	}
	return sent
}
