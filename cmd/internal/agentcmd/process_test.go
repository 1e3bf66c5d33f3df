package agentcmd_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/producers/agent"
	"vitrine/schemas"
)

const (
	patience  = 60 * time.Second
	perSource = 5000
)

// freeAddress is one that nobody has, below the ports that the system gives to whoever asks for any.
func freeAddress(t *testing.T) string {
	t.Helper()
	for port := 12_000 + os.Getpid()%15_000; port < 32_000; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

func statusOf(listen string) (agent.Status, error) {
	var st agent.Status
	resp, err := http.Get("http://" + listen + "/status.json")
	if err != nil {
		return st, err
	}
	defer resp.Body.Close()
	return st, json.NewDecoder(resp.Body).Decode(&st)
}

func arrived(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// The network is cut and the agent killed -9, at several points of 10,000 events: all of them
// arrive, once in effect, in order per source.
func TestAgentKeeps10000EventsThroughACutAndAKill(t *testing.T) {
	js := testkit.Streams(t)
	g := newGate(t, strings.TrimPrefix(js.Conn().ConnectedUrl(), "nats://"))
	dir, listen := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "agent.yaml")
	text := fmt.Sprintf(`lab: atelier-nord
listen: %s
programme: {nats: "nats://%s"}
spool: {sync-interval: 1s}   # no power is cut here
sources:
  - {connector: series, name: a, system: a, count: %d, every: 1h}
  - {connector: series, name: b, system: b, count: %d, every: 1h}
`, listen, g.listener.Addr(), perSource, perSource)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", config, "--data", filepath.Join(dir, "data")}
	clock := time.Now()
	await := func(what string, cond func() bool) {
		t.Helper()
		look := time.NewTicker(50 * time.Millisecond) // more often would take the agent's processor
		defer look.Stop()
		for deadline := time.Now().Add(patience); !cond(); <-look.C {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %v, %d arrived", what, errNotYet, arrived(t, js))
			}
		}
	}

	// 1. Some events pass; the network goes; events go on piling up at the lab; the agent is killed.
	p := start(t, args...)
	await("first events", func() bool { return arrived(t, js) >= 300 })
	g.cut()
	before := arrived(t, js)
	var waiting uint64
	await("events pile up", func() bool {
		st, err := statusOf(listen)
		waiting = st.Spool.Waiting
		return err == nil && waiting > 1000
	})
	p.kill(t)

	// 2. It starts again without a network, which then comes back; killed while it catches up.
	p = start(t, args...)
	await("it says that it has no network", func() bool {
		st, err := statusOf(listen)
		return err == nil && st.Programme.Problem != nil
	})
	g.open()
	await("it catches up", func() bool { return arrived(t, js) >= before+1500 })
	p.kill(t)
	second := arrived(t, js)

	// 3. A third start, and a short cut while it forwards.
	p = start(t, args...)
	await("it goes on", func() bool { return arrived(t, js) >= min(second+1500, 2*perSource-500) })
	g.cut()
	g.open()
	await("all are sent", func() bool {
		st, err := statusOf(listen)
		return err == nil && st.Spool.Waiting == 0 && st.Sources[0].LastDone != nil && st.Sources[1].LastDone != nil && arrived(t, js) >= 2*perSource
	})
	p.stop(t)

	repeated := inOrder(t, js)
	t.Logf("10,000 events of 2 sources: %d had arrived at the first cut and %d waited at the first kill -9, %d had arrived at the second; cuts: %d. "+
		"In the end %d are in the programme's stream, each source's in order, %d messages twice; %s in all",
		before, waiting, second, g.cuts, 2*perSource, repeated, time.Since(clock).Round(100*time.Millisecond))
	if g.cuts < 2 {
		t.Errorf("only %d cuts struck", g.cuts)
	}
}

// messages are all of the programme's stream, in its order.
func messages(t *testing.T, js jetstream.JetStream) []*nats.Msg {
	t.Helper()
	var all []*nats.Msg
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	want := int(stream.CachedInfo().State.Msgs)
	for len(all) < want {
		batch, err := consumer.Fetch(want-len(all), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			all = append(all, &nats.Msg{Subject: m.Subject(), Data: m.Data()})
		}
		if err := batch.Error(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// inOrder checks that each source's events come in the source's order, that each is there, with
// one content; it gives the number of messages that repeat another.
func inOrder(t *testing.T, js jetstream.JetStream) (repeated int) {
	t.Helper()
	next := map[string]int64{}
	first := map[string]string{}
	for _, m := range messages(t, js) {
		e, err := schemas.Decode(m.Data, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if content, seen := first[e.ID.String()]; seen {
			repeated++
			if content != string(m.Data) {
				t.Fatalf("event %s came twice, with other content", e.ID)
			}
			continue
		}
		first[e.ID.String()] = string(m.Data)
		n, _ := e.Values.Number("attendance")
		if n != schemas.Int(next[e.System()]) {
			t.Fatalf("source %s: event %v where %d was due", e.System(), n, next[e.System()])
		}
		next[e.System()]++
	}
	if next["a"] != perSource || next["b"] != perSource {
		t.Fatalf("arrived: %v", next)
	}
	return repeated
}
