package credentials

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
)

// admitted says whether the server lets a credentials file in.
func (s *site) admitted(creds string) error {
	options, err := ConnectOptions(creds, nil)
	if err != nil {
		return err
	}
	conn, err := nats.Connect(s.url, options...)
	if err == nil {
		conn.Close()
	}
	return err
}

// TestRevokedLabIsCutOffWithinASecond has a lab connected when it is revoked.
func TestRevokedLabIsCutOffWithinASecond(t *testing.T) {
	s := newSite(t, true) // what lets this machine in must not let a revoked lab in
	r := s.registry(t)
	_, creds := issueTo(t, r, "atelier-nord")
	cut := make(chan struct{})
	js := s.connect(t, creds, nats.NoReconnect(), nats.DisconnectErrHandler(func(*nats.Conn, error) { close(cut) }))
	if _, err := js.Publish(t.Context(), "vitrine.events.atelier-nord.training.held", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := r.Revoke(t.Context(), "atelier-nord"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cut:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection isn't cut")
	}
	if err := s.admitted(creds); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("it comes back: %v", err)
	}
	took := time.Since(began)
	t.Logf("cut off and refused %s after the revocation began", took.Round(time.Millisecond))
	if took > within {
		t.Errorf("it took %s", took)
	}
	if s.refusals(natsd.RefusedConnection) == 0 {
		t.Error("the refusal isn't told")
	}
}

func TestRegistryKeepsTheRules(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	ctx := t.Context()
	if _, err := r.Rotate(ctx, "atelier-nord", 0); !errors.Is(err, ErrNone) {
		t.Errorf("rotated what isn't there: %v", err)
	}
	if err := r.Revoke(ctx, "atelier-nord"); !errors.Is(err, ErrNone) {
		t.Errorf("revoked what isn't there: %v", err)
	}
	for _, name := range []string{"", "Atelier", "a.b", "*", ">", "a b", strings.Repeat("a", 64)} {
		if _, err := r.Add(ctx, name); !errors.Is(err, ErrBadName) {
			t.Errorf("added %q: %v", name, err)
		}
	}
	first, _ := issueTo(t, r, "atelier-nord")
	if _, err := r.Add(ctx, "atelier-nord"); !errors.Is(err, ErrExists) {
		t.Errorf("added twice: %v", err)
	}
	issueTo(t, r, Programme)
	entries, err := r.List(ctx)
	if err != nil || len(entries) != 2 || entries[0].Lab != "atelier-nord" || entries[1].Role != RoleProgramme {
		t.Fatalf("%+v, %v", entries, err)
	}
	kv, err := EnsureBucket(ctx, s.js, 1)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := kv.Keys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		stored, err := kv.Get(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{first.Token[strings.LastIndex(first.Token, "_")+1:], seedOf(t, first.Creds)} {
			if strings.Contains(string(stored.Value()), secret) {
				t.Errorf("a secret is kept: %s", stored.Value())
			}
		}
	}
}

// seedOf is the private part of a credentials file.
func seedOf(t *testing.T, creds []byte) string {
	t.Helper()
	pair, err := jwt.ParseDecoratedUserNKey(creds)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return string(seed)
}

