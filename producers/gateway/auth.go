package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"vitrine/schemas"
)

// Principal is who sends a request.
type Principal struct {
	// Lab is the lab whose activity it may send and read; empty: none.
	Lab string
	// Programme may send the programme's own kinds for every lab, and read everything.
	Programme bool
}

// ErrUndecided is what an [Authenticator]'s error wraps when it can't tell for now whether a token is good:
// the request is answered with 503, and not counted against its address.
var ErrUndecided = errors.New("gateway: tokens can't be checked for now")

// Authenticator says whose a bearer token is. An error refuses the request with 401, unless it is
// [ErrUndecided]; comparing in constant time is the authenticator's business.
type Authenticator interface {
	Verify(token string) (Principal, error)
}

// principalKey is the context key of [WithPrincipal].
type principalKey struct{}

// WithPrincipal says who sends a request that an outer handler has authenticated, by a session's
// cookie for instance; that handler then also answers for requests forged by other sites.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// name is whom events are published for, and whose rate is counted.
func (p Principal) name() string {
	if p.Lab != "" {
		return p.Lab
	}
	return "programme"
}

// reads says whether it may see a lab's figures and events.
func (p Principal) reads(lab string) bool { return p.Programme || p.Lab != "" && p.Lab == lab }

// publishes says why an event isn't its to send; nil if it is.
func (p Principal) publishes(e *schemas.Event) error {
	kind, _ := schemas.KindByName(e.Kind()) // known: the event passed the door
	switch {
	case kind.Programme && !p.Programme:
		return &notYours{id: e.ID.String(), field: "type", code: codeForbiddenKind, text: schemas.Text{
			FR: fmt.Sprintf("type : %s est publié par le programme, ces identifiants sont ceux du laboratoire %s", e.Kind(), p.name()),
			EN: fmt.Sprintf("type: %s is published by the programme, these credentials are lab %s's", e.Kind(), p.name())}}
	case !kind.Programme && p.Lab == "":
		return &notYours{id: e.ID.String(), field: "type", code: codeForbiddenKind, text: schemas.Text{
			FR: fmt.Sprintf("type : %s est publié par le laboratoire lui-même, ces identifiants sont ceux du programme", e.Kind()),
			EN: fmt.Sprintf("type: %s is published by the lab itself, these credentials are the programme's", e.Kind())}}
	case !kind.Programme && e.Lab() != p.Lab:
		return &notYours{id: e.ID.String(), field: "source", code: codeForbiddenLab, text: schemas.Text{
			FR: fmt.Sprintf("source : reçu /labs/%s, ces identifiants sont ceux du laboratoire %s (attendu : /labs/%s)", e.Lab(), p.Lab, p.Lab),
			EN: fmt.Sprintf("source: found /labs/%s, these credentials are lab %s's (expected /labs/%s)", e.Lab(), p.Lab, p.Lab)}}
	}
	return nil
}

// notYours refuses an event that its sender may not publish.
type notYours struct {
	id, field, code string
	text            schemas.Text
}

// The codes of notYours, beside those of [schemas.Problem].
const (
	codeForbiddenLab  = "forbidden_lab"
	codeForbiddenKind = "forbidden_kind"
)

func (n *notYours) Error() string { return n.text.EN }

// authenticate lets a request through that says who sends it.
func (g *Gateway) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		p, err := g.principal(r)
		if err != nil {
			g.encodeError(r.Context(), err, w)
			return
		}
		c.principal = p
		next.ServeHTTP(w, r)
	})
}

func (g *Gateway) principal(r *http.Request) (Principal, error) {
	if p, given := r.Context().Value(principalKey{}).(Principal); given {
		return p, nil
	}
	from := g.Remote(r)
	if after := g.lockout.locked(from); after > 0 {
		return Principal{}, tooManyFailures(after)
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Principal{}, unauthenticated("", nil) // nothing was tried, so nothing is counted against the address
	}
	p, err := g.cfg.Authenticator.Verify(token)
	if errors.Is(err, ErrUndecided) {
		return Principal{}, undecided(err)
	}
	if err != nil || p == (Principal{}) {
		g.lockout.failed(from)
		return Principal{}, unauthenticated("invalid_token", err)
	}
	return p, nil
}
