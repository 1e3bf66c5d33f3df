package producers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/egress"
	"vitrine/schemas"
)

// The errors of a [Publisher] by what the caller does next:
//
//	*schemas.Invalid    correct the event; sending it again as it is doesn't help
//	*ForbiddenError     get credentials that allow it
//	*UnavailableError   send the same event again later; it is safe
//	ErrNotConnected     call Connect, and don't publish after Close

// ErrNotConnected is returned before [Publisher.Connect] and after [Publisher.Close].
var ErrNotConnected = errors.New("publisher: not connected")

// UnavailableError says that the event couldn't be stored for now, or that nobody knows whether it
// was: the acknowledgement may have been lost. Publishing the same event again is safe.
type UnavailableError struct {
	// Op is what was tried, e.g. "publish to vitrine.events.atelier-nord.training.held".
	Op string
	// Attempts is how often it was tried.
	Attempts int
	// Err is the last attempt's error, or the context's.
	Err error
}

// Error is [UnavailableError.In] English.
func (e *UnavailableError) Error() string { return e.In(schemas.English) }

// In says what happened in a language.
func (e *UnavailableError) In(l schemas.Lang) string {
	cause := fmt.Sprint(e.Err)
	if spoken, is := e.Err.(interface{ In(schemas.Lang) string }); is { // the gateway's answer
		cause = spoken.In(l)
	} else if l == schemas.French {
		cause = french(e.Err)
	}
	hint := schemas.Text{}
	switch {
	case errors.Is(e.Err, jetstream.ErrNoStreamResponse), errors.Is(e.Err, nats.ErrNoResponders):
		hint = schemas.Text{FR: " ; aucun flux ne reçoit ce sujet : « vitrine up » ou « vitrine consume » le crée", EN: "; no stream takes this subject: `vitrine up` or `vitrine consume` creates it"}
	case errors.Is(e.Err, nats.ErrNoServers):
		hint = schemas.Text{FR: " ; le serveur NATS est-il démarré à cette adresse ?", EN: "; is the NATS server running at this address?"}
	}
	if e.Attempts == 0 { // nothing was tried: there was no connection to try it on
		return opIn(l, e.Op) + fmt.Sprintf(schemas.Text{FR: " : indisponible, à réessayer plus tard : %s%s", EN: ": unavailable, try again later: %s%s"}.In(l), cause, hint.In(l))
	}
	return opIn(l, e.Op) + schemas.Counted(e.Attempts,
		schemas.Text{FR: " : indisponible après %d tentative, à réessayer plus tard : %s%s", EN: ": unavailable after %d attempt, try again later: %s%s"},
		schemas.Text{FR: " : indisponible après %d tentatives, à réessayer plus tard : %s%s", EN: ": unavailable after %d attempts, try again later: %s%s"}, cause, hint.In(l)).In(l)
}

// opIn is what was tried, in a language: its verb, where it has one.
func opIn(l schemas.Lang, op string) string {
	if l != schemas.French {
		return op
	}
	for _, verb := range []schemas.Text{{EN: "connect to ", FR: "connexion à "}, {EN: "publish to ", FR: "envoi à "}, {EN: "publish", FR: "envoi"}} {
		if rest, is := strings.CutPrefix(op, verb.EN); is {
			return verb.FR + rest
		}
	}
	return op
}

// french says in French what kept an event from being stored.
func french(err error) string {
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return "pas de réponse de JetStream"
	case errors.Is(err, nats.ErrNoServers):
		return "aucun serveur NATS n'est joignable"
	case errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrConnectionClosed):
		return "la connexion a été coupée"
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, jetstream.ErrAsyncPublishTimeout):
		return "pas de réponse à temps"
	}
	return egress.French(err)
}

// Unwrap is the last attempt's error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// ForbiddenError says that the server doesn't let these credentials do this.
type ForbiddenError struct {
	// Op is what was tried.
	Op string
	// Err is what the server said.
	Err error
}

// Error is [ForbiddenError.In] English.
func (e *ForbiddenError) Error() string { return e.In(schemas.English) }

// In says what happened in a language.
func (e *ForbiddenError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "%s : refusé par le serveur NATS, vérifiez les identifiants et leurs droits : %v",
		EN: "%s: refused by the NATS server, check the credentials and what they allow: %v"}.In(l), opIn(l, e.Op), e.Err)
}

// Unwrap is what the server said.
func (e *ForbiddenError) Unwrap() error { return e.Err }

// credentialsError says that the credentials file can't be used.
type credentialsError struct{ error }

func (e credentialsError) Unwrap() error { return e.error }

// isBarred says that the server doesn't let these credentials in.
func isBarred(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked)
}

// Answers of JetStream whose code (400) blames the request, though it is the account that has no room:
// an operator gives it some.
const (
	codeAccountFull     jetstream.ErrorCode = 10002
	codeAccountNoLimits jetstream.ErrorCode = 10120
)

// Answers of JetStream in a cluster whose code blames the request, though it only has to wait: this very message, or
// another one under its subject, was taken up before and isn't on enough servers yet. How that ends isn't known: a leader
// that is cut off never gets it there.
const (
	codeSameInProcess    jetstream.ErrorCode = 10158
	codeSubjectInProcess                     = jetstream.JSErrCodeStreamWrongLastSequenceConstant
)

// blamesRequest says that an answer of JetStream is about the request (400 to 499) and not the
// server. A stream that isn't there (404) may come.
func blamesRequest(api *jetstream.APIError) bool {
	switch api.ErrorCode {
	case codeAccountFull, codeAccountNoLimits, codeSameInProcess, codeSubjectInProcess:
		return false
	}
	return api.Code >= 400 && api.Code < 500 && api.Code != 404
}

// permanent says that trying again can't help: the credentials, a closed connection, or an answer
// of JetStream that blames the request.
func permanent(err error) bool {
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api):
		return blamesRequest(api)
	case isBarred(err), errors.As(err, new(credentialsError)),
		errors.Is(err, nats.ErrPermissionViolation), errors.Is(err, nats.ErrMaxPayload),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrInvalidConnection),
		errors.Is(err, jetstream.ErrJetStreamPublisherClosed), errors.Is(err, ErrNotConnected):
		return true
	}
	return false
}

// failure types an error for the caller.
func failure(ctx context.Context, op string, attempts int, err error) error {
	switch {
	case isBarred(err), errors.Is(err, nats.ErrPermissionViolation):
		return &ForbiddenError{Op: op, Err: err}
	case errors.Is(err, ErrNotConnected), errors.Is(err, nats.ErrConnectionClosed) && ctx.Err() == nil:
		return fmt.Errorf("%s: %w", op, ErrNotConnected)
	case permanent(err):
		return fmt.Errorf("%s: %w", op, err)
	}
	return &UnavailableError{Op: op, Attempts: attempts, Err: err}
}
