package agent_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/producers/agent"
	"vitrine/schemas"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsReadWhole(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "token.txt", "secret\n")
	write(t, dir, "lab.creds", "creds")
	write(t, dir, "mqtt.txt", "pass")
	f, err := agent.ParseFile([]byte(`
lab: atelier-nord
zone: Indian/Reunion
listen: 127.0.0.1:9000
hooks-listen: 0.0.0.0:9001
salt-file: lab.salt
programme:
  nats: nats://programme.example.org:4222
  credentials: lab.creds
spool: {max-megabytes: 64, max-events: 5000, sync-interval: 2s}
mqtt: {listen: "0.0.0.0:1883", user: machines, password-file: mqtt.txt}
sources:
  - connector: register
    name: caisse
    at: "06:30"
    since: 2026-01-01
    system: caisse
    token-file: token.txt
    mapping: words.yaml
    all: true
  - {connector: hooked, system: portail}
  - {connector: machines, system: portes}
`), "agent.yaml", dir, connectors(&register{}))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Sources[0]
	if f.Lab != lab || f.Zone.String() != "Indian/Reunion" || f.Listen != "127.0.0.1:9000" || f.HooksListen != "0.0.0.0:9001" ||
		f.SaltFile != filepath.Join(dir, "lab.salt") || f.Programme.Credentials != filepath.Join(dir, "lab.creds") ||
		f.Spool != (agent.SpoolSpec{MaxBytes: 64 << 20, MaxEvents: 5000, SyncInterval: 2 * time.Second}) || f.MQTT.User != "machines" {
		t.Errorf("file %+v", f)
	}
	if s.Name != "caisse" || s.At != 390 || s.Every != 0 || s.Since.Format(time.RFC3339) != "2026-01-01T00:00:00+04:00" ||
		s.Values["token"] != "secret" || s.Values["mapping"] != filepath.Join(dir, "words.yaml") || s.Values["all"] != "true" || s.AllAtOnce || !f.Sources[1].AllAtOnce {
		t.Errorf("source %+v", s)
	}
	if f.Sources[1].Every != agent.DefaultEvery || f.Sources[2].Every != 0 || f.Sources[2].At >= 0 {
		t.Errorf("schedules %+v", f.Sources[1:])
	}
}

