package agentcmd_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers/credentials"
)

// TestCredentialsOfAnotherLab are refused at once: with them everything that is sent would be put aside.
func TestCredentialsOfAnotherLab(t *testing.T) {
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	server, js := programmeOf(t, keys)
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: server, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	for lab, want := range map[string]string{"atelier-nord": "can be reached", "atelier-sud": "they can't send the activity of atelier-nord"} {
		issued, err := registry.Add(t.Context(), lab)
		if err == nil {
			err = credentials.WriteSecret(filepath.Join(dir, "lab.creds"), issued.Creds)
		}
		if err != nil {
			t.Fatal(err)
		}
		config := filepath.Join(dir, "agent.yaml")
		text := "lab: atelier-nord\nprogramme: {nats: \"" + server + "\", credentials: lab.creds}\nsources:\n  - {connector: series, system: a, count: 7}\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = run(t.Context(), &out, &out, "check", "--config", config, "--data", filepath.Join(dir, "data"))
		if said := fmt.Sprint(&out, err); !strings.Contains(said, want) || errors.As(err, new(wrong)) != (lab != "atelier-nord") {
			t.Errorf("with the credentials of %s: %s", lab, said)
		}
	}
}

// programmeOf is a server that takes credentials alone, and a connection of the service's.
func programmeOf(t *testing.T, keys *credentials.Keys) (url string, js jetstream.JetStream) {
	t.Helper()
	url, _ = testkit.Serve(t, natsd.Config{Dir: t.TempDir(), Port: natsd.AnyPort, SyncInterval: time.Second,
		Operator: &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}})
	options, err := credentials.ConnectOptions(keys.ServiceCredentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	return url, js
}

// A check asks and tells, and leaves nothing behind: a secret made here would be taken for the one to keep.
func TestCheckLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	config, data := filepath.Join(dir, "agent.yaml"), filepath.Join(dir, "data")
	text := "lab: atelier-nord\nprogramme: {nats: \"" + testkit.NATS(t) + "\"}\nsources:\n  - {connector: series, system: a, count: 7}\n  - {connector: series, name: b, system: b, count: x}\n  - {connector: series, name: c, system: c, count: 3, file: agent.yaml}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := run(t.Context(), &out, &out, "check", "--config", config, "--data", data)
	if err == nil || !strings.Contains(out.String(), "invalid syntax") || !strings.Contains(out.String(), "can be reached") {
		t.Errorf("%v:\n%s", err, &out)
	}
	if fields := strings.Fields(strings.Split(out.String(), "\n")[1]); len(fields) < 4 || fields[0] != "series" || fields[1] != "7" {
		t.Errorf("the first source's line: %q", fields)
	}
	if fields := strings.Fields(strings.Split(out.String(), "\n")[3]); len(fields) < 4 || fields[0] != "c" || fields[1] != "3" {
		t.Errorf("a file isn't read whole: %q", fields)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder is there: %v", err)
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("it speaks of a secret:\n%s", &out)
	}
}
