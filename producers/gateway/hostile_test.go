package gateway

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// TestDeepJSON: a body of brackets neither fills the stack nor takes long.
func TestDeepJSON(t *testing.T) {
	const depth = 2 << 20
	for name, body := range map[string]string{
		"a list": strings.Repeat("[", depth), "a closed one": strings.Repeat("[", depth) + strings.Repeat("]", depth),
		"an object": strings.Repeat(`{"data":`, depth/8), "an event": `{"data":` + strings.Repeat(`{"a":`, depth/8) + "1" + strings.Repeat("}", depth/8) + "}",
	} {
		began := time.Now()
		for _, media := range []string{schemas.ContentTypeEvent, schemas.ContentTypeBatch, mediaJSON} {
			batch, err := parseBatch(media, []byte(body), DefaultMaxBatch)
			var fault *Fault
			if err == nil && len(batch.Raws) == 1 { // a list's item is read by the door
				if _, refused := schemas.Decode(batch.Raws[0], time.Now()); refused == nil {
					t.Errorf("%s as %s: the door takes it", name, media)
				}
				continue
			}
			if err == nil || !errors.As(err, &fault) || fault.Status != 400 {
				t.Errorf("%s as %s: %d events, %v", name, media, len(batch.Raws), err)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s takes %s", name, took)
		}
	}
	t.Logf("attempt: send events nested %d deep | 400", depth/8)
}

// TestLockoutIsBounded: somebody with very many addresses doesn't fill the memory.
func TestLockoutIsBounded(t *testing.T) {
	l := newLockout(1, func() time.Time { return time.Time{} })
	const tries = 2*maxAddresses + 10
	for i := range tries {
		l.failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		if len(l.failures) > maxAddresses {
			t.Fatalf("%d addresses are remembered, at most %d are wanted", len(l.failures), maxAddresses)
		}
	}
	t.Logf("attempt: try wrong tokens from %d addresses | at most %d are remembered", tries, maxAddresses)
}
