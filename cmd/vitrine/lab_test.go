package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// labCommand runs vitrine lab against a server; what stands after its name are arguments.
func (f *fortress) labCommand(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return command(t, "", f.url, append([]string{"lab", "--keys", filepath.Join(f.dir, "keys")}, args...)...)
}

var tokenLine = regexp.MustCompile(`(?m)^token: (vit_\S+)$`)

func TestLabAddRegistersAndIssues(t *testing.T) {
	f := newFortress(t, false) // the commands find the service's credentials themselves
	creds := filepath.Join(t.TempDir(), "l.creds")
	status, out, errs := f.labCommand(t, "add", "labo-neuf", "--name", "Labo Neuf", "--commune", "Saint-Denis", "--zone", "Indian/Reunion", "--latitude", "-20.9", "--creds-out", creds)
	if status != 0 || errs != "" {
		t.Fatalf("%d, %q, %q", status, out, errs)
	}
	if !tokenLine.MatchString(out) {
		t.Errorf("no token on a line of its own: %q", out)
	}
	if info, err := os.Stat(creds); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials file: %v", err)
	}
	stream, err := f.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetLastMsgForSubject(t.Context(), schemas.Subject("labo-neuf", "lab.registered"))
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Data map[string]any }
	if err := json.Unmarshal(m.Data, &said); err != nil || said.Data["zone"] != "Indian/Reunion" || said.Data["latitude"] != -20.9 || said.Data["name"] != "Labo Neuf" {
		t.Errorf("registered as %s, %v", m.Data, err)
	}

	// The lab publishes with what it was given; nobody does without.
	event := strings.ReplaceAll(eventJSON(1, "5"), attacker, "labo-neuf")
	if status, out, errs := command(t, event, f.url, "publish", "--nats-creds", creds, "-"); status != 0 {
		t.Errorf("the lab's event: %d, %q, %q", status, out, errs)
	}
	if status, _, errs := command(t, event, f.url, "publish", "-"); status != 1 || !strings.Contains(errs, "check the credentials") {
		t.Errorf("without credentials: %d, %q", status, errs)
	}
}

func TestLabAddIssuesNothingWhenRefused(t *testing.T) {
	f := newFortress(t, false)
	out, nowhere := filepath.Join(t.TempDir(), "l.creds"), filepath.Join(t.TempDir(), "none", "l.creds")
	before, err := f.registry.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"add labo-neuf --name X --latitude 200", 1, "data.latitude"},
		{"add labo-neuf --commune X", 1, "data.name"},
		{"add labo-neuf --name X --commune Y --latitude north", 1, "data.latitude"},
		{"add Labo", 2, "short name"}, {"add a.b", 2, "short name"}, {"add", 2, "expected a lab's short name"}, {"add a b", 2, "expected a lab's short name"},
		{"add programme", 2, "--programme"}, {"add --programme labo-neuf", 2, "--programme"}, {"add --programme --name X", 2, "registers no lab"},
		{"add " + attacker, 1, "rotate"}, {"add " + attacker + " --name X --commune Y", 1, "rotate"},
		{"add --lang fr " + attacker, 1, "a déjà des identifiants"},
		{"rotate labo-neuf", 1, "has no credentials"}, {"revoke labo-neuf", 1, "has no credentials"}, {"revoke --lang fr labo-neuf", 1, "n'a pas d'identifiants"},
		{"rotate " + attacker + " --grace -1h", 2, "--grace"}, {"add labo-neuf --creds-out " + t.TempDir(), 2, "is a folder"},
		{"add labo-neuf --creds-out " + nowhere, 2, "nothing was issued"}, {"add labo-neuf --name X --commune Y --creds-out " + nowhere, 2, "nothing was issued"},
		{"rotate " + attacker + " --creds-out " + nowhere, 2, "nothing was issued"}, {"rotate " + attacker + " --creds-out " + t.TempDir(), 2, "is a folder"},
		{"rotate --lang fr " + attacker + " --creds-out " + nowhere, 2, "none : ce fichier ou dossier n'existe pas"}, {"rotate ../x", 2, "short name"},
		{"list --keys /nowhere", 2, "no keys in /nowhere"}, {"list --lang fr --keys /nowhere", 2, "aucune clé"},
	} {
		args := strings.Fields(c.args)
		if !strings.Contains(c.args, "--creds-out") && args[0] != "list" && args[0] != "revoke" {
			args = append(args, "--creds-out", out)
		}
		if status, stdout, errs := f.labCommand(t, args...); status != c.status || !strings.Contains(errs, c.want) || tokenLine.MatchString(stdout) {
			t.Errorf("lab %s: %d, %q, %q; want %d and %q", c.args, status, stdout, errs, c.status, c.want)
		}
	}
	entries, err := f.registry.List(t.Context())
	if err != nil || !reflect.DeepEqual(entries, before) {
		t.Errorf("%+v, %v: want what was there, %+v", entries, err, before)
	}
	if stream, err := f.js.Stream(t.Context(), schemas.StreamEvents); err != nil || stream.CachedInfo().State.Msgs != 0 {
		t.Errorf("something was registered (%v)", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a credentials file was written")
	}
}

