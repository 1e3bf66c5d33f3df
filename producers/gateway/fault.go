package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vitrine/schemas"
)

// Fault is a request that isn't answered as asked. Its status says what the client does next: correct
// it (4xx), or send the same again after a while (429, 503).
type Fault struct {
	// Status is the HTTP status.
	Status int
	// Code names the sort of problem, the same in every language: the end of the problem's type.
	Code string
	// Detail is what happened and what to do about it.
	Detail schemas.Text
	// RetryAfter is how long the client should wait; 0: it needn't try again.
	RetryAfter time.Duration
	// Delivery says how each event of the request fared, where there are any.
	Delivery *Delivery
	// Rows are a file's problems, where the request brought one.
	Rows []RowProblem
	// Challenge is the WWW-Authenticate header, Allow the header of that name, of a 401 and a 405.
	Challenge, Allow string
	// Err is the cause, for the log and not for the client; may be nil.
	Err error
}

// Error is the detail in English, with the cause.
func (f *Fault) Error() string {
	if f.Err != nil {
		return f.Detail.EN + ": " + f.Err.Error()
	}
	return f.Detail.EN
}

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.Err }

func faultOf(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Status: http.StatusInternalServerError, Code: "internal", Err: err, Detail: schemas.Text{
		FR: "erreur interne ; elle est consignée sous l'identifiant de la requête (X-Request-Id)",
		EN: "internal error; it is logged under the request's id (X-Request-Id)"}}
}

func unauthenticated(tokenError string, err error) *Fault {
	f := &Fault{Status: http.StatusUnauthorized, Code: "unauthenticated", Challenge: `Bearer realm="vitrine"`, Err: err, Detail: schemas.Text{
		FR: "identifiants absents : en-tête « Authorization: Bearer JETON » attendu (le programme donne le jeton)",
		EN: "credentials missing: expected the header “Authorization: Bearer TOKEN” (the programme issues the token)"}}
	if tokenError != "" {
		f.Challenge += `, error="` + tokenError + `"`
		f.Detail = schemas.Text{FR: "jeton inconnu ou révoqué : demandez-en un au programme", EN: "token unknown or revoked: ask the programme for one"}
	}
	return f
}

func undecided(err error) *Fault {
	return &Fault{Status: http.StatusServiceUnavailable, Code: "undecided", RetryAfter: 5 * time.Second, Err: err, Detail: schemas.Text{
		FR: "les jetons ne peuvent pas être vérifiés pour le moment ; renvoyez la requête", EN: "tokens can't be checked for now; send the request again"}}
}

func tooManyFailures(after time.Duration) *Fault {
	return &Fault{Status: http.StatusTooManyRequests, Code: "locked_out", RetryAfter: after, Detail: schemas.Text{
		FR: "trop de jetons refusés depuis cette adresse : attendez avant de réessayer",
		EN: "too many refused tokens from this address: wait before trying again"}}
}

func tooFast(after time.Duration, c Config) *Fault {
	return &Fault{Status: http.StatusTooManyRequests, Code: "rate", RetryAfter: after, Detail: schemas.Text{
		FR: fmt.Sprintf("trop d'événements d'un coup : au plus %g par seconde en moyenne et %d à la fois ; rien de cette requête n'est accepté, renvoyez-la", c.Rate, c.Burst),
		EN: fmt.Sprintf("too many events at once: at most %g a second on average and %d together; nothing of this request is accepted, send it again", c.Rate, c.Burst)}}
}

func busy(err error) *Fault {
	return &Fault{Status: http.StatusServiceUnavailable, Code: "busy", RetryAfter: time.Second, Err: err, Detail: schemas.Text{
		FR: "trop de requêtes à la fois ; rien de celle-ci n'est accepté, renvoyez-la",
		EN: "too many requests at once; nothing of this one is accepted, send it again"}}
}

