// Package bucket opens JetStream's key-value buckets as producers and consumers both want them, and waits for a cluster's servers
// that can't make one yet.
package bucket

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Ensure opens a bucket, creates it as config says when it is missing, and brings it to config.Replicas servers that keep it;
// one that has more is left with them. Reads are answered by the bucket's leader: a follower, which JetStream lets answer them
// by itself, may lag behind what was just written. Servers that have just been started are waited for: [WhenGathered].
func Ensure(ctx context.Context, js jetstream.JetStream, config jetstream.KeyValueConfig) (kv jetstream.KeyValue, err error) {
	err = WhenGathered(ctx, func() error {
		kv, err = ensure(ctx, js, config)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", config.Bucket, err)
	}
	return kv, nil
}

func ensure(ctx context.Context, js jetstream.JetStream, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := js.KeyValue(ctx, config.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		_, err = js.CreateKeyValue(ctx, config)
		if err == nil || errors.Is(err, jetstream.ErrBucketExists) { // another program came first
			kv, err = js.KeyValue(ctx, config.Bucket)
		}
	}
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, "KV_"+config.Bucket)
	if err != nil {
		return nil, err
	}
	have := stream.CachedInfo().Config
	if !have.AllowDirect && have.Replicas >= config.Replicas {
		return kv, nil
	}
	have.AllowDirect, have.Replicas = false, max(have.Replicas, config.Replicas)
	if _, err := js.UpdateStream(ctx, have); err != nil {
		return nil, err
	}
	return js.KeyValue(ctx, config.Bucket) // what was opened before still reads as it was
}
