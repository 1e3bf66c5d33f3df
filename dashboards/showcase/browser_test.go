package showcase

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"vitrine/internal/pages"
	"vitrine/internal/testkit"
)

// look is what the browser says of a page.
type look struct {
	Lang    string
	ScrollW int
	InnerW  int
	Clipped []string // what sticks out on the right
	Labs    []string
	Styled  bool
}

const lookAround = `(() => {
	const width = document.documentElement.clientWidth;
	return {
		Lang: document.documentElement.lang,
		ScrollW: document.documentElement.scrollWidth,
		InnerW: window.innerWidth,
		Clipped: [...document.querySelectorAll('main *, header *, footer *')]
			.filter(e => e.getBoundingClientRect().right > width + 0.5 && !e.closest('svg, .pass, option'))
			.map(e => e.tagName + '.' + e.className),
		Labs: [...document.querySelectorAll('.cards h3 a')].map(a => a.textContent),
		Styled: getComputedStyle(document.querySelector('.top')).borderBottomWidth === '4px',
	};
})()`

func TestInTheBrowser(t *testing.T) {
	ctx := testkit.Browser(t)
	full, loading := programme(), programme()
	loading.Loading = &Progress{Done: 214_000, Total: 500_000}
	sites := map[string]Source{
		"full":    fixed{programme: full},
		"loading": fixed{programme: loading},
		"empty":   fixed{},
		"down":    fixed{err: errors.New("down")},
	}
	var names []string
	for _, lab := range full.Labs {
		names = append(names, lab.Name)
	}
	slices.Sort(names)

	views := []struct{ name, site, path string }{
		{"home", "full", "/"},
		{"filtered", "full", "/?archetype=rural"},
		{"data", "full", "/open-data"},
		{"lab", "full", "/labs/etang"},
		{"lab-long", "full", "/labs/tres-long"},
		{"lab-new", "full", "/labs/bientot"},
		{"loading", "loading", "/"},
		{"empty", "empty", "/"},
		{"error-503", "down", "/"},
		{"error-404", "full", "/labs/pneumonoultramicroscopicsilicovolcanoconiosis-pneumonoultramicroscopicsilicovolcanoconiosis"},
	}
	servers := map[string]string{}
	for name, source := range sites {
		server := httptest.NewServer(newHandler(t, source))
		t.Cleanup(server.Close)
		servers[name] = server.URL
	}
	type variant struct {
		width  int64
		lang   pages.Lang
		scheme string
	}
	variants := []variant{
		{320, pages.French, "light"}, {390, pages.French, "light"}, {768, pages.French, "light"}, {1440, pages.French, "light"},
		{390, pages.English, "light"}, {1440, pages.English, "light"}, {390, pages.French, "dark"}, {1440, pages.French, "dark"},
	}
	for _, view := range views {
		for _, v := range variants {
			name := fmt.Sprintf("%s-%04d-%s-%s", view.name, v.width, v.lang, v.scheme)
			got := visit(t, ctx, withLang(servers[view.site]+view.path, v.lang), v.width, v.scheme)
			screenshot(t, ctx, name)
			if got.Lang != string(v.lang) || !got.Styled {
				t.Errorf("%s: language %q, style pages.Sheet applied: %t", name, got.Lang, got.Styled)
			}
			if got.ScrollW > got.InnerW || got.InnerW != int(v.width) {
				t.Errorf("%s: %d wide in a window of %d", name, got.ScrollW, got.InnerW)
			}
			if len(got.Clipped) > 0 {
				t.Errorf("%s: sticks out: %v", name, got.Clipped)
			}
			if view.path == "/" && view.site == "full" {
				slices.Sort(got.Labs)
				if !slices.Equal(got.Labs, names) {
					t.Errorf("%s: labs\n got %q\nwant %q", name, got.Labs, names)
				}
			}
		}
	}
}

// visit opens a page in a window of the given width and colour scheme.
func visit(t *testing.T, ctx context.Context, address string, width int64, scheme string) look {
	t.Helper()
	colours := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: colours}); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 844), chromedp.Navigate(address)); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[look](lookAround))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return got
}

func withLang(address string, l pages.Lang) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "lang=" + string(l)
}

// screenshot keeps a picture of the page in VITRINE_SCREENSHOTS, if that is set.
func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("VITRINE_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeyboard walks through the page with the tabulator alone.
func TestKeyboard(t *testing.T) {
	ctx := testkit.Browser(t)
	server := httptest.NewServer(newHandler(t, fixed{programme: programme()}))
	t.Cleanup(server.Close)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate(server.URL+"/?lang=fr")); err != nil {
		t.Fatal(err)
	}
	type focus struct {
		Text    string
		Outline string
		Visible bool
	}
	const focused = `(() => {
		const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		return {Text: e.name || e.textContent.trim(), Outline: s.outlineStyle, Visible: r.width > 0 && r.top >= 0 && r.bottom <= innerHeight};
	})()`
	var walk []string
	press := func(key string) focus {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
			t.Fatal(err)
		}
		f, err := chromedp.Run(ctx, chromedp.Evaluate[focus](focused))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const first = "Passer la carte, aller à la liste"
	for len(walk) < 12 && !slices.Contains(walk, first) {
		f := press("\t")
		walk = append(walk, f.Text)
		if f.Outline == "none" {
			t.Errorf("nothing shows that the focus is on %q", f.Text)
		}
		if !f.Visible {
			t.Errorf("the focus is on %q, out of sight", f.Text)
		}
	}
	want := []string{"Aller au contenu", "Vitrine", "Français", "English", "region", "archetype", "Afficher", first}
	if !slices.Equal(walk, want) {
		t.Errorf("the focus goes to\n     %q\nwant %q", walk, want)
	}
	// The map's dots are reached, and may be passed over.
	if f := press("\t"); f.Text != "Atelier coopératif" && !strings.HasPrefix(f.Text, longName) || !f.Visible {
		t.Errorf("after the way past the map, the focus is on %q (in sight: %t)", f.Text, f.Visible)
	}
	if err := chromedp.Do(ctx, chromedp.Focus(".pass"), chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	if f := press("\t"); f.Text != longName {
		t.Errorf("past the map, the focus is on %q", f.Text)
	}

	// And the switch switches.
	err := chromedp.Do(ctx,
		chromedp.Focus(`.switch a[lang=en]`),
		chromedp.KeyEvent("\r"),
		chromedp.WaitVisible(`html[lang=en] h1`),
	)
	if err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[document.querySelector('h1').textContent, location.href]`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{DefaultNameEN, server.URL + "/?lang=en"}; !slices.Equal(got, want) {
		t.Errorf("the switch leads to %q, want %q", got, want)
	}
}
