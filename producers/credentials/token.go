package credentials

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"

	"vitrine/schemas"
)

// Programme is the registry's name for the programme's own credentials; no lab may bear it.
const Programme = "programme"

const (
	tokenPrefix = "vit_"
	// secretBytes are random: nobody guesses 256 bits, so a plain SHA-256 is the right hash. A slow
	// one (bcrypt, argon2) is for passwords that people choose; here it would only slow the gateway.
	secretBytes = 32
	// hintLen is how much of the secret is kept in the clear for lists: 4 of 52 characters, 20 bits of 256.
	hintLen = 4
	// maxToken is above any token's length: prefix, 63 characters of a slug, "_", 52 of a secret.
	maxToken = 128
)

// base32 and not base64url, whose alphabet has the "_" that ends the lab's name.
var secretEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newToken makes a token of the form vit_<lab>_<secret>: the lab stands in it, so that checking it
// takes one look-up and no scan.
func newToken(lab string) (token string, kept Token) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails, says its documentation
	text := secretEncoding.EncodeToString(secret)
	token = tokenPrefix + lab + "_" + text
	return token, Token{Hash: hash(token), Hint: tokenPrefix + lab + "_" + text[:hintLen] + "…"}
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// labOf is the lab that a token names; ok is false if it can't be one of ours. It says nothing
// about whether the token is good.
func labOf(token string) (lab string, ok bool) {
	if len(token) > maxToken {
		return "", false
	}
	rest, ours := strings.CutPrefix(token, tokenPrefix)
	lab, secret, found := strings.Cut(rest, "_")
	return lab, ours && found && schemas.IsSlug(lab) && len(secret) == secretEncoding.EncodedLen(secretBytes)
}

// is compares in constant time.
func (t Token) is(sum []byte) bool { return subtle.ConstantTimeCompare(t.Hash, sum) == 1 }
