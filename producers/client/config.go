package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Defaults of [Config].
const (
	DefaultBatch          = 200
	DefaultAttemptTimeout = 30 * time.Second
	DefaultBackoffMin     = 500 * time.Millisecond
	DefaultBackoffMax     = time.Minute

	// maxBatchBytes bounds a request's body; gateways take 8 MiB.
	maxBatchBytes = 4 << 20
	// maxAnswerBytes bounds what is read of an answer.
	maxAnswerBytes = 4 << 20
)

// Config says where and how a [Client] sends.
type Config struct {
	// URL is the gateway's address, such as https://programme.example.org; a path before /v1 may
	// follow. Required; https, but for a loopback address or with PlainHTTP.
	URL string
	// Token is the lab's. Required. It is sent to URL's host alone.
	Token string
	// PlainHTTP allows an address without https; the token then travels readable.
	PlainHTTP bool
	// Batch is how many events are sent together, 1 to 1,000. Default [DefaultBatch].
	Batch int
	// Attempts is how often a request is made before giving up, the first time included. 0
	// (default): until the context ends. After an answer that waiting doesn't change, such as 404 from an
	// address that isn't a gateway's, it isn't made again.
	Attempts int
	// AttemptTimeout is how long one request may take. Default [DefaultAttemptTimeout].
	AttemptTimeout time.Duration
	// BackoffMin and BackoffMax bound the pauses between attempts, which double; a longer pause
	// that the gateway asks for (Retry-After) is kept. Defaults [DefaultBackoffMin], [DefaultBackoffMax].
	BackoffMin, BackoffMax time.Duration
	// UserAgent names the program. Default "vitrine-client".
	UserAgent string
	// Language is that of the gateway's messages, "fr" or "en". Default "fr".
	Language string
	// Transport carries the requests; nil: the usual one.
	Transport http.RoundTripper
	// Logger hears of retries; nil: nobody does.
	Logger *slog.Logger
	// Clock is the time that "in the future" is judged by. nil: [time.Now].
	Clock func() time.Time
}

func (c Config) withDefaults() (Config, *url.URL, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	address, err := url.Parse(strings.TrimRight(c.URL, "/"))
	switch {
	case c.URL == "":
		bad("URL is missing: the gateway's address, such as https://programme.example.org")
	case err != nil || address.Host == "" || address.User != nil || address.RawQuery != "":
		bad("URL: expected an address such as https://programme.example.org, without user or query")
	case address.Scheme == "http" && !c.PlainHTTP && !loopback(address.Hostname()):
		bad("URL %s: the token would travel readable; use https, or allow it (PlainHTTP)", c.URL)
	case address.Scheme != "http" && address.Scheme != "https":
		bad("URL %s: expected https", c.URL)
	}
	c.Token = strings.TrimSpace(c.Token)
	if c.Token == "" {
		bad("Token is missing")
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("Token: it must be one word without blanks")
	}
	if c.Batch == 0 {
		c.Batch = DefaultBatch
	}
	if c.Batch < 1 || c.Batch > 1000 {
		bad("Batch is %d: it must be 1 to 1000", c.Batch)
	}
	if c.Attempts < 0 {
		bad("Attempts is %d: it must be 1 or more, or 0 for no limit", c.Attempts)
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		dflt  time.Duration
	}{
		{"AttemptTimeout", &c.AttemptTimeout, DefaultAttemptTimeout},
		{"BackoffMin", &c.BackoffMin, DefaultBackoffMin},
		{"BackoffMax", &c.BackoffMax, max(DefaultBackoffMax, c.BackoffMin)},
	} {
		if *d.value < 0 {
			bad("%s is %s: it must not be negative", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.dflt
		}
	}
	if c.UserAgent == "" {
		c.UserAgent = "vitrine-client"
	}
	if c.Language == "" {
		c.Language = "fr"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if len(errs) > 0 {
		return c, nil, fmt.Errorf("client: configuration: %w", errors.Join(errs...))
	}
	return c, address, nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
