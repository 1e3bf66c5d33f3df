package credentials

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/internal/testkit"
)

// within is how fast a change must count everywhere.
const within = time.Second

// refusedBy waits until a token is refused with an error, and says how long it took.
func refusedBy(t *testing.T, v *Verifier, token string, want error) time.Duration {
	t.Helper()
	began := time.Now()
	testkit.Eventually(t, 10*time.Second, func() error {
		if _, err := v.Verify(token); !errors.Is(err, want) {
			return fmt.Errorf("the token gives %v", err)
		}
		return nil
	})
	return time.Since(began)
}

func accepted(t *testing.T, v *Verifier, token string, want Principal) {
	t.Helper()
	testkit.Eventually(t, 10*time.Second, func() error {
		if p, err := v.Verify(token); err != nil || p != want {
			return fmt.Errorf("the token gives %+v, %v", p, err)
		}
		return nil
	})
}

func TestTokensAreVerified(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	before, _ := issueTo(t, r, "atelier-nord")
	v := s.verifier(t)
	accepted(t, v, before.Token, Principal{Lab: "atelier-nord"}) // issued before the verifier began
	after, _ := issueTo(t, r, "fabrique-sud")
	accepted(t, v, after.Token, Principal{Lab: "fabrique-sud"})
	programme, _ := issueTo(t, r, Programme)
	accepted(t, v, programme.Token, Principal{Lab: Programme, Programme: true})

	for name, token := range map[string]string{
		"none":                    "",
		"another's secret":        "vit_fabrique-sud_" + before.Token[len("vit_atelier-nord_"):],
		"an unknown lab":          strings.Replace(before.Token, "nord", "west", 1),
		"cut":                     before.Token[:len(before.Token)-1],
		"longer":                  before.Token + "a",
		"upper case":              strings.ToUpper(before.Token),
		"the hint":                before.Entry.Tokens[0].Hint,
		"a lab that isn't a slug": "vit_*_" + before.Token[len("vit_atelier-nord_"):],
	} {
		if p, err := v.Verify(token); !errors.Is(err, ErrUnknownToken) || p != (Principal{}) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// TestRevokedTokenIsRefusedWithinASecond holds the promise for revocation and for replacement.
func TestRevokedTokenIsRefusedWithinASecond(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	v := s.verifier(t)
	first, _ := issueTo(t, r, "atelier-nord")
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})

	began := time.Now()
	second, err := r.Rotate(t.Context(), "atelier-nord", 0)
	if err != nil {
		t.Fatal(err)
	}
	refusedBy(t, v, first.Token, ErrRevoked)
	accepted(t, v, second.Token, Principal{Lab: "atelier-nord"})
	if took := time.Since(began); took > within {
		t.Errorf("the former token was refused %s after its replacement began", took)
	}

	began = time.Now()
	if err := r.Revoke(t.Context(), "atelier-nord"); err != nil {
		t.Fatal(err)
	}
	refusedBy(t, v, second.Token, ErrRevoked)
	took := time.Since(began)
	t.Logf("refused %s after the revocation began", took.Round(time.Millisecond))
	if took > within {
		t.Errorf("the token was refused %s after its revocation began", took)
	}
	refusedBy(t, v, first.Token, ErrRevoked)

	if err := r.Revoke(t.Context(), "atelier-nord"); !errors.Is(err, ErrNone) {
		t.Errorf("revoked twice: %v", err)
	}
	third, _ := issueTo(t, r, "atelier-nord") // let in again
	accepted(t, v, third.Token, Principal{Lab: "atelier-nord"})
	refusedBy(t, v, second.Token, ErrRevoked)
}

func TestGraceLetsTheFormerTokenLiveOn(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	now := time.Now()
	v := s.verifier(t, func(c *VerifierConfig) { c.Clock = func() time.Time { return now } })
	first, _ := issueTo(t, r, "atelier-nord")
	second, err := r.Rotate(t.Context(), "atelier-nord", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, v, second.Token, Principal{Lab: "atelier-nord"})
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})
	now = now.Add(25 * time.Hour)
	refusedBy(t, v, first.Token, ErrRevoked)
	accepted(t, v, second.Token, Principal{Lab: "atelier-nord"})
}

