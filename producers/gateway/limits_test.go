package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/producers/gateway"
	"vitrine/schemas"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGzipIsInflatedWithinBounds(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.MaxBody = schemas.MaxEventBytes })
	text := zipped(t, list(t, events(t, "atelier-nord", 3)...))
	if a := r.postRaw(nord, schemas.ContentTypeBatch, text, "Content-Encoding", "gzip").want(t, http.StatusAccepted, ""); a.Accepted != 3 {
		t.Error(a.raw)
	}
	bomb := zipped(t, "["+strings.Repeat(" ", 100*schemas.MaxEventBytes)+"]")
	if len(bomb) > schemas.MaxEventBytes/2 {
		t.Fatalf("the bomb has %d bytes: it tests nothing", len(bomb))
	}
	r.postRaw(nord, schemas.ContentTypeBatch, bomb, "Content-Encoding", "gzip").want(t, http.StatusRequestEntityTooLarge, "too_large")
	r.postRaw(nord, schemas.ContentTypeBatch, text[:len(text)-9], "Content-Encoding", "gzip").want(t, http.StatusBadRequest, "unreadable_body")
	r.postRaw(nord, schemas.ContentTypeBatch, "[]", "Content-Encoding", "gzip").want(t, http.StatusBadRequest, "unreadable_body")
	spoiled := []byte(text)
	spoiled[len(spoiled)/2] ^= 0xff
	r.postRaw(nord, schemas.ContentTypeBatch, string(spoiled), "Content-Encoding", "gzip").want(t, http.StatusBadRequest, "unreadable_body")
}

func TestABodyHasABound(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.MaxBody = schemas.MaxEventBytes })
	fits := strings.Repeat(" ", schemas.MaxEventBytes-2)
	r.postRaw(nord, schemas.ContentTypeBatch, "["+fits+"]").want(t, http.StatusAccepted, "")
	r.postRaw(nord, schemas.ContentTypeBatch, "["+fits+" ]").want(t, http.StatusRequestEntityTooLarge, "too_large")
	// Also where it isn't said beforehand how long it is.
	r.do(http.MethodPost, "/v1/events", nord, io.MultiReader(strings.NewReader("["), strings.NewReader(fits+" ]")),
		"Content-Type", schemas.ContentTypeBatch).want(t, http.StatusRequestEntityTooLarge, "too_large")
	r.wantMetric(2, "vitrine_gateway_refused_total", "reason", "too_large")
}

func TestABatchHasABound(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.MaxBatch = 3 })
	r.post(nord, events(t, "atelier-nord", 3)...).want(t, http.StatusAccepted, "")
	r.post(nord, events(t, "atelier-nord", 4)...).want(t, http.StatusRequestEntityTooLarge, "too_many_events")
	if got := r.streamed(); got != 3 {
		t.Errorf("%d messages in the stream", got)
	}
}

func TestALabHasARate(t *testing.T) {
	var clock atomic.Pointer[time.Time]
	at := now()
	clock.Store(&at)
	r := newRig(t, func(c *gateway.Config) {
		c.MaxBatch, c.Rate, c.Burst = 10, 2, 10
		c.Clock = func() time.Time { return *clock.Load() }
	})
	r.post(nord, events(t, "atelier-nord", 8)...).want(t, http.StatusAccepted, "")
	a := r.post(nord, events(t, "atelier-nord", 8)...).want(t, http.StatusTooManyRequests, "rate")
	if a.header.Get("Retry-After") != "3" { // 6 events at 2 a second
		t.Error(a.header)
	}
	r.post(sud, events(t, "atelier-sud", 8)...).want(t, http.StatusAccepted, "") // another lab isn't concerned
	later := at.Add(3 * time.Second)
	clock.Store(&later)
	r.post(nord, events(t, "atelier-nord", 8)...).want(t, http.StatusAccepted, "")
	if got := r.streamed(); got != 24 {
		t.Errorf("%d messages in the stream", got)
	}
	r.wantMetric(1, "vitrine_gateway_refused_total", "reason", "rate")
}

