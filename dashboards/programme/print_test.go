package programme

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"vitrine/internal/testkit"
)

// TestPrinted holds that nothing is cut off on paper, where no box can be scrolled, and that no form is printed.
func TestPrinted(t *testing.T) {
	ctx := testkit.Browser(t)
	server := httptest.NewServer(newHandler(t, newWorld()))
	t.Cleanup(server.Close)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/programme"), chromedp.SendKeys("#token", goodToken), chromedp.Click("main .button"), chromedp.WaitVisible(".rooms")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	const landscape, portrait = 1062, 718 // A4 without its margins, in pixels
	for _, page := range []struct {
		path  string
		width int64
		right string
	}{
		{"/programme", landscape, `getComputedStyle(document.querySelector('.heat').closest('section')).page === 'heat'`},
		{"/programme/labs/etang", portrait, `getComputedStyle(document.querySelector('.commitments')).gridTemplateColumns.split(' ').length === 2`},
	} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(page.width, 844), chromedp.Navigate(server.URL+page.path)); err != nil {
			t.Fatal(err)
		}
		faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('main *')]
			.filter(e => !e.closest('.unseen, svg') && (e.getBoundingClientRect().right > innerWidth + .5 || e.matches('form, input, button') && e.getClientRects().length))
			.map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.trim().slice(0, 40))`))
		if err != nil || len(faults) > 0 {
			t.Errorf("%s on paper: %q, %v", page.path, faults, err)
		}
		if right, err := chromedp.Run(ctx, chromedp.Evaluate[bool](page.right)); err != nil || !right {
			t.Errorf("%s on paper: not %s, %v", page.path, page.right, err)
		}
	}
}
