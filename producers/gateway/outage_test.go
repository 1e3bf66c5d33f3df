package gateway_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// restartable is a server whose address and store outlive it.
type restartable struct {
	t    testing.TB
	dir  string
	port int
	stop func()
}

func newRestartable(t testing.TB) *restartable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &restartable{t: t, dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
}

func (r *restartable) start() (url string) {
	r.t.Helper()
	url, r.stop = testkit.Serve(r.t, natsd.Config{Dir: r.dir, Port: r.port, SyncInterval: time.Second})
	return url
}

func TestJetStreamGone(t *testing.T) {
	server := newRestartable(t)
	r := newRigAt(t, server.start(), nil)
	all := events(t, "atelier-nord", 5)
	r.post(nord, all[0]).want(t, http.StatusAccepted, "")
	server.stop()
	a := r.post(nord, all...).want(t, http.StatusServiceUnavailable, "unconfirmed")
	if a.Accepted != 0 || !slices.Equal(a.Resend, []int{0, 1, 2, 3, 4}) {
		t.Error(a.raw)
	}
	r.wantMetric(5, "vitrine_gateway_events_total", "result", "unconfirmed")
	server.start()
	// The client obeys, and sends the same again until it is accepted.
	testkit.Eventually(t, soon, func() error {
		if a = r.post(nord, all...); a.status == http.StatusAccepted {
			return nil
		}
		a.want(t, http.StatusServiceUnavailable, "unconfirmed")
		return context.DeadlineExceeded
	})
	if a.Accepted != 5 {
		t.Error(a.raw)
	}
	// Once in effect: whatever the stream holds, the identities are those five.
	ids := map[string]bool{}
	stream := mustStream(t, r)
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		msg, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		var e struct{ ID string }
		if err := json.Unmarshal(msg.Data, &e); err != nil {
			t.Fatal(err)
		}
		ids[e.ID] = true
	}
	if len(ids) != 5 {
		t.Errorf("%d identities in the stream", len(ids))
	}
}

// What was acknowledged before the store got full is said to be accepted, and only that.
func TestJetStreamFull(t *testing.T) {
	r := newRig(t, nil)
	limit(t, r, 3)
	a := r.post(nord, events(t, "atelier-nord", 5)...).want(t, http.StatusServiceUnavailable, "unconfirmed")
	if a.Accepted != 3 || !slices.Equal(a.AcceptedIndexes, []int{0, 1, 2}) || !slices.Equal(a.Resend, []int{3, 4}) || !strings.Contains(a.Detail, "2") {
		t.Error(a.raw)
	}
	if got := r.streamed(); got != 3 {
		t.Errorf("%d messages in the stream", got)
	}
	limit(t, r, -1)
	a = r.post(nord, events(t, "atelier-nord", 5)...).want(t, http.StatusAccepted, "")
	if a.Accepted != 5 {
		t.Error(a.raw)
	}
	r.wantMetric(8, "vitrine_gateway_events_total", "result", "accepted")
	r.wantMetric(2, "vitrine_gateway_events_total", "result", "unconfirmed")
}

// limit bounds how many messages the stream takes; -1: no bound.
func limit(t testing.TB, r *rig, n int64) {
	t.Helper()
	config := mustStream(t, r).CachedInfo().Config
	config.MaxMsgs, config.Discard = n, jetstream.DiscardNew
	if _, err := r.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// A request doesn't wait longer for JetStream than its time.
func TestJetStreamSlow(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { c.Timeout = 100 * time.Millisecond })
	// Without its stream nobody answers: the publisher tries again until the time is over.
	r.streamed()
	if err := r.js.DeleteStream(t.Context(), schemas.StreamEvents); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	a := r.post(nord, events(t, "atelier-nord", 2)...).want(t, http.StatusServiceUnavailable, "unconfirmed")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if a.Accepted != 0 || len(a.Resend) != 2 {
		t.Error(a.raw)
	}
}

// A panic is answered, logged without what the client sent, and counted; the gateway goes on.
func TestAPanicIsAnswered(t *testing.T) {
	readers := newReaders()
	r := newRig(t, func(c *gateway.Config) {
		readers.wire(c)
		c.Authenticator = panicking{}
	})
	r.get("/v1/status", "jeanne.martin@example.org").want(t, http.StatusInternalServerError, "internal")
	r.get("/v1/status", "").want(t, http.StatusUnauthorized, "unauthenticated")
	r.wantMetric(1, "vitrine_gateway_requests_total", "status", "500")
	r.wantMetric(0, "vitrine_gateway_in_flight")
	testkit.Eventually(t, soon, func() error {
		if !strings.Contains(r.log.String(), "panic") {
			return context.DeadlineExceeded
		}
		return nil
	})
	if log := r.log.String(); strings.Contains(log, "example.org") || !strings.Contains(log, "goroutine") {
		t.Error(log)
	}
}

type panicking struct{}

func (panicking) Verify(token string) (gateway.Principal, error) { panic("bad token " + token) }
