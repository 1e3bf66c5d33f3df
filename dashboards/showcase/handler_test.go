package showcase

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHomeInBothLanguages(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	tests := []struct {
		target, accept string
		lang           string
		want           []string
	}{
		{"/", "", "fr", nil},
		{"/", "de, en-GB;q=0.4, fr;q=0.8", "fr", nil},
		{"/", "de", "fr", nil},
		{"/?lang=xx", "fr;q=0, en;q=0.1", "en", nil},
		{"/?lang=fr", "en", "fr", []string{
			"Chiffres publiés jusqu’au 31\u00a0mars\u00a02026", "23\u202f918", "41\u202f260\u00a0h", "Participations aux découvertes", "hors quantités masquées de 2\u00a0ateliers",
			"14\u00a0avril\u00a02026 à 18\u00a0h\u00a000", "Découpe laser, premiers pas", "Formation", "Un fab lab au bord de l’eau", "Bouée connectée", "CC BY-SA",
			"Prototypage · 9\u00a0machines", "1\u00a0atelier n’est pas sur la carte", "812\u00a0ko", "Un trimestre n’est pas publié seul\u00a0: petits nombres masqués.", "Licence Ouverte 2.0", "La Réunion",
		}},
		{"/?lang=en", "fr", "en", []string{
			"Figures published up to 31\u00a0March\u00a02026", "23,918", "41,260\u00a0h", "Discovery attendances", "without masked amounts of 2\u00a0labs",
			"14\u00a0April\u00a02026 at 18:00", "Training", "Prototyping · 9\u00a0machines", "812\u00a0kB", "Small numbers are masked.",
		}},
	}
	for _, tt := range tests {
		w := get(t, h, tt.target, "Accept-Language", tt.accept)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", tt.target, w.Code)
		}
		if got := w.Header().Get("Content-Language"); got != tt.lang {
			t.Errorf("%s with %q: language %q, want %q", tt.target, tt.accept, got, tt.lang)
		}
		body := w.Body.String()
		for _, want := range append(tt.want, `<html lang="`+tt.lang+`">`) {
			if !strings.Contains(body, want) {
				t.Errorf("%s with %q: no %q", tt.target, tt.accept, want)
			}
		}
		for _, lab := range programme().Labs {
			if !strings.Contains(body, ">"+lab.Name+"</a>") {
				t.Errorf("%s: lab %s isn't there", tt.target, lab.Slug)
			}
		}
	}
}

var labLink = regexp.MustCompile(`<h3><a href="/labs/([^"?]+)`)

func TestFilter(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	all := []string{"tres-long", "bientot", "etang", "atelier-nord", "piton", "zinc", "zinc-2"}
	tests := map[string][]string{
		"/":                             all,
		"/?region=Atlantide&archetype=": all, // what no lab has isn't a choice
		"/?region=Pays+de+la+Loire":     {"zinc", "zinc-2"},
		"/?archetype=rural":             {"etang", "piton", "zinc-2"},
		"/?archetype=rural&region=Pays+de+la+Loire":    {"zinc-2"},
		"/?archetype=urbain&region=Occitanie":          nil,
		"/?lang=en&archetype=rural&region=Hauts-de-Fr": {"etang", "piton", "zinc-2"},
	}
	for target, want := range tests {
		body := get(t, h, target).Body.String()
		var got []string
		for _, m := range labLink.FindAllStringSubmatch(body, -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: labs\n got %v\nwant %v", target, got, want)
		}
		// Every lab that has a place is on the map as well.
		pins := strings.Count(body, `class="pin"`)
		if slices.Contains(want, "bientot") {
			pins++
		}
		if pins != len(want) {
			t.Errorf("%s: %d pins of %d labs", target, pins, len(want))
		}
	}
}

