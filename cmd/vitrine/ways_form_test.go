package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/internal/testkit"
)

// stepTimeout is how long a page may take to do what the test waits for.
const stepTimeout = 20 * time.Second

// sendByForm signs in, fills in a form for each thing of the week, and sends each twice: the second
// time by going back to the filled-in form.
func sendByForm(t *testing.T, r *running, w *wayIn) {
	w.again = func(*testing.T) {} // each form was sent twice already; who types the week again means another week
	ctx := testkit.Browser(t)
	step := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		within, cancel := context.WithTimeout(ctx, stepTimeout)
		defer cancel()
		if err := chromedp.Do(within, actions...); err != nil {
			seen, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + (document.querySelector('main')?.innerText || '')`))
			t.Fatalf("%v, on\n%s", err, seen)
		}
	}
	shows := func(selector string) {
		t.Helper()
		testkit.Eventually(t, stepTimeout, func() error {
			is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q) !== null", selector)))
			if err == nil && !is {
				err = fmt.Errorf("the page has no %s", selector)
			}
			return err
		})
	}
	step(chromedp.Navigate(r.web+"/submit?lang=fr"), chromedp.SendKeys("#token", w.token), chromedp.Click("main .button"), chromedp.WaitVisible("h1.first, .kinds"))
	for _, entry := range []struct {
		kind   string
		fields [][2]string
	}{
		{"machine.usage", [][2]string{{"when_date", "2026-03-02"}, {"when_start", "14:00"}, {"when_end", "16:30"}, {"f-machine", "laser"}, {"f-machine_category", "laser_cutter"}, {"f-origin", "measured"}}},
		{"machine.usage", [][2]string{{"when_date", "2026-03-03"}, {"when_start", "09:00"}, {"when_end", "10:00"}, {"f-machine", "laser"}, {"f-machine_category", "laser_cutter"}, {"f-origin", "measured"}}},
		{"training.held", [][2]string{{"when_date", "2026-03-04"}, {"when_start", "14:00"}, {"when_end", "17:00"}, {"f-topic", "machine_laser_vinyl"}, {"f-audience", "general_public"}, {"f-attendees", "2"}}},
		{"discovery.held", [][2]string{{"when_date", "2026-03-05"}, {"when_start", "18:00"}, {"when_end", "22:00"}, {"f-type", "open_lab"}, {"f-audience", "general_public"}, {"f-attendance", "23"}}},
		{"company.service.delivered", [][2]string{{"when_date", "2026-03-06"}, {"f-service_type", "prototyping"}, {"f-companies", "732 829 320"}}},
	} {
		step(chromedp.Navigate(r.web+"/submit/new/"+entry.kind+"?lang=fr"), chromedp.WaitVisible("#entry"))
		for _, f := range entry.fields {
			step(chromedp.SetValue("#"+f[0], f[1]))
		}
		step(chromedp.Click(".entry > .buttons .button"), chromedp.WaitVisible(".accepted"))
		// By script: the browser has kept the page whole, and the driver doesn't see it come back.
		step(chromedp.Evaluate[chromedp.Void](`history.back()`))
		shows(".entry > .buttons .button")
		step(chromedp.Evaluate[chromedp.Void](`document.querySelector('.entry > .buttons .button').click()`))
		shows(".accepted, .notice.strong")
	}
}
