package programme

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/internal/pages"
	"vitrine/internal/pages/session"
)

func TestSignIn(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w)
	b.get("/programme/quality?lang=fr").shows(http.StatusUnauthorized, "Jeton du programme", `value="/programme/quality?lang=fr"`)
	b.post("/programme/signin?lang=fr", "token", "").shows(http.StatusUnauthorized, "Collez le jeton")
	b.post("/programme/signin?lang=fr", "token", "vit_wrong").shows(http.StatusUnauthorized, "Ce jeton est inconnu")
	b.post("/programme/signin?lang=fr", "token", labToken).shows(http.StatusUnauthorized, "celui d’un atelier", `href="/submit?lang=fr"`)
	b.post("/programme/signin?lang=fr", "token", goodToken, "next", "https://elsewhere.example/programme").shows(http.StatusOK, "Portefeuille", "Étang numérique")
	if cache := b.header.Get("Cache-Control"); cache != "private, no-cache" {
		t.Errorf("the page may be kept by others: %q", cache)
	}
	w.set(func() { w.checked = errors.New("not connected") })
	b.get("/programme?lang=fr").shows(http.StatusServiceUnavailable, "pas disponibles")
	w.set(func() { w.checked = ErrToken })
	b.get("/programme?lang=fr").shows(http.StatusUnauthorized, "n’est plus valable")
	w.set(func() { w.checked = nil })
	b.get("/programme?lang=fr").shows(http.StatusOK, "Jeton du programme") // the session ended with the token
	b.signIn().shows(http.StatusOK, "Étang numérique").post("/programme/signout").shows(http.StatusOK, `id="token"`)
}

func TestWrongTokensMustWait(t *testing.T) {
	b := newBrowser(t, newWorld())
	b.get("/programme?lang=en")
	for range session.MaxFailures {
		b.post("/programme/signin?lang=en", "token", "vit_wrong").shows(http.StatusUnauthorized)
	}
	b.post("/programme/signin?lang=en", "token", goodToken).shows(http.StatusTooManyRequests, "Wait a minute")
}

