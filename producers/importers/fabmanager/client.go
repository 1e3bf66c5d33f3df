package fabmanager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"vitrine/schemas"
)

const (
	// perPage is how many records a page is asked to have. Fab-manager's default is 20; at 100 a
	// page of reservations has about 100 KiB.
	perPage = 100
	// maxPageBytes bounds a page: some lists aren't paged, a hostile server has no end.
	maxPageBytes = 64 << 20
	// maxPages ends a list whose pages lead round in a circle.
	maxPages = 100_000
	// maxRetryAfter is the longest pause that a server is granted.
	maxRetryAfter = 10 * time.Minute
)

// client asks a live Fab-manager.
type client struct {
	cfg  Config
	base *url.URL
	http *retryablehttp.Client
}

func newClient(cfg Config) *client {
	base, _ := url.Parse(cfg.URL) // checked by New
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/open_api/v1") + "/open_api/v1/"
	h := retryablehttp.NewClient()
	h.HTTPClient.Timeout = cfg.Timeout
	if cfg.Transport != nil {
		h.HTTPClient.Transport = cfg.Transport
	}
	h.HTTPClient.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		// The token goes to the address that was given, and nowhere else.
		if req.URL.Scheme != base.Scheme || req.URL.Host != base.Host || len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	h.Logger = quiet{cfg.Logger}
	h.RetryMax, h.RetryWaitMin, h.RetryWaitMax = cfg.Retries, cfg.RetryWaitMin, cfg.RetryWaitMax
	h.CheckRetry, h.Backoff = checkRetry, jittered
	h.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &client{cfg: cfg, base: base, http: h}
}

func (*client) live() bool { return true }

func (c *client) pages(ctx context.Context, list string, query url.Values) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		next := url.Values{}
		for k, v := range query {
			next[k] = v
		}
		next.Set("page", "1")
		next.Set("per_page", strconv.Itoa(perPage))
		for n := 0; next != nil; n++ {
			at := c.base.JoinPath(list)
			at.RawQuery = next.Encode()
			if n >= maxPages {
				yield(page{}, &PageError{Origin: at.String(), What: schemas.Text{FR: "la liste ne finit pas", EN: "the list has no end"}})
				return
			}
			p, following, err := c.get(ctx, at)
			if !yield(p, err) || err != nil {
				return
			}
			next = following
		}
	}
}

// get fetches a page; following is the next one's query, nil after the last.
func (c *client) get(ctx context.Context, at *url.URL) (p page, following url.Values, err error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return page{}, nil, fmt.Errorf("request %s: %w", at, err)
	}
	req.Header.Set("Authorization", "Token token="+c.cfg.Token)
	req.Header.Set("Accept", "application/json")
	var body []byte
	// Read within the attempt, so that an answer that breaks off is asked for again.
	req.SetResponseHandler(func(r *http.Response) (err error) {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxPageBytes+1))
		return err
	})
	resp, err := c.http.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err := c.outcome(ctx, at.String(), resp, err); err != nil {
		return page{}, nil, err
	}
	if len(body) > maxPageBytes {
		return page{}, nil, &PageError{Origin: at.String(), What: schemas.Text{FR: "page de plus de 64 Mio", EN: "page of more than 64 MiB"}}
	}
	return page{origin: at.String(), body: body, total: total(resp.Header)}, nextQuery(resp.Header, at.Query()), nil
}

// outcome types what came of a request.
func (c *client) outcome(ctx context.Context, at string, resp *http.Response, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("request %s: %w", at, context.Cause(ctx))
	case resp == nil:
		if err == nil {
			err = errors.New("no answer")
		}
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, which is said already
		}
		return &UnavailableError{URL: at, Err: err}
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return &CredentialsError{URL: at, Status: resp.Status}
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		after := ""
		if s := resp.Header.Get("Retry-After"); s != "" {
			after = ", Retry-After: " + s
		}
		return &UnavailableError{URL: at, Err: fmt.Errorf("HTTP %s%s", resp.Status, after)}
	case resp.StatusCode != http.StatusOK:
		return &AddressError{URL: at, Status: resp.Status, Code: resp.StatusCode}
	case err != nil:
		return &UnavailableError{URL: at, Err: err}
	}
	return nil
}

// checkRetry makes a request again after a failure that may pass, but for a pause that nobody
// would wait out.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
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

// total is how many records a list has, as the api-pagination gem says; -1 if it doesn't.
func total(h http.Header) int {
	n, err := strconv.Atoi(h.Get("Total"))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// nextQuery is the query of the Link header's rel="next". Of the address only the query is
// taken: behind a proxy Fab-manager may not know its own, and the token must not go elsewhere.
func nextQuery(h http.Header, current url.Values) url.Values {
	for _, header := range h.Values("Link") {
		for link := range strings.SplitSeq(header, ",") {
			address, params, _ := strings.Cut(link, ";")
			if rel := strings.ReplaceAll(strings.ReplaceAll(params, " ", ""), `"`, ""); !strings.Contains(";"+rel+";", ";rel=next;") {
				continue
			}
			u, err := url.Parse(strings.Trim(strings.TrimSpace(address), "<>"))
			if err != nil || u.Query().Get("page") == "" || u.Query().Get("page") == current.Get("page") {
				return nil
			}
			next := url.Values{}
			for k, v := range current {
				next[k] = v // filters and page size stay ours
			}
			next.Set("page", u.Query().Get("page"))
			return next
		}
	}
	return nil
}

// quiet logs what go-retryablehttp has to say at debug level: it calls every failed attempt an error.
type quiet struct{ log *slog.Logger }

func (q quiet) Error(msg string, kv ...any) { q.log.Debug(msg, kv...) }
func (q quiet) Info(msg string, kv ...any)  { q.log.Debug(msg, kv...) }
func (q quiet) Debug(msg string, kv ...any) { q.log.Debug(msg, kv...) }
func (q quiet) Warn(msg string, kv ...any)  { q.log.Debug(msg, kv...) }
