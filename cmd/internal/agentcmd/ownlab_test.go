package agentcmd

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/agent"
	"vitrine/producers/credentials"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// While another lab's credentials stand in the place of the right ones, events wait: none is refused for good.
func TestEventsWaitForTheLabsOwnCredentials(t *testing.T) {
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	url, _ := testkit.Serve(t, natsd.Config{Dir: t.TempDir(), Port: natsd.AnyPort, SyncInterval: time.Second,
		Operator: &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}})
	service, err := producers.New(producers.Config{URL: url, CredentialsFile: keys.ServiceCredentials()})
	if err == nil {
		err = service.Connect(t.Context())
	}
	if err == nil {
		err = service.EnsureStreams(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	path := filepath.Join(dir, "lab.creds")
	issue := issuer(t, url, keys)
	give := func(lab string) {
		if err := credentials.WriteSecret(path, issue(lab)); err != nil {
			t.Fatal(err)
		}
	}

	give("atelier-nord")
	env := Environment{Lang: func() schemas.Lang { return schemas.French }, Wrong: func(err error) error { return err }}
	file := &agent.File{Lab: "atelier-nord", Programme: agent.ProgrammeSpec{NATS: url, Credentials: path}}
	s, err := env.sender(file, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	give("atelier-sud")
	event, err := schemas.NewEvent("atelier-nord", "", time.Now().Add(-time.Hour), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	parcels := []producers.Parcel{{ID: "1", Raw: raw}}
	settled, err := s.Send(t.Context(), parcels)
	if len(settled) > 0 || err == nil || !strings.Contains(importers.Say(err, schemas.French), "ne permettent pas d'envoyer l'activité de atelier-nord") {
		t.Errorf("with another lab's: settled %v, %v", settled, err)
	}
	give("atelier-nord")
	if settled, err := s.Send(t.Context(), parcels); len(settled) != 1 || settled[0] != nil || err != nil {
		t.Errorf("with its own again: settled %v, %v", settled, err)
	}
}

// issuer gives labs' credentials, the same each time.
func issuer(t *testing.T, url string, keys *credentials.Keys) func(lab string) []byte {
	options, err := credentials.ConnectOptions(keys.ServiceCredentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: url, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	issued := map[string][]byte{}
	return func(lab string) []byte {
		if issued[lab] == nil {
			made, err := registry.Add(t.Context(), lab)
			if err != nil {
				t.Fatal(err)
			}
			issued[lab] = made.Creds
		}
		return issued[lab]
	}
}
