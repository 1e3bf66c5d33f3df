package form

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"vitrine/internal/pages/session"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// training opens the form and types a session into it.
func (b *browser) training() url.Values {
	b.t.Helper()
	in := b.get("/submit/new/training.held").form()
	for name, text := range map[string]string{inStart: "14:00", inEnd: "17h30", "f.topic": "safety", "f.audience": "companies", "f.attendees": "8",
		"f.companies": "552 100 554 ; pme\n73282932000074", "f.partners.1.type": "chamber_commerce"} {
		in.Set(name, text)
	}
	return in
}

// TestWithoutJavaScript goes the whole way: enter, see, correct, take back.
func TestWithoutJavaScript(t *testing.T) {
	registry := prometheus.NewRegistry()
	w := worldWith(t, func(c *Config) { c.Registerer = registry }).withStream()
	b := w.browser().signIn(goodToken)
	b.has("L’Atelier du Nord", "Qu’avez-vous fait ?", "Rien pour l’instant.")

	b.post("/submit/new/training.held", b.training())
	if b.status != http.StatusOK || !strings.HasPrefix(b.at.Path, "/submit/done/") {
		t.Fatalf("%d at %s", b.status, b.at)
	}
	b.has("Accepté", "12 mars 2026, 14 h 00 – 17 h 30", "Sécurité atelier · Entreprises · Participants : 8")
	events := w.events()
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	e := events[0]
	const data = `{"attendees":8,"audience":"companies","companies":[{"siren":"552100554","size":"pme"},{"siret":"73282932000074"}],"end":"2026-03-12T17:30:00+01:00","partners":[{"type":"chamber_commerce"}],"topic":"safety"}`
	if e.Source != "/labs/atelier-nord/formulaire" || e.ID.Version() != 7 || e.Time.Format(time.RFC3339) != "2026-03-12T14:00:00+01:00" || string(e.Data) != data {
		t.Errorf("%s %s at %s\n%s\nwant\n%s", e.Source, e.ID, e.Time, e.Data, data)
	}

	// It is among the recent ones; corrected, it has the same id and a higher revision.
	b.get("/submit/entries").has("Session de formation tenue", "Sécurité atelier")
	in := b.get("/submit/correct/" + e.ID.String()).form()
	b.has("Correction", "552100554 ; pme")
	in.Set("f.attendees", "11")
	b.post("/submit/correct/training.held", in).has("Accepté", "Participants : 11")
	in = b.get("/submit/retract/" + e.ID.String()).form()
	in.Set("reason", "Saisie deux fois")
	b.post("/submit/retract/"+e.ID.String(), in).has("Retiré")
	b.post("/submit/retract/"+e.ID.String(), in).has("Retiré") // a second click
	events = w.events()
	if len(events) != 3 {
		t.Fatalf("%d events, want 3", len(events))
	}
	if c := events[1]; c.ID != e.ID || c.Revision != 1 || !strings.Contains(string(c.Data), `"attendees":11`) {
		t.Errorf("corrected: %s revision %d %s", c.ID, c.Revision, c.Data)
	}
	if r := events[2]; r.ID != e.ID || r.Revision != 2 || !r.Retracted || r.Reason != "Saisie deux fois" {
		t.Errorf("taken back: %+v", r)
	}
	b.get("/submit/entries").has("Rien pour l’instant.")
	if got := testutil.ToFloat64(metricOf(t, registry, "vitrine_form_entries_total", resultAccepted)); got != 3 {
		t.Errorf("counted %g accepted entries, want 3", got)
	}
}

// metricOf is one series as a collector.
func metricOf(t *testing.T, r *prometheus.Registry, name, result string) prometheus.Gauge {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "x"})
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == result {
				g.Set(m.GetCounter().GetValue())
			}
		}
	}
	return g
}

