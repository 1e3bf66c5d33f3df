package certs

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// DefaultRecheck is how often the files are looked at, at most.
const DefaultRecheck = time.Second

// Files are paths of PEM files. All empty: no TLS of one's own.
type Files struct {
	// CA is a file of one or more CAs' certificates: whom the other side must be signed by. A server
	// that has one asks each client for a certificate (mTLS). Empty: a client trusts the system's CAs
	// (SSL_CERT_FILE and SSL_CERT_DIR are honoured), a server asks for none.
	CA string
	// Cert is one's own certificate, followed by those in between it and its CA, and Key its private
	// key. Both or neither; a server needs them.
	Cert, Key string
}

// Given says whether any file is named.
func (f Files) Given() bool { return f != Files{} }

// Config says which files, and what for.
type Config struct {
	Files
	// Use names the link in logs and metrics, such as "http" or "nats". Required.
	Use string
	// Server says that these are for taking connections: then Cert and Key are required.
	Server bool
	// Recheck is how often the files are looked at, at most: at a connection, or when the metrics are
	// read. Default [DefaultRecheck].
	Recheck time.Duration
	// Logger hears of replaced files, of such that can't be used, and of a private key that everybody
	// may read. nil: nobody does.
	Logger *slog.Logger
	// Clock says whether a certificate is valid. nil: [time.Now].
	Clock func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.Use == "" {
		return c, errors.New("certs: configuration: Use is required")
	}
	if (c.Cert == "") != (c.Key == "") {
		return c, errors.New("a certificate and its private key go together: name both files or neither")
	}
	if c.Server && c.Cert == "" {
		return c, errors.New("a server needs a certificate and its private key: name both files")
	}
	if c.Recheck < 0 {
		return c, fmt.Errorf("certs: configuration: Recheck is %s: it must not be negative", c.Recheck)
	}
	if c.Recheck == 0 {
		c.Recheck = DefaultRecheck
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c, nil
}
