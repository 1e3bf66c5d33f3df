package fabmanager

import (
	"fmt"

	"vitrine/schemas"
)

// CredentialsError says that Fab-manager doesn't know the token: a person must give another one.
type CredentialsError struct {
	// URL is the address asked, Status its answer.
	URL    string
	Status string
}

// Error is [CredentialsError.In] English.
func (e *CredentialsError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *CredentialsError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "Fab-manager refuse le jeton (%s, %s). Il a expiré ou a été supprimé : un administrateur en crée un dans Fab-manager, menu « Clients OpenAPI », puis mettez-le dans --token-file ou VITRINE_FABMANAGER_TOKEN",
		EN: "Fab-manager refuses the token (%s, %s). It has expired or was deleted: an administrator makes a new one in Fab-manager, menu “OpenAPI clients”; then put it into --token-file or VITRINE_FABMANAGER_TOKEN",
	}.In(l), e.URL, e.Status)
}

// AddressError says that there is no Fab-manager with an OpenAPI at the address.
type AddressError struct {
	URL    string
	Status string
	// Code is the answer's as a number, e.g. 404.
	Code int
}

// Error is [AddressError.In] English.
func (e *AddressError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *AddressError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "%s répond « %s » : vérifiez l'adresse de Fab-manager (--url), par exemple https://fabmanager.example.org",
		EN: "%s answers “%s”: check Fab-manager's address (--url), such as https://fabmanager.example.org",
	}.In(l), e.URL, e.Status)
}

// UnavailableError says that Fab-manager doesn't answer for now: import again later. Nothing is
// lost by that, a second import takes up everything.
type UnavailableError struct {
	URL string
	Err error
}

// Error is [UnavailableError.In] English.
func (e *UnavailableError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *UnavailableError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "Fab-manager ne répond pas (%s) : %v. Relancez l'import plus tard : rien n'est perdu ni compté deux fois",
		EN: "Fab-manager doesn't answer (%s): %v. Import again later: nothing is lost or counted twice",
	}.In(l), e.URL, e.Err)
}

// Unwrap is the last attempt's error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// PageError says that a page isn't what Fab-manager sends, so that the list can't be read.
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