// TestTwiceIsOnce sends one form by two clicks at once, and again from the page before.
func TestTwiceIsOnce(t *testing.T) {
	w := newWorld(t).withStream()
	b := w.browser().signIn(goodToken)
	in := b.training()
	var clicks sync.WaitGroup
	for range 2 {
		clicks.Go(func() {
			c := *b
			c.post("/submit/new/training.held", in)
			if !strings.HasPrefix(c.at.Path, "/submit/done/") {
				t.Errorf("%d at %s", c.status, c.at)
			}
		})
	}
	clicks.Wait()
	if list := w.counted("atelier-nord"); len(list) != 1 {
		t.Fatalf("%d entries in effect, want 1", len(list))
	}

	// Back, changed, sent: that may be another session. She is asked.
	in.Set("f.attendees", "12")
	b.post("/submit/new/training.held", in)
	if b.status != http.StatusConflict {
		t.Fatalf("%d, want 409", b.status)
	}
	b.has("Est-ce une nouvelle activité ou une correction")
	again := b.form()
	again.Set("again", "new")
	b.post("/submit/new/training.held", again).has("Accepté")
	if list := w.counted("atelier-nord"); len(list) != 2 {
		t.Fatalf("%d entries in effect, want 2", len(list))
	}
	in.Set("again", "correction")
	b.post("/submit/new/training.held", in).has("Accepté")
	list := w.counted("atelier-nord")
	if len(list) != 2 {
		t.Fatalf("%d entries in effect, want 2", len(list))
	}
	for _, e := range list {
		if !strings.Contains(string(e.Data), `"attendees":12`) {
			t.Errorf("%s", e.Data)
		}
	}
}

// TestNothingIsAcceptedWithoutAcknowledgement cuts the stream off, and gives it back.
func TestNothingIsAcceptedWithoutAcknowledgement(t *testing.T) {
	w := newWorld(t).withStream()
	b := w.browser().signIn(goodToken)
	in := b.training()
	in.Set("f.title", `Prise en main de l’« étau »`)
	w.set(func() { w.cut = true })
	b.post("/submit/new/training.held", in)
	if b.status != http.StatusServiceUnavailable {
		t.Fatalf("%d, want 503", b.status)
	}
	b.has("L’envoi n’est pas confirmé", "Prise en main de l’« étau »", "552 100 554 ; pme")
	if strings.Contains(b.body, "Accepté") {
		t.Error("it says “accepted”")
	}
	kept := b.form()
	for name := range in {
		if in.Get(name) != kept.Get(name) {
			t.Errorf("%s comes back as %q, was %q", name, kept.Get(name), in.Get(name))
		}
	}
	w.set(func() { w.cut = false })
	b.post("/submit/new/training.held", kept).has("Accepté")
	if list := w.counted("atelier-nord"); len(list) != 1 {
		t.Errorf("%d entries in effect, want 1", len(list))
	}
}

// TestImportedEntry corrects what an importer sent: the seconds that the form doesn't show stay.
func TestImportedEntry(t *testing.T) {
	w := newWorld(t).withStream()
	id := schemas.RecordID("atelier-nord", "fabman", "7")
	w.seeded = []Entry{{ID: id, Kind: "machine.usage", Time: noon(t).Add(-50*time.Hour + 13*time.Second), System: "fabman", Revision: 6,
		Data: []byte(`{"machine":"laser-1","machine_category":"laser_cutter","end":"2026-03-10T20:31:44+01:00","origin":"measured"}`)}}
	b := w.browser().signIn(goodToken)
	in := b.get("/submit/correct/" + id.String()).form()
	b.has("Cette entrée a pour source : Fabman.")
	in.Set("f.user_type", "sme")
	b.post("/submit/correct/machine.usage", in).has("Accepté")
	e := w.events()[0]
	if e.ID != id || e.Revision != 7 || e.System() != "fabman" || !e.Time.Equal(w.seeded[0].Time) ||
		!strings.Contains(string(e.Data), `"end":"2026-03-10T20:31:44+01:00"`) || !strings.Contains(string(e.Data), `"user_type":"sme"`) {
		t.Errorf("%+v %s", e, e.Data)
	}
}

// TestBeingCounted shows what was accepted before the reader has it, and while nothing can be read.
func TestBeingCounted(t *testing.T) {
	w := newWorld(t).withStream()
	b := w.browser().signIn(goodToken)
	w.set(func() { w.lagging = true })
	b.post("/submit/new/training.held", b.training()).has("1 entrée en cours de comptage")
	b.get("/submit/entries").has("en cours de comptage")
	b.get("/submit/progress").has(`"pending":1`, `"actual":"41"`)
	w.set(func() { w.down = true })
	b.get("/submit/entries").has("en cours de comptage", "ne peuvent pas être lues pour l’instant")
	b.get("/submit/progress").has(`"down":true`)
	b.post("/submit/new/training.held", b.training()).has("Accepté") // the lab's zone is known by now
	w.set(func() { w.down, w.lagging = false, false })
	b.get("/submit/progress").has(`"pending":0`, `"actual":"43"`)
	b.get("/submit/entries")
	if strings.Contains(b.body, "en cours de comptage") {
		t.Error("what is counted still shows as being counted")
	}
}

