package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeVersion is that of .ci/ensure-axe.
const axeVersion = "4.14.1"

// finding is what axe-core has to say against a page.
type finding struct{ ID, Impact, Help, Target, Why string }

// axeRun keeps what is serious or critical; what it can't decide isn't a finding.
const axeRun = `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations
	.filter(v => v.impact === 'serious' || v.impact === 'critical')
	.flatMap(v => v.nodes.slice(0, 3).map(n => ({ID: v.id, Impact: v.impact, Help: v.help, Target: n.target.join(' '), Why: n.failureSummary}))))`

// Accessible fails the test if axe-core finds something serious or critical about the page that the browser shows.
func Accessible(t *testing.T, ctx context.Context, page string) {
	t.Helper()
	for _, f := range axe(t, ctx, page) {
		t.Errorf("%s: %s (%s, %s) at %s\n%s", page, f.Help, f.ID, f.Impact, f.Target, f.Why)
	}
}

func axe(t *testing.T, ctx context.Context, page string) []finding {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(cache, "vitrine", "axe", fmt.Sprintf("axe-core-%s.min.js", axeVersion)))
	if err != nil {
		t.Fatalf("this test needs axe-core (.ci/ensure-axe brings it): %v", err)
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](string(script)+"\n;0")); err != nil {
		t.Fatalf("%s: load axe-core: %v", page, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: run axe-core: %v", page, err)
	}
	return found
}