// Requests beyond the bound wait for their turn, and are told to come back if it doesn't come.
func TestRequestsAtOnceAreBounded(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.Concurrent, c.Wait = 1, 50*time.Millisecond })
	write, done := r.slowly(nord)
	if _, err := write.Write([]byte("[")); err != nil { // it has its turn
		t.Fatal(err)
	}
	r.wantMetric(1, "vitrine_gateway_in_flight")
	r.post(sud).want(t, http.StatusServiceUnavailable, "busy")
	r.get("/openapi.json", "") // isn't concerned
	if _, err := write.Write([]byte("]")); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	(<-done).want(t, http.StatusAccepted, "")
	r.post(sud).want(t, http.StatusAccepted, "")
	r.wantMetric(1, "vitrine_gateway_refused_total", "reason", "busy")
	r.wantMetric(0, "vitrine_gateway_waiting")
}

// slowly begins a request whose body is given bit by bit. It is asked for (Expect: 100-continue), which the gateway does
// once it is the request's turn: what is written to body before that waits.
func (r *rig) slowly(token string) (body *io.PipeWriter, done <-chan answer) {
	in, body := io.Pipe()
	answers := make(chan answer, 1)
	go func() {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, r.server.URL+"/v1/events", in)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", schemas.ContentTypeBatch)
		req.Header.Set("Expect", "100-continue")
		a, err := r.try(req)
		if err != nil { // an answer that nobody wants, and the test may be over
			a = answer{raw: err.Error()}
		}
		answers <- a
	}()
	return body, answers
}

// A lab that has many requests under way doesn't keep the others out.
func TestALabsRequestsAreBounded(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.PerLab = 2 })
	var bodies []*io.PipeWriter
	var answers []<-chan answer
	for range 2 {
		body, done := r.slowly(nord)
		if _, err := io.WriteString(body, "["); err != nil { // it has its turn
			t.Fatal(err)
		}
		bodies, answers = append(bodies, body), append(answers, done)
	}
	r.post(nord).want(t, http.StatusTooManyRequests, "busy_lab")
	r.post(sud).want(t, http.StatusAccepted, "")
	for i, body := range bodies {
		_, _ = io.WriteString(body, "]")
		_ = body.Close()
		(<-answers[i]).want(t, http.StatusAccepted, "")
	}
	r.post(nord).want(t, http.StatusAccepted, "")
}

