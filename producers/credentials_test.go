package producers_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// secured is a server that trusts keys, with the registry of what is issued and Vitrine's streams.
func secured(t *testing.T) (url string, registry *credentials.Registry) {
	t.Helper()
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	url, _ = testkit.Serve(t, natsd.Config{Dir: filepath.Join(dir, "nats"), Port: natsd.AnyPort, SyncInterval: time.Second,
		Operator: &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}})
	conn, err := nats.Connect(url, nats.UserCredentials(keys.ServiceCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := producers.EnsureStreams(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	if registry, err = credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: url, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	return url, registry
}

// TestALabPublishesWithItsCredentials uses what `vitrine lab add` hands over, until it is replaced and
// the new one put in the same file.
func TestALabPublishesWithItsCredentials(t *testing.T) {
	url, registry := secured(t)
	issued, err := registry.Add(t.Context(), "atelier-nord")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "atelier-nord.creds")
	if err := credentials.WriteSecret(file, issued.Creds); err != nil {
		t.Fatal(err)
	}
	lab, _ := connect(t, url, func(c *producers.Config) { c.CredentialsFile = file })
	receipt, err := lab.Publish(t.Context(), training(t, 1))
	if err != nil || receipt.Seq != 1 || receipt.Attempts != 1 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if totals, err := lab.PublishAll(t.Context(), slices.Values([]*schemas.Event{training(t, 2), training(t, 3)}), producers.Options{}); err != nil || totals.Accepted != 2 {
		t.Fatalf("%+v, %v", totals, err)
	}
	other, err := schemas.NewEvent("fabrique-sud", "", when, schemas.MachineUsage{Machine: "m1", Category: "other", Origin: "booked", End: when.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var forbidden *producers.ForbiddenError
	if _, err := lab.Publish(t.Context(), other); !errors.As(err, &forbidden) {
		t.Errorf("another lab's event: %v", err)
	}

	replaced, err := registry.Rotate(t.Context(), "atelier-nord", 0)
	if err != nil {
		t.Fatal(err)
	}
	// A publish that was under way when the connection was cut waits for its answer first; how soon the server refuses is
	// TestRevokedLabIsCutOffWithinASecond's matter.
	testkit.Eventually(t, soon, func() error {
		if _, err := lab.Publish(t.Context(), training(t, 4)); !errors.As(err, &forbidden) {
			return fmt.Errorf("with the former credentials: %v", err)
		}
		return nil
	})
	if _, err := lab.PublishAll(t.Context(), slices.Values([]*schemas.Event{training(t, 4)}), producers.Options{}); !errors.As(err, &forbidden) {
		t.Errorf("with the former credentials: %v", err)
	}
	if err := credentials.WriteSecret(file, replaced.Creds); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, soon, func() error {
		_, err := lab.Publish(t.Context(), training(t, 4))
		return err
	})
}

func TestCredentialsFileThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.creds")
	for _, content := range []string{"", "nonsense", "missing"} {
		if content != "missing" {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		p, err := producers.New(producers.Config{URL: "nats://127.0.0.1:1", CredentialsFile: file})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "x.creds") {
			t.Errorf("%s: %v", content, err)
		}
	}
}