// TestVerifierComesBack takes the watch's stream away: the verifier must notice by itself.
func TestVerifierComesBack(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	v := s.verifier(t, func(c *VerifierConfig) { c.CheckEvery = 20 * time.Millisecond })
	first, _ := issueTo(t, r, "atelier-nord")
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})
	if err := s.js.DeleteKeyValue(t.Context(), Bucket); err != nil {
		t.Fatal(err)
	}
	refusedBy(t, v, first.Token, ErrUnknownToken)
	second, _ := issueTo(t, r, "atelier-nord")
	accepted(t, v, second.Token, Principal{Lab: "atelier-nord"})
}

// TestVerifierRefusesWhatItCannotKnow cuts it off for longer than it may go on from memory.
func TestVerifierRefusesWhatItCannotKnow(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	first, _ := issueTo(t, r, "atelier-nord")
	js := s.connect(t, s.keys.ServiceCredentials())
	v := s.verifier(t, func(c *VerifierConfig) {
		c.JetStream, c.CheckEvery, c.StaleAfter = js, 10*time.Millisecond, 200*time.Millisecond
	})
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})
	js.Conn().Close()
	refusedBy(t, v, first.Token, ErrNotReady)
	if err := v.Ready(); !errors.Is(err, ErrNotReady) {
		t.Errorf("ready says %v", err)
	}
}

// TestNonsenseInTheBucketIsIgnored: whoever could write there could otherwise lock a lab out.
func TestNonsenseInTheBucketIsIgnored(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	v := s.verifier(t)
	first, _ := issueTo(t, r, "atelier-nord")
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})
	kv, err := s.js.KeyValue(t.Context(), Bucket)
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.keys.bucketKey("atelier-nord")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"atelier-nord", "atelier-nord.x", key} {
		if _, err := kv.PutString(t.Context(), k, `{"stream":"VITRINE_EVENTS","seq":1}`); err != nil {
			t.Fatal(err)
		}
	}
	last, _ := issueTo(t, r, "fabrique-sud") // comes after the nonsense
	accepted(t, v, last.Token, Principal{Lab: "fabrique-sud"})
	accepted(t, v, first.Token, Principal{Lab: "atelier-nord"})
}

func TestPrincipal(t *testing.T) {
	lab, programme := Principal{Lab: "a"}, Principal{Lab: Programme, Programme: true}
	for _, c := range []struct {
		who             Principal
		lab             string
		kindOfProgramme bool
		publish, read   bool
	}{
		{lab, "a", false, true, true}, {lab, "b", false, false, false}, {lab, "a", true, false, true},
		{programme, "a", true, true, true}, {programme, "a", false, false, true},
		{Principal{}, "", false, false, false}, {Principal{}, "a", true, false, false},
	} {
		if got := c.who.MayPublish(c.lab, c.kindOfProgramme); got != c.publish {
			t.Errorf("%+v may publish (%q, %t): %t", c.who, c.lab, c.kindOfProgramme, got)
		}
		if got := c.who.MayRead(c.lab); got != c.read {
			t.Errorf("%+v may read %q: %t", c.who, c.lab, got)
		}
	}
}

// TestTokensAreCheckedWhileOthersChange has a token checked all the time while credentials change: under
// the race detector it fails if readers and the watch share what they shouldn't.
func TestTokensAreCheckedWhileOthersChange(t *testing.T) {
	s := newSite(t, false)
	r := s.registry(t)
	v := s.verifier(t)
	steady, _ := issueTo(t, r, "atelier-nord")
	accepted(t, v, steady.Token, Principal{Lab: "atelier-nord"})
	done := make(chan struct{})
	var checking sync.WaitGroup
	for range 2 {
		checking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := v.Verify(steady.Token); err != nil {
					t.Errorf("a token that nobody touched: %v", err)
					return
				}
			}
		})
	}
	for i := range 10 {
		other, _ := issueTo(t, r, fmt.Sprintf("lab-%d", i))
		accepted(t, v, other.Token, Principal{Lab: fmt.Sprintf("lab-%d", i)})
	}
	close(done)
	checking.Wait()
}
