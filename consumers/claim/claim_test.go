package claim

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
	"vitrine/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func take(t *testing.T, c Config) *Claim {
	t.Helper()
	claimed, err := Take(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

// isHeld wants the claim to be somebody else's, for a command.
func isHeld(t *testing.T, js jetstream.JetStream, command string) {
	t.Helper()
	var held *HeldError
	if _, err := Take(t.Context(), Config{JetStream: js, Command: "verify", Patience: time.Nanosecond}); !errors.As(err, &held) || held.By.Command != command || held.By.Host == "" || held.By.Process == 0 || held.By.Since.IsZero() {
		t.Errorf("%v; want to hear that %s is at work", err, command)
	}
}

// another is a holder that is killed at once: it renews nothing.
func another(t *testing.T, kv jetstream.KeyValue, command string) {
	t.Helper()
	raw, err := json.Marshal(Holder{ID: uuid.New(), Command: command, Host: "elsewhere", Process: 1, Since: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), key, raw); err != nil {
		t.Fatal(err)
	}
}

func TestOneAtATime(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	first := take(t, Config{JetStream: js, Command: "rebuild"})
	isHeld(t, js, "rebuild")
	taken := make(chan error, 1)
	go func() {
		second, err := Take(t.Context(), Config{JetStream: js, Command: "erase"})
		if err == nil {
			second.Release()
		}
		taken <- err
	}()
	if err := first.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-taken:
		t.Fatalf("a second one has it, too (%v)", err)
	default:
	}
	first.Release()
	if err := <-taken; err != nil {
		t.Fatalf("it waited, and: %v", err)
	}
	take(t, Config{JetStream: js, Command: "verify"}).Release()
	if first.Context().Err() == nil || Cause(first.Context(), context.Canceled) != context.Canceled {
		t.Error("a claim that was given back goes on, or was lost")
	}
}

// What one who was killed had expires, by the server's clock.
func TestAKilledOneHoldsNobodyForEver(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	kv, err := bucket.Ensure(t.Context(), js, jetstream.KeyValueConfig{Bucket: Bucket, TTL: time.Second, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	another(t, kv, "rebuild")
	isHeld(t, js, "rebuild")
	take(t, Config{JetStream: js, Command: "erase", Patience: -1}).Release()

	// As bounded as what everybody else makes.
	if err := js.DeleteKeyValue(t.Context(), Bucket); err != nil {
		t.Fatal(err)
	}
	defer take(t, Config{JetStream: js, Command: "erase"}).Release()
	stream, err := js.Stream(t.Context(), "KV_"+Bucket)
	if err != nil || stream.CachedInfo().Config.MaxAge != Lease {
		t.Errorf("a claim lasts for %s, want %s (%v)", stream.CachedInfo().Config.MaxAge, Lease, err)
	}
}

// A claim that expired while the server was away, or the process stood still, goes on if nobody has had it since; else its work ends.
func TestALostClaimEndsTheWork(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	claimed := take(t, Config{JetStream: js, Command: "rebuild"})
	stream, err := js.Stream(t.Context(), "KV_"+Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil { // as when it expires
		t.Fatal(err)
	}
	if err := claimed.Renew(t.Context()); err != nil {
		t.Fatalf("nobody has had it, and: %v", err)
	}
	isHeld(t, js, "rebuild")
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(t, Config{JetStream: js, Command: "erase"}).Release()
	if err := claimed.Renew(t.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("somebody has had it meanwhile, and: %v", err)
	}
	if <-claimed.Context().Done(); !errors.Is(Cause(claimed.Context(), context.Canceled), ErrLost) {
		t.Error("the work isn't told why it ends")
	}
	other := take(t, Config{JetStream: js, Command: "retention"})
	claimed.Release()
	isHeld(t, js, "retention")
	if err := other.Renew(t.Context()); err != nil {
		t.Error(err)
	}
	other.Release()
}

// Whoever runs the server itself knows that its former run is gone, and of nobody else.
func TestAFormerRunIsSucceeded(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	kv, err := bucket.Ensure(t.Context(), js, jetstream.KeyValueConfig{Bucket: Bucket, TTL: Lease, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	another(t, kv, "up")
	isHeld(t, js, "up")
	up := Config{JetStream: js, Command: "up", Succeeds: true, Patience: time.Nanosecond}
	take(t, up).Release()
	another(t, kv, "rebuild")
	var held *HeldError
	if _, err := Take(t.Context(), up); !errors.As(err, &held) {
		t.Errorf("a rebuild that may be at work is succeeded: %v", err)
	}
}
