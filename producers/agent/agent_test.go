package agent_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"vitrine/producers"
	"vitrine/producers/agent"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// A record that hasn't changed is sent once; one that has is sent again with a higher revision.
func TestOnlyChangesAreSent(t *testing.T) {
	r := newRig(t, oneSource, func(r *rig) { r.register.records = []int64{1, 2, 3} })
	r.until("first reading", func() bool { return len(r.programme.has()) == 3 })
	r.register.set(func(reg *register) { reg.records[1] = 20 })
	r.press("/sources/register/run")
	r.until("second reading", func() bool { return len(r.programme.has()) == 4 })
	events := r.programme.has()
	if last := events[3]; last.ID != events[1].ID || last.Revision != 1 || events[1].Revision != 0 {
		t.Errorf("the correction is %+v", last)
	}
	r.until("all is told", func() bool {
		s := r.status().Sources[0]
		return s.Spooled == 4 && s.Unchanged == 2 && s.Forwarded == 4 && s.LastDone != nil && s.Next != nil && r.status().Spool.Waiting == 0
	})
	if r.metric("vitrine_agent_forwarded_total") != 4 || r.metric("vitrine_agent_unchanged_total") != 2 || r.metric("vitrine_agent_connected") != 1 {
		t.Error("the metrics tell otherwise")
	}
	if r.register.commits != 2 {
		t.Errorf("%d commits", r.register.commits)
	}
	seen := map[string]bool{}
	for _, id := range r.programme.ids {
		if id == "" || seen[id] {
			t.Errorf("message id %q again", id)
		}
		seen[id] = true
	}
}

// What is wrong with one record is shown, and the others are sent; a reading that ends early isn't
// called complete.
func TestErrorsOfASource(t *testing.T) {
	r := newRig(t, oneSource, func(r *rig) {
		r.register.records = []int64{1}
		r.register.bad = &importers.RecordError{Origin: "caisse", Record: "ligne 7", What: schemas.Text{FR: "date absente", EN: "no date"}}
		r.register.fails = errors.New("the source went away")
	})
	r.until("the record that is fine arrives", func() bool { return len(r.programme.has()) == 1 })
	r.until("the failure is told", func() bool { return r.status().Sources[0].Problem != nil })
	s := r.status().Sources[0]
	if s.ErrorCount != 1 || len(s.Errors) != 1 || s.Errors[0].FR != "caisse, ligne 7 : date absente" || s.LastDone != nil || r.register.commits != 0 {
		t.Errorf("status %+v", s)
	}
	for language, want := range map[string]string{"fr": "caisse, ligne 7 : date absente", "en-GB,en;q=0.8": "caisse, ligne 7: no date"} {
		if page := r.get("/", language); !strings.Contains(page, want) || !strings.Contains(page, "the source went away") {
			t.Errorf("the page in %s lacks the errors:\n%s", language, page)
		}
	}
	r.register.set(func(reg *register) { reg.bad, reg.fails = nil, nil })
	r.press("/sources/register/run")
	r.until("healed", func() bool { return r.status().Sources[0].Problem == nil && r.status().Sources[0].LastDone != nil })
}

// A full spool makes the source wait, says so everywhere, and loses nothing.
func TestAFullSpoolLosesNothing(t *testing.T) {
	const records = 30
	file := strings.Replace(oneSource, "sources:", "spool: {max-events: 10}\nsources:", 1)
	r := newRig(t, file, func(r *rig) {
		r.programme.down = &producers.UnavailableError{Op: "connect", Attempts: 1, Err: errors.New("no route")}
		for i := range records {
			r.register.records = append(r.register.records, int64(i))
		}
	})
	r.until("full", func() bool {
		st := r.status()
		return st.Spool.Full && st.Spool.Waiting == 10 && st.Sources[0].Problem != nil
	})
	if page := r.get("/", "fr"); !strings.Contains(page, "La file est pleine") || !strings.Contains(page, "ne reçoit rien pour l&#39;instant") || !strings.Contains(page, "rien n&#39;est perdu") {
		t.Errorf("the page doesn't warn:\n%s", page)
	}
	if resp, err := http.Get(r.server.URL + "/readyz"); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %v, %v", resp.Status, err)
	}
	if r.metric("vitrine_agent_waiting_events") != 10 {
		t.Error("the metrics don't tell")
	}
	r.programme.set(func(p *programme) { p.down = nil })
	for len(r.programme.has()) < records {
		n := len(r.programme.has())
		r.until("there is room", func() bool { st := r.status(); return st.Spool.Waiting == 0 && !st.Spool.Full })
		if r.press("/sources/register/run"); len(r.programme.has()) < records {
			r.until("more arrive", func() bool { return len(r.programme.has()) > n })
		}
	}
	for i, e := range r.programme.has() {
		if n, _ := e.Values.Number("attendance"); n != schemas.Int(int64(i)) {
			t.Fatalf("event %d is out of order", i)
		}
	}
}

