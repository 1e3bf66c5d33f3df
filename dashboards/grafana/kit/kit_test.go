package kit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vitrine/dashboards/grafana/kit"
)

func config(describe func(*kit.Board)) kit.Config {
	return kit.Config{
		Queries: fstest.MapFS{
			"count.sql":  {Data: []byte("SELECT name_{{lang}} AS name, transform(a, {{words audience}}, a) AS audience FROM vitrine.labs\n")},
			"nobody.sql": {Data: []byte("SELECT {{words nothing}}")},
		},
		Texts: fstest.MapFS{"t.yaml": {Data: []byte(`
x.title: {fr: "Titre", en: "Title"}
x.help: {fr: "Aide", en: "Help"}
count: {fr: "Nombre", en: "Number"}
count.help: {fr: "Combien ?", en: "How many?"}
empty: {fr: "Rien", en: "Nothing"}
colon: {fr: " : ", en: ": "}
unknown: {fr: "inconnu", en: "unknown"}
variable.vitrine: {fr: "Adresse", en: "Address"}
link.language: {fr: "In English", en: "En français"}
link.pages: {fr: "Pages", en: "Pages"}
link.pages.help: {fr: "Pages", en: "Pages"}
`)}},
		PublicURL:  "https://vitrine.example.org/",
		Dashboards: []kit.Description{{Name: "x", From: "now-1y", Describe: describe}},
	}
}

func build(t *testing.T, describe func(*kit.Board)) ([]kit.Built, error) {
	t.Helper()
	k, err := kit.New(config(describe))
	if err != nil {
		t.Fatal(err)
	}
	return k.Build()
}

func TestBothLanguages(t *testing.T) {
	all, err := build(t, func(b *kit.Board) {
		b.Add(b.Stat("count", kit.Size{Width: 24, Height: 4}, b.Table("count"), "name", "count").Description(b.Formula("D01")))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"fr/x.json": {`"vitrine-x-fr"`, `"Nombre"`, "name_fr", "['general_public'", "'Entreprises'", "/d/vitrine-x-en", "https://vitrine.example.org\"", "Nombre d'événements de découverte"},
		"en/x.json": {`"vitrine-x-en"`, `"Number"`, "name_en", "'Companies'", "'unknown'", "/d/vitrine-x-fr"},
	}
	for _, b := range all {
		raw, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want[b.File()] {
			if !strings.Contains(string(raw), text) {
				t.Errorf("%s lacks %s:\n%s", b.File(), text, raw)
			}
		}
		delete(want, b.File())
	}
	if len(want) > 0 {
		t.Errorf("not made: %v", want)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	size := kit.Size{Width: 6, Height: 4}
	for what, describe := range map[string]func(*kit.Board){
		`no "nothing.title"`:  func(b *kit.Board) { b.Row("nothing.title") },
		"nothing.sql":         func(b *kit.Board) { b.Table("nothing") },
		`words for "nothing"`: func(b *kit.Board) { b.Table("nobody") },
		`no indicator "Z99"`:  func(b *kit.Board) { b.Formula("Z99") },
		`no panel "count"`:    func(b *kit.Board) { b.Shared("count") },
		`two panels "count"`: func(b *kit.Board) {
			b.Add(b.Stat("count", size, b.Table("count"), "name", "count"))
			b.Add(b.Stat("count", size, b.Table("count"), "name", "count"))
		},
	} {
		if _, err := build(t, describe); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("the error is %v, want %s in it", err, what)
		}
	}
	if _, err := kit.New(kit.Config{}); err == nil {
		t.Error("a kit without anything is accepted")
	}
}
