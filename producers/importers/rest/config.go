package rest

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vitrine/internal/egress"
	"vitrine/schemas"
)

// Defaults of [Config].
const (
	DefaultTimeout      = time.Minute
	DefaultRetries      = 6
	DefaultRetryWaitMin = time.Second
	DefaultRetryWaitMax = 30 * time.Second
	DefaultMaxBody      = 64 << 20
)

// Config says whom to ask and how.
type Config struct {
	// System is what people call the system, e.g. "Fab-manager"; errors name it. Required.
	System string
	// Base is the address that all paths are below, see [ParseAddress]. Required.
	Base *url.URL
	// Authorization is the header's value, e.g. "Bearer …"; empty: none is sent.
	Authorization string
	// NewToken says how one gets a new token when this one is refused.
	NewToken schemas.Text
	// AddressHint says how to correct a wrong address.
	AddressHint schemas.Text
	// Timeout bounds each attempt, its answer included. Default [DefaultTimeout].
	Timeout time.Duration
	// Retries is how often a request is made again after a failure that may pass; pauses double
	// from RetryWaitMin to RetryWaitMax, or are what the server asks for (Retry-After). Defaults
	// [DefaultRetries], [DefaultRetryWaitMin], [DefaultRetryWaitMax]; Retries -1: none.
	Retries                    int
	RetryWaitMin, RetryWaitMax time.Duration
	// MaxBody bounds an answer, in bytes. Default [DefaultMaxBody].
	MaxBody int64
	// AllowPrivate says that Base's name may lead to this machine or a private network. A name that says so itself
	// (localhost, an IP address, fabmanager.lan) may anyway. Default: it may not; see [egress.Rule].
	AllowPrivate bool
	// Transport carries the requests; nil: that of [Transport].
	Transport http.RoundTripper
	// Logger hears of requests made again, at debug level; nil: nobody does.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.System == "" || c.Base == nil || strings.ContainsAny(c.Authorization, "\r\n") {
		return c, errors.New("rest: configuration: System and Base are required, and Authorization is one line")
	}
	if c.Retries == 0 {
		c.Retries = DefaultRetries
	}
	c.Retries = max(c.Retries, 0)
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	for _, d := range []struct {
		value *time.Duration
		dflt  time.Duration
	}{{&c.Timeout, DefaultTimeout}, {&c.RetryWaitMin, DefaultRetryWaitMin}, {&c.RetryWaitMax, DefaultRetryWaitMax}} {
		if *d.value == 0 {
			*d.value = d.dflt
		}
	}
	if c.Timeout < 0 || c.RetryWaitMin < 0 || c.RetryWaitMax < c.RetryWaitMin || c.MaxBody < 0 {
		return c, errors.New("rest: configuration: durations and bounds must not be negative, nor RetryWaitMax below RetryWaitMin")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Transport is the usual one: it holds names in other people's DNS away from private networks, see [Config.AllowPrivate].
func Transport(base *url.URL, allowPrivate bool) *http.Transport {
	return egress.Transport(base.Hostname(), egress.Rule{Private: allowPrivate || egress.Names(base.Hostname())})
}

// ParseAddress reads the address of a system. It must be https, but on this very machine, unless
// plainHTTP allows that a token travels readable. The error shows no password that is in it.
func ParseAddress(address string, plainHTTP bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, badAddress{FR: "ce n'est pas une adresse comme https://fabmanager.example.org", EN: "not an address such as https://fabmanager.example.org"}
	case u.Scheme == "http" && !plainHTTP && !isLoopback(u.Hostname()):
		return nil, badAddress{FR: u.String() + " n'est pas en https : le jeton circulerait en clair", EN: u.String() + " is not https: the token would travel readable"}
	}
	return u, nil
}

// badAddress is a problem with an address, for people.
type badAddress schemas.Text

func (e badAddress) Error() string            { return e.EN }
func (e badAddress) In(l schemas.Lang) string { return schemas.Text(e).In(l) }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
