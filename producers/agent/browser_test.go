package agent_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// screens is where TestThePageInABrowser leaves its pictures:
//
//	go test ./producers/agent -run TestThePageInABrowser -args -screens DIR
var screens = flag.String("screens", "", "folder for pictures of the status page; none: none are taken")

// audit is what can be seen to be wrong with the page by looking at its elements.
const audit = `(() => {
	const out = [], width = document.documentElement.clientWidth;
	const name = e => e.tagName.toLowerCase() + ' "' + e.textContent.trim().slice(0, 40) + '"';
	if (document.documentElement.scrollWidth > innerWidth) out.push('the page is ' + document.documentElement.scrollWidth + ' wide in ' + innerWidth);
	for (const e of document.querySelectorAll('main *')) if (e.getBoundingClientRect().right > width + .5) out.push('sticks out: ' + name(e));
	for (const e of document.querySelectorAll('button, summary')) if (e.getBoundingClientRect().height < 43.5) out.push('low target: ' + name(e));
	for (const e of document.querySelectorAll('dd, li, p, h2')) if (!e.textContent.trim()) out.push('empty: ' + e.outerHTML);
	const names = [...document.querySelectorAll('button')].map(e => e.getAttribute('aria-label') || e.textContent.trim());
	for (const n of new Set(names)) if (names.filter(i => i === n).length > 1) out.push('two buttons say ' + n);
	if (document.querySelectorAll('h1').length !== 1) out.push('h1: ' + document.querySelectorAll('h1').length);
	if (/<nil>|%!|\b(undefined|NaN|null)\b/.test(document.body.innerText)) out.push('a hole in the text');
	return out;
})()`

// troubled is an agent where everything is wrong that can be: the spool is full, the programme can't be
// reached, events were refused, a source fails and has records that can't be used.
func troubled(t *testing.T) *rig {
	t.Helper()
	password := filepath.Join(t.TempDir(), "mqtt.txt")
	if err := os.WriteFile(password, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := `lab: atelier-nord
programme: {gateway: "https://programme.fablabs.example.org/vitrine/passerelle", token-file: "` + password + `"}
spool: {max-events: 40}
mqtt: {listen: "127.0.0.1:1883", user: machines, password-file: "` + password + `"}
sources:
  - {connector: register, system: caisse, every: 1h}
  - {connector: hooked, system: portail, name: portail-des-reservations-du-rez-de-chaussee, at: "06:30"}
  - {connector: machines, system: portes, name: portes}
`
	r := newRig(t, file, func(r *rig) {
		r.register.records = []int64{1, 2, 3, 4, 5}
		r.programme.refuses = func(e *schemas.Event) error {
			switch n, _ := e.Values.Number("attendance"); n {
			case schemas.Int(2):
				return &client.RejectedError{ID: e.ID.String(), Field: "data.attendance", Reason: "2 personnes : le programme ne compte qu'à partir de 3"}
			case schemas.Int(3):
				return &producers.ForbiddenError{Op: "publish to vitrine.events.atelier-nord.discovery.held", Err: errors.New(`nats: permissions violation for publish to "vitrine.events.atelier-nord.discovery.held"`)}
			}
			return nil
		}
	})
	r.until("some arrive and others are refused", func() bool {
		st := r.status()
		return len(r.programme.has()) == 3 && st.Spool.Refused == 2 && st.Spool.Waiting == 0
	})
	r.programme.set(func(p *programme) {
		p.down = &producers.UnavailableError{Op: "POST https://programme.fablabs.example.org/vitrine/passerelle/v1/events", Attempts: 1,
			Err: errors.New(`Post "https://programme.fablabs.example.org/vitrine/passerelle/v1/events": dial tcp 203.0.113.7:443: connect: no route to host`)}
	})
	r.register.set(func(reg *register) {
		for i := range int64(60) {
			reg.records = append(reg.records, 100+i)
		}
		reg.bad = &importers.RecordError{Origin: "https://caisse.example.org/export/2026/03/visites-du-fablab-et-des-ateliers-partages.csv", Record: "ligne 7", Field: "date",
			What: schemas.Text{FR: "« 31/02/2026 » reçu, attendu un jour qui existe, par exemple 28/02/2026", EN: "found “31/02/2026”, expected a day that exists, such as 28/02/2026"}}
	})
	r.press("/sources/register/run")
	r.until("the spool is full", func() bool {
		st := r.status()
		return st.Spool.Full && st.Programme.Problem != nil && st.Sources[0].Problem != nil
	})
	return r
}

// says is what the page must say, by language and agent.
var says = map[string]map[string][]string{
	"fr": {
		"calm": {"Agent du fab lab atelier-nord", "Rien à signaler", "NATS 127.0.0.1:1", "0 / 1 000 000", "0,0 Mo"},
		"troubled": {"le programme ne reçoit rien", "la file d'attente est pleine", "événements refusés : 2", "Registre : à corriger", "(spool: max-events)",
			"Événement de découverte tenu, 02/03/2026 10:01 (register) : data.attendance", "ligne 7, date : «", "rien encore", "l'agent réessaie de lui-même"},
	},
	"en": {
		"calm": {"Agent of the lab atelier-nord", "Nothing needs your attention", "0 / 1,000,000", "0.0 MB"},
		"troubled": {"the programme takes nothing", "the spool is full", "refused events: 2", "Register: to be mended", "(spool: max-events)",
			"Discovery event held, 2026-03-02 10:01 (register): data.attendance", "date: found “31", "nothing yet", "the agent tries again by itself"},
	},
}

// The page as people see it, on a phone and on a desktop, in both languages, when everything is wrong.
func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	r := troubled(t)
	calm := newRig(t, oneSource, func(r *rig) { r.register.records = []int64{1, 2, 3} })
	calm.until("all arrive", func() bool { return calm.status().Sources[0].Forwarded == 3 })
	ctx := testkit.Browser(t)
	for _, width := range []int64{390, 1440} {
		for language := range says {
			for name, at := range map[string]*rig{"troubled": r, "calm": calm} {
				step, cancel := context.WithTimeout(ctx, testkit.BrowserTimeout)
				if _, err := chromedp.Call(step, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}); err != nil {
					t.Fatal(err)
				}
				if err := chromedp.Do(step, chromedp.EmulateViewport(width, 844), chromedp.Navigate(at.server.URL+"/"), chromedp.WaitVisible("h1")); err != nil {
					t.Fatal(err)
				}
				faults, err := chromedp.Run(step, chromedp.Evaluate[[]string](audit))
				if err != nil {
					t.Fatal(err)
				}
				text, err := chromedp.Run(step, chromedp.Evaluate[string]("document.body.innerText"))
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range says[language][name] {
					if !strings.Contains(text, want) {
						faults = append(faults, fmt.Sprintf("it doesn't say %q:\n%s", want, text))
					}
				}
				for _, fault := range faults {
					t.Errorf("%s, %s, %d pixels: %s", name, language, width, fault)
				}
				if *screens != "" {
					picture, err := chromedp.Run(step, chromedp.FullScreenshot(100))
					if err == nil {
						err = os.WriteFile(filepath.Join(*screens, fmt.Sprintf("agent-%s-%s-%04d.png", name, language, width)), picture, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				cancel()
			}
		}
	}
}
