package gateway_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// BenchmarkRequest is one request at a time, of 1 and of 20 events, from the client to the acknowledgement.
func BenchmarkRequest(b *testing.B) {
	for _, n := range []int{1, 20} {
		b.Run("events="+strconv.Itoa(n), func(b *testing.B) {
			r := newRig(b, func(c *gateway.Config) { c.Rate, c.Burst = 1e9, 1<<30 })
			text := list(b, events(b, "atelier-nord", n)...)
			b.ReportAllocs()
			for b.Loop() {
				req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, r.server.URL+"/v1/events", strings.NewReader(text))
				req.Header.Set("Authorization", "Bearer "+nord)
				req.Header.Set("Content-Type", schemas.ContentTypeBatch)
				if a := r.send(req); a.Accepted != n {
					b.Fatal(a.raw)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
