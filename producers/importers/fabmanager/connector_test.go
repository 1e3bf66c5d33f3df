package fabmanager_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/schemas"
)

func options(t testing.TB, values map[string]string) importers.Options {
	t.Helper()
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	return importers.Options{Lab: "atelier-nord", Zone: zone, Salt: []byte("0123456789abcdef"), Values: values, State: importers.NoState{},
		Logger: slog.New(slog.DiscardHandler), Clock: midApril}
}

func TestTheConnectorImportsFromEachSource(t *testing.T) {
	f := serve(t, nil)
	for name, c := range map[string]struct {
		values map[string]string
		want   float64 // revenue of March
	}{
		"the API":        {map[string]string{"url": f.URL, "token": " " + token + "\n"}, 115},
		"saved pages":    {map[string]string{"dir": "testdata/pages"}, 115},
		"an export":      {map[string]string{"export": "testdata/exports/export_comptable_fr.csv"}, 40},
		"with a mapping": {map[string]string{"dir": "testdata/pages", "mapping": write(t, `accounts: {"7602": skip}`)}, 75},
	} {
		im, err := fabmanager.Connector().Open(options(t, c.values))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := monthOf(t, must(t, im, march), march); s["E01"] != c.want {
			t.Errorf("%s: %v", name, s)
		}
		if _, resumes := im.(importers.Resumer); !resumes {
			t.Errorf("%s: can't go on from where it was", name)
		}
	}
	im, err := fabmanager.Connector().Open(options(t, map[string]string{"export": "testdata/exports"}))
	if err != nil {
		t.Fatal(err)
	}
	if all, errs, err := events(t, im, march); err != nil || len(all) != 1 || len(errs) != 2 {
		t.Errorf("a folder of exports: %v, %v, %v", all, errs, err)
	}
}

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheConnectorSaysAllThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		values map[string]string
		fr, en []string
	}{
		"nothing given": {nil, []string{"aucun n'est donné"}, []string{"none is given"}},
		"two sources":   {map[string]string{"url": "https://a.example.org", "token": "t", "dir": "testdata/pages"}, []string{"url et dir : il n'en faut qu'un"}, []string{"url and dir: only one"}},
		"all that can be": {map[string]string{"url": "https://a.example.org", "dir": "none", "export": "none", "mapping": write(t, "machines: {a: nonsense}")},
			[]string{"il n'en faut qu'un", "réglage token : vide", "réglage dir, none", "réglage export, none", `"nonsense"`}, []string{"only one", "setting token: empty", "setting dir, none", "setting export, none", `"nonsense"`}},
		"an address without https": {map[string]string{"url": "http://a.example.org", "token": "t"}, []string{"le jeton circulerait en clair"}, []string{"not https"}},
	} {
		_, err := fabmanager.Connector().Open(options(t, c.values))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for lang, wants := range map[schemas.Lang][]string{schemas.French: c.fr, schemas.English: c.en} {
			for _, want := range wants {
				if got := importers.Say(err, lang); !strings.Contains(got, want) {
					t.Errorf("%s: %s; want %s", name, got, want)
				}
			}
		}
	}
	if _, err := fabmanager.Connector().Open(options(t, map[string]string{"url": "http://a.example.org", "token": "t", "plain-http": "true"})); err != nil {
		t.Errorf("plain-http: %v", err)
	}
}

// The settings' names are keys of the agent's file: they stay. Each is explained in both languages.
func TestTheConnectorsSettings(t *testing.T) {
	c := fabmanager.Connector()
	var names []string
	for _, s := range c.Settings {
		names = append(names, s.Name)
		if s.Help.FR == "" || s.Help.EN == "" || s.Help.FR == s.Help.EN {
			t.Errorf("%s isn't explained in French and English", s.Name)
		}
		if (s.Type == importers.Secret) != (s.Name == "token") {
			t.Errorf("%s is kept secret or not as it shouldn't", s.Name)
		}
	}
	if c.Name != "fabmanager" || !slices.Equal(names, []string{"url", "token", "plain-http", "allow-private", "dir", "export", "mapping"}) {
		t.Errorf("%s has the settings %v", c.Name, names)
	}
}