func TestChoicesStayInLinks(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	body := get(t, h, "/?lang=en&archetype=rural").Body.String()
	for _, want := range []string{
		`href="/?archetype=rural&amp;lang=fr" lang="fr"`, // switching keeps the choice
		`href="/labs/etang?lang=en"`,                     // a lab keeps the language
		`name="lang" value="en"`,                         // so does another choice
		`<option value="rural" selected>`,                // which is the one shown
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if body := get(t, h, "/").Body.String(); !strings.Contains(body, `href="/labs/etang"`) {
		t.Error("a language that nobody asked for is in the links")
	}
}

func TestLabPage(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	w := get(t, h, "/labs/etang?lang=fr")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	body := w.Body.String()
	for _, want := range []string{
		"<h1>Étang numérique</h1>", "Sète · Occitanie", "Profil rural", "1er\u00a0mai\u00a02019", `<a href="https://www.etang.example/" rel="noreferrer">etang.example</a>`,
		"Prototypage", "Du croquis à la pièce", "<dt>Découpe laser</dt><dd>2</dd>", `href="/labs/etang/agenda.ics?lang=fr"`, "Portes ouvertes", "Quai 3",
		`<a href="https://gazette.example/a" rel="noreferrer">Un fab lab au bord de l’eau</a>`, "Sans titre", "bouee · CC BY-SA", `class="pin"`,
		"<dd>812</dd>", "moins de 3\u00a0entreprises, ou permettrait de le déduire</small></dt><dd>masqué</dd>", "porte sur trop peu de personnes ou d’entreprises",
		"<b>812</b> sur 1\u202f200", "67\u00a0%", "<b>masqué</b> sur 120", "<b>66,3\u00a0€</b> pour un plafond de 70\u00a0€", "<b>Aucune donnée</b> sur 40", "PME",
		"du 1er\u00a0janvier\u00a02025 au 31\u00a0décembre\u00a02026",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, "javascript:") {
		t.Error("an address that isn't of the web is a link")
	}
	body = get(t, h, "/labs/bientot?lang=en").Body.String()
	for _, want := range []string{"announces no date", "No service is described", "No machine is described", "No figures are published yet"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, `class="pin"`) {
		t.Error("a lab whose place isn't known is on a map")
	}
}

func TestOpenDataPage(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	body := get(t, h, "/open-data?lang=fr").Body.String()
	for _, want := range []string{`href="/open-data/vitrine-2026-Q1.csv"`, "812\u00a0ko", `href="https://licence.example/2.0" rel="license noreferrer"`, "Publié par La direction.", "Un trimestre n’est pas publié seul\u00a0: petits nombres masqués.", "/open-data/index.json"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if body := get(t, newHandler(t, fixed{}), "/open-data?lang=en").Body.String(); !strings.Contains(body, "No quarter has been published yet.") {
		t.Error("it doesn't say that there are no files")
	}
}

func TestHostileNames(t *testing.T) {
	const evil = `"><script>alert(1)</script><a href="javascript:alert(1)" onclick='x'>`
	p := programme()
	both := Text{evil, evil}
	measure := Measure{Code: evil, Name: both, Unit: evil, About: evil}
	p.Totals[0].Measure = measure
	lab := &p.Labs[0]
	lab.Slug, lab.Name, lab.Commune, lab.Region, lab.Archetype, lab.ArchetypeName, lab.Website = evil, evil, evil, evil, evil, both, "javascript:alert(1)"
	lab.Services = []Service{{Name: both, Title: evil, URL: "data:text/html,<script>"}}
	lab.Machines = []Machines{{Category: both}}
	lab.Mentions = []Item{{Title: evil, By: evil, URL: "javascript:alert(1)"}}
	lab.Projects = []Item{{Title: evil, By: evil, Licence: both, URL: "https://user:secret@host.example/" + evil}}
	lab.Sessions = []Session{{Title: evil, Place: evil, URL: "JAVASCRIPT:alert(1)"}}
	lab.Figures = []Figure{{Measure: measure}}
	lab.Commitments = []Commitment{{Measure: measure, Segment: both, Status: Status(evil)}}
	p.OpenData = &OpenData{Files: []File{{Path: "javascript:alert(1)", Format: evil}}, Licence: evil, LicenceURL: "javascript:alert(1)", Publisher: evil, Masking: both}
	h := newHandler(t, fixed{programme: p})
	home := get(t, h, "/").Body.String()
	link := regexp.MustCompile(`href="(/labs/[^"]*script[^"]*)"`).FindStringSubmatch(home)
	if link == nil {
		t.Fatal("the lab has no link")
	}
	w := get(t, h, strings.ReplaceAll(link[1], "&#39;", "'"))
	if w.Code != http.StatusOK {
		t.Errorf("its link leads to status %d", w.Code)
	}
	for name, body := range map[string]string{
		"home": home,
		"lab":  w.Body.String(),
		"data": get(t, h, "/open-data").Body.String(),
		"404":  get(t, h, "/labs/%22%3E%3Cscript%3Ealert(1)").Body.String(),
	} {
		for _, bad := range []string{"<script", `href="javascript:`, ` onclick='x'`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	var log bytes.Buffer
	down, err := New(Config{
		Source: fixed{err: errors.New("dial tcp 10.1.2.3:8123: refused")},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method, target string
		h                    http.Handler
		status               int
		header, value        string
		want                 []string
	}{
		{"unknown lab", "GET", "/labs/nulle-part?lang=fr", h, 404, "Cache-Control", "no-store", []string{"Erreur 404", "Cet atelier est inconnu", "«\u00a0nulle-part\u00a0»", `href="/?lang=fr"`}},
		{"unknown lab", "GET", "/labs/nowhere?lang=en", h, 404, "Content-Language", "en", []string{"Error 404", "This lab is unknown", "“nowhere”"}},
		{"unknown page", "GET", "/admin?lang=en", h, 404, "Content-Type", "text/html; charset=utf-8", []string{"This page does not exist"}},
		{"unknown page", "GET", "/labs/", h, 404, "", "", []string{"Cette page n’existe pas"}},
		{"unknown asset", "GET", "/assets/none.css", h, 404, "", "", []string{"Cette page n’existe pas"}},
		{"another host", "GET", "/", evilPath{h}, 404, "", "", []string{`href="/evil.example/?lang=en"`}},
		{"no listing", "GET", "/assets/", h, 404, "", "", nil},
		{"write", "POST", "/?lang=fr", h, 405, "Allow", "GET, HEAD", []string{"/v1/events"}},
		{"write", "DELETE", "/labs/etang?lang=en", h, 405, "Allow", "GET, HEAD", []string{"can only be read"}},
		{"down", "GET", "/?lang=fr", down, 503, "Retry-After", "5", []string{"Rien n’est perdu", `href="/?lang=fr">Réessayer`, "<code>vitrine status</code>"}},
		{"down", "GET", "/labs/etang?lang=en", down, 503, "Retry-After", "5", []string{"Nothing is lost"}},
		{"down, assets aren't", "GET", "/assets/style.css", down, 200, "Content-Type", "text/css; charset=utf-8", nil},
	}
	for _, tt := range tests {
		w := request(t, tt.h, tt.method, tt.target)
		if w.Code != tt.status {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.target, w.Code, tt.status)
		}
		if got := w.Header().Get(tt.header); tt.header != "" && got != tt.value {
			t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.target, tt.header, got, tt.value)
		}
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s: no %q", tt.method, tt.target, want)
			}
		}
		if strings.Contains(w.Body.String(), "10.1.2.3") {
			t.Errorf("%s %s: the visitor sees the cause", tt.method, tt.target)
		}
	}
	if !strings.Contains(log.String(), "10.1.2.3:8123: refused") {
		t.Errorf("the log lacks the cause: %s", log.String())
	}
}

// evilPath asks for a page as a mux that doesn't clean paths would.
type evilPath struct{ h *Handler }

func (e evilPath) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = "//evil.example/"
	e.h.serveNotFound(w, r)
}

