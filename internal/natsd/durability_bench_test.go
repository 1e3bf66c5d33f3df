package natsd

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkDurabilityPublish is what flushing costs: messages of 600 bytes, one after the other and
// with 1,024 on their way. Interleave: go test -run ^$ -bench Durability -count 5.
func BenchmarkDurabilityPublish(b *testing.B) {
	for _, window := range []int{1, 1024} {
		for _, interval := range []time.Duration{0, time.Second} {
			b.Run(fmt.Sprintf("window=%d/sync=%s", window, interval), func(b *testing.B) {
				js := benchStream(b, interval, window)
				payload := make([]byte, 600)
				b.ResetTimer()
				for range b.N {
					if window == 1 {
						if _, err := js.Publish(b.Context(), "s.x", payload); err != nil {
							b.Fatal(err)
						}
						continue
					}
					if _, err := js.PublishAsync("s.x", payload, jetstream.WithStallWait(time.Minute)); err != nil {
						b.Fatal(err)
					}
				}
				<-js.PublishAsyncComplete()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

func benchStream(b *testing.B, interval time.Duration, window int) jetstream.JetStream {
	b.Helper()
	s, err := New(Config{Dir: b.TempDir(), Port: AnyPort, SyncInterval: interval})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(b.Context()) }()
	b.Cleanup(func() {
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	select {
	case <-s.Ready():
	case err := <-ended:
		b.Fatal(err)
	}
	nc, err := nats.Connect(s.URL())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(window))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Storage: jetstream.FileStorage}); err != nil {
		b.Fatal(err)
	}
	return js
}
