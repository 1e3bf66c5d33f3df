package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"vitrine/internal/egress"
	"vitrine/schemas"
)

// maxRetryAfter is the longest pause that a server is granted.
const maxRetryAfter = 10 * time.Minute

// Client asks one system. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *retryablehttp.Client
}

// Answer is what came back, whole.
type Answer struct {
	// URL is the address that was asked: where the records stand, for error messages.
	URL    string
	Header http.Header
	Body   []byte
}

// New checks cfg. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	h := retryablehttp.NewClient()
	h.HTTPClient.Timeout = cfg.Timeout
	h.HTTPClient.Transport = cfg.Transport
	if cfg.Transport == nil {
		h.HTTPClient.Transport = Transport(cfg.Base, cfg.AllowPrivate)
	}
	h.HTTPClient.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		// The token goes to the address that was given, and nowhere else.
		if req.URL.Scheme != cfg.Base.Scheme || req.URL.Host != cfg.Base.Host || len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	h.Logger = quiet{cfg.Logger}
	h.RetryMax, h.RetryWaitMin, h.RetryWaitMax = cfg.Retries, cfg.RetryWaitMin, cfg.RetryWaitMax
	h.CheckRetry, h.Backoff = checkRetry, jittered
	h.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Client{cfg: cfg, http: h}, nil
}

// Get fetches what is at a path below the base. Its errors are [CredentialsError], [AddressError],
// [UnavailableError], [PageError] for an answer above the bound, or the context's.
func (c *Client) Get(ctx context.Context, path string, query url.Values) (Answer, error) {
	at := c.cfg.Base.JoinPath(path)
	at.RawQuery = query.Encode()
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return Answer{}, fmt.Errorf("request %s: %w", at, err)
	}
	if c.cfg.Authorization != "" {
		req.Header.Set("Authorization", c.cfg.Authorization)
	}
	req.Header.Set("Accept", "application/json")
	var body []byte
	// Read within the attempt, so that an answer that breaks off is asked for again.
	req.SetResponseHandler(func(r *http.Response) (err error) {
		body, err = io.ReadAll(io.LimitReader(r.Body, c.cfg.MaxBody+1))
		return err
	})
	resp, err := c.http.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err := c.outcome(ctx, at.String(), resp, err); err != nil {
		return Answer{}, err
	}
	if int64(len(body)) > c.cfg.MaxBody {
		return Answer{}, &PageError{Origin: at.String(), What: schemas.Text{
			FR: fmt.Sprintf("page de plus de %d octets", c.cfg.MaxBody), EN: fmt.Sprintf("page of more than %d bytes", c.cfg.MaxBody)}}
	}
	return Answer{URL: at.String(), Header: resp.Header, Body: body}, nil
}

// outcome types what came of a request.
func (c *Client) outcome(ctx context.Context, at string, resp *http.Response, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("request %s: %w", at, context.Cause(ctx))
	case resp == nil:
		if err == nil {
			err = errors.New("no answer")
		}
		var forbidden *egress.Forbidden
		if errors.As(err, &forbidden) {
			return &PrivateError{System: c.cfg.System, Host: c.cfg.Base.Hostname(), Forbidden: forbidden}
		}
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, which is said already
		}
		return &UnavailableError{System: c.cfg.System, URL: at, Err: err}
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return &CredentialsError{System: c.cfg.System, URL: at, Status: resp.Status, NewToken: c.cfg.NewToken}
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		after := ""
		if s := resp.Header.Get("Retry-After"); s != "" {
			after = ", Retry-After: " + s
		}
		return &UnavailableError{System: c.cfg.System, URL: at, Err: fmt.Errorf("HTTP %s%s", resp.Status, after)}
	case resp.StatusCode != http.StatusOK:
		return &AddressError{System: c.cfg.System, URL: at, Code: resp.StatusCode, Status: resp.Status, Hint: c.cfg.AddressHint}
	case err != nil:
		return &UnavailableError{System: c.cfg.System, URL: at, Err: err}
	}
	return nil
}

// checkRetry makes a request again after a failure that may pass, but for a pause that nobody
// would wait out.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if forbidden := (*egress.Forbidden)(nil); errors.As(err, &forbidden) {
		return false, err
	}
	again, cause := retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	if again && resp != nil && retryablehttp.DefaultBackoff(0, 0, 0, resp) > maxRetryAfter {
		return false, cause
	}
	return again, cause
}

// jittered is what the server asks for, or else a pause that doubles, ±25 % at random.
func jittered(minWait, maxWait time.Duration, attempt int, resp *http.Response) time.Duration {
	wait := retryablehttp.DefaultBackoff(minWait, maxWait, attempt, resp)
	if resp != nil && resp.Header.Get("Retry-After") != "" {
		return wait
	}
	return time.Duration(float64(wait) * (0.75 + rand.Float64()/2))
}

// quiet logs what go-retryablehttp has to say at debug level: it calls every failed attempt an
// error. Addresses hold no secret: the token is in a header.
type quiet struct{ log *slog.Logger }

func (q quiet) Error(msg string, kv ...any) { q.log.Debug(strings.TrimSpace(msg), kv...) }
func (q quiet) Info(msg string, kv ...any)  { q.log.Debug(strings.TrimSpace(msg), kv...) }
func (q quiet) Debug(msg string, kv ...any) { q.log.Debug(strings.TrimSpace(msg), kv...) }
func (q quiet) Warn(msg string, kv ...any)  { q.log.Debug(strings.TrimSpace(msg), kv...) }
