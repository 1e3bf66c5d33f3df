package programme

import (
	"fmt"
	"net/http"
	"testing"
)

// BenchmarkPage renders the programme's pages over 14 and over 1,000 labs, from the request to the last byte. What they read
// isn't in it: the source answers at once, and nothing is kept.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{14, 1000} {
		some := labs()
		w := &world{}
		for i := range n {
			lab := some[i%len(some)]
			if i >= len(some) {
				lab.Slug = fmt.Sprintf("%s-%d", lab.Slug, i)
			}
			w.labs = append(w.labs, lab)
		}
		in := newBrowser(b, w).signIn()
		if in.status != http.StatusOK {
			b.Fatalf("sign in: %d", in.status)
		}
		for _, page := range []struct{ name, path string }{
			{"portfolio", "/programme"}, {"lab", "/programme/labs/" + some[0].Slug}, {"periods", "/programme/periods"}, {"quality", "/programme/quality"},
		} {
			b.Run(fmt.Sprintf("page=%s/labs=%d", page.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if in.get(page.path); in.status != http.StatusOK {
						b.Fatalf("%s: %d", page.path, in.status)
					}
				}
			})
		}
	}
}