// TestCountedBeyondTheList doesn't call pending what is counted and no longer among the latest that a page lists.
func TestCountedBeyondTheList(t *testing.T) {
	w := newWorld(t).withStream()
	w.analysis = func(string, []byte) (Analysis, error) { return sampleAnalysis(t, recentAll+20), nil }
	b := w.browser().signIn(goodToken)
	b.upload("mars.csv", []byte("x")).post(b.at.Path, b.form()).has("lignes acceptées")
	b.get("/submit/progress").has(`"pending":0`)
	for n := range recentAtHome + 1 {
		in := b.training()
		in.Set("f.attendees", strconv.Itoa(50+n))
		in.Set("f.companies", "")
		b.post("/submit/new/training.held", in)
	}
	for _, path := range []string{"/submit", "/submit/entries"} {
		b.get(path)
		if strings.Contains(b.body, "en cours de comptage") {
			t.Errorf("%s says of what is counted that it is being counted", path)
		}
	}
	b.get("/submit").has("Participants : 51", "Participants : 56")
}

// TestZone takes times in the lab's own zone, and none while it isn't known.
func TestZone(t *testing.T) {
	w := newWorld(t).withStream()
	w.zones["atelier-nord"] = "Indian/Reunion"
	w.down = true
	b := w.browser().signIn(goodToken)
	if b.status != http.StatusServiceUnavailable || b.header.Get("Retry-After") == "" {
		t.Fatalf("%d, want 503: a time in the wrong zone would count on the wrong day", b.status)
	}
	w.set(func() { w.down = false })
	b.post("/submit/new/training.held", b.training()).has("Accepté", "14 h 00 – 17 h 30")
	if got := w.events()[0].Time.Format(time.RFC3339); got != "2026-03-12T14:00:00+04:00" {
		t.Errorf("at %s", got)
	}
}

// TestSessions tries what must not get in.
func TestSessions(t *testing.T) {
	w := newWorld(t).withStream()
	b := w.browser()
	for _, path := range []string{"/submit", "/submit/", "/submit/entries", "/submit/new/training.held", "/submit/progress", "/submit/file/x"} {
		if b.get(path); !strings.Contains(b.body, `name="token"`) {
			t.Errorf("%s is shown to anybody", path)
		}
	}
	if b.signIn("vit_nobody"); b.status != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d", b.status)
	}
	b.has("Ce jeton n’est celui d’aucun atelier.")
	b.signIn(goodToken)
	var cookie *http.Cookie
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == session.CookieName {
			cookie = c
		}
	}
	if cookie == nil || strings.Contains(cookie.Value, goodToken) || strings.Contains(b.at.String(), goodToken) {
		t.Fatalf("cookie %v at %s", cookie, b.at)
	}

	// Without the session's CSRF token, or from another site, nothing is taken.
	in := b.training()
	in.Set("csrf", "x")
	if b.post("/submit/new/training.held", in); b.status != http.StatusForbidden {
		t.Errorf("a wrong CSRF token: %d", b.status)
	}
	in = b.training()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/submit/new/training.held", strings.NewReader(in.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.do(r); b.status != http.StatusForbidden {
		t.Errorf("from another site: %d", b.status)
	}
	// Another lab's entry isn't found, whatever is asked for.
	b.post("/submit/new/training.held", b.training())
	id := w.events()[0].ID.String()
	south := w.browser().signIn(otherToken)
	for _, path := range []string{"/submit/correct/" + id, "/submit/retract/" + id, "/submit/done/" + id} {
		if south.get(path); south.status != http.StatusNotFound {
			t.Errorf("another lab's %s: %d", path, south.status)
		}
	}
	if south.get("/submit/new/agreement.signed"); south.status != http.StatusNotFound {
		t.Errorf("the programme's kind: %d", south.status)
	}

	// A token that is revoked ends its sessions; what was typed is kept through the next sign-in.
	in = b.training()
	in.Set("f.title", "Gardée")
	w.set(func() { delete(w.tokens, goodToken); w.tokens["vit_new"] = "atelier-nord" })
	if b.post("/submit/new/training.held", in); b.status != http.StatusUnauthorized {
		t.Fatalf("a revoked token: %d", b.status)
	}
	b.has("Votre jeton n’est plus valable", "Ce que vous avez saisi est gardé")
	if n := len(w.events()); n != 1 {
		t.Fatalf("%d events, want 1", n)
	}
	back := b.form()
	back.Set("token", "vit_new")
	b.post("/submit/signin", back).has("Vérifiez votre saisie et envoyez-la.", "Gardée")
	b.post("/submit/new/training.held", b.form()).has("Accepté", "Gardée")

	out := b.get("/submit").form()
	b.post("/submit/signout", out)
	if b.get("/submit/entries"); !strings.Contains(b.body, `name="token"`) {
		t.Error("still signed in after signing out")
	}
}

