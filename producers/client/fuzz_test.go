package client

import "testing"

// Whatever the answer: there is one result for each event, or an error; and what isn't rejected by
// name was counted as accepted.
func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"accepted":2,"rejected":[]}`), 2, true)
	f.Add([]byte(`{"accepted":1,"rejected":[{"index":1,"id":"x","field":"time","error":"no"}]}`), 2, true)
	f.Add([]byte(`{"accepted":0,"rejected":[{"index":0},{"index":0}]}`), 2, false)
	f.Add([]byte(`{"accepted":-1,"rejected":[{"index":-1}]}`), 0, false)
	f.Fuzz(func(t *testing.T, raw []byte, n int, some bool) {
		if n < 0 || n > 1000 {
			return
		}
		results, err := decodeAnswer(raw, n, some)
		if err != nil {
			return
		}
		if len(results) != n {
			t.Fatalf("%d results for %d events", len(results), n)
		}
		accepted := 0
		for _, r := range results {
			if r == nil {
				accepted++
			}
		}
		if !some && accepted > 0 {
			t.Fatalf("%d accepted where none was", accepted)
		}
	})
}
