package alerts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine/internal/egress"
)

// WebhookConfig says where digests are posted.
type WebhookConfig struct {
	// URL is where; https, or http. Whoever knows a chat's webhook may write there: it appears in no log and no error.
	URL string
	// Secret signs each digest, as the "Standard Webhooks" convention has it: the header webhook-signature is "v1," and the
	// HMAC-SHA256, in base64, of id.timestamp.body, with the headers webhook-id and webhook-timestamp. A secret
	// that begins with "whsec_" is base64. Empty: not signed.
	Secret string
	// Client sends the requests; it must not follow redirections. Default: one with sensible timeouts.
	Client *http.Client
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Webhook posts digests as JSON. The other side has taken one when it answers with a 2xx status.
type Webhook struct {
	config WebhookConfig
	key    []byte
}

// NewWebhook checks the configuration and sends nothing.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("alerts: webhook: expected an address like https://host/path") // the address is as good as a password
	}
	w := &Webhook{config: c, key: []byte(c.Secret)}
	if encoded, is := strings.CutPrefix(c.Secret, "whsec_"); is {
		if w.key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("alerts: webhook: a secret that begins with whsec_ must go on in base64")
		}
	}
	if w.config.Client == nil {
		w.config.Client = &http.Client{
			Timeout: 20 * time.Second,
			// The operator's chat may well be in a private network; a name that leads to a metadata service isn't one.
			Transport: egress.Transport(u.Hostname(), egress.Rule{Private: true}),
			// Whoever a redirection leads to didn't get the secret, and a POST would become a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if w.config.Now == nil {
		w.config.Now = time.Now
	}
	return w, nil
}

// Name is "webhook".
func (w *Webhook) Name() string { return "webhook" }

// Refused is an answer of a webhook that isn't 2xx.
type Refused struct {
	Status  int
	Excerpt string // of the answer
}

func (e *Refused) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the webhook answered %d %s %s", e.Status, http.StatusText(e.Status), e.Excerpt))
}

// longestExcerpt bounds what is kept of an answer, in bytes.
const longestExcerpt = 200

// Send posts a digest.
func (w *Webhook) Send(ctx context.Context, d Digest) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.config.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's address can't be used")
	}
	id, at := d.ID.String(), strconv.FormatInt(w.config.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "vitrine")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	if len(w.key) > 0 {
		mac := hmac.New(sha256.New, w.key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
		req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	answer, err := w.config.Client.Do(req)
	if err != nil {
		var wrapped *url.Error // which names the address
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("post to the webhook: %w", err)
	}
	defer answer.Body.Close()
	excerpt, _ := io.ReadAll(io.LimitReader(answer.Body, longestExcerpt)) // only for the message
	if answer.StatusCode/100 != 2 {
		return &Refused{Status: cmp.Or(answer.StatusCode, 0), Excerpt: strings.ToValidUTF8(string(excerpt), "")}
	}
	return nil
}
