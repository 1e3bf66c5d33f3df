package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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

// FuzzRemote: whatever X-Forwarded-For says, who isn't a trusted proxy is who he is.
func FuzzRemote(f *testing.F) {
	f.Add("192.0.2.7")
	f.Add("10.0.0.9, 10.0.0.8,")
	f.Add("::ffff:10.0.0.1, fe80::1%eth0")
	f.Add(",, 192.0.2.1:80, [::1]")
	g := &Gateway{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-For", forwarded)
		r.RemoteAddr = "192.0.2.1:4321"
		if at := g.Remote(r); at != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("%q makes a stranger %s", forwarded, at)
		}
		r.RemoteAddr = "10.0.0.1:4321"
		if at := g.Remote(r); !at.IsValid() || at.Zone() != "" {
			t.Errorf("%q behind a proxy is %q", forwarded, at)
		}
	})
}

// FuzzReadFile: whatever is posted as a file is refused with a fault of the client's, or read within the bound.
func FuzzReadFile(f *testing.F) {
	f.Add("multipart/form-data; boundary=x", "", []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a.csv\"\r\n\r\na;b\r\n--x--\r\n"))
	f.Add("multipart/form-data; boundary=x", "gzip", []byte("\x1f\x8b\x08\x00"))
	f.Add("multipart/form-data", "", []byte("--"))
	f.Add("text/csv", "identity", []byte("a;b\n1;2\n"))
	const most = 1 << 16
	f.Fuzz(func(t *testing.T, media, encoding string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v1/imports", bytes.NewReader(body))
		r.Header.Set("Content-Type", media)
		r.Header.Set("Content-Encoding", encoding)
		file, err := readFile(r, most)
		var n int64
		if err == nil {
			if strings.ContainsAny(file.Name, "/\x00") {
				t.Errorf("the file's name is %q", file.Name)
			}
			n, err = io.Copy(io.Discard, file.Body)
		}
		var fault *Fault
		if err != nil && (!errors.As(err, &fault) || fault.Status/100 != 4) || n > most {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}