// TestSecureCookies: behind a proxy that ends TLS a session mustn't go over plain HTTP.
func TestSecureCookies(t *testing.T) {
	w := newWorld(t)
	for proto, want := range map[string]bool{"https": true, "http": false, "": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/submit", nil)
		r.Header.Set("X-Forwarded-Proto", proto)
		answer := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(answer, r)
		if cookies := answer.Result().Cookies(); len(cookies) != 1 || cookies[0].Secure != want {
			t.Errorf("%q: %v", proto, cookies)
		}
	}
}

// TestWrongTokens makes an address wait that tries too many.
func TestWrongTokens(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	for range session.MaxFailures {
		if b.signIn("vit_guess"); b.status != http.StatusUnauthorized {
			t.Fatalf("%d, want 401", b.status)
		}
	}
	if b.signIn(goodToken); b.status != http.StatusTooManyRequests || b.header.Get("Retry-After") == "" {
		t.Errorf("%d, want 429", b.status)
	}
}

// TestWrongTokensBehindAProxy counts by where a request came from: else anybody could keep all labs out.
func TestWrongTokensBehindAProxy(t *testing.T) {
	var host atomic.Int32
	w := worldWith(t, func(c *Config) {
		c.Remote = func(*http.Request) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(host.Load())}) }
	})
	for range session.MaxFailures + 1 {
		w.browser().signIn("vit_guess")
	}
	if b := w.browser().signIn(goodToken); b.status != http.StatusTooManyRequests {
		t.Errorf("the address that guesses: %d", b.status)
	}
	host.Store(8)
	if b := w.browser().signIn(goodToken); b.status != http.StatusOK {
		t.Errorf("another address: %d", b.status)
	}
}

// TestHeaders holds what every answer says, and that no page needs more than it allows.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	b := w.browser().signIn(goodToken)
	b.get("/submit/new/training.held")
	for name, want := range map[string]string{"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Language": "fr"} {
		if got := b.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if m := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|javascript:|https?://[^"]*\.js`).FindString(b.body); m != "" {
		t.Errorf("the policy forbids %q", m)
	}
	b.get("/submit?lang=en").has("What did you do?", "/submit/new/training.held?lang=en")
	if b.get("/submit/nowhere"); b.status != http.StatusNotFound {
		t.Errorf("%d, want 404", b.status)
	}
	in := b.training()
	in.Set("f.title", strings.Repeat("x", maxFormBytes))
	if b.post("/submit/new/training.held", in); b.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d, want 413", b.status)
	}
	b.get("/submit/templates/training.held.csv").has("training.held;csv;fr")
	if b.get("/submit/templates/agreement.signed.csv"); b.status != http.StatusNotFound {
		t.Errorf("the programme's template: %d", b.status)
	}
	for _, k := range schemas.Kinds() {
		if want := map[bool]int{false: http.StatusOK, true: http.StatusNotFound}[k.Programme]; b.get("/submit/new/"+k.Name).status != want {
			t.Errorf("%s: %d, want %d", k.Name, b.status, want)
		}
	}
}

// TestMoreRows adds a row where there is no JavaScript to do it.
func TestMoreRows(t *testing.T) {
	w := newWorld(t)
	b := w.browser().signIn(goodToken)
	in := b.training()
	in.Set("more", "partners")
	b.post("/submit/new/training.held", in)
	if got := strings.Count(b.body, `class="row"`); got != emptyRows+1 || w.calls != 0 {
		t.Errorf("%d rows, %d calls", got, w.calls)
	}
	if b.form().Get("f.partners.1.type") != "chamber_commerce" {
		t.Error("what was chosen is gone")
	}
}

