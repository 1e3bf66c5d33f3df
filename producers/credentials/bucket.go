package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is the JetStream key-value bucket of what was issued; its values are [Entry] in JSON.
const Bucket = "VITRINE_CREDENTIALS"

// bucketHistory is how many values of each entry are kept, for whoever must find out what happened.
const bucketHistory = 16

// EnsureBucket opens the bucket, creates it when missing, and brings it to replicas servers that keep it; one
// that has more is left with them.
func EnsureBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	kv, err := js.KeyValue(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		_, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Bucket, Description: "Vitrine: credentials issued to labs, hashed",
			History: bucketHistory, Storage: jetstream.FileStorage, Replicas: replicas,
		})
		if err == nil || errors.Is(err, jetstream.ErrBucketExists) { // another program came first
			kv, err = js.KeyValue(ctx, Bucket)
		}
	}
	if err == nil {
		kv, err = settleBucket(ctx, js, kv, replicas)
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", Bucket, err)
	}
	return kv, nil
}

// settleBucket has the bucket's leader answer reads, as one of its followers, which JetStream lets answer them by
// itself, may lag behind what was just written; and it raises the replicas.
func settleBucket(ctx context.Context, js jetstream.JetStream, kv jetstream.KeyValue, replicas int) (jetstream.KeyValue, error) {
	stream, err := js.Stream(ctx, "KV_"+Bucket)
	if err != nil {
		return nil, err
	}
	have := stream.CachedInfo().Config
	if !have.AllowDirect && have.Replicas >= replicas {
		return kv, nil
	}
	have.AllowDirect, have.Replicas = false, max(have.Replicas, replicas)
	if _, err := js.UpdateStream(ctx, have); err != nil {
		return nil, err
	}
	return js.KeyValue(ctx, Bucket) // what was opened before still reads as it was
}

// entryAt reads the entry under a key, which begins with the lab that the entry is of.
func entryAt(kv jetstream.KeyValueEntry) (*Entry, error) {
	e, err := decodeEntry(kv.Value())
	if err != nil {
		return nil, err
	}
	if lab := keyLab(kv.Key()); lab != e.Lab {
		return nil, fmt.Errorf("credentials entry of %s under the key of %s", e.Lab, lab)
	}
	return e, nil
}

// keyLab is the lab at the beginning of a key.
func keyLab(key string) string {
	lab, _, _ := strings.Cut(key, ".")
	return lab
}
