package rest

import (
	"fmt"

	"vitrine/internal/egress"
	"vitrine/schemas"
)

// CredentialsError says that the system doesn't take the token: a person must give another one.
type CredentialsError struct {
	// System is whose token it is, URL the address asked, Status its answer.
	System, URL, Status string
	// NewToken says how one gets a new one.
	NewToken schemas.Text
}

// Error is [CredentialsError.In] English.
func (e *CredentialsError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *CredentialsError) In(l schemas.Lang) string {
	said := fmt.Sprintf(schemas.Text{FR: "%s refuse le jeton (%s, %s)", EN: "%s refuses the token (%s, %s)"}.In(l), e.System, e.URL, e.Status)
	return said + hint(e.NewToken.In(l))
}

// AddressError says that what is asked for isn't at the address.
type AddressError struct {
	System, URL string
	// Code and Status are the answer's, e.g. 404 and "404 Not Found".
	Code   int
	Status string
	// Hint says how to correct the address.
	Hint schemas.Text
}

// Error is [AddressError.In] English.
func (e *AddressError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *AddressError) In(l schemas.Lang) string {
	said := fmt.Sprintf(schemas.Text{
		FR: "%s répond « %s » : vérifiez l'adresse de %s", EN: "%s answers “%s”: check %s's address"}.In(l), e.URL, e.Status, e.System)
	return said + hint(e.Hint.In(l))
}

func hint(s string) string {
	if s == "" {
		return ""
	}
	return ". " + s
}

// PrivateError says that a name leads where the connector doesn't go: a person must say that it may, or correct the address.
type PrivateError struct {
	System, Host string
	Forbidden    *egress.Forbidden
}

// Error is [PrivateError.In] English.
func (e *PrivateError) Error() string { return e.In(schemas.English) }

// Unwrap gives what was refused.
func (e *PrivateError) Unwrap() error { return e.Forbidden }

// In says what to do in a language.
func (e *PrivateError) In(l schemas.Lang) string {
	if !e.Forbidden.Private {
		return fmt.Sprintf(schemas.Text{
			FR: "%s : %s mène à %s, qui n'est l'adresse d'aucun serveur : vérifiez l'adresse", EN: "%s: %s leads to %s, which is no server's address: check the address"}.In(l),
			e.System, e.Host, e.Forbidden.Address)
	}
	return fmt.Sprintf(schemas.Text{
		FR: "%s : %s mène à %s, une adresse de cet ordinateur ou d'un réseau privé : si c'est voulu, autorisez-le par le réglage allow-private",
		EN: "%s: %s leads to %s, an address of this machine or of a private network: if that is meant, allow it by the setting allow-private"}.In(l),
		e.System, e.Host, e.Forbidden.Address)
}

// UnavailableError says that the system doesn't answer for now: ask again later. Nothing is lost
// by that, a second import takes up everything.
type UnavailableError struct {
	System, URL string
	Err         error
}

// Error is [UnavailableError.In] English.
func (e *UnavailableError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *UnavailableError) In(l schemas.Lang) string {
	cause := fmt.Sprint(e.Err)
	if l == schemas.French {
		cause = egress.French(e.Err)
	}
	return fmt.Sprintf(schemas.Text{
		FR: "%s ne répond pas (%s) : %s. Relancez l'import plus tard : rien n'est perdu ni compté deux fois",
		EN: "%s doesn't answer (%s): %s. Import again later: nothing is lost or counted twice",
	}.In(l), e.System, e.URL, cause)
}

// Unwrap is the last attempt's error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// PageError says that a page isn't what the system sends, so that the list can't be read.
type PageError struct {
	// Origin is the file or address.
	Origin string
	What   schemas.Text
}

// Error is [PageError.In] English.
func (e *PageError) Error() string { return e.In(schemas.English) }

// In says what is wrong in a language.
func (e *PageError) In(l schemas.Lang) string {
	if l == schemas.French {
		return e.Origin + " : " + e.What.FR
	}
	return e.Origin + ": " + e.What.EN
}