func (b *browser) upload(name string, body []byte) *browser {
	b.t.Helper()
	csrf := b.get("/submit").form().Get("csrf")
	var buffer bytes.Buffer
	m := multipart.NewWriter(&buffer)
	if err := m.WriteField("csrf", csrf); err != nil {
		b.t.Fatal(err)
	}
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	half := int64(buffer.Len() / 2)
	slowly := io.MultiReader(io.LimitReader(&buffer, half), b.line, &buffer)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+"/submit/file", slowly)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

// pause is nothing, which takes a while to come.
type pause time.Duration

func (p pause) Read([]byte) (int, error) {
	time.Sleep(time.Duration(p))
	return 0, io.EOF
}

// TestFile checks a file, sends its good rows with the stream cut in between, and once more.
func TestFile(t *testing.T) {
	w := worldWith(t, func(c *Config) { c.MaxFileBytes = 1 << 10 }).withStream()
	w.analysis = func(string, []byte) (Analysis, error) { return sampleAnalysis(t, 40), nil }
	b := w.browser().signIn(goodToken)
	b.upload("activité.csv", []byte("x"))
	b.has("activité.csv", "43 lignes justes, 1 à corriger.", "Envoyer les 42 lignes justes", "31/02/2026", "attendu : un jour qui existe", "déjà envoyée", "« Justificatif »")
	page := b.at.Path
	if len(w.events()) != 0 {
		t.Fatal("something was sent before it was asked for")
	}
	if other := w.browser().signIn(goodToken).get(page); other.status != http.StatusNotFound {
		t.Errorf("another session's file: %d", other.status)
	}
	w.set(func() { w.cut = true })
	b.post(page, b.form()).has("Toutes les lignes n’ont pas été confirmées", "Envoyer les 42 lignes justes")
	w.set(func() { w.cut = false })
	b.post(page, b.form()).has("42 lignes acceptées.", "Corrigez les autres lignes")
	b.post(page, b.form()) // a second click
	if n := len(w.events()); n != 42 || w.noted != 42 {
		t.Errorf("%d events, want 42; %d noted", n, w.noted)
	}
	if b.upload("big.csv", bytes.Repeat([]byte("x"), 2<<10)); b.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a file too large: %d", b.status)
	}
	if b.upload("empty.csv", nil); b.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty file: %d", b.status)
	}
	w.set(func() {
		w.analysis = func(name string, _ []byte) (Analysis, error) {
			return Analysis{}, &importers.RecordError{Origin: name, What: schemas.Text{FR: "ni classeur ni CSV", EN: "neither a workbook nor CSV"}}
		}
	})
	if b.upload("x.pdf", []byte("x")).has("x.pdf : ni classeur ni CSV", "Rien n’a été envoyé."); b.status != http.StatusUnprocessableEntity {
		t.Errorf("an unreadable file: %d", b.status)
	}
	w.set(func() { w.analysis = nil }) // what is no fault of the file's mustn't send her back to her spreadsheet
	if b.upload("activité.csv", []byte("x")); b.status != http.StatusServiceUnavailable {
		t.Errorf("what was sent before can't be told: %d", b.status)
	}
}

// TestFileTakesItsTime uploads, reads and sends a file for longer than the server gives other requests.
func TestFileTakesItsTime(t *testing.T) {
	w := newWorld(t)
	const deadline = time.Second // enough for the other requests on a busy machine
	w.analysis = func(string, []byte) (Analysis, error) {
		time.Sleep(deadline)
		return sampleAnalysis(t, 40), nil
	}
	w.publish = func(ctx context.Context, _ []byte) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(deadline): // three times, for 42 rows
			return nil
		}
	}
	hurried := httptest.NewUnstartedServer(w.server.Config.Handler)
	hurried.Config.ReadTimeout, hurried.Config.WriteTimeout = deadline, deadline
	hurried.Start()
	t.Cleanup(hurried.Close)
	w.server = hurried
	b := w.browser().signIn(goodToken)
	b.line = pause(2 * deadline)
	b.upload("activité.csv", []byte("x")).post(b.at.Path, b.form()).has("42 lignes acceptées.")
}