func TestPostsNeedTheFormsToken(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w).signIn()
	b.post("/programme/labs/etang/periods/2026-Q1/approve", "csrf", "made up", "digest", "d1").shows(http.StatusForbidden)
	r, err := http.NewRequest(http.MethodPost, b.server.URL+"/programme/labs/etang/periods/2026-Q1/approve",
		strings.NewReader(url.Values{"csrf": {csrfPattern.FindStringSubmatch(b.get("/programme").body)[1]}, "digest": {"d1"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.got(b.client.Do(r)).shows(http.StatusForbidden)
	if len(w.done) > 0 {
		t.Errorf("something was decided: %q", w.done)
	}
}

func TestHeaders(t *testing.T) {
	b := newBrowser(t, newWorld()).signIn()
	if p := b.header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "form-action 'self'") || strings.Contains(p, "unsafe") {
		t.Errorf("policy %q", p)
	}
	if strings.Contains(b.body, "<script") || regexp.MustCompile(`\sstyle="|\son[a-z]+="`).MatchString(b.body) {
		t.Error("the page has a script or style of its own, which the policy forbids")
	}
	r, _ := http.NewRequest(http.MethodGet, b.server.URL+"/programme?lang=fr", nil)
	r.Header.Set("If-None-Match", b.header.Get("ETag"))
	b.got(b.client.Do(r)).shows(http.StatusNotModified)
	b.get("/programme/assets/programme.css").shows(http.StatusOK, ".heat")
	b.get("/programme/assets/nothing").shows(http.StatusNotFound)
}

// rows are the labs of the heat map, in its order.
func (b *browser) rows() []string {
	var all []string
	for _, m := range regexp.MustCompile(`<th scope="row"><a href="/programme/labs/([a-z-]+)`).FindAllStringSubmatch(b.body, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestPortfolio(t *testing.T) {
	b := newBrowser(t, newWorld()).signIn()
	b.shows(http.StatusOK, "Situation au 12"+pages.NBSP+"mars"+pages.NBSP+"2026", "Manqué", "341 sur 300", "66,3", longName, `href="/programme/labs/etang?lang=fr#c-D02-audience-companies"`)
	for query, want := range map[string][]string{
		"":                            {"etang", "tres-long", "bientot", "zinc"},
		"sort=name":                   {"bientot", "etang", "tres-long", "zinc"},
		"sort=mean":                   {"etang", "bientot", "tres-long", "zinc"},
		"sort=region":                 {"bientot", "etang", "zinc", "tres-long"},
		"sort=last":                   {"bientot", "etang", "tres-long", "zinc"},
		"sort=C01":                    {"etang", "tres-long", "bientot", "zinc"},
		"sort=D02.audience=companies": {"etang", "zinc", "tres-long", "bientot"},
		"region=Occitanie":            {"etang"},
		"archetype=3":                 {"etang", "tres-long"},
		"status=achieved":             {"zinc"},
		"q=ETANG+sete":                {"etang"},
		"q=nothing+like+it":           nil,
		"region=Bretagne":             nil,
	} {
		if got := b.get("/programme?" + query).shows(http.StatusOK).rows(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	b.get("/programme?lang=en&as-of=2025-06-30").shows(http.StatusOK, "As of 30"+pages.NBSP+"June"+pages.NBSP+"2025", "A past date")
	for day, want := range map[string]string{"2026-03-11": "Date passée", "2026-03-12": "", "2026-03-13": "Date à venir"} {
		for _, path := range []string{"/programme", "/programme/labs/etang"} {
			b.get(path+"?lang=fr&as-of="+day).shows(http.StatusOK, want)
			if said := strings.Contains(b.body, `class="past"`); said != (want != "") {
				t.Errorf("%s as of %s: says that it isn't today: %t", path, day, said)
			}
		}
	}
	b.get("/programme?as-of=yesterday").shows(http.StatusBadRequest, "as-of=2026-06-30")
}

// TestThousandLabs bounds what a large programme's page takes.
func TestThousandLabs(t *testing.T) {
	w := newWorld()
	few := w.labs
	w.labs = nil
	for i := range 1000 {
		lab := few[i%len(few)]
		lab.Slug = fmt.Sprintf("lab%c%c%c", 'a'+i/100, 'a'+i/10%10, 'a'+i%10)
		w.labs = append(w.labs, lab)
	}
	b := newBrowser(t, w).signIn().shows(http.StatusOK)
	if n := len(b.rows()); n != perPage || len(b.body) > 500_000 {
		t.Errorf("%d labs in %d bytes", n, len(b.body))
	}
	seen := map[string]bool{}
	for page := 1; page <= 11; page++ {
		for _, lab := range b.get(fmt.Sprintf("/programme?page=%d", page)).rows() {
			seen[lab] = true
		}
	}
	if len(seen) != 1000 {
		t.Errorf("the pages hold %d labs", len(seen))
	}
}

func TestLab(t *testing.T) {
	b := newBrowser(t, newWorld()).signIn()
	b.get("/programme/labs/etang?lang=fr").shows(http.StatusOK, "Étang numérique", "Convention 2025-07", "120", "Il faut encore", "entre 12", `id="c-D02-audience-companies"`,
		"<polyline", "Calendrier d’activité", "Stagiaires", "deux stagiaires oubliés", "Retirée", "<strong>Rétablie</strong>", "attendu un nombre entre 0 et 1000", "vitrine rejected show 4711",
		"3"+pages.NBSP+"autres attendent", "/programme/reports/etang/2025-Q4.pdf?lang=fr", "1er trimestre 2026")
	b.get("/programme/labs/bientot?lang=en").shows(http.StatusOK, "No agreement signed.", "This lab has signed no commitment.", "No activity over the last twelve months.", "No correction.", "Nothing was rejected")
	b.get("/programme/labs/nobody").shows(http.StatusNotFound)
}

// TestPaceIsWhole writes each pace of whole hundredths as that many per cent, and rounds others down.
func TestPaceIsWhole(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	inEnglish := all[pages.English]
	for thousandths := range 3000 {
		pace := float64(thousandths) / 1000
		view := inEnglish.commitment(&Commitment{Pace: &pace, Status: pages.StatusLate, From: today(), Due: today()}, nil, today())
		want := inEnglish.Must("commitment.pacevalue", "percent", inEnglish.Percent(float64(thousandths/10)))
		if !slices.ContainsFunc(view.Facts, func(f fact) bool { return f.Value == want }) {
			t.Fatalf("a pace of %g: %v, want %s", pace, view.Facts, want)
		}
	}
}

func TestDecisions(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w).signIn()
	const at = "/programme/labs/etang/periods/2026-Q1"
	b.get(at+"?lang=fr").shows(http.StatusOK, "Événements de découverte organisés", `name="digest" value="d1"`, "Renvoyer")
	b.post(at+"/send-back?lang=fr", "reason", " ").shows(http.StatusUnprocessableEntity, "dites pourquoi")
	w.set(func() { w.actErr = ErrMoved })
	b.post(at+"/approve?lang=fr", "digest", "d0", "comment", "vu").shows(http.StatusConflict, "les chiffres ont changé", ">vu</textarea>")
	w.set(func() { w.actErr = fmt.Errorf("desk: %w", ErrNotNow) })
	b.post(at+"/approve?lang=fr", "digest", "d1").shows(http.StatusConflict, "n’est plus dans l’état")
	w.set(func() { w.actErr = ErrWords })
	b.post(at+"/send-back?lang=fr", "reason", "appelez jean@example.org").shows(http.StatusUnprocessableEntity, "trop long")
	w.set(func() { w.actErr = errors.New("no stream") })
	b.post(at+"/send-back?lang=fr", "reason", "à revoir").shows(http.StatusServiceUnavailable, "à revoir</textarea>")
	w.set(func() { w.actErr = nil })
	b.post(at+"/approve?lang=fr", "digest", "d1", "comment", " vu ").shows(http.StatusOK, "ses chiffres sont figés")
	b.post(at+"/send-back?lang=fr", "reason", "il manque mars").shows(http.StatusOK, "renvoyée à l’atelier")
	b.post(at+"/burn?lang=fr", "reason", "x").shows(http.StatusNotFound)
	w.set(func() { w.state = "approved" })
	b.get(at+"?lang=fr").shows(http.StatusOK, "Rouvrir").post(at+"/reopen?lang=fr", "reason", "erreur").shows(http.StatusOK)
	want := []string{`approve etang 2026-Q1 d1 "vu"`, `send back etang 2026-Q1 "il manque mars"`, `reopen etang 2026-Q1 "erreur"`}
	if !slices.Equal(w.done, want) {
		t.Errorf("decided %q, want %q", w.done, want)
	}
}

func TestAdjustments(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w).signIn()
	const at = "/programme/labs/etang/periods/2025-Q4"
	b.get(at+"?lang=fr").shows(http.StatusOK, "Les chiffres validés", "Validé <b>12</b>", "aujourd’hui <b>13</b>", "&#43;1", "oublié", "0192f0c1-7c1e", "en cause (1)",
		"Validé <b>–</b> · aujourd’hui <b>2</b> · écart <b>&#43;2</b>")
	if strings.Contains(b.body, "vitrine period adjustments") {
		t.Error("it says that some are left out")
	}
	w.set(func() { w.more = 311 })
	b.get(at+"?lang=fr").shows(http.StatusOK, "en cause (312)", "311"+pages.NBSP+"autres activités ne sont pas listées.", "<code>vitrine period adjustments etang 2025-Q4 --segments</code>")
	b.get("/programme/labs/etang/periods/2099-Q4").shows(http.StatusNotFound)
}

func TestOverview(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w).signIn()
	b.get("/programme/periods?lang=fr").shows(http.StatusOK, "4e trimestre 2025", "octobre", "En retard")
	if strings.Contains(b.body, "2e trimestre 2026</a>") {
		t.Error("periods to come are shown unasked")
	}
	b.get("/programme/periods?lang=fr&state=upcoming").shows(http.StatusOK, "2e trimestre 2026</a>")
	b.get("/programme/periods?lang=fr&period=2025-Q4").shows(http.StatusOK, "/programme/reports/programme/2025-Q4.xlsx?lang=en")
	b.get("/programme/quality?lang=fr").shows(http.StatusOK, "45"+pages.NBSP+"jours", "à surveiller", "41 (1")
	b.get("/programme/alerts?lang=en").shows(http.StatusOK, "No activity for 45 days.", "Call the lab.", "Critical")
	if strings.Index(b.body, "Critical") > strings.Index(b.body, "Warning") {
		t.Error("the gravest alert isn't the first")
	}
	b.get("/programme/call?lang=fr").shows(http.StatusOK, "S10", "événements de découverte pour le grand public", "214", "13"+pages.NBSP+"ateliers", "éligibilité")
}

// TestLongLists comes to each row of a list that one page doesn't hold, and counts them all.
func TestLongLists(t *testing.T) {
	w := newWorld()
	for i := range 2*maxRows + 3 {
		lab, name := fmt.Sprintf("l-%d", i), fmt.Sprintf("Lab %04d", i)
		p := w.period("2025-Q3", "overdue")
		p.Lab, p.LabName = lab, name
		w.periods = append(w.periods, p)
		w.alerts = append(w.alerts, Alert{Lab: lab, LabName: name, Severity: "warning", Since: today()})
		w.quality = append(w.quality, Quality{Lab: lab, Name: name})
	}
	b := newBrowser(t, w).signIn()
	for _, path := range []string{"/periods?state=overdue", "/alerts?", "/quality?"} {
		rows := 0
		for page := 1; page <= 3; page++ {
			b.get(fmt.Sprintf("/programme%s&lang=fr&page=%d", path, page)).shows(http.StatusOK, fmt.Sprintf(`aria-current="page">%d</a>`, page), "page=3")
			rows += strings.Count(b.body, ">Lab ")
		}
		if rows != 2*maxRows+3 {
			t.Errorf("%s: %d rows on all pages, want %d", path, rows, 2*maxRows+3)
		}
	}
	b.get("/programme/alerts?lang=fr").shows(http.StatusOK, `<span class="count">1`+pages.NNBSP+`003</span>`)
	b.get("/programme/periods?lang=fr&state=overdue").shows(http.StatusOK, "page=2&amp;state=overdue", "<b>1"+pages.NNBSP+"003</b>")
}

// TestNoLongerDue shows what was told of and an amendment no longer asks for: without a due date, and last.
func TestNoLongerDue(t *testing.T) {
	w := newWorld()
	w.unasked = true
	w.periods = []Period{w.period("2025-Q3", "submitted")}
	w.unasked = false
	w.periods = append(w.periods, w.period("2025-Q4", "submitted"))
	b := newBrowser(t, w).signIn()
	b.get("/programme/periods?lang=fr").shows(http.StatusOK, "<td>–</td>")
	if strings.Index(b.body, "2025-Q3") < strings.Index(b.body, "2025-Q4") {
		t.Error("what isn't due comes before what is")
	}
	w.set(func() { w.unasked = true })
	for _, path := range []string{"/programme/periods", "/programme/labs/etang", "/programme/labs/etang/periods/2026-Q1"} {
		if b.get(path + "?lang=fr").shows(http.StatusOK); strings.Contains(b.body, "1er\u00a0janvier\u00a01<") {
			t.Errorf("%s shows a due date where there is none", path)
		}
	}
	b.shows(http.StatusOK, "<dd>–</dd>")
}

func TestEmptyAndDown(t *testing.T) {
	w := newWorld()
	w.labs = nil
	b := newBrowser(t, w).signIn().shows(http.StatusOK, "Aucun atelier pour l’instant")
	b.get("/programme/alerts?lang=fr").shows(http.StatusOK, "Aucune alerte")
	w.set(func() { w.down = errors.New("ClickHouse is down") })
	for _, path := range []string{"", "/periods", "/quality", "/alerts", "/labs/etang/periods/2026-Q1"} {
		b.get("/programme"+path).shows(http.StatusServiceUnavailable, "La base de données ne répond pas")
	}
	b.get("/programme/nowhere").shows(http.StatusNotFound)
}

func TestProtect(t *testing.T) {
	h := newHandler(t, newWorld())
	report := h.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "secret") }))
	w := httptest.NewRecorder()
	report.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/programme/reports/etang/2026-Q1.html", nil))
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("without a session: %d", w.Code)
	}
	r, in := httptest.NewRequest(http.MethodGet, "/programme/reports/etang/2026-Q1.html", nil), httptest.NewRecorder()
	h.keeper.Begin(in, r, goodToken)
	r.AddCookie(in.Result().Cookies()[0])
	w = httptest.NewRecorder()
	report.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != "secret" || w.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("signed in: %d %q %q", w.Code, w.Body, w.Header())
	}
}

