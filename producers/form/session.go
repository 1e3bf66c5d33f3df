package form

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The cookies, sent to the form alone. Who hasn't signed in has one of his own: SameSite=Strict keeps
// the session's from a visit that a link on another site leads to, which mustn't end the session.
const (
	cookieName  = "vitrine_session"
	guestCookie = "vitrine_guest"
)

// session is who is signed in. It travels sealed in the cookie: the server keeps nothing, and
// nobody can read or change it.
type session struct {
	// Nonce tells sessions apart; a visitor who hasn't signed in has one too, for the CSRF token.
	Nonce string `json:"n"`
	// Token is asked about again at each request; empty: nobody is signed in.
	Token   string    `json:"t,omitempty"`
	Expires time.Time `json:"e"`

	lab string // whose token it is
}

// keeper seals and opens sessions.
type keeper struct {
	seal cipher.AEAD
	csrf []byte
}

// newKeeper derives a key per purpose.
func newKeeper(key []byte) (*keeper, error) {
	sealKey, err := hkdf.Key(sha256.New, key, nil, "vitrine form session", 32)
	if err != nil {
		return nil, fmt.Errorf("form: session key: %w", err)
	}
	csrfKey, err := hkdf.Key(sha256.New, key, nil, "vitrine form csrf", 32)
	if err != nil {
		return nil, fmt.Errorf("form: CSRF key: %w", err)
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return nil, fmt.Errorf("form: session key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("form: session key: %w", err)
	}
	return &keeper{seal: aead, csrf: csrfKey}, nil
}

// errNoSession says that a cookie is none of ours, or too old.
var errNoSession = errors.New("form: no session")

func (k *keeper) write(s session) string {
	plain, err := json.Marshal(s)
	if err != nil { // two strings and a time
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(k.seal.Seal(nil, nil, plain, []byte(cookieName)))
}

func (k *keeper) read(cookie string, now time.Time) (session, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return session{}, errNoSession
	}
	plain, err := k.seal.Open(nil, nil, sealed, []byte(cookieName))
	if err != nil {
		return session{}, errNoSession
	}
	var s session
	if err := json.Unmarshal(plain, &s); err != nil || s.Nonce == "" || !now.Before(s.Expires) {
		return session{}, errNoSession
	}
	return s, nil
}

// token is what a form of this session must hold to be taken.
func (k *keeper) token(s session) string {
	mac := hmac.New(sha256.New, k.csrf)
	mac.Write([]byte(s.Nonce))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (k *keeper) holds(s session, token string) bool {
	return s.Nonce != "" && hmac.Equal([]byte(token), []byte(k.token(s)))
}

// newSession begins one; rand.Text holds 128 bits at least.
func newSession(token string, expires time.Time) session {
	return session{Nonce: rand.Text(), Token: token, Expires: expires}
}

// setSession gives the browser its cookie; a zero session takes it away.
func (h *Handler) setSession(w http.ResponseWriter, r *http.Request, s session) {
	name := cookieName
	if s.Nonce != "" && s.Token == "" {
		name = guestCookie
	}
	c := &http.Cookie{
		Name: name, Path: "/submit", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// A proxy's header may be made up: by nobody but the browser's own side, who gains nothing by it.
		Secure: h.config.Secure || r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"), MaxAge: -1,
	}
	if s.Nonce != "" {
		c.Value = h.keeper.write(s)
		c.MaxAge = max(1, int(s.Expires.Sub(h.config.Clock()).Seconds()))
	}
	http.SetCookie(w, c)
}

// sessionOf is the browser's session; a visitor without one gets one that isn't signed in.
func (h *Handler) sessionOf(w http.ResponseWriter, r *http.Request) session {
	now := h.config.Clock()
	for _, name := range []string{cookieName, guestCookie} {
		if c, err := r.Cookie(name); err == nil {
			if s, err := h.keeper.read(c.Value, now); err == nil {
				return s
			}
		}
	}
	s := newSession("", now.Add(h.config.Session))
	h.setSession(w, r, s)
	return s
}
