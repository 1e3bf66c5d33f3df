package client

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"vitrine/schemas"
)

// The errors of a [Client] by what the caller does next:
//
//	*schemas.Invalid              correct the event; it wasn't sent
//	*RejectedError                correct the event: the gateway refused it
//	*ForbiddenError               get a token that allows it
//	*producers.UnavailableError   send the same events again later; it is safe

// RejectedError says that the gateway refuses an event. Sending it again as it is doesn't help.
type RejectedError struct {
	// ID is the event's; Field and Reason are the gateway's words, in [Config.Language].
	ID, Field, Reason string
}

// Error says why, naming the field, which the gateway's reason begins with.
func (e *RejectedError) Error() string {
	if e.Field != "" && !strings.HasPrefix(e.Reason, e.Field) {
		return e.Field + ": " + e.Reason
	}
	return e.Reason
}

// ForbiddenError says that the token isn't known, or doesn't allow this.
type ForbiddenError struct {
	// Status is 401 or 403; Detail is what the gateway says.
	Status int
	Detail string
}

// Error is [ForbiddenError.In] English.
func (e *ForbiddenError) Error() string { return e.In(schemas.English) }

// In says what happened in a language.
func (e *ForbiddenError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "la passerelle refuse ce jeton (%d) : demandez-en un au programme. %s",
		EN: "the gateway refuses this token (%d): ask the programme for one. %s"}.In(l), e.Status, e.Detail)
}

// answerError is an answer after which the same request may be made again, later.
type answerError struct {
	code   int
	status string
	detail string
	after  time.Duration // what Retry-After says; 0: nothing
}

// Error is [answerError.In] English.
func (e *answerError) Error() string { return e.In(schemas.English) }

// In says what was answered in a language.
func (e *answerError) In(l schemas.Lang) string {
	said := schemas.Text{FR: "la passerelle répond " + e.status, EN: "the gateway answers " + e.status}
	switch {
	case e.detail != "":
		said.FR, said.EN = said.FR+" : "+e.detail, said.EN+": "+e.detail
	case e.lasting():
		said.FR, said.EN = said.FR+" ; est-ce bien l'adresse de la passerelle ?", said.EN+"; is this the gateway's address?"
	}
	return said.In(l)
}

// lasting says that waiting changes nothing: it isn't the gateway that answers, or it is elsewhere, or doesn't understand this program.
func (e *answerError) lasting() bool {
	switch e.code {
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return true
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return 400 <= e.code && e.code < 500
}

// RetryAfter is how long the gateway wants to be left alone; 0: it doesn't say.
func (e *answerError) RetryAfter() time.Duration { return e.after }

// tooLargeError says that a request must be made smaller.
type tooLargeError struct{ detail string }

// Error is [tooLargeError.In] English.
func (e *tooLargeError) Error() string { return e.In(schemas.English) }

// In says it in a language.
func (e *tooLargeError) In(l schemas.Lang) string {
	return schemas.Text{FR: "la passerelle trouve la requête trop volumineuse : ", EN: "the gateway finds the request too large: "}.In(l) + e.detail
}