func TestLongAddressIsCut(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	body := get(t, h, "/labs/"+strings.Repeat("%C3%A9", 5000)).Body.String()
	if !strings.Contains(body, "éé… »") && !strings.Contains(body, "éé…\u00a0»") {
		t.Error("the name isn't cut")
	}
}

func TestEmpty(t *testing.T) {
	h := newHandler(t, fixed{programme: Programme{}})
	w := get(t, h, "/?lang=fr")
	for _, want := range []string{"Aucun atelier pour l’instant", "<code>vitrine lab add --help</code>", "<code>vitrine demo</code>"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	for _, bad := range []string{"<svg class=\"map", "Depuis le début", "0\u00a0atelier", "0 atelier", "1\u00a0janvier", "refresh"} {
		if strings.Contains(w.Body.String(), bad) {
			t.Errorf("it has %q", bad)
		}
	}
}

func TestLoading(t *testing.T) {
	p := programme()
	p.Loading = &Progress{Done: 49_999, Total: 50_000}
	h := newHandler(t, fixed{programme: p})
	for _, target := range []string{"/?lang=fr", "/labs/etang?lang=fr", "/open-data?lang=fr"} {
		body := get(t, h, target).Body.String()
		for _, want := range []string{
			`<meta http-equiv="refresh" content="3">`, `value="49999" max="50000"`,
			"49\u202f999 événements sur 50\u202f000, soit 99\u00a0%.", "les chiffres à la fin\u202f;",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", target, want)
			}
		}
	}
	h = newHandler(t, fixed{programme: Programme{Loading: &Progress{Done: 12}}})
	body := get(t, h, "/?lang=en").Body.String()
	if !strings.Contains(body, "12 events so far.") || strings.Contains(body, "max=") || strings.Contains(body, "No lab yet") {
		t.Error("a history of unknown length, before the first lab, is shown wrongly")
	}
	if body := get(t, newHandler(t, fixed{programme: programme()}), "/").Body.String(); strings.Contains(body, "refresh") {
		t.Error("a page that is complete reloads")
	}
}

