package showcase

import (
	"net/http/httptest"
	"testing"

	"vitrine/internal/pages"
	"vitrine/internal/testkit"
)

// TestAccessible lets axe-core look at every page, light and dark. The page of an error and that of a history being counted
// aren't among them: they reload by themselves, which axe-core holds against any page.
func TestAccessible(t *testing.T) {
	ctx := testkit.Browser(t)
	for name, source := range map[string]Source{"full": fixed{programme: programme()}, "empty": fixed{}} {
		server := httptest.NewServer(newHandler(t, source))
		t.Cleanup(server.Close)
		for _, path := range []string{"/", "/labs/etang", "/open-data", "/labs/unknown"} {
			for _, scheme := range []string{"light", "dark"} {
				testkit.Visit(t, ctx, withLang(server.URL+path, pages.French), 390, scheme)
				testkit.Accessible(t, ctx, name+" "+path+" "+scheme)
			}
		}
	}
}