// An event that the programme refuses is put aside with its reason, those behind it pass, and it
// can be tried again.
func TestRefusedEventsDontBlock(t *testing.T) {
	r := newRig(t, oneSource, func(r *rig) {
		r.register.records = []int64{1, 2, 3}
		r.programme.refuses = func(e *schemas.Event) error {
			if n, _ := e.Values.Number("attendance"); n == schemas.Int(2) {
				return &producers.ForbiddenError{Op: "publish", Err: errors.New("not this kind")}
			}
			return nil
		}
	})
	r.until("the others arrive", func() bool { return len(r.programme.has()) == 2 && r.status().Spool.Waiting == 0 })
	st := r.status()
	if st.Spool.Refused != 1 || len(st.Refused) != 1 || !strings.Contains(st.Refused[0].Reason.FR, "refusé par le serveur") || !strings.Contains(st.Refused[0].Reason.EN, "not this kind") {
		t.Errorf("status %+v", st)
	}
	if r.metric("vitrine_agent_parked_total") != 1 {
		t.Error("the metrics don't tell")
	}
	r.programme.set(func(p *programme) { p.refuses = nil })
	r.press("/refused/again")
	r.until("it is accepted at last", func() bool { return len(r.programme.has()) == 3 && r.status().Spool.Refused == 0 })
}

// A webhook's events are spooled before it is answered; its body is kept nowhere.
func TestWebhooks(t *testing.T) {
	file := strings.Replace(oneSource, "  - {connector: register, system: caisse, every: 1h}", "  - {connector: hooked, system: caisse, name: hook}\n  - {connector: register, system: autre}", 1)
	r := newRig(t, file, func(r *rig) { r.programme.down = errors.New("down") })
	for _, c := range []struct {
		path, body string
		status     int
		waiting    uint64
	}{
		{"/hooks/hook", `{"number":1,"visitors":3,"name":"Camille Durand"}`, http.StatusAccepted, 1},
		{"/hooks/hook", `{"number":1,"visitors":3,"name":"Camille Durand"}`, http.StatusAccepted, 1}, // again: nothing new
		{"/hooks/hook", `{"number":1,"visitors":4}`, http.StatusAccepted, 2},
		{"/hooks/hook", `{"number":`, http.StatusAccepted, 2}, // sending it again wouldn't help
		{"/hooks/hook", `{"number":2,"visitors":-1}`, http.StatusServiceUnavailable, 2},
		{"/hooks/hook", strings.Repeat("x", 1<<20+1), http.StatusRequestEntityTooLarge, 2},
		{"/hooks/register", `{}`, http.StatusNotFound, 2},
		{"/hooks/nobody", `{}`, http.StatusNotFound, 2},
	} {
		if status := r.post(c.path, "application/json", c.body); status != c.status {
			t.Errorf("%s %.40s: status %d, want %d", c.path, c.body, status, c.status)
		}
		if n := r.status().Spool.Waiting; n != c.waiting {
			t.Errorf("%s %.40s: %d events wait, want %d", c.path, c.body, n, c.waiting)
		}
	}
	if s := r.status().Sources[0]; s.ErrorCount != 1 || s.Messages != 5 {
		t.Errorf("status %+v", s)
	}
	r.programme.set(func(p *programme) { p.down = nil })
	r.until("both versions arrive", func() bool { return len(r.programme.has()) == 2 })
	if events := r.programme.has(); events[1].Revision != 1 || strings.Contains(fmt.Sprint(events[0], events[1]), "Camille") {
		t.Errorf("events %v", events)
	}
}

