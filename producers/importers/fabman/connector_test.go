package fabman_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/schemas"
)

func options(f *api, values map[string]string) importers.Options {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return importers.Options{Lab: lab, Zone: paris, Values: values, State: importers.NoState{}, Logger: slog.New(slog.DiscardHandler), Clock: f.config().Clock}
}

func TestConnector(t *testing.T) {
	f := serve(t)
	mapping := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(mapping, []byte("refs: {Laser: laser-1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := fabman.Connector()
	im, err := c.Open(options(f, map[string]string{"url": f.URL + "/api/v1", "token": token + "\n", "webhook-secret": secret, "mapping": mapping, "lookback-days": "30", "space": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	wantHours(t, must(t, im, march), map[string]float64{"laser-1": 2.5, "fabman-246": 12})
	if events := receive(t, im.(importers.Receiver), webhook(sample(t, "webhook_resourceLog_updated"))); len(events) != 1 {
		t.Errorf("%v", events)
	}
	if _, resumes := im.(importers.Resumer); !resumes || c.Feed != importers.Webhook || c.Name != "fabman" {
		t.Errorf("%+v", c)
	}
	for _, s := range c.Settings {
		if s.Help.FR == "" || s.Help.EN == "" || s.Help.FR == s.Help.EN {
			t.Errorf("%s isn't explained in both languages", s.Name)
		}
	}
}

func TestConnectorSaysAllThatIsWrong(t *testing.T) {
	_, err := fabman.Connector().Open(options(serve(t), map[string]string{"url": "http://fabman.example.org", "space": "x", "lookback-days": "1", "mapping": "/nowhere.yaml"}))
	for _, want := range []string{"not https", "setting token: empty", `setting space, "x"`, "lookback-days, 1: at least 7 days", "/nowhere.yaml"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: nothing about %q", err, want)
		}
	}
	said := importers.Say(err, schemas.French)
	for _, want := range []string{"circulerait en clair", "réglage token : vide", `réglage space, "x" : attendu un nombre`, "lookback-days, 1 : il faut au moins 7 jours", "/nowhere.yaml : ce fichier ou dossier n'existe pas"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s: nothing about %q", said, want)
		}
	}
}
