package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers/credentials"
)

// visitor is a browser that reads no further than it must.
type visitor struct {
	t      *testing.T
	web    string
	client *http.Client
}

func newVisitor(t *testing.T, web string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, web, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask sends a request; body nil is a GET's.
func (v *visitor) ask(method, path string, form url.Values, headers ...string) (*http.Response, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.web+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp, string(body)
}

var (
	csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	anyLink   = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	anyForm   = regexp.MustCompile(`<form[^>]*>`)
	anyNumber = regexp.MustCompile(`[0-9]+`)
	anyAction = regexp.MustCompile(`action="([^"]*)"`)
)

// signIn signs in to the pages below root.
func (v *visitor) signIn(root, token string) {
	v.t.Helper()
	testkit.Eventually(v.t, time.Minute, func() error { // a token counts once the gateway has heard of it
		_, page := v.ask(http.MethodGet, root, nil)
		field := csrfField.FindStringSubmatch(page)
		if field == nil {
			return fmt.Errorf("%s has no form", root)
		}
		resp, _ := v.ask(http.MethodPost, root+"/signin", url.Values{"csrf": {field[1]}, "token": {token}, "next": {root}})
		if resp.StatusCode != http.StatusSeeOther {
			return fmt.Errorf("signing in answers %s", resp.Status)
		}
		return nil
	})
}

// siteUnderAttack is a whole gateway with all of its pages.
func siteUnderAttack(t *testing.T) (web string, tokens map[string]string, p *process) {
	t.Helper()
	natsURL, clickhouseURL := testkit.NATS(t), testkit.ClickHouse(t)
	if status, out, errs := command(t, "", natsURL, "migrate", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Fatalf("migrate: %s%s", out, errs)
	}
	flags, web, _, _ := addresses(t)
	p = start(t, append(flags[:2:2], "gateway", "--open-data", t.TempDir(), "--nats-url", natsURL, "--clickhouse-url", clickhouseURL)...)
	tokens = issue(t, natsURL, attacker, victim, credentials.Programme)
	awaitReady(t, web, http.StatusOK)
	return web, tokens, p
}

// TestWebsiteUnderAttack tries what a browser, a stranger or another site may try on a gateway as it is run.
func TestWebsiteUnderAttack(t *testing.T) {
	web, tokens, p := siteUnderAttack(t)
	slow := make(chan error, 1)
	go func() { slow <- slowloris(strings.TrimPrefix(web, "http://")) }()
	lab, programme, stranger := newVisitor(t, web), newVisitor(t, web), newVisitor(t, web)
	lab.signIn("/submit", tokens[attacker])
	programme.signIn("/programme", tokens[credentials.Programme])
	seen := map[*visitor][]page{}
	t.Run("every answer has the headers", func(t *testing.T) {
		for v, roots := range map[*visitor][]string{lab: {"/submit"}, programme: {"/programme"}, stranger: {"/", "/open-data", "/labs/nowhere", "/metrics", "/healthz", "/readyz", "/openapi.json",
			"/v1/status", "/v1/nowhere", "/programme/reports/x/y.html", "/nowhere", "//evil.example/..", "/assets/../../etc/passwd", "/submit/assets/%2e%2e%2fform.go"}} {
			seen[v] = crawl(t, v, roots)
		}
		t.Logf("attempt: open %d pages of the lab, %d of the programme, %d public ones and errors without a safe header | every one has them",
			len(seen[lab]), len(seen[programme]), len(seen[stranger]))
	})
	t.Run("every form wants its token", func(t *testing.T) { forge(t, lab, programme, seen) })
	t.Run("nobody is led elsewhere", func(t *testing.T) { leadAway(t, web, tokens) })
	t.Run("nobody reads without signing in", func(t *testing.T) { readUninvited(t, stranger, seen[lab], seen[programme]) })
	t.Run("guesses tell nothing", func(t *testing.T) { guess(t, stranger, p, tokens) })
	t.Run("headers have a bound", func(t *testing.T) {
		resp, _ := stranger.ask(http.MethodGet, "/", nil, "X-Big", strings.Repeat("a", 128<<10))
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("128 KiB of headers: %s", resp.Status)
		}
		t.Logf("attempt: 128 KiB of headers | %s", resp.Status)
	})
	t.Run("nothing is left open for debugging", func(t *testing.T) {
		for _, path := range []string{"/debug/pprof/", "/debug/vars", "/.git/config", "/.env"} {
			if resp, _ := stranger.ask(http.MethodGet, path, nil); resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", path, resp.Status)
			}
		}
		for _, method := range []string{http.MethodTrace, http.MethodPut, http.MethodDelete, "PROPFIND"} {
			if resp, _ := stranger.ask(method, "/", nil); resp.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s: %s", method, resp.Status)
			}
		}
		t.Log("attempt: pprof, expvar, .git, .env, TRACE, PUT, DELETE | 404 and 405")
	})
	if err := <-slow; err != nil {
		t.Error(err)
	} else {
		t.Log("attempt: send headers a byte at a time (slowloris) | the connection is closed within seconds")
	}
}

