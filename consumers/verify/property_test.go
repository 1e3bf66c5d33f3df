package verify

import (
	"flag"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// checks is how many schedules are tried; each has engines to itself and takes a few seconds.
// For more: go test ./consumers/verify -run Schedule -schedules 200
var checks = flag.String("schedules", "5", "schedules that TestAnyScheduleIsExact tries")

// Whatever is sent, in whatever batches, by however many consumers, and replayed or not: exact.
func TestAnyScheduleIsExact(t *testing.T) {
	if err := flag.Set("rapid.checks", *checks); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed of the events")
		n := rapid.IntRange(1, 300).Draw(r, "events")
		batch := rapid.IntRange(1, 60).Draw(r, "batch size")
		consumers := rapid.IntRange(1, 3).Draw(r, "consumers")
		replay := rapid.Bool().Draw(r, "replayed meanwhile")
		t.Run("", func(t *testing.T) {
			s := newSystem(t, schemas.DefaultCatalogue())
			g := &generator{Rand: rand.New(rand.NewPCG(seed, 11))}
			var events []sent
			for range n {
				events = append(events, g.next())
			}
			s.publish(events...)
			for range consumers {
				s.consume(schemas.DefaultCatalogue(), batch)
			}
			if replay {
				if err := ingest.Replay(t.Context(), ingest.Config{JetStream: s.js, Store: s.store, BatchSize: batch}, nil); err != nil {
					t.Fatal(err)
				}
			}
			s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
		})
		if t.Failed() {
			r.Fatal("not exact")
		}
	})
}
