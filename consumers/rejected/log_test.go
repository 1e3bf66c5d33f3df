package rejected

import (
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A log that forgets what is long done publishes nothing twice: it reads again what it forgot.
func TestALogForgets(t *testing.T) {
	js := testkit.Streams(t)
	log := NewLog(js)
	log.most = 2
	add := func(seqs ...uint64) {
		t.Helper()
		var rejections []clickhouse.Rejection
		for _, seq := range seqs {
			rejections = append(rejections, clickhouse.Rejection{StreamSeq: seq, Lab: "a", Code: schemas.CodeNotJSON})
		}
		if err := log.Add(t.Context(), rejections); err != nil {
			t.Fatal(err)
		}
	}
	add(1, 2, 3, 4)
	add(5)
	if len(log.known) != 1 || log.from != 5 {
		t.Errorf("it remembers %v from %d on", log.known, log.from)
	}
	add(2, 6)
	if !log.known[2] || !log.known[4] || log.from != 2 { // 4 it can only have read again
		t.Errorf("it remembers %v from %d on", log.known, log.from)
	}
	stream, err := js.Stream(t.Context(), schemas.StreamRejected)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 6 {
		t.Errorf("%d rejections are published of 6", n)
	}
}