// page is an address that was opened, and what was there.
type page struct{ at, body string }

// crawl opens what pages lead to, of each sort of address one, and checks each answer's headers.
func crawl(t *testing.T, v *visitor, todo []string) (seen []page) {
	t.Helper()
	sorts := map[string]bool{}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		sort, _, _ := strings.Cut(anyNumber.ReplaceAllString(at, "0"), "?")
		if sorts[sort] {
			continue
		}
		sorts[sort] = true
		resp, body := v.ask(http.MethodGet, at, nil)
		seen = append(seen, page{at, body})
		h := resp.Header
		for name := range safeHeaders() {
			if h.Get(name) == "" {
				t.Errorf("%s (%s): no %s", at, resp.Status, name)
			}
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s (%s): policy %q", at, resp.Status, policy)
		}
		private := strings.HasPrefix(at, "/submit") || strings.HasPrefix(at, "/programme") || strings.HasPrefix(at, "/v1/")
		if cache := h.Get("Cache-Control"); private && !strings.Contains(at, "/assets/") && !strings.Contains(cache, "no-store") && !strings.Contains(cache, "private") {
			t.Errorf("%s: others may keep it: %q", at, cache)
		}
		for _, c := range resp.Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path == "/" {
				t.Errorf("%s: the cookie %s is HttpOnly %t, SameSite %d, for %s", at, c.Name, c.HttpOnly, c.SameSite, c.Path)
			}
		}
		if strings.Contains(h.Get("Content-Type"), "html") {
			for _, link := range anyLink.FindAllStringSubmatch(body, -1) {
				if to := strings.ReplaceAll(link[1], "&amp;", "&"); !strings.HasPrefix(to, "//") {
					todo = append(todo, to)
				}
			}
		}
	}
	return seen
}

// forge posts each form that the pages hold from another site, without its token and with another session's.
func forge(t *testing.T, lab, programme *visitor, seen map[*visitor][]page) {
	posts := map[string]bool{}
	for _, v := range []*visitor{lab, programme} {
		for _, p := range seen[v] {
			for _, form := range anyForm.FindAllString(p.body, -1) {
				action := anyAction.FindStringSubmatch(form)
				if !strings.Contains(form, `method="post"`) {
					continue
				}
				to := p.at
				if action != nil && action[1] != "" {
					to = strings.ReplaceAll(action[1], "&amp;", "&")
				}
				if posts[to] {
					continue
				}
				posts[to] = true
				for name, try := range map[string]func() (*http.Response, string){
					"without its token": func() (*http.Response, string) { return v.ask(http.MethodPost, to, url.Values{"reason": {"x"}}) },
					"with a made-up one": func() (*http.Response, string) {
						return v.ask(http.MethodPost, to, url.Values{"csrf": {strings.Repeat("A", 43)}})
					},
					"from another site": func() (*http.Response, string) {
						return v.ask(http.MethodPost, to, url.Values{"csrf": {csrfField.FindStringSubmatch(p.body)[1]}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
					},
				} {
					// Who isn't signed in is asked to sign in (again): nothing was done for him.
					if resp, _ := try(); resp.StatusCode != http.StatusForbidden && (resp.StatusCode != http.StatusUnauthorized || !strings.HasSuffix(to, "/signin")) {
						t.Errorf("POST %s %s: %s", to, name, resp.Status)
					}
				}
			}
		}
	}
	if len(posts) < 20 {
		t.Fatalf("only %d forms were found: the pages weren't walked", len(posts))
	}
	t.Logf("attempt: post %d forms without their token, with a made-up one, from another site | refused each time", len(posts))
}

// leadAway has somebody sign in with a next that leads to another site.
func leadAway(t *testing.T, web string, tokens map[string]string) {
	tried := 0
	for root, token := range map[string]string{"/submit": tokens[victim], "/programme": tokens[credentials.Programme]} {
		for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, root + "/../../evil.example", root + "/..//evil.example", root + "@evil.example", "javascript:alert(1)", root + "/\r\nSet-Cookie: a=b"} {
			v := newVisitor(t, web)
			_, page := v.ask(http.MethodGet, root, nil)
			resp, _ := v.ask(http.MethodPost, root+"/signin", url.Values{"csrf": {csrfField.FindStringSubmatch(page)[1]}, "token": {token}, "next": {next}})
			to, err := url.Parse(resp.Header.Get("Location"))
			if err != nil || resp.StatusCode != http.StatusSeeOther || to.Host != "" || to.Scheme != "" || strings.HasPrefix(to.Path, "//") || len(resp.Header.Values("Set-Cookie")) != 1 {
				t.Errorf("%s with next=%q: %s to %q, %d cookies, %v", root, next, resp.Status, resp.Header.Get("Location"), len(resp.Header.Values("Set-Cookie")), err)
			}
			tried++
		}
	}
	t.Logf("attempt: %d addresses to be led to after signing in, of other sites or with a header in them | all stay here", tried)
}

// readUninvited asks for everything that those who are signed in saw.
func readUninvited(t *testing.T, stranger *visitor, private ...[]page) {
	n := 0
	for _, p := range slices.Concat(private...) {
		at := p.at
		if !strings.HasPrefix(at, "/submit") && !strings.HasPrefix(at, "/programme") || strings.Contains(at, "/assets/") {
			continue
		}
		if resp, _ := stranger.ask(http.MethodGet, at, nil); resp.StatusCode != http.StatusUnauthorized && !strings.Contains(at, "signin") && resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", at, resp.Status)
		} else if _, page := stranger.ask(http.MethodGet, at, nil); !strings.Contains(page, `id="token"`) {
			t.Errorf("%s: it isn't the page to sign in", at)
		}
		n++
	}
	t.Logf("attempt: open %d pages of labs and programme without signing in | the page to sign in each time", n)
}

