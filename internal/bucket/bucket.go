// Package bucket opens JetStream's key-value buckets as producers and consumers both want them.
package bucket

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Ensure opens a bucket, creates it as config says when it is missing, and brings it to config.Replicas servers that keep it;
// one that has more is left with them. Reads are answered by the bucket's leader: a follower, which JetStream lets answer them
// by itself, may lag behind what was just written.
func Ensure(ctx context.Context, js jetstream.JetStream, config jetstream.KeyValueConfig) (kv jetstream.KeyValue, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open bucket %s: %w", config.Bucket, err)
		}
	}()
	kv, err = js.KeyValue(ctx, config.Bucket)
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
