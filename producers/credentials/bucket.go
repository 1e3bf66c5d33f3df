package credentials

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
)

// Bucket is the JetStream key-value bucket of what was issued; its values are [Entry] in JSON.
const Bucket = "VITRINE_CREDENTIALS"

// bucketHistory is how many values of each entry are kept, for whoever must find out what happened.
const bucketHistory = 16

// EnsureBucket opens the bucket, creates it when missing, and brings it to replicas servers that keep it; one
// that has more is left with them.
func EnsureBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	return bucket.Ensure(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Vitrine: credentials issued to labs, hashed",
		History: bucketHistory, Storage: jetstream.FileStorage, Replicas: replicas,
	})
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