// guess tries tokens of labs that exist and that don't: the answers must be the same, and soon end.
func guess(t *testing.T, stranger *visitor, p *process, tokens map[string]string) {
	requestID := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	answers := map[string]string{}
	right := tokens[victim]
	guesses := map[string]string{
		"of a lab that exists": right[:len(right)-4] + "aaaa", "of a lab that doesn't": strings.Replace(right, victim, "no-such-lab", 1),
		"that is none": "x", "with a line break": "vit_a\u2028b",
	}
	for name, token := range guesses {
		resp, body := stranger.ask(http.MethodGet, "/v1/status", nil, "Authorization", "Bearer "+token)
		answers[name] = resp.Status + requestID.ReplaceAllString(body, "")
		if answers[name] != answers["of a lab that exists"] && answers["of a lab that exists"] != "" {
			t.Errorf("a guess %s is answered %s, another %s", name, answers[name], answers["of a lab that exists"])
		}
	}
	locked := 0
	for range 30 {
		if resp, _ := stranger.ask(http.MethodGet, "/v1/status", nil, "Authorization", "Bearer vit_guess", "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", locked)); resp.StatusCode == http.StatusTooManyRequests {
			locked++
		}
	}
	if locked < 10 {
		t.Errorf("of 30 more guesses %d were locked out", locked)
	}
	for _, secret := range append([]string{right, "vit_guess", "no-such-lab", "\u2028"}, tokens[attacker]) {
		if strings.Contains(p.out.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
	t.Logf("attempt: guess tokens of labs that exist and that don't | the same answer; %d of 30 more guesses with made-up addresses (X-Forwarded-For) locked out; none in the log", locked)
}

// slowloris begins a request and never ends it: the server must hang up.
func slowloris(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
		return err
	}
	// A byte every second, as the attack has it, for longer than the bound.
	stop := time.Now().Add(20 * time.Second)
	in := bufio.NewReader(conn)
	for time.Now().Before(stop) {
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, err := in.ReadByte()
		if err == nil || errors.Is(err, io.EOF) || !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil // an answer, or the end
		}
		if _, err := io.WriteString(conn, "X"); err != nil {
			return nil
		}
	}
	return errors.New("a request whose headers never end is waited for longer than 20 s")
}

// TestGuardedSaysHTTPSAlone: over TLS browsers are told to come by TLS only, and a handler's own policy stands.
func TestGuardedSaysHTTPSAlone(t *testing.T) {
	h := guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Security-Policy", "mine") }))
	plain, secure := httptest.NewServer(h), httptest.NewTLSServer(h)
	defer plain.Close()
	defer secure.Close()
	for server, want := range map[*httptest.Server]string{plain: "", secure: hstsAge} {
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Strict-Transport-Security"); got != want || resp.Header.Get("Content-Security-Policy") != "mine" {
			t.Errorf("%s: Strict-Transport-Security %q, want %q; policy %q", server.URL, got, want, resp.Header.Get("Content-Security-Policy"))
		}
	}
}
