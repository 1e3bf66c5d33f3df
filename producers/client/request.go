package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine/schemas"
)

// answer is what the gateway says of a batch.
type answer struct {
	Accepted int         `json:"accepted"`
	Rejected []rejection `json:"rejected"`
}

type rejection struct {
	Index int    `json:"index"`
	ID    string `json:"id"`
	Field string `json:"field"`
	Error string `json:"error"`
}

// post makes one request and gives each event's result: nil, or a *RejectedError. Its errors are
// *ForbiddenError, *tooLargeError, *answerError and the transport's.
func (c *Client) post(ctx context.Context, raws [][]byte) ([]error, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	var body bytes.Buffer
	body.WriteByte('[')
	for i, raw := range raws {
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(raw)
	}
	body.WriteByte(']')
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.events, &body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	req.Header.Set("Content-Type", schemas.ContentTypeBatch)
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("Accept-Language", c.cfg.Language)
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the gateway's answer was cut short: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusAccepted, http.StatusUnprocessableEntity:
		results, err := decodeAnswer(raw, len(raws), resp.StatusCode == http.StatusAccepted)
		if err != nil {
			return nil, &answerError{code: resp.StatusCode, status: resp.Status, detail: err.Error()}
		}
		return results, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		// Where none of the events is the token's to send, the answer says so of each.
		if results, err := decodeAnswer(raw, len(raws), false); err == nil && len(raws) > 0 && resp.StatusCode == http.StatusForbidden {
			return results, nil
		}
		return nil, &ForbiddenError{Status: resp.StatusCode, Detail: detail(resp.Header, raw)}
	case http.StatusRequestEntityTooLarge:
		return nil, &tooLargeError{detail: detail(resp.Header, raw)}
	}
	return nil, &answerError{code: resp.StatusCode, status: resp.Status, detail: detail(resp.Header, raw), after: retryAfter(resp.Header, c.cfg.Clock())}
}

// decodeAnswer reads the results of n events. Whatever doesn't add up is an error, as nobody knows
// then which events were accepted; sending all of them again is safe.
func decodeAnswer(raw []byte, n int, some bool) ([]error, error) {
	if len(raw) > maxAnswerBytes {
		return nil, errors.New("the answer is too long")
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("the answer isn't that of a gateway: %w", err)
	}
	if a.Accepted < 0 || a.Accepted+len(a.Rejected) != n || !some && a.Accepted > 0 {
		return nil, fmt.Errorf("the answer says %d accepted and %d rejected of %d events", a.Accepted, len(a.Rejected), n)
	}
	results := make([]error, n)
	for _, r := range a.Rejected {
		if r.Index < 0 || r.Index >= n || results[r.Index] != nil {
			return nil, fmt.Errorf("the answer rejects event %d of %d, or that twice", r.Index, n)
		}
		results[r.Index] = &RejectedError{ID: r.ID, Field: short(r.Field), Reason: short(r.Error)}
	}
	return results, nil
}

// detail is what a problem document says, on one line.
func detail(h http.Header, raw []byte) string {
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind != "application/problem+json" {
		return "" // a proxy's page
	}
	var problem struct{ Title, Detail string }
	if err := json.Unmarshal(raw, &problem); err != nil {
		return ""
	}
	if problem.Detail != "" {
		return short(problem.Detail)
	}
	return short(problem.Title)
}

func short(s string) string {
	return schemas.Evidence(strings.Join(strings.Fields(s), " "), 300)
}

// maxRetryAfter bounds what a gateway, or a proxy before it, may ask for.
const maxRetryAfter = time.Hour

func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(max(0, time.Duration(min(seconds, 3600))*time.Second), maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}
