package bucket

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
)

// gathering is a cluster whose servers answer so before they make a bucket.
type gathering struct {
	jetstream.JetStream
	answers []error
}

func (g *gathering) CreateKeyValue(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	if len(g.answers) > 0 {
		answer := g.answers[0]
		g.answers = g.answers[1:]
		return nil, answer
	}
	return g.JetStream.CreateKeyValue(ctx, config)
}

// Servers that look for each other are waited for; what is no matter of time is said at once.
func TestEnsureWaitsForTheCluster(t *testing.T) {
	noPeers := &jetstream.APIError{Code: 400, ErrorCode: 10005, Description: "no suitable peers for placement, peer offline"}
	noLeader := &jetstream.APIError{Code: 503, ErrorCode: 10008, Description: "JetStream system temporarily unavailable"}
	wrong := &jetstream.APIError{Code: 400, ErrorCode: 10052, Description: "stream configuration is wrong"}
	config := jetstream.KeyValueConfig{Bucket: "BUCKET_OF_A_TEST", Replicas: 1}

	cluster := &gathering{testkit.Streams(t), []error{noPeers, wrong, noLeader}}
	if _, err := Ensure(t.Context(), cluster, config); !errors.Is(err, wrong) || len(cluster.answers) != 1 {
		t.Fatalf("%v, with %d answers left", err, len(cluster.answers))
	}
	kv, err := Ensure(t.Context(), cluster, config)
	if err != nil || len(cluster.answers) != 0 {
		t.Fatalf("%v, with %d answers left", err, len(cluster.answers))
	}
	if _, err := kv.PutString(t.Context(), "key", "value"); err != nil {
		t.Error(err)
	}
}

func TestPatienceEnds(t *testing.T) {
	passing := errors.New("it passes, but not in time")
	times := 0
	err := Patiently(t.Context(), time.Millisecond, func(error) bool { return true }, func() error { times++; return passing })
	if !errors.Is(err, passing) || times != 1 { // the first pause would already be too long
		t.Error(err, times)
	}
}