// TestFileInterrupted says what is left where sending takes too long, and doesn't blame the service.
func TestFileInterrupted(t *testing.T) {
	w := worldWith(t, func(c *Config) { c.SendTimeout = time.Second })
	w.analysis = func(string, []byte) (Analysis, error) { return sampleAnalysis(t, 40), nil }
	var sent atomic.Int64
	w.publish = func(ctx context.Context, _ []byte) error {
		if sent.Add(1) > 20 {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	b := w.browser().signIn(goodToken)
	b.upload("activité.csv", []byte("x")).post(b.at.Path, b.form()).has("20 lignes acceptées.", "L’envoi s’est interrompu avant la fin.", "Envoyer les 22 lignes justes")
	if strings.Contains(b.body, "le service ne répond pas") {
		t.Error("the service is blamed")
	}
	w.set(func() { w.publish = nil })
	if b.post(b.at.Path, b.form()).has("42 lignes acceptées."); strings.Contains(b.body, "interrompu") {
		t.Error("it still says that sending was interrupted")
	}
}

// TestFileOfNobody reads no file whose sender isn't signed in: it would take memory and disk.
func TestFileOfNobody(t *testing.T) {
	w := newWorld(t)
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", "x.csv")
	if err == nil {
		_, err = part.Write(bytes.Repeat([]byte("x"), 2<<20))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/submit/file", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	answer := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusUnauthorized || !strings.Contains(answer.Body.String(), `name="token"`) || r.MultipartForm != nil || body.Len() != 0 {
		t.Errorf("%d, read: %v, %d bytes left", answer.Code, r.MultipartForm != nil, body.Len())
	}
}

// TestShelfIsBounded keeps the newest files only.
func TestShelfIsBounded(t *testing.T) {
	s := shelf{files: map[string]*shelved{}}
	at := noon(t)
	var first, last string
	for i := range maxFiles + 5 {
		last = s.put(&shelved{owner: "a", lab: "l", rows: 1, at: at.Add(time.Duration(i) * time.Millisecond)})
		if i == 0 {
			first = last
		}
	}
	if len(s.files) > maxFiles {
		t.Errorf("%d files", len(s.files))
	}
	if _, ok := s.get(first, "a", "l", at); ok {
		t.Error("the first is still there")
	}
	if _, ok := s.get(last, "a", "l", at); !ok {
		t.Error("the last isn't")
	}
	if _, ok := s.get(last, "b", "l", at); ok {
		t.Error("another session gets it")
	}
	if _, ok := s.get(last, "a", "l", at.Add(fileKept+time.Second)); ok {
		t.Error("it outlives its time")
	}
	s.put(&shelved{rows: maxFileRows, at: at.Add(time.Second)})
	if len(s.files) != 1 {
		t.Errorf("%d files beside one that takes all the room", len(s.files))
	}
}

// TestMerge lays what isn't counted yet over what is.
func TestMerge(t *testing.T) {
	entry := func(n byte, revision int64) Entry {
		return Entry{ID: uuid.UUID{n}, Kind: "training.held", Revision: revision}
	}
	counted := []Entry{entry(1, 0), entry(2, 3), entry(3, 1)}
	pending := []acceptedEntry{{Entry: entry(4, 0)}, {Entry: entry(1, 1)}, {Entry: entry(3, 2), retracted: true}}
	got := merge(counted, pending, 10)
	var say []string
	for _, e := range got {
		say = append(say, strings.Join([]string{string('0' + rune(e.ID[0])), map[bool]string{true: "pending"}[e.Pending], map[bool]string{true: "retracted"}[e.Retracted]}, ""))
	}
	if want := "4pending 1pending 3pendingretracted 2"; strings.Join(say, " ") != want {
		t.Errorf("%v, want %s", say, want)
	}
}

func TestConfig(t *testing.T) {
	_, err := New(Config{Key: []byte("short"), Session: -1, MaxFileBytes: -1})
	if err == nil {
		t.Fatal("it works with nothing")
	}
	for _, what := range []string{"Key has 5 bytes", "Accounts is missing", "Publisher is missing", "Labs is missing", "Entries is missing", "Progress is missing", "Session (-1ns) is negative", "MaxFileBytes (-1) is negative"} {
		if !strings.Contains(err.Error(), what) {
			t.Errorf("%q isn't in %v", what, err)
		}
	}
}