func TestASlowBodyIsGivenUp(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.ReadTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+nord+
		"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(soon))
	got := make([]byte, len("HTTP/1.1 408"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "HTTP/1.1 408" {
		t.Fatalf("%s, %v", got, err)
	}
}

func TestWrongTokensLockAnAddressOut(t *testing.T) {
	var clock atomic.Pointer[time.Time]
	at := now()
	clock.Store(&at)
	r := newRig(t, func(c *gateway.Config) {
		c.MaxFailures = 3
		c.Clock = func() time.Time { return *clock.Load() }
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	from := func(address, token string) answer {
		req := httptest.NewRequest(http.MethodGet, r.server.URL+"/v1/labs/atelier-nord/events", nil)
		req.RequestURI = ""
		req.Header.Set("X-Forwarded-For", address)
		if token != "" {
			req.Header.Set("Authorization", "bearer "+token)
		}
		return r.send(req)
	}
	const here, neighbour, elsewhere = "2001:db8:1:2::1", "2001:db8:1:2::ffff", "192.0.2.7"
	for range 5 { // nothing tried, nothing counted
		if a := from(here, "").want(t, http.StatusUnauthorized, "unauthenticated"); a.header.Get("WWW-Authenticate") != `Bearer realm="vitrine"` {
			t.Error(a.header)
		}
	}
	for _, address := range []string{here, "9.9.9.9, " + here, neighbour + ", 10.0.0.1"} { // what the client itself claims doesn't count
		if a := from(address, "wrong").want(t, http.StatusUnauthorized, "unauthenticated"); !strings.Contains(a.header.Get("WWW-Authenticate"), "invalid_token") {
			t.Error(a.header)
		}
	}
	if a := from(here, "wrong").want(t, http.StatusTooManyRequests, "locked_out"); a.header.Get("Retry-After") != "60" {
		t.Error(a.header)
	}
	from(neighbour, nord).want(t, http.StatusTooManyRequests, "locked_out") // a right token can't be told from a guess
	from(elsewhere, nord).want(t, http.StatusNotImplemented, "not_served")
	later := at.Add(time.Minute)
	clock.Store(&later)
	from(here, nord).want(t, http.StatusNotImplemented, "not_served")
	r.wantMetric(8, "vitrine_gateway_refused_total", "reason", "unauthenticated")
	r.wantMetric(2, "vitrine_gateway_refused_total", "reason", "locked_out")
}

// Who can't be told for now isn't refused for good, nor locked out.
func TestTokensThatCannotBeChecked(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.MaxFailures, c.Authenticator = 1, undecided{} })
	for range 3 {
		r.post(nord, event(t, "atelier-nord", 1)).want(t, http.StatusServiceUnavailable, "undecided")
	}
}

type undecided struct{}

func (undecided) Verify(string) (gateway.Principal, error) {
	return gateway.Principal{}, fmt.Errorf("the bucket is away: %w", gateway.ErrUndecided)
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*gateway.Config){
		"nothing":             func(*gateway.Config) {},
		"a burst below batch": func(c *gateway.Config) { c.MaxBatch, c.Burst = 10, 9 },
		"a small body":        func(c *gateway.Config) { c.MaxBody = 10 },
		"negative numbers":    func(c *gateway.Config) { c.Concurrent, c.Rate, c.Wait = -1, -1, -1 },
	} {
		var c gateway.Config
		change(&c)
		if _, err := gateway.New(c); err == nil || !strings.HasPrefix(err.Error(), "gateway: configuration: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := gateway.New(gateway.Config{Rate: math.NaN()}); err == nil || !strings.Contains(err.Error(), "Rate NaN") {
		t.Errorf("a rate that is no number, which bounds nothing: %v", err)
	}
}

// A principal that an outer handler has found out needs no token.
func TestAnOuterHandlerMaySayWhoItIs(t *testing.T) {
	r := newRig(t, newReaders().wire)
	inner := r.server.Config.Handler
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		inner.ServeHTTP(w, req.WithContext(gateway.WithPrincipal(req.Context(), gateway.Principal{Lab: req.Header.Get("X-Test-Lab")})))
	}))
	defer outer.Close()
	r.server.URL = outer.URL
	r.get("/v1/labs/atelier-nord/status", "", "X-Test-Lab", "atelier-nord").want(t, http.StatusOK, "")
	r.get("/v1/labs/atelier-nord/status", "", "X-Test-Lab", "atelier-sud").want(t, http.StatusForbidden, "forbidden")
	r.get("/v1/export/labs.csv", "", "X-Test-Lab", "").want(t, http.StatusForbidden, "forbidden") // nobody's isn't everybody's
}

func TestManyAtOnceAllGetTheirTurn(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.Concurrent, c.PerLab = 4, 100 })
	const n = 100
	statuses := make(chan string, n)
	for i := range n {
		text := list(t, event(t, "atelier-nord", i))
		go func() {
			req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, r.server.URL+"/v1/events", strings.NewReader(text))
			req.Header.Set("Authorization", "Bearer "+nord)
			req.Header.Set("Content-Type", schemas.ContentTypeBatch)
			resp, err := r.server.Client().Do(req)
			if err != nil {
				statuses <- err.Error()
				return
			}
			_ = resp.Body.Close()
			statuses <- strconv.Itoa(resp.StatusCode)
		}()
	}
	for range n {
		if got := <-statuses; got != "202" {
			t.Fatal(got)
		}
	}
	if got := r.streamed(); got != n {
		t.Errorf("%d messages in the stream", got)
	}
}
