package form

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// screens is where TestScreens leaves its pictures:
//
//	go test ./producers/form -run TestScreens -args -screens DIR
var screens = flag.String("screens", "", "folder for pictures of the pages; none: none are taken")

// chromium starts a browser of the test's own, in French.
func chromium(t *testing.T) context.Context {
	t.Helper()
	return testkit.Browser(t, chromedp.Flag("lang", "fr"), chromedp.Env("LANGUAGE=fr"))
}

// stepTimeout is how long a page may take to do what a test waits for.
const stepTimeout = 20 * time.Second

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	step, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if err := chromedp.Do(step, actions...); err != nil {
		seen, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + (document.querySelector('main')?.innerText || '')`))
		t.Fatalf("%v, on\n%s", err, seen)
	}
}

func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return got
}

// audit is what can be seen to be wrong with a page by looking at its elements.
const audit = `(() => {
	const out = [], width = document.documentElement.clientWidth;
	const seen = e => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && getComputedStyle(e).visibility !== 'hidden'; };
	const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' ' + (e.name || '') + ' "' + e.textContent.trim().slice(0, 30) + '"';
	if (document.documentElement.scrollWidth > innerWidth) out.push('the page is ' + document.documentElement.scrollWidth + ' wide in ' + innerWidth);
	for (const e of document.querySelectorAll('main *, header *, footer *, .who *')) {
		if (seen(e) && e.getBoundingClientRect().right > width + .5 && !e.closest('svg, thead')) out.push('sticks out: ' + name(e));
	}
	for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
		if (!e.labels.length || !e.labels[0].textContent.trim()) out.push('no label: ' + name(e));
		for (const id of (e.getAttribute('aria-describedby') || '').split(' ')) if (id && !document.getElementById(id)) out.push('described by nothing: ' + name(e) + ' ' + id);
		if (e.getAttribute('aria-invalid') && !document.getElementById(e.id + '-error')) out.push('invalid without a word: ' + name(e));
	}
	for (const e of document.querySelectorAll('a, button, input:not([type=hidden]):not([type=radio]), select, textarea, summary, .radio')) {
		const r = e.getBoundingClientRect();
		if (seen(e) && !e.matches('.skip, .first-button') && !e.closest('p:not(.acts):not(.buttons), .notice') && r.height < 43.5) out.push('low target (' + r.height + '): ' + name(e));
		if (e.matches('a, button') && !(e.getAttribute('aria-label') || e.textContent.trim())) out.push('no name: ' + name(e));
	}
	for (const e of document.querySelectorAll('label .star, legend .star')) if (!e.textContent.startsWith('\u00a0')) out.push('the star may stand alone on a line: ' + name(e.parentElement));
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
	for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) out.push('id twice: ' + id);
	for (const e of document.querySelectorAll('use')) if (!document.querySelector(e.getAttribute('href'))) out.push('no such icon: ' + e.getAttribute('href'));
	if (document.querySelectorAll('h1').length !== 1) out.push('h1: ' + document.querySelectorAll('h1').length);
	if (/\b(undefined|NaN|null)\b|\{[a-z]+\}/.test(document.body.innerText)) out.push('a hole in the text: ' + document.body.innerText.match(/.{0,30}(\b(undefined|NaN|null)\b|\{[a-z]+\}).{0,30}/)[0]);
	return out;
})()`

// look checks the page that is open, and takes its picture.
func look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, fault := range eval[[]string](t, ctx, audit) {
		t.Errorf("%s: %s", name, fault)
	}
	testkit.Accessible(t, ctx, name)
	if *screens == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(*screens, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// signInBrowser goes through the page, so that the cookies are the browser's own.
func signInBrowser(t *testing.T, ctx context.Context, base, token, l string) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(base+"/submit?lang="+l), chromedp.SendKeys("#token", token), chromedp.Click("main .button"), chromedp.WaitVisible(".kinds, h1.first"))
}

// TestScreens opens every page at the widths of a phone and a desktop, in both languages, checks
// what can be checked, and takes pictures where asked to.
func TestScreens(t *testing.T) {
	t.Parallel()
	w := worldWith(t, func(c *Config) {
		c.Periods = &periodsOfNord{states: map[string]string{"2025-Q2": "approved", "2025-Q3": "submitted", "2025-Q4": "overdue", "2026-Q1": "sent_back", "2026-Q2": "upcoming"}}
	})
	w.analysis = func(string, []byte) (Analysis, error) { return sampleAnalysis(t, 3), nil }
	imported := schemas.RecordID("atelier-nord", "fabman", "1")
	w.seeded = []Entry{
		{ID: imported, Kind: "machine.usage", Time: noon(t).Add(-50 * time.Hour), System: "fabman", Data: []byte(`{"machine":"laser-1","machine_category":"laser_cutter","end":"2026-03-10T20:31:12+01:00","origin":"measured","user_type":"sme"}`)},
		{ID: uuid.MustParse("0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"), Kind: "training.held", Time: noon(t).Add(-28 * time.Hour), System: formSystem, Revision: 1,
			Data: []byte(`{"end":"2026-03-11T19:00:00+01:00","topic":"machine_cnc_large","audience":"companies","attendees":8,"title":"Grande fraiseuse numérique : premiers usinages dans le contreplaqué","companies":[{"siren":"552100554","size":"pme"}],"partners":[{"partnership":"cci-29","type":"chamber_commerce"}]}`)},
		{ID: uuid.MustParse("0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d12"), Kind: "discovery.held", Time: noon(t).Add(-6 * time.Hour), System: "tableur", Data: []byte(`{"type":"fair_outreach","audience":"general_public","attendance":1240}`)},
	}
	ctx := chromium(t)
	for _, width := range []int64{390, 1440} {
		for _, l := range []string{"fr", "en"} {
			if *screens == "" && (l == "en") != (width == 1440) {
				continue // the same pages, and nothing to look at
			}
			open := func(path string) chromedp.Action[chromedp.Void] {
				return chromedp.Navigate(w.server.URL + path + "?lang=" + l)
			}
			picture := func(name string) { t.Helper(); look(t, ctx, fmt.Sprintf("%s-%04d-%s", name, width, l)) }
			scheme := func(s string) {
				features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s}}
				if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
					t.Fatal(err)
				}
			}
			scheme("light")
			do(t, ctx, chromedp.EmulateViewport(width, 844), open("/submit"))
			picture("signin")
			do(t, ctx, chromedp.SendKeys("#token", "vit_wrong"), chromedp.Click("main .button"), chromedp.WaitVisible("#token-error"))
			picture("signin-wrong")
			signInBrowser(t, ctx, w.server.URL, goodToken, l)
			picture("home")
			if *screens == "" && width == 1440 { // the other pages are laid out by the same rules
				do(t, ctx, open("/submit/new/training.held"))
				picture("training")
				continue
			}
			do(t, ctx, chromedp.Click(".more summary"), chromedp.Click(".templates summary"))
			picture("home-open")
			do(t, ctx, open("/submit/new/training.held"))
			picture("training")
			do(t, ctx, chromedp.SetValue("#when_start", "18:00"), chromedp.SetValue("#when_end", "17:00"), chromedp.SetValue("#f-attendees", "huit"),
				chromedp.SetValue("#f-companies", "552 100 555"), chromedp.Click(".entry > .buttons .button"), chromedp.WaitVisible("#summary"))
			picture("training-errors")
			do(t, ctx, open("/submit/new/machine.usage"))
			picture("machine")
			do(t, ctx, open("/submit/new/finance.period.reported"))
			picture("finance")
			do(t, ctx, open("/submit/correct/"+imported.String()))
			picture("correct")
			do(t, ctx, open("/submit/retract/"+imported.String()))
			picture("retract")
			do(t, ctx, open("/submit/new/training.held"), chromedp.SetValue("#when_start", "17:00"), chromedp.SetValue("#when_end", "19:30"), chromedp.SetValue("#f-attendees", "8"),
				chromedp.SetValue("#f-topic", "safety"), chromedp.SetValue("#f-audience", "members"), chromedp.Click(".entry > .buttons .button"), chromedp.WaitVisible(".accepted"))
			picture("accepted")
			do(t, ctx, open("/submit/entries"))
			picture("entries")
			do(t, ctx, open("/submit/periods/2026-Q1"))
			picture("period")
			if line := eval[string](t, ctx, `getComputedStyle(document.querySelector('.counted')).textDecorationLine`); line != "none" {
				t.Errorf("the figures of a period are drawn as links are: %s", line)
			}
			upload := filepath.Join(t.TempDir(), "activité mars.csv")
			if err := os.WriteFile(upload, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			do(t, ctx, open("/submit"), chromedp.SetUploadFiles("#file", []string{upload}), chromedp.Click(".drop > .button"), chromedp.WaitVisible(".rowsof"))
			picture("file")
			do(t, ctx, chromedp.Click("main .button"), chromedp.WaitVisible(".notice.good"))
			picture("file-sent")
			scheme("dark")
			do(t, ctx, open("/submit/new/training.held"), chromedp.Click(".entry > .buttons .button"), chromedp.WaitVisible("#summary"))
			picture("dark-errors")
			do(t, ctx, open("/submit"))
			picture("dark-home")
			scheme("light")
			w.set(func() { w.down = true })
			do(t, ctx, open("/submit"))
			picture("down")
			w.set(func() { w.down = false })
			do(t, ctx, chromedp.Click("[data-signout]"), chromedp.WaitVisible("#token"))
			signInBrowser(t, ctx, w.server.URL, otherToken, l)
			picture("empty")
			do(t, ctx, chromedp.Click("[data-signout]"), chromedp.WaitVisible("#token"))
			w.set(func() {
				w.seeded = slices.DeleteFunc(w.seeded, func(e Entry) bool { return e.System == formSystem && e.Revision == 0 })
			})
		}
	}
}
