package latency

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheSlowestComesFirst(t *testing.T) {
	var times Times
	for i := range 100 {
		times.Add("a", time.Duration(i+1)*time.Millisecond)
		times.Add("b", 200*time.Millisecond)
	}
	rows := times.Rows()
	if len(rows) != 2 || rows[0].Name != "b" || rows[1].P50 != 50*time.Millisecond || rows[1].P99 != 99*time.Millisecond || rows[1].Max != 100*time.Millisecond || rows[1].N != 100 {
		t.Errorf("%+v", rows)
	}
	var out strings.Builder
	if err := Write(&out, []Place{{Name: "page", Whole: rows[0], Slowest: rows[1]}}); err != nil || !strings.Contains(out.String(), "99.0 ms") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if times.Clear(); len(times.Rows()) != 0 {
		t.Error("cleared, there are rows")
	}
}

func TestQuantile(t *testing.T) {
	all := []time.Duration{4, 1, 3, 2}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := Quantile(all, share); got != want {
			t.Errorf("%g: %d, want %d", share, got, want)
		}
	}
	if Quantile(nil, 0.5) != 0 {
		t.Error("the median of nothing")
	}
}

// TestTheRecorderPassesEverythingOn holds that a client gets what it would get without it, and that the time until the last byte counts.
func TestTheRecorderPassesEverythingOn(t *testing.T) {
	const late = 30 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Database", r.URL.Query().Get("database"))
		_, _ = io.WriteString(w, "answer to ")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(late) // what is measured, not what is waited for
		_, _ = w.Write(body)
	}))
	defer server.Close()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "one.sql"), []byte("SELECT 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := NewRecorder(server.URL+"/vitrine", folder)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !strings.HasSuffix(r.URL, "/vitrine") {
		t.Errorf("its address is %s", r.URL)
	}
	for sent, name := range map[string]string{"SELECT 1": "one", "SELECT 2": "SELECT 2"} {
		r.Clear()
		response, err := http.Post(strings.TrimSuffix(r.URL, "/vitrine")+"/?database=vitrine", "text/plain", strings.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "answer to "+sent || response.Header.Get("X-Database") != "vitrine" {
			t.Errorf("%s: %q, %v, %v", sent, body, response.Header, err)
		}
		// The handler may note it just after the client has all.
		for until := time.Now().Add(10 * time.Second); len(r.Rows()) == 0 && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		if rows := r.Rows(); len(rows) != 1 || rows[0].Name != name || rows[0].P50 < late {
			t.Errorf("%s: %+v", sent, rows)
		}
	}
}
