package credentials

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// site is a server that trusts keys, and the pipeline's connection to it.
type site struct {
	url  string
	keys *Keys
	js   jetstream.JetStream

	mu      sync.Mutex
	refused map[natsd.Refusal]int
}

// newSite starts a server; local lets connections without credentials in.
func newSite(t *testing.T, local bool) *site {
	t.Helper()
	dir := t.TempDir()
	keys, err := EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{keys: keys, refused: map[natsd.Refusal]int{}}
	operator := &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}
	if local {
		if operator.Sentinel, err = keys.LocalSentinel(); err != nil {
			t.Fatal(err)
		}
	}
	s.url, _ = testkit.Serve(t, natsd.Config{Dir: filepath.Join(dir, "nats"), Port: natsd.AnyPort, SyncInterval: time.Second, Operator: operator,
		OnRefusal: func(r natsd.Refusal) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refused[r]++
		}})
	s.js = s.connect(t, keys.ServiceCredentials())
	for _, stream := range schemas.Streams() {
		if _, err := s.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: stream.Name, Subjects: stream.Subjects, DenyPurge: stream.DenyPurge}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *site) refusals(r natsd.Refusal) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[r]
}

func (s *site) connect(t *testing.T, creds string, more ...nats.Option) jetstream.JetStream {
	t.Helper()
	options, err := ConnectOptions(creds, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(s.url, append(options, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func (s *site) registry(t *testing.T) *Registry {
	t.Helper()
	r, err := NewRegistry(RegistryConfig{JetStream: s.js, URL: s.url, Keys: s.keys})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// verifier is a running verifier on a connection of its own, as the gateway has.
func (s *site) verifier(t *testing.T, change ...func(*VerifierConfig)) *Verifier {
	t.Helper()
	cfg := VerifierConfig{JetStream: s.connect(t, s.keys.ServiceCredentials()), Registerer: prometheus.NewRegistry()}
	for _, c := range change {
		c(&cfg)
	}
	v, err := NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	testkit.Eventually(t, 10*time.Second, v.Ready)
	return v
}

func issueTo(t *testing.T, r *Registry, lab string) (Issued, string) {
	t.Helper()
	issued, err := r.Add(t.Context(), lab)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), lab+".creds")
	if err := WriteSecret(path, issued.Creds); err != nil {
		t.Fatal(err)
	}
	return issued, path
}
