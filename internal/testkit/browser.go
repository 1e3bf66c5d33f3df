package testkit

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// BrowserTimeout is how long a test's browser lives: starting Chromium on a busy machine takes seconds.
const BrowserTimeout = 3 * time.Minute

// Browser starts a Chromium of the test's own, which ends with it. more are further options, such as a language.
func Browser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("this test needs Chromium on the PATH (.ci/ensure-chromium brings it): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), BrowserTimeout)
	t.Cleanup(cancel)
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Env("LC_ALL=C.UTF-8"), // without a locale it can't open files whose names have accents, and says nothing
	}, more...)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for its end, so that its folder can be removed
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Visit opens a page in a window of the given width, in the light or the dark scheme.
func Visit(t *testing.T, ctx context.Context, address string, width int64, scheme string) {
	t.Helper()
	colours := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: colours}); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 844), chromedp.Navigate(address)); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// Screenshot keeps a picture of the whole page as dir/name.png; an empty dir is none.
func Screenshot(t *testing.T, ctx context.Context, dir, name string) {
	t.Helper()
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		t.Fatalf("picture of %s: %v", name, err)
	}
}
