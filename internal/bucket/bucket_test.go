package bucket

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// A bucket is the same one however often it is opened, also one that was made elsewhere, and its leader answers.
func TestEnsure(t *testing.T) {
	js := testkit.Streams(t)
	config := jetstream.KeyValueConfig{Bucket: "BUCKET_OF_A_TEST", History: 3, Replicas: 1}
	if _, err := js.CreateKeyValue(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		kv, err := Ensure(t.Context(), js, config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kv.PutString(t.Context(), "key", "value"); err != nil {
			t.Fatal(err)
		}
		stream, err := js.Stream(t.Context(), "KV_"+config.Bucket)
		if err != nil {
			t.Fatal(err)
		}
		if c := stream.CachedInfo().Config; c.AllowDirect || c.Replicas != 1 || c.MaxMsgsPerSubject != 3 {
			t.Errorf("%+v", c)
		}
	}
	config.Bucket = "not a name"
	if _, err := Ensure(t.Context(), js, config); err == nil {
		t.Error("a name that can't be one is opened")
	}
}