func TestLabRotateRevokeList(t *testing.T) {
	f := newFortress(t, false)
	creds := filepath.Join(t.TempDir(), "a.creds")
	status, out, errs := f.labCommand(t, "rotate", attacker, "--grace", "24h", "--creds-out", creds)
	token := tokenLine.FindStringSubmatch(out)
	if status != 0 || token == nil || token[1] == f.token[attacker] {
		t.Fatalf("%d, %q, %q", status, out, errs)
	}
	if !strings.Contains(out, "run vitrine lab list then") {
		t.Errorf("with a time of grace it doesn't say who ends it: %q", out)
	}
	status, out, _ = f.labCommand(t, "list")
	if hint := token[1][:strings.LastIndex(token[1], "_")+5]; status != 0 || !strings.Contains(out, hint) || strings.Contains(out, token[1]) || !strings.Contains(out, "programme") {
		t.Errorf("%d, %s", status, out)
	}
	if status, out, errs := f.labCommand(t, "revoke", attacker, "--lang", "fr"); status != 0 || out != "Les identifiants de atelier-nord sont révoqués.\n" {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
	if status, _, errs := command(t, eventJSON(1, "5"), f.url, "publish", "--nats-creds", creds, "-"); status != 1 {
		t.Errorf("a revoked lab published: %d, %q", status, errs)
	}
	var listed []struct {
		Lab     string
		Revoked string
		Good    int `json:"good_tokens"`
	}
	status, out, errs = f.labCommand(t, "list", "--json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil || status != 0 || len(listed) != 3 {
		t.Fatalf("%d, %q, %q, %v", status, out, errs, err)
	}
	if l := listed[0]; l.Lab != attacker || l.Revoked == "" || l.Good != 0 {
		t.Errorf("%+v", l)
	}
	if l := listed[2]; l.Lab != credentials.Programme || l.Revoked != "" || l.Good != 1 {
		t.Errorf("%+v", l)
	}
}

// TestLabKeysOfAnotherServer signs with keys that the server doesn't know.
func TestLabKeysOfAnotherServer(t *testing.T) {
	f := newFortress(t, false)
	other := t.TempDir()
	if status, out, errs := command(t, "", f.url, "lab", "keys", "--keys", other); status != 0 || !strings.Contains(out, "nats-operator.conf") {
		t.Fatalf("%d, %q, %q", status, out, errs)
	}
	if status, _, errs := command(t, "", f.url, "lab", "list", "--keys", other); status != 1 || !strings.Contains(errs, "doesn't accept the keys") {
		t.Errorf("%d, %q", status, errs)
	}
}

// TestLocalConnectionsNeedNoCredentials holds that programs on this machine go on as they did.
func TestLocalConnectionsNeedNoCredentials(t *testing.T) {
	f := newFortress(t, true)
	conn, err := (&environment{Config: config{NATSURL: f.url}}).dialNATS(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Stream(t.Context(), schemas.StreamEvents); err != nil {
		t.Error(err)
	}
	for host, want := range map[string]bool{"": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true, "localhost": true, "0.0.0.0": false, "::": false, "192.0.2.1": false, "example.org": false} {
		if isLoopback(host) != want {
			t.Errorf("isLoopback(%q) = %t", host, !want)
		}
	}
}