func TestHeaders(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	for _, target := range []string{"/", "/labs/etang", "/open-data", "/nowhere", "/assets/style.css", "/assets/icon.svg"} {
		w := get(t, h, target)
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none';") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", target, got)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", target, got)
		}
		head := request(t, h, http.MethodHead, target)
		if head.Code != w.Code || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD answers %d, %d bytes, length %s", target, head.Code, head.Body.Len(), head.Header().Get("Content-Length"))
		}
		body := w.Body.String()
		if strings.Contains(w.Header().Get("Content-Type"), "html") {
			for _, bad := range []string{"<script", "<style", " style=", `src="http`, "@import"} {
				if strings.Contains(body, bad) {
					t.Errorf("%s has %s, which the policy forbids", target, bad)
				}
			}
		}
		tag := w.Header().Get("ETag")
		if target == "/nowhere" {
			continue
		}
		if again := get(t, h, target, "If-None-Match", `"other", `+tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: with its own tag %s: status %d, %d bytes", target, tag, again.Code, again.Body.Len())
		}
		if again := get(t, h, target, "If-None-Match", `"other"`); again.Code != http.StatusOK {
			t.Errorf("%s: with another tag: status %d", target, again.Code)
		}
	}
}

func TestAssetsAreKeptForGood(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	link := regexp.MustCompile(`rel="stylesheet" href="([^"]+)"`).FindStringSubmatch(get(t, h, "/").Body.String())
	if link == nil {
		t.Fatal("the page has no style pages.Sheet")
	}
	if got := get(t, h, link[1]).Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("%s: Cache-Control %q", link[1], got)
	}
	for _, target := range []string{"/assets/style.css", "/assets/style.css?v=old"} {
		if got := get(t, h, target).Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", target, got)
		}
	}
}

func TestGzip(t *testing.T) {
	h := newHandler(t, fixed{programme: programme()})
	for _, target := range []string{"/", "/labs/etang", "/labs/none", "/assets/style.css"} {
		plain := get(t, h, target, "Accept-Encoding", "br, gzip;q=0")
		if plain.Header().Get("Content-Encoding") != "" {
			t.Fatalf("%s: compressed though refused", target)
		}
		w := get(t, h, target, "Accept-Encoding", "br, gzip;q=0.5")
		if !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: Vary %q", target, w.Header().Get("Vary"))
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		body, err := io.ReadAll(z)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if !bytes.Equal(body, plain.Body.Bytes()) {
			t.Errorf("%s: compressed, it's another page", target)
		}
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("it does without a source")
	}
	if _, err := New(Config{Source: fixed{}, Timeout: -time.Second}); err == nil {
		t.Error("it takes a negative timeout")
	}
	h, err := New(Config{Source: fixed{programme: programme()}, NameFR: "Plan fab"})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/?lang=fr", "/?lang=en"} {
		if !strings.Contains(get(t, h, target).Body.String(), "<h1>Plan fab</h1>") {
			t.Errorf("%s: the programme's name isn't there", target)
		}
	}
}

// TestThousandLabs holds the page to a size and the renderer to doing its work at all at that scale.
func TestThousandLabs(t *testing.T) {
	w := get(t, newHandler(t, fixed{programme: many(1000)}), "/", "Accept-Encoding", "gzip")
	if n := w.Body.Len(); n > 200_000 {
		t.Errorf("1,000 labs take %d bytes", n)
	}
}

// BenchmarkPage renders the first page and a lab's, of 14 and of 1,000 labs, as a browser asks for them.
func BenchmarkPage(b *testing.B) {
	for _, labs := range []int{14, 1000} {
		p := many(labs)
		h, err := New(Config{Source: fixed{programme: p}})
		if err != nil {
			b.Fatal(err)
		}
		for _, page := range [][2]string{{"home", "/"}, {"lab", "/labs/" + p.Labs[0].Slug}} {
			name, path := page[0], page[1]
			b.Run(fmt.Sprintf("page=%s/labs=%d", name, labs), func(b *testing.B) {
				b.ReportAllocs()
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				for b.Loop() {
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Fatalf("%s: %d", path, w.Code)
					}
				}
			})
		}
	}
}

// TestPageThatFails breaks the templates: the visitor still gets a page, and the log the cause.
func TestPageThatFails(t *testing.T) {
	var log bytes.Buffer
	h, err := New(Config{Source: fixed{programme: programme()}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	broken := template.Must(template.New("").Parse(`<p>half a page {{.NoSuchField}}`))
	h.templates["home"], h.templates["lab"], h.templates["data"] = broken, broken, broken
	for _, target := range []string{"/?lang=en", "/labs/etang?lang=en", "/open-data?lang=en"} {
		w := get(t, h, target)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "This page could not be shown") || strings.Contains(w.Body.String(), "half a page") {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
	}
	h.templates["error"] = broken
	if w := get(t, h, "/"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "half a page") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "NoSuchField") {
		t.Errorf("the log lacks the cause: %s", log.String())
	}
}