func busyLab(limit int) *Fault {
	return &Fault{Status: http.StatusTooManyRequests, Code: "busy_lab", RetryAfter: time.Second, Detail: schemas.Text{
		FR: fmt.Sprintf("trop de requêtes à la fois avec ces identifiants : au plus %d ; rien de celle-ci n'est accepté, renvoyez-la", limit),
		EN: fmt.Sprintf("too many requests at once with these credentials: at most %d; nothing of this one is accepted, send it again", limit)}}
}

func forbidden(fr, en string) *Fault {
	return &Fault{Status: http.StatusForbidden, Code: "forbidden", Detail: schemas.Text{FR: fr, EN: en}}
}

// notYourLab refuses to show a lab to another.
func notYourLab(p Principal, lab string) *Fault {
	return forbidden(fmt.Sprintf("ces identifiants sont ceux de %s : ils ne montrent pas le laboratoire %s", p.name(), lab),
		fmt.Sprintf("these credentials are %s's: they don't show lab %s", p.name(), lab))
}

func notFound(fr, en string) *Fault {
	return &Fault{Status: http.StatusNotFound, Code: "not_found", Detail: schemas.Text{FR: fr, EN: en}}
}

func badRequest(code, fr, en string) *Fault {
	return &Fault{Status: http.StatusBadRequest, Code: code, Detail: schemas.Text{FR: fr, EN: en}}
}

func unsupported(what, expected string) *Fault {
	return &Fault{Status: http.StatusUnsupportedMediaType, Code: "unsupported", Detail: schemas.Text{
		FR: fmt.Sprintf("%s non pris en charge ; attendu : %s", what, expected),
		EN: fmt.Sprintf("%s isn't supported; expected %s", what, expected)}}
}

func tooLarge(bytes int64) *Fault {
	return &Fault{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Detail: schemas.Text{
		FR: fmt.Sprintf("requête trop volumineuse : au plus %d octets, décompressée ; envoyez plusieurs lots", bytes),
		EN: fmt.Sprintf("request too large: at most %d bytes, inflated; send several batches", bytes)}}
}

func tooMany(limit int) *Fault {
	return &Fault{Status: http.StatusRequestEntityTooLarge, Code: "too_many_events", Detail: schemas.Text{
		FR: fmt.Sprintf("trop d'événements dans un lot : au plus %d ; envoyez plusieurs lots", limit),
		EN: fmt.Sprintf("too many events in one batch: at most %d; send several batches", limit)}}
}

func notWired(what string) *Fault {
	return &Fault{Status: http.StatusNotImplemented, Code: "not_served", Detail: schemas.Text{
		FR: "ce service n'est pas rendu ici : " + what, EN: "this isn't served here: " + what}}
}

// methodNotAllowed names the methods that there are.
func methodNotAllowed(methods []string) *Fault {
	allow := strings.Join(methods, ", ")
	return &Fault{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Allow: allow, Detail: schemas.Text{
		FR: "méthode non admise ; attendu : " + allow, EN: "method not allowed; expected " + allow}}
}

// ErrRemaking is what an error of what the gateway reads wraps where the figures are being made again, or that was interrupted: half of what is there
// is wrong.
var ErrRemaking = errors.New("gateway: the figures are being made again")

// remakingRetry is the Retry-After while figures are made again, which takes from seconds to many minutes.
const remakingRetry = 30 * time.Second

// unreadable is the failure of whatever the GET routes read from.
func unreadable(err error) *Fault {
	if errors.Is(err, ErrRemaking) {
		return &Fault{Status: http.StatusServiceUnavailable, Code: "remaking", RetryAfter: remakingRetry, Err: err, Detail: schemas.Text{
			FR: "les chiffres sont en cours de recalcul ; rien n'est perdu, renvoyez la même requête dans quelques minutes",
			EN: "the figures are being recalculated; nothing is lost, send the same request again in a few minutes"}}
	}
	return &Fault{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 5 * time.Second, Err: err, Detail: schemas.Text{
		FR: "les données ne peuvent pas être lues pour le moment ; réessayez", EN: "the data can't be read for now; try again"}}
}
