package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/internal/egress"
	"vitrine/schemas"
)

// aDigest is one with an alert that is new, one that took another's place, and one that is over.
func aDigest(t testing.TB, lang schemas.Lang) Digest {
	t.Helper()
	letterhead, err := Letterhead{Lang: lang, PublicURL: "https://vitrine.example.org/"}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	alert := func(key string, sort Sort, since string) Alert {
		return Condition{Lab: "atelier-nord", Key: key, Sort: sort, Since: on(since),
			Says: words{schemas.Text{FR: "phrase <" + key + ">", EN: "sentence <" + key + ">"}, schemas.Text{FR: "conseil", EN: "advice"}}}.alert(
			uuid.NewSHA1(uuid.Nil, []byte(key+string(sort))), "Atelier de l’Été", on(since))
	}
	over := func(a Alert, became Sort) Alert {
		at := on("2026-06-29").Add(9 * time.Hour)
		a.Cleared, a.Became = &at, became
		return a
	}
	labs := []Lab{{Lab: "atelier-nord", Name: "Atelier de l’Été",
		Raised: []Alert{alert("c1", CommitmentLate, "2026-06-28"), over(alert("c2", LabSilent, "2026-06-28"), "")},
		Over:   []Alert{over(alert("c1", CommitmentAtRisk, "2026-05-01"), CommitmentLate), over(alert("period/2026-Q1", DeadlinePassed, "2026-05-01"), "")}}}
	return newDigest(uuid.NewSHA1(uuid.Nil, []byte("digest")), on("2026-06-30").Add(8*time.Hour), labs, letterhead)
}

func TestADigestInWords(t *testing.T) {
	for lang, wants := range map[schemas.Lang][]string{
		schemas.French: {"2\u00a0nouvelles alertes, 1\u00a0levée", "● Engagement en retard (à traiter)\u00a0: phrase <c1>\n  Auparavant\u00a0: Engagement à surveiller.\n  conseil",
			"✔ Déclaration en retard\u00a0: phrase <period/2026-Q1>", "Signalée le 1er\u00a0mai\u00a02026, levée le", "Déjà levée", "https://vitrine.example.org/programme/labs/atelier-nord\n"},
		schemas.English: {"2\u00a0new alerts, 1\u00a0over", "● Commitment late (warning): sentence <c1>", "Before: Commitment at risk.", "Over already, on"},
	} {
		d := aDigest(t, lang)
		for _, want := range wants {
			if !strings.Contains(d.Text, want) {
				t.Errorf("%s: no %q in\n%s", lang, want, d.Text)
			}
		}
	}
}

func TestTheWebhooksSignature(t *testing.T) {
	const secret = "whsec_c2VjcmV0" // "secret"
	var got Digest
	var problem string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			problem = "signed " + r.Header.Get("webhook-signature") + ", want " + want
		}
		if err := json.Unmarshal(body, &got); err != nil {
			problem = err.Error()
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	hook, err := NewWebhook(WebhookConfig{URL: server.URL, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	d := aDigest(t, schemas.French)
	if err := hook.Send(t.Context(), d); err != nil || problem != "" {
		t.Fatalf("%v %s", err, problem)
	}
	if !same(t, got, d) {
		t.Errorf("it got %+v", got)
	}
}

// Whatever a webhook answers but 2xx, and whatever goes wrong, is an error that names neither its address, which is as good as a
// password, nor whoever it leads to.
func TestAWebhookThatFails(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it followed a redirection") }))
	defer elsewhere.Close()
	released := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-released:
			}
		case "/moved":
			http.Redirect(w, r, elsewhere.URL, http.StatusPermanentRedirect)
		default:
			http.Error(w, "no such channel", http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	for path, status := range map[string]int{"/500": 500, "/moved": 308, "/slow": 0} {
		hook, err := NewWebhook(WebhookConfig{URL: server.URL + path + "?token=s3cret", Client: &http.Client{Timeout: 50 * time.Millisecond,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}})
		if err != nil {
			t.Fatal(err)
		}
		err = hook.Send(t.Context(), aDigest(t, schemas.English))
		var refused *Refused
		if err == nil || errors.As(err, &refused) != (status > 0) || refused != nil && refused.Status != status || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", path, err)
		}
	}
	close(released)
	server.Close()
	hook, err := NewWebhook(WebhookConfig{URL: server.URL + "?token=s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Send(t.Context(), aDigest(t, schemas.English)); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	if hook.config.Client.CheckRedirect(nil, nil) != http.ErrUseLastResponse {
		t.Error("the client that it has by default follows redirections")
	}
	for _, url := range []string{"", "host", "ftp://host/s3cret", "https:///s3cret", "://"} {
		if _, err := NewWebhook(WebhookConfig{URL: url}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := NewWebhook(WebhookConfig{URL: "https://h", Secret: "whsec_%"}); err == nil {
		t.Error("a secret that isn't base64 was taken")
	}
}

// TestAWebhookIsNoWayInside: a webhook's name that leads to where clouds keep their machines' credentials isn't posted to.
func TestAWebhookIsNoWayInside(t *testing.T) {
	for _, address := range []string{"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0/"} {
		w, err := NewWebhook(WebhookConfig{URL: address})
		if err != nil {
			t.Fatal(err)
		}
		var forbidden *egress.Forbidden
		if err := w.Send(t.Context(), aDigest(t, schemas.English)); !errors.As(err, &forbidden) || strings.Contains(err.Error(), "latest") {
			t.Errorf("%s: %v", address, err)
		}
	}
	t.Log("attempt: have digests posted to the metadata service, by four spellings | not connected")
}