func TestMistakesInTheFileAreNamedWithTheirLine(t *testing.T) {
	const programme = "programme: {nats: \"nats://x\"}\n"
	const source = "sources:\n  - {connector: register, system: s}\n"
	for _, c := range []struct{ text, fr, en string }{
		{"lab: Nord\n" + programme + source, "ligne 1 : lab : « Nord » reçu", "line 1: lab: found \"Nord\""},
		{"lab: nord\nzone: Mars\n" + programme + source, "ligne 2 : zone", "line 2: zone"},
		{"lab: nord\n" + source, "« programme » manque", "“programme” is missing"},
		{"lab: nord\nprogramme: {gateway: \"https://x\"}\n" + source, "demande « token-file »", "needs “token-file”"},
		{"lab: nord\nprogramme: {gateway: \"https://x\", nats: y}\n" + source, "l'un des deux", "one of them"},
		{"lab: nord\nprogramme: {nats: x, credentials: nobody.creds}\n" + source, "ligne 2 : fichier illisible", "line 2: unreadable file"},
		{"lab: nord\n" + programme + "sources: []\n", "ligne 3 : « sources »", "line 3: “sources”"},
		{"lab: nord\n" + programme + "sources:\n  - {connector: nothing}\n", "ligne 4 : connector : « nothing » reçu, attendu l'un de : register", "line 4: connector"},
		{"lab: nord\n" + programme + "sources:\n  - {connector: register}\n", "ligne 4 : « system » manque : le système", "line 4: “system” is missing: the system"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    every: 1s\n", "ligne 6 : every", "line 6: every"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    every: 1h\n    at: \"06:30\"\n", "ligne 7 : « every » ou « at »", "line 7: “every” or “at”"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    at: noon\n", "ligne 6 : at", "line 6: at"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    since: soon\n", "ligne 6 : since", "line 6: since"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    token: abc\n", "ligne 6 : « token » est un secret", "line 6: \"token\" is a secret"},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    colour: red\n", "ligne 6 : clé inconnue « colour »", "line 6: unknown key \"colour\""},
		{"lab: nord\n" + programme + "sources:\n  - connector: register\n    system: s\n    system: t\n", "YAML illisible", "not readable as YAML"},
		{"lab: nord\n" + programme + source + "  - {connector: register, system: t}\n", "ligne 5 : deux sources", "line 5: two sources"},
		{"lab: nord\n" + programme + "sources:\n  - {connector: machines, system: s}\n", "« mqtt » manque", "“mqtt” is missing"},
		{"lab: nord\n" + programme + "sources:\n  - {connector: machines, system: s, topics: \"machine/+, agent/#\"}\n", "ligne 4 : topics : « agent/# » reçu", "line 4: topics: found \"agent/#\""},
		{"lab: nord\n" + programme + "spool: {max-events: many}\n" + source, "ligne 3 : max-events", "line 3: max-events"},
		{"lab: nord\n" + programme + "listen: here\n" + source, "ligne 3 : listen", "line 3: listen"},
		{"lab: [", "YAML illisible", "not readable as YAML"},
		{"- a\n", "« clé: valeur »", "“key: value”"},
		{"", "un document YAML", "one YAML document"},
	} {
		windows := "\ufeff" + strings.ReplaceAll(c.text, "\n", " # note\r\n") // as an editor there writes it
		_, err := agent.ParseFile([]byte(windows), "agent.yaml", t.TempDir(), connectors(&register{}))
		if said := (*agent.FileError)(nil); !errors.As(err, &said) || !strings.Contains(said.In(schemas.French), c.fr) {
			t.Errorf("%q\ngot %v, want %q", windows, err, c.fr)
		}
		_, err = agent.ParseFile([]byte(c.text), "agent.yaml", t.TempDir(), connectors(&register{}))
		var file *agent.FileError
		if !errors.As(err, &file) || !strings.Contains(file.In(schemas.French), c.fr) || !strings.Contains(file.Error(), c.en) {
			t.Errorf("%s\ngot %v, want %q and %q", c.text, err, c.fr, c.en)
		}
	}
}

// Whoever listens everywhere is asked at the loopback: "http://:8081" and "http://0.0.0.0:8081" are no
// addresses that every system and browser can open.
func TestThePageHasAnAddressToOpen(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8081": "http://127.0.0.1:8081", "0.0.0.0:8081": "http://127.0.0.1:8081", ":8081": "http://127.0.0.1:8081",
		"[::]:8081": "http://[::1]:8081", "192.168.1.7:80": "http://192.168.1.7:80", "atelier.lan:8081": "http://atelier.lan:8081",
	} {
		if got := (&agent.File{Listen: listen}).PageURL(); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

func TestASecretIsntEchoed(t *testing.T) {
	_, err := agent.ParseFile([]byte("lab: nord\nsources:\n  - {connector: register, system: s, token: hunter2}\n"), "agent.yaml", t.TempDir(), connectors(&register{}))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// Whatever the text: there is a file that can be used, or problems.
func FuzzParseFile(f *testing.F) {
	f.Add(oneSource)
	f.Add("lab: &a x\nzone: *a\n")
	f.Add("lab: |\n  nord\nsources: {}\n")
	f.Add("? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := agent.ParseFile([]byte(text), "agent.yaml", "/nonexistent", connectors(&register{}))
		if err != nil {
			var problems *agent.FileError
			if !errors.As(err, &problems) || len(problems.Problems) == 0 || err.Error() == "" || problems.In(schemas.French) == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if !schemas.IsSlug(file.Lab) || len(file.Sources) == 0 || file.Zone == nil || file.Listen == "" || (file.Programme.NATS == "") == (file.Programme.Gateway == "") {
			t.Fatalf("file %+v", file)
		}
		for _, s := range file.Sources {
			if !schemas.IsSlug(s.Name) || s.Every < 0 || s.Every > 0 && s.Every < agent.MinEvery || s.Every > 0 && s.At >= 0 {
				t.Fatalf("source %+v", s)
			}
		}
	})
}