func TestNewRefuses(t *testing.T) {
	w := newWorld()
	key := make([]byte, session.MinKeyBytes)
	for name, c := range map[string]Config{
		"key":      {Accounts: w, Labs: w},
		"accounts": {Key: key, Labs: w},
		"labs":     {Key: key, Accounts: w},
		"periods":  {Key: key, Accounts: w, Labs: w, Actions: w},
		"timeout":  {Key: key, Accounts: w, Labs: w, Timeout: -time.Second},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTexts holds that each text that the templates and the code ask for is there, and that none is there in vain.
func TestTexts(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := pages.Shared()
	if err != nil {
		t.Fatal(err)
	}
	asked := askedTexts(t)
	for key := range asked {
		if _, ok := all[pages.French].Rows[key]; !ok {
			t.Errorf("texts.yaml has no %q", key)
		}
	}
	for key := range all[pages.French].Rows {
		prefix, _, _ := strings.Cut(key, ".")
		if !asked[key] && !shared[key] && !slices.Contains([]string{"family", "problem", "state", "severity", "system", "done", "every", "sort", "filter"}, prefix) {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

// FuzzQuery reads addresses as anybody may type them.
func FuzzQuery(f *testing.F) {
	f.Add("sort=D02.audience=companies&q=%C3%A9tang&page=2&as-of=2026-03-01")
	f.Add("as-of=0000-00-00&page=-1&q=%ff%fe")
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, _ := readQuery(values)
		if q.page < 1 || len(q.text) > maxText {
			t.Errorf("page %d, %d bytes of text", q.page, len(q.text))
		}
		if got := localPath(values.Get("next")); !strings.HasPrefix(got, root) {
			t.Errorf("leads to %q", got)
		}
		var pointers []*Lab
		for _, l := range labs() {
			if q.takes(&l) {
				pointers = append(pointers, &l)
			}
		}
		if got := arranged(pointers, q.sort); len(got) != len(pointers) {
			t.Errorf("%d labs of %d", len(got), len(pointers))
		}
	})
}

// While figures are made again, a page shows what was read before and says so; one of which nothing was read says that alone; nothing is decided, and
// what was typed stays.
func TestFiguresBeingMadeAgain(t *testing.T) {
	const at = "/programme/labs/etang/periods/2026-Q1"
	w := newWorld()
	b := newBrowser(t, w)
	b.signIn()
	shown := []string{"/programme", "/programme/labs/etang", at, "/programme/periods", "/programme/quality", "/programme/call"}
	for _, path := range shown {
		if b.get(path); b.status != http.StatusOK || strings.Contains(b.body, "en cours de recalcul") {
			t.Errorf("%s: %d", path, b.status)
		}
	}
	w.set(func() { w.down = fmt.Errorf("%w: rebuilding", ErrRemaking); w.actErr = w.down })
	for _, path := range shown {
		for lang, words := range map[string]string{"fr": "Ceux de cette page ont été lus avant, le 12", "en": "Those of this page were read before, on 12"} {
			if b.get(path + "?lang=" + lang); b.status != http.StatusOK || !strings.Contains(b.body, words) {
				t.Errorf("%s in %s: %d, without %q", path, lang, b.status, words)
			}
		}
	}
	b.get(at)
	b.post(at+"/approve", "digest", "d1", "comment", "Relu avec eux")
	if b.status != http.StatusServiceUnavailable || b.header.Get("Retry-After") != "30" || !strings.Contains(b.body, "les chiffres sont en cours de recalcul. Décidez") ||
		!strings.Contains(b.body, "Relu avec eux") || len(w.done) > 0 {
		t.Errorf("approved meanwhile: %d %v %q", b.status, b.header, w.done)
	}
	for lang, words := range map[string]string{"fr": "Les chiffres sont en cours de recalcul", "en": "The figures are being recalculated"} {
		b.get("/programme?as-of=2026-01-31&lang=" + lang)
		if b.status != http.StatusServiceUnavailable || b.header.Get("Retry-After") != "30" || !strings.Contains(b.body, words) || strings.Contains(b.body, "Étang") {
			t.Errorf("a day that nobody looked at: %d %v", b.status, b.header)
		}
	}
}
