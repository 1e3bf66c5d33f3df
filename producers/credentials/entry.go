package credentials

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/nats-io/nkeys"

	"vitrine/schemas"
)

// Role is what credentials are for.
type Role string

// The roles of an [Entry].
const (
	RoleLab       Role = "lab"       // its own lab's events
	RoleProgramme Role = "programme" // the programme's kinds, for any lab
)

// Entry is what the registry keeps of a lab's credentials, or of the programme's. No secret is in it.
type Entry struct {
	// Lab is the lab's slug, or [Programme].
	Lab  string `json:"lab"`
	Role Role   `json:"role"`
	// Created is when credentials were first issued, Rotated when they were last replaced, Revoked
	// when all of them were withdrawn; the zero time: never.
	Created time.Time `json:"created"`
	Rotated time.Time `json:"rotated,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
	// Tokens are the HTTP tokens, newest last; some that have ended are kept so that their refusal can say so.
	Tokens []Token `json:"tokens"`
	// Users are the NATS users, newest last. Those that have ended are kept for good: their
	// credentials don't expire by themselves, so that each of them stays revoked.
	Users []User `json:"users"`
}

// Token is an HTTP token without its secret.
type Token struct {
	Hash   []byte    `json:"hash"` // SHA-256
	Hint   string    `json:"hint"` // its first characters
	Issued time.Time `json:"issued"`
	// Until is when its time of grace ends, by the clock of whoever checks; the zero time: no end is set.
	Until time.Time `json:"until,omitzero"`
	// Ended says that it is refused from now on. A flag and not a time, so that no clock matters.
	Ended bool `json:"ended,omitempty"`
}

// User is a NATS user without its seed.
type User struct {
	Key    string    `json:"key"` // the nkey's public part
	Issued time.Time `json:"issued"`
	Until  time.Time `json:"until,omitzero"`
	Ended  bool      `json:"ended,omitempty"`
}

// Live says whether anything of the entry is still accepted at a time.
func (e *Entry) Live(now time.Time) bool {
	for _, t := range e.Tokens {
		if t.Live(now) {
			return true
		}
	}
	return false
}

// Live says whether the token is still accepted at a time.
func (t Token) Live(now time.Time) bool { return !t.Ended && (t.Until.IsZero() || now.Before(t.Until)) }

// endedTokensKept bounds how many ended tokens an entry remembers.
const endedTokensKept = 5

// hasEnded says whether any NATS user must be refused.
func (e *Entry) hasEnded() bool {
	return slices.ContainsFunc(e.Users, func(u User) bool { return u.Ended })
}

// end ends what was issued so far: at once, or at a later time.
func (e *Entry) end(at time.Time) {
	for i := range e.Tokens {
		end(&e.Tokens[i].Until, &e.Tokens[i].Ended, at)
	}
	for i := range e.Users {
		end(&e.Users[i].Until, &e.Users[i].Ended, at)
	}
	if extra := len(e.Tokens) - endedTokensKept; extra > 0 {
		e.Tokens = e.Tokens[extra:]
	}
}

func end(until *time.Time, ended *bool, at time.Time) {
	switch {
	case *ended:
	case at.IsZero():
		*ended = true
	case until.IsZero() || at.Before(*until):
		*until = at
	}
}

// decodeEntry reads an entry and refuses whatever isn't one: the bucket is checked as any input from outside.
func decodeEntry(raw []byte) (*Entry, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var e Entry
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("credentials entry: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("credentials entry: more than one value")
	}
	switch {
	case !schemas.IsSlug(e.Lab):
		return nil, fmt.Errorf("credentials entry: lab %.80q isn't a slug", e.Lab)
	case e.Role != RoleLab && e.Role != RoleProgramme, (e.Lab == Programme) != (e.Role == RoleProgramme):
		return nil, fmt.Errorf("credentials entry: role %.80q of %s", e.Role, e.Lab)
	}
	for _, t := range e.Tokens {
		if len(t.Hash) != sha256.Size {
			return nil, fmt.Errorf("credentials entry of %s: a hash of %d bytes, expected %d", e.Lab, len(t.Hash), sha256.Size)
		}
	}
	for _, u := range e.Users {
		if !nkeys.IsValidPublicUserKey(u.Key) {
			return nil, fmt.Errorf("credentials entry of %s: %.80q isn't a user's public key", e.Lab, u.Key)
		}
	}
	return &e, nil
}
