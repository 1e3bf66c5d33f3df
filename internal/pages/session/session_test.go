package session

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) // read only

func newKeeper(t testing.TB, purpose string, now *time.Time) *Keeper {
	t.Helper()
	k, err := New(Config{Key: bytes.Repeat([]byte{7}, MinKeyBytes), Purpose: purpose, Path: "/programme", Clock: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewRefuses(t *testing.T) {
	key := make([]byte, MinKeyBytes)
	for name, c := range map[string]Config{
		"short key":  {Key: key[1:], Purpose: "form", Path: "/submit"},
		"no purpose": {Key: key, Path: "/submit"},
		"no path":    {Key: key, Purpose: "form"},
		"length":     {Key: key, Purpose: "form", Path: "/submit", Length: -1},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSession signs in, comes back, and stays out with a cookie of other pages or once it is too old.
func TestSession(t *testing.T) {
	now := noon
	k, other := newKeeper(t, "programme", &now), newKeeper(t, "form", &now)
	w := httptest.NewRecorder()
	s := k.Begin(w, httptest.NewRequest(http.MethodPost, "/programme/signin", nil), "the token")
	cookie := w.Result().Cookies()[0]
	if cookie.Name != CookieName || cookie.Path != "/programme" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure {
		t.Errorf("the cookie is %v", cookie)
	}
	again := httptest.NewRequest(http.MethodGet, "/programme", nil)
	again.AddCookie(cookie)
	if got := k.Of(httptest.NewRecorder(), again); got.Token != "the token" || !k.Holds(got, k.FormToken(s)) {
		t.Errorf("came back as %+v", got)
	}
	if got := other.Of(httptest.NewRecorder(), again); got.Token != "" {
		t.Error("other pages take the session")
	}
	if other.Holds(s, k.FormToken(s)) || k.Holds(k.fresh("the token"), k.FormToken(s)) || k.Holds(Session{}, k.FormToken(Session{})) {
		t.Error("a form's token holds for another session")
	}
	now = now.Add(DefaultLength)
	if _, err := k.Open(cookie.Value); !errors.Is(err, ErrNone) {
		t.Errorf("after its end: %v", err)
	}
	w = httptest.NewRecorder()
	if guest := k.Of(w, again); guest.Token != "" || w.Result().Cookies()[0].Name != guestCookie {
		t.Error("who comes back too late is no guest")
	}
	w = httptest.NewRecorder()
	k.End(w, again)
	if c := w.Result().Cookies()[0]; c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("the end leaves %v", c)
	}
}

func TestSecureWhereTheBrowserUsesHTTPS(t *testing.T) {
	now := noon
	r := httptest.NewRequest(http.MethodGet, "/programme", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	w := httptest.NewRecorder()
	newKeeper(t, "programme", &now).Begin(w, r, "")
	if !w.Result().Cookies()[0].Secure {
		t.Error("the cookie would travel unencrypted")
	}
}

func TestThrottle(t *testing.T) {
	var throttle Throttle
	bad, good := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range MaxFailures {
		if throttle.Blocked(bad, noon) {
			t.Fatal("blocked too early")
		}
		throttle.Failed(bad, noon)
	}
	if !throttle.Blocked(bad, noon) || throttle.Blocked(good, noon) || throttle.Blocked(bad, noon.Add(FailureWindow)) {
		t.Error("the wrong ones wait, or for ever")
	}
}

// FuzzSession opens whatever a browser sends as its cookie: only what was sealed here is a session.
func FuzzSession(f *testing.F) {
	now := noon
	k := newKeeper(f, "form", &now)
	good := k.Seal(k.fresh("token"))
	f.Add("")
	f.Add(good[:len(good)-2])
	f.Add("AAAA" + good)
	f.Fuzz(func(t *testing.T, cookie string) {
		if s, err := k.Open(cookie); err == nil {
			t.Fatalf("a session of nobody's making: %q", s.Nonce)
		}
	})
}

// TestThrottleIsBounded: somebody with very many addresses doesn't fill the memory.
func TestThrottleIsBounded(t *testing.T) {
	var throttle Throttle
	const tries = 5 * maxAddresses
	for i := range tries {
		throttle.Failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), noon)
		if len(throttle.counts) > maxAddresses {
			t.Fatalf("%d addresses are remembered, at most %d are wanted", len(throttle.counts), maxAddresses)
		}
	}
	t.Logf("attempt: sign in wrongly from %d addresses | at most %d are remembered", tries, maxAddresses)
}