// TestGraceEndsForNATSToo sweeps before and after the end of a time of grace.
func TestGraceEndsForNATSToo(t *testing.T) {
	s := newSite(t, false)
	now := time.Now()
	r, err := NewRegistry(RegistryConfig{JetStream: s.js, URL: s.url, Keys: s.keys, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	_, former := issueTo(t, r, "atelier-nord")
	if _, err := r.Rotate(t.Context(), "atelier-nord", time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.admitted(former); err != nil {
		t.Errorf("refused during the time of grace: %v", err)
	}
	now = now.Add(2 * time.Hour)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.admitted(former); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("after the time of grace: %v", err)
	}
}

// TestRevocationsAtOnceAllCount has several programs revoke at once: each writes the whole account.
func TestRevocationsAtOnceAllCount(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	const labs = 8
	var creds [labs]string
	for i := range creds {
		_, creds[i] = issueTo(t, r, fmt.Sprintf("lab-%d", i))
	}
	var all sync.WaitGroup
	for i := range creds {
		all.Go(func() {
			if err := r.Revoke(t.Context(), fmt.Sprintf("lab-%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, file := range creds {
		if err := s.admitted(file); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("lab-%d: %v", i, err)
		}
	}
}

// TestMissedRevocationIsMadeUpFor fails to reach the server as the system user, then sweeps.
func TestMissedRevocationIsMadeUpFor(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	issued, creds := issueTo(t, r, "atelier-nord")
	v := s.verifier(t)
	accepted(t, v, issued.Token, Principal{Lab: "atelier-nord"})
	lame, err := NewRegistry(RegistryConfig{JetStream: s.js, URL: "nats://127.0.0.1:1", Keys: s.keys})
	if err != nil {
		t.Fatal(err)
	}
	if err := lame.Revoke(t.Context(), "atelier-nord"); !errors.Is(err, ErrNotTold) {
		t.Fatalf("got %v", err)
	}
	refusedBy(t, v, issued.Token, ErrRevoked) // the token ends all the same
	if err := s.admitted(creds); err != nil {
		t.Fatalf("the server was told: %v", err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.admitted(creds); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("got %v", err)
	}
}

// TestRevocationsOutliveTheServer restarts it on the same store.
func TestRevocationsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	keys, err := EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	var creds string
	for start := range 2 {
		url, stop := testkit.Serve(t, natsd.Config{Dir: filepath.Join(dir, "nats"), Port: natsd.AnyPort, SyncInterval: time.Second,
			Operator: &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}})
		s := &site{url: url, keys: keys}
		s.js = s.connect(t, keys.ServiceCredentials())
		if start == 0 {
			r := s.registry(t)
			_, creds = issueTo(t, r, "atelier-nord")
			if err := r.Revoke(t.Context(), "atelier-nord"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.admitted(creds); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("start %d: %v", start, err)
		}
		stop()
	}
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := OpenKeys(dir); !errors.Is(err, ErrNoKeys) {
		t.Errorf("opened what isn't there: %v", err)
	}
	made, err := EnsureKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EnsureKeys(dir)
	if err != nil || again.Operator() != made.Operator() || again.Account() != made.Account() {
		t.Errorf("the second time there are others: %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 10 { // three of them are the roles' credentials
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s, %v", f.Name(), info.Mode(), err)
		}
	}
	config, err := os.ReadFile(made.ServerConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range []nkeys.KeyPair{made.operator, made.account, made.system} {
		if seed, err := pair.Seed(); err != nil || strings.Contains(string(config), string(seed)) {
			t.Errorf("a private key is in the server's configuration (%v)", err)
		}
	}
	// What can be made again is.
	if err := os.Remove(made.ServiceCredentials()); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(made.ServiceCredentials()); err != nil {
		t.Error(err)
	}
	// What can't be isn't made anew in silence.
	if err := os.Rename(filepath.Join(dir, seedsFile), filepath.Join(dir, "copy")); err != nil {
		t.Fatal(err)
	}
	var unusable *KeysError
	if _, err := EnsureKeys(dir); !errors.As(err, &unusable) || !strings.Contains(err.Error(), seedsFile) {
		t.Errorf("without the seeds: %v", err)
	}
	for _, content := range []string{"", "{}", `{"operator":"SUAB","account":"","system":""}`} {
		if err := os.WriteFile(filepath.Join(dir, seedsFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := EnsureKeys(dir); !errors.As(err, &unusable) || strings.Contains(err.Error(), "SUAB") {
			t.Errorf("seeds %q: %v", content, err)
		}
	}
	// Others' seeds under these files: nothing would be accepted.
	other := filepath.Join(t.TempDir(), "other")
	if _, err := EnsureKeys(other); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(other, seedsFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, seedsFile), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(dir); !errors.As(err, &unusable) || !strings.Contains(err.Error(), operatorFile) {
		t.Errorf("others' seeds: %v", err)
	}
}

// TestKeysMadeByTwoAtOnce: both must end with the same ones.
func TestKeysMadeByTwoAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var made [4]*Keys
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			var err error
			if made[i], err = EnsureKeys(dir); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, k := range made {
		if k == nil || k.Account() != made[0].Account() || k.Operator() != made[0].Operator() {
			t.Fatal("they differ")
		}
	}
}
