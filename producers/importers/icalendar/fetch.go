package icalendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vitrine/producers/importers/rest"
)

// read gets the calendar. origin is what messages call it.
func (im *Importer) read(ctx context.Context) (raw []byte, origin string, err error) {
	if im.client == nil {
		raw, err = readFile(im.cfg.File, maxBytes)
		return raw, filepath.Base(im.cfg.File), err
	}
	origin = im.base.Host
	path := ""
	if strings.HasSuffix(im.base.Path, "/") {
		path = "/" // Nextcloud's addresses end in one, which is lost otherwise
	}
	answer, err := im.client.Get(ctx, path, im.base.Query())
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, origin, fmt.Errorf("calendar %s: %w", origin, context.Cause(ctx))
	case err != nil:
		return nil, origin, conceal(err, im.base.Scheme+"://"+im.base.Host+"/…")
	}
	return answer.Body, origin, nil
}

// conceal replaces the calendar's address in an error: with it, whoever reads a log can read the calendar.
func conceal(err error, host string) error {
	var credentials *rest.CredentialsError
	var address *rest.AddressError
	var unavailable *rest.UnavailableError
	var page *rest.PageError
	var private *rest.PrivateError
	switch {
	case errors.As(err, &credentials):
		e := *credentials
		e.URL = host
		return &e
	case errors.As(err, &address):
		e := *address
		e.URL = host
		return &e
	case errors.As(err, &unavailable):
		e := *unavailable
		e.URL = host
		return &e
	case errors.As(err, &private):
		return private // it names the host alone
	case errors.As(err, &page):
		e := *page
		e.Origin = host
		return &e
	}
	return fmt.Errorf("calendar %s can't be asked", host)
}

// readFile reads a file up to a byte above the bound, so that who reads it sees that it is too long.
func readFile(path string, bound int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("icalendar: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, bound+1))
	if err != nil {
		return nil, fmt.Errorf("icalendar: %w", err)
	}
	return raw, nil
}

// asCalendar asks for a calendar, where the client would ask for JSON.
type asCalendar struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (a asCalendar) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept", "text/calendar")
	return a.next.RoundTrip(req)
}
