package programme

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"vitrine/internal/testkit"
)

// screens is where TestInTheBrowser leaves its pictures:
//
//	go test ./dashboards/programme -run TestInTheBrowser -args -screens DIR
var screens = flag.String("screens", "", "folder for pictures of the pages; none: none are taken")

// audit is what can be seen to be wrong with a page by looking at its elements; the widest tables scroll in boxes of their own.
const audit = `(() => {
	const out = [], width = document.documentElement.clientWidth;
	const name = e => e.tagName.toLowerCase() + '.' + e.className + ' "' + e.textContent.trim().slice(0, 40) + '"';
	if (document.documentElement.scrollWidth > innerWidth) out.push('the page is ' + document.documentElement.scrollWidth + ' wide in ' + innerWidth);
	for (const e of document.querySelectorAll('main *, header *, .rooms *')) if (e.getBoundingClientRect().right > width + .5 && !e.closest('.scroll:has(.heat, .sticky), svg, .unseen, thead')) out.push('sticks out: ' + name(e));
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
	for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) out.push('id twice: ' + id);
	for (const e of document.querySelectorAll('use')) if (!document.querySelector(e.getAttribute('href'))) out.push('no such icon: ' + e.getAttribute('href'));
	if (document.querySelectorAll('h1').length !== 1) out.push('h1: ' + document.querySelectorAll('h1').length);
	if (/<nil>|%!|\b(undefined|NaN|null)\b|\{[a-z]+\}/.test(document.body.innerText)) out.push('a hole in the text');
	if (getComputedStyle(document.querySelector('.top')).borderBottomWidth !== '4px') out.push('the style sheet is missing');
	return out;
})()`

func TestInTheBrowser(t *testing.T) {
	ctx := testkit.Browser(t)
	server := httptest.NewServer(newHandler(t, newWorld()))
	t.Cleanup(server.Close)
	bare := newWorld()
	bare.labs = nil
	empty := httptest.NewServer(newHandler(t, bare))
	t.Cleanup(empty.Close)

	look := func(base, name, path string, width int64, lang, scheme string) {
		t.Helper()
		name = fmt.Sprintf("%s-%04d-%s-%s", name, width, lang, scheme)
		u, err := url.Parse(base + path)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("lang", lang)
		u.RawQuery = q.Encode()
		testkit.Visit(t, ctx, u.String(), width, scheme)
		faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](audit))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, fault := range faults {
			t.Errorf("%s: %s", name, fault)
		}
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.lang`)); err != nil || got != lang {
			t.Errorf("%s: language %q, %v", name, got, err)
		}
		if marks, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('q')].map(e => getComputedStyle(e).quotes)[0] || ''`)); err != nil || marks == "auto" && lang == "fr" {
			t.Errorf("%s: French quotation marks without their spaces: %q, %v", name, marks, err)
		}
		testkit.Accessible(t, ctx, name)
		testkit.Screenshot(t, ctx, *screens, name)
	}
	signIn := func(base string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(base+"/programme"), chromedp.SendKeys("#token", goodToken), chromedp.Click("main .button"), chromedp.WaitVisible(".rooms")); err != nil {
			t.Fatal(err)
		}
	}
	variants := []struct {
		width        int64
		lang, scheme string
	}{{390, "fr", "light"}, {1440, "en", "dark"}, {390, "en", "dark"}, {1440, "fr", "light"}}
	if *screens == "" {
		variants = variants[:2] // the same pages, and nothing to look at
	}
	look(server.URL, "signin", "/programme", 390, "fr", "light")
	signIn(server.URL)
	for _, v := range variants {
		for _, p := range []struct{ name, path string }{
			{"portfolio", "/programme"}, {"portfolio-none", "/programme?q=xyzzy"}, {"lab", "/programme/labs/etang"}, {"lab-long", "/programme/labs/tres-long"}, {"lab-new", "/programme/labs/bientot"},
			{"period", "/programme/labs/etang/periods/2026-Q1"}, {"period-approved", "/programme/labs/etang/periods/2025-Q4"},
			{"periods", "/programme/periods"}, {"quality", "/programme/quality"}, {"alerts", "/programme/alerts"}, {"call", "/programme/call"}, {"problem", "/programme/nowhere"},
		} {
			look(server.URL, p.name, p.path, v.width, v.lang, v.scheme)
		}
	}
	// The same key seals its sessions, and cookies know no ports: the browser is signed in there too.
	look(empty.URL, "empty", "/programme", 390, "fr", "light")
	look(empty.URL, "empty-quality", "/programme/quality", 1440, "en", "light")
}

// TestKeyboard walks from the top of the portfolio into the heat map with the tabulator alone, and in.
func TestKeyboard(t *testing.T) {
	ctx := testkit.Browser(t)
	server := httptest.NewServer(newHandler(t, newWorld()))
	t.Cleanup(server.Close)
	err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate(server.URL+"/programme?lang=fr"),
		chromedp.SendKeys("#token", goodToken), chromedp.KeyEvent("\r"), chromedp.WaitVisible(".heat"))
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]bool{}
	for range 70 {
		if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
			t.Fatal(err)
		}
		at, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`(() => { const e = document.activeElement, s = getComputedStyle(e); return [e.tagName + ' ' + (e.id || e.className || e.closest('[class]')?.className).split(' ')[0], s.outlineStyle, e.textContent.trim().slice(0, 30)]; })()`))
		if err != nil {
			t.Fatal(err)
		}
		if at[1] == "none" && at[0] != "BODY " && at[0] != "INPUT f-day" { // a date's parts show theirs
			t.Errorf("nothing shows that the focus is on %q", at)
		}
		reached[at[0]] = true
		if at[0] == "A s-missed" || at[0] == "A first" && reached["DIV scroll"] && at[2] == "66" {
			break
		}
	}
	for _, want := range []string{"A skip", "A brand", "BUTTON out", "SELECT f-region", "INPUT f-q", "BUTTON button", "A tally", "DIV scroll", "A s-missed"} {
		if !reached[want] {
			t.Errorf("the tabulator never came to %s: %v", want, reached)
		}
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\r"), chromedp.WaitVisible(".commitments")); err != nil {
		t.Fatal(err)
	}
}
