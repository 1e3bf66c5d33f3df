package session

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

// MinKeyBytes is the shortest [Config.Key].
const MinKeyBytes = 32

// DefaultLength is the default of [Config.Length].
const DefaultLength = 12 * time.Hour

// Config says whose sessions they are.
type Config struct {
	// Key seals the cookies, at least [MinKeyBytes] random bytes; the same in each process behind one address. A new
	// key signs everybody out. Required.
	Key []byte
	// Purpose keeps the sessions of different pages apart, e.g. "form": with the same key, one's aren't the other's. Required.
	Purpose string
	// Path is below which the browser sends the cookies, e.g. "/submit". Required.
	Path string
	// Length is how long one stays signed in. Default [DefaultLength].
	Length time.Duration
	// Secure marks the cookies for HTTPS only; a request that came by TLS, or through a proxy that says so
	// (X-Forwarded-Proto), marks them anyway.
	Secure bool
	// Clock is the time that sessions end by. nil: [time.Now].
	Clock func() time.Time
}

// The cookies. Who hasn't signed in has one of his own: SameSite=Strict keeps the session's from a visit that a link
// on another site leads to, which mustn't end the session.
const (
	CookieName  = "vitrine_session"
	guestCookie = "vitrine_guest"
)

// Session is who is signed in. Nobody but its [Keeper] can read or change what the browser keeps of it.
type Session struct {
	// Nonce tells sessions apart; a visitor who hasn't signed in has one too, for the token of forms.
	Nonce string `json:"n"`
	// Token is what was signed in with, to be asked about again at each request; empty: nobody is signed in.
	Token   string    `json:"t,omitempty"`
	Expires time.Time `json:"e"`
}

// Keeper seals and opens sessions. It is safe for concurrent use. Make one with [New].
type Keeper struct {
	config Config
	seal   cipher.AEAD
	csrf   []byte
}

// New checks the configuration and derives a key for each purpose.
func New(c Config) (*Keeper, error) {
	if len(c.Key) < MinKeyBytes {
		return nil, fmt.Errorf("session: Key has %d bytes: at least %d random ones are needed", len(c.Key), MinKeyBytes)
	}
	if c.Purpose == "" || !strings.HasPrefix(c.Path, "/") || c.Length < 0 {
		return nil, fmt.Errorf("session: Purpose %q, Path %q, Length %s: expected a name, a path and no negative time", c.Purpose, c.Path, c.Length)
	}
	if c.Length == 0 {
		c.Length = DefaultLength
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	sealKey, err := hkdf.Key(sha256.New, c.Key, nil, "vitrine "+c.Purpose+" session", 32)
	if err != nil {
		return nil, fmt.Errorf("session: key of the cookies: %w", err)
	}
	csrfKey, err := hkdf.Key(sha256.New, c.Key, nil, "vitrine "+c.Purpose+" csrf", 32)
	if err != nil {
		return nil, fmt.Errorf("session: key of the forms: %w", err)
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return nil, fmt.Errorf("session: key of the cookies: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("session: key of the cookies: %w", err)
	}
	return &Keeper{config: c, seal: aead, csrf: csrfKey}, nil
}

// Begin starts a session for a token, and gives the browser its cookie; an empty token is a visitor's who isn't signed in.
func (k *Keeper) Begin(w http.ResponseWriter, r *http.Request, token string) Session {
	s := k.fresh(token)
	k.set(w, r, s)
	return s
}

// End takes the session's cookie away.
func (k *Keeper) End(w http.ResponseWriter, r *http.Request) { k.set(w, r, Session{}) }

// Of is the browser's session; a visitor without one gets one that isn't signed in.
func (k *Keeper) Of(w http.ResponseWriter, r *http.Request) Session {
	for _, name := range []string{CookieName, guestCookie} {
		if c, err := r.Cookie(name); err == nil {
			if s, err := k.Open(c.Value); err == nil {
				return s
			}
		}
	}
	return k.Begin(w, r, "")
}

// fresh begins one; rand.Text holds 128 bits at least.
func (k *Keeper) fresh(token string) Session {
	return Session{Nonce: rand.Text(), Token: token, Expires: k.config.Clock().Add(k.config.Length)}
}

// ErrNone says that a cookie is none of ours, or too old.
var ErrNone = errors.New("session: none")

// Seal is what the browser keeps of a session.
func (k *Keeper) Seal(s Session) string {
	plain, err := json.Marshal(s)
	if err != nil { // two strings and a time
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(k.seal.Seal(nil, nil, plain, []byte(CookieName)))
}

// Open reads a cookie; its error is [ErrNone].
func (k *Keeper) Open(cookie string) (Session, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return Session{}, ErrNone
	}
	plain, err := k.seal.Open(nil, nil, sealed, []byte(CookieName))
	if err != nil {
		return Session{}, ErrNone
	}
	var s Session
	if err := json.Unmarshal(plain, &s); err != nil || s.Nonce == "" || !k.config.Clock().Before(s.Expires) {
		return Session{}, ErrNone
	}
	return s, nil
}

// FormToken is what a form of this session must hold to be taken.
func (k *Keeper) FormToken(s Session) string {
	mac := hmac.New(sha256.New, k.csrf)
	mac.Write([]byte(s.Nonce))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Holds says whether token is that of the session's forms.
func (k *Keeper) Holds(s Session, token string) bool {
	return s.Nonce != "" && hmac.Equal([]byte(token), []byte(k.FormToken(s)))
}

// set gives the browser its cookie; a zero session takes it away.
func (k *Keeper) set(w http.ResponseWriter, r *http.Request, s Session) {
	name := CookieName
	if s.Nonce != "" && s.Token == "" {
		name = guestCookie
	}
	c := &http.Cookie{
		Name: name, Path: k.config.Path, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// A proxy's header may be made up: by nobody but the browser's own side, who gains nothing by it.
		Secure: k.config.Secure || r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"), MaxAge: -1,
	}
	if s.Nonce != "" {
		c.Value = k.Seal(s)
		c.MaxAge = max(1, int(s.Expires.Sub(k.config.Clock()).Seconds()))
	}
	http.SetCookie(w, c)
}
