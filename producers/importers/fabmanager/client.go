package fabmanager

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

const (
	// perPage is how many records a page is asked to have. Fab-manager's default is 20; at 100 a
	// page of reservations has about 100 KiB.
	perPage = 100
	// maxPages ends a list whose pages lead round in a circle.
	maxPages = 100_000
)

// product is what people call the system.
const product = "Fab-manager"

// client asks a live Fab-manager.
type client struct{ http *rest.Client }

func newClient(cfg Config) (*client, error) {
	base, err := rest.ParseAddress(cfg.URL, cfg.PlainHTTP)
	if err != nil {
		return nil, err
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/open_api/v1") + "/open_api/v1/"
	h, err := rest.New(rest.Config{
		System: product, Base: base, Authorization: "Token token=" + cfg.Token,
		NewToken: schemas.Text{
			FR: "Il a expiré ou a été supprimé : un administrateur en crée un dans Fab-manager, menu « Clients OpenAPI », puis mettez-le dans --token-file ou VITRINE_FABMANAGER_TOKEN",
			EN: "It has expired or was deleted: an administrator makes a new one in Fab-manager, menu “OpenAPI clients”; then put it into --token-file or VITRINE_FABMANAGER_TOKEN"},
		AddressHint: schemas.Text{
			FR: "Elle (--url) ressemble à https://fabmanager.example.org", EN: "It (--url) looks like https://fabmanager.example.org"},
		Timeout: cfg.Timeout, Retries: cfg.Retries, RetryWaitMin: cfg.RetryWaitMin, RetryWaitMax: cfg.RetryWaitMax,
		AllowPrivate: cfg.AllowPrivate, Transport: cfg.Transport, Logger: cfg.Logger,
	})
	return &client{http: h}, err
}

func (*client) live() bool { return true }

// pages follows the Link headers, as the api-pagination gem writes them, to the list's end.
func (c *client) pages(ctx context.Context, list string, query url.Values) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		next := maps.Clone(query)
		if next == nil {
			next = url.Values{}
		}
		next.Set("page", "1")
		next.Set("per_page", strconv.Itoa(perPage))
		for n := 0; next != nil; n++ {
			answer, err := c.http.Get(ctx, list, next)
			if err == nil && n >= maxPages {
				err = &rest.PageError{Origin: answer.URL, What: schemas.Text{FR: "la liste ne finit pas", EN: "the list has no end"}}
			}
			if !yield(page{origin: answer.URL, body: answer.Body, total: rest.Total(answer.Header, "Total")}, err) || err != nil {
				return
			}
			next = rest.Next(answer.Header, next, "page")
		}
	}
}
