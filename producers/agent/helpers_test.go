package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/agent"
	"vitrine/producers/importers"
	"vitrine/producers/importers/ledger"
	"vitrine/schemas"
)

const (
	lab  = "atelier-nord"
	soon = 20 * time.Second
)

func TestMain(m *testing.M) { testkit.Main(m) }

// register is a source that tests change: record → visitors.
type register struct {
	mu      sync.Mutex
	records []int64
	bad     error // about one record
	fails   error // ends a reading
	commits int
}

func (r *register) set(change func(*register)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// opened is a register as an importer.
type opened struct {
	*register
	system string
}

func (o opened) event(i int, visitors int64) (*schemas.Event, error) {
	return schemas.NewEventWithID(schemas.RecordID(lab, o.system, fmt.Sprint(i)), lab, o.system, time.Date(2026, 3, 2, 9, i%60, 0, 0, time.UTC),
		schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &visitors})
}

func (o opened) Events(context.Context, importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		o.mu.Lock()
		records, bad, fails := append([]int64{}, o.records...), o.bad, o.fails
		o.mu.Unlock()
		for i, visitors := range records {
			if !yield(o.event(i, visitors)) {
				return
			}
		}
		if bad != nil && !yield(nil, bad) {
			return
		}
		if fails != nil {
			yield(nil, fails)
		}
	}
}

func (o opened) Commit(context.Context) error {
	o.set(func(r *register) { r.commits++ })
	return nil
}

// Receive takes {"number":7,"visitors":3,"name":"…"}: the name is personal and isn't decoded.
func (o opened) Receive(_ context.Context, m importers.Message) ([]*schemas.Event, error) {
	var body struct{ Number, Visitors int64 }
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return nil, &importers.RecordError{Origin: "webhook", What: schemas.Text{FR: "illisible", EN: "unreadable"}}
	}
	if body.Visitors < 0 {
		return nil, errors.New("later, please")
	}
	e, err := o.event(int(body.Number), body.Visitors)
	return []*schemas.Event{e}, err
}

func connectors(r *register) []importers.Connector {
	open := func(o importers.Options) (importers.Importer, error) {
		if o.Values["system"] == "refused" {
			return nil, errors.New("system: refused")
		}
		return opened{r, o.Values["system"]}, nil
	}
	settings := []importers.Setting{
		{Name: "system", Help: schemas.Text{FR: "le système", EN: "the system"}, Required: true},
		{Name: "token", Type: importers.Secret, Help: schemas.Text{FR: "le jeton", EN: "the token"}},
		{Name: "mapping", Type: importers.Path, Help: schemas.Text{FR: "les mots", EN: "the words"}},
		{Name: "topics", Help: schemas.Text{FR: "les sujets", EN: "the topics"}},
		{Name: "all", Type: importers.Switch, Help: schemas.Text{FR: "tout", EN: "all"}},
	}
	title := schemas.Text{FR: "Registre", EN: "Register"}
	return []importers.Connector{
		{Name: "register", Title: title, Settings: settings, Open: open},
		{Name: "hooked", Title: title, Settings: settings, AllAtOnce: true, Feed: importers.Webhook, Open: open},
		{Name: "machines", Title: title, Settings: settings, Feed: importers.MQTT, Open: open},
	}
}

// programme is the other side.
type programme struct {
	mu      sync.Mutex
	down    error
	refuses func(*schemas.Event) error
	events  []*schemas.Event
	ids     []string
}

func (p *programme) Send(_ context.Context, parcels []producers.Parcel) (settled []error, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, parcel := range parcels {
		if p.down != nil {
			return settled, p.down
		}
		e, err := schemas.Decode(parcel.Raw, time.Now())
		if err == nil && p.refuses != nil {
			err = p.refuses(e)
		}
		if err == nil {
			p.events, p.ids = append(p.events, e), append(p.ids, parcel.ID)
		}
		settled = append(settled, err)
	}
	return settled, nil
}

func (p *programme) Check(context.Context) error { return p.down }

func (p *programme) set(change func(*programme)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *programme) has() []*schemas.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*schemas.Event{}, p.events...)
}

// rig is an agent at work.
type rig struct {
	requests  atomic.Int32 // that the agent was sent
	t         *testing.T
	register  *register
	programme *programme
	server    *httptest.Server
	registry  *prometheus.Registry
}

const oneSource = "lab: atelier-nord\nprogramme: {nats: \"nats://127.0.0.1:1\"}\nsources:\n  - {connector: register, system: caisse, every: 1h}\n"

func newRig(t *testing.T, file string, change func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, register: &register{}, programme: &programme{}, registry: prometheus.NewRegistry()}
	if change != nil {
		change(r)
	}
	f, err := agent.ParseFile([]byte(file), "agent.yaml", t.TempDir(), connectors(r.register))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := ledger.Open(filepath.Join(t.TempDir(), "sent.db"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{File: f, Connectors: connectors(r.register), LocalURL: testkit.NATS(t), Ledger: sent, StateOf: sent.State,
		Sender: r.programme, Registerer: r.registry, Gatherer: r.registry})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	handler := a.Handler()
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.requests.Add(1)
		handler.ServeHTTP(w, req)
	}))
	t.Cleanup(func() {
		r.server.Close()
		cancel()
		if err := errors.Join(<-ended, sent.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-a.Ready():
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return r
}

func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	testkit.Eventually(r.t, soon, func() error {
		if cond() {
			return nil
		}
		return fmt.Errorf("%s: not so; the programme has %d events; %+v", what, len(r.programme.has()), r.status())
	})
}

func (r *rig) status() agent.Status {
	r.t.Helper()
	var st agent.Status
	if err := json.Unmarshal([]byte(r.get("/status.json", "")), &st); err != nil {
		r.t.Fatal(err)
	}
	return st
}

func (r *rig) get(path, language string) string {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.server.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", language)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

func (r *rig) post(path, contentType, body string) int {
	r.t.Helper()
	status, err := r.send(path, contentType, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return status
}

func (r *rig) send(path, contentType string, body io.Reader) (status int, err error) {
	resp, err := http.Post(r.server.URL+path, contentType, body)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

var token = regexp.MustCompile(`name="token" value="([^"]+)"`)

// press presses a button of the page.
func (r *rig) press(action string) {
	r.t.Helper()
	found := token.FindStringSubmatch(r.get("/", ""))
	if found == nil {
		r.t.Fatal("the page has no button")
	}
	if status := r.post(action, "application/x-www-form-urlencoded", url.Values{"token": {found[1]}}.Encode()); status != http.StatusOK {
		r.t.Fatalf("button %s: status %d", action, status)
	}
}

// metric is the sum of a metric over its labels.
func (r *rig) metric(name string) (sum float64) {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