// However many send at once, a bounded number of bodies is in memory: the others are told to come again.
func TestWebhooksAreBounded(t *testing.T) {
	file := strings.Replace(oneSource, "{connector: register, system: caisse, every: 1h}", "{connector: hooked, system: caisse, name: hook}", 1)
	r := newRig(t, file, nil)
	// Twice as many as are taken: one that comes while the probe below has a place is refused, and another takes it.
	const most, senders = 16, 32
	var bodies []*io.PipeWriter
	before := r.requests.Load()
	answers := make(chan int, senders)
	for range senders {
		body, out := io.Pipe()
		defer out.Close() // or else the server waits for it
		bodies = append(bodies, out)
		go func() {
			status, err := r.send("/hooks/hook", "application/json", body)
			if err != nil {
				t.Error(err)
			}
			answers <- status
		}()
		if _, err := io.WriteString(out, "{"); err != nil { // taken from the pipe: the request is under way
			t.Fatal(err)
		}
	}
	// Until all are with the agent, one that comes late would take the place of one that is through.
	r.until("all are there", func() bool { return r.requests.Load() >= before+senders })
	r.until("no more are taken", func() bool { return r.post("/hooks/hook", "application/json", "{}") == http.StatusServiceUnavailable })
	for i, out := range bodies {
		fmt.Fprintf(out, `"number":%d,"visitors":1}`, i)
		_ = out.Close()
	}
	got := map[int]int{}
	for range senders {
		got[<-answers]++
	}
	if got[http.StatusAccepted] != most || got[http.StatusServiceUnavailable] != senders-most {
		t.Errorf("answers by status: %v", got)
	}
	if status := r.post("/hooks/hook", "application/json", `{"number":99,"visitors":1}`); status != http.StatusAccepted {
		t.Errorf("afterwards: status %d", status)
	}
	r.until("all arrive", func() bool { return len(r.programme.has()) >= most+1 })
}

func TestThePageIsGuarded(t *testing.T) {
	r := newRig(t, "listen: atelier.lan:8081\n"+oneSource, nil)
	if status := r.post("/sources/register/run", "application/x-www-form-urlencoded", "token=wrong"); status != http.StatusForbidden {
		t.Errorf("a button without its token: status %d", status)
	}
	req, err := http.NewRequest(http.MethodGet, r.server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"evil.example.org": http.StatusMisdirectedRequest, "Atelier.lan:8081": http.StatusOK, "[::1]:8081": http.StatusOK} {
		req.Host = name
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("under the name %s: %s", name, resp.Status)
		}
	}
	resp, err := http.Get(r.server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("no content security policy")
	}
	if page := r.get("/", "en"); !strings.Contains(page, `lang="en"`) || !strings.Contains(page, "Run now") || strings.Contains(page, "http://") {
		t.Errorf("page:\n%s", page)
	}
	if page := r.get("/", ""); !strings.Contains(page, `lang="fr"`) {
		t.Error("without a language it isn't French")
	}
	if got := r.get("/healthz", "") + r.get("/readyz", ""); got != "ok\nok\n" {
		t.Errorf("health: %q", got)
	}
	if got := r.get("/metrics", ""); !strings.Contains(got, "vitrine_agent_spool_limit_bytes 5.36870912e+08") {
		t.Error("/metrics lacks the spool's bound")
	}
}

// A source that can't be opened is named.
func TestSourcesAreOpenedAtOnce(t *testing.T) {
	f, err := agent.ParseFile([]byte(strings.Replace(oneSource, "caisse", "refused", 1)), "agent.yaml", t.TempDir(), connectors(&register{}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = agent.New(agent.Config{File: f, Connectors: connectors(&register{}), LocalURL: "nats://127.0.0.1:1", Ledger: noLedger{},
		StateOf: func(string) importers.State { return importers.NoState{} }, Sender: &programme{}})
	var source *agent.SourceError
	if !errors.As(err, &source) || source.Source != "register" {
		t.Errorf("got %v", err)
	}
	if _, err := agent.New(agent.Config{}); err == nil {
		t.Error("an empty configuration is accepted")
	}
}

type noLedger struct{ importers.Ledger }
