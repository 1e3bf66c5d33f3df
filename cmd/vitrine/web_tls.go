package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"vitrine/internal/certs"
)

// origin is the address of the pages at a listener.
func (f *webFlags) origin(l net.Listener) string {
	if f.cert != "" {
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}

// certificate is what HTTPS is served with; nil: it isn't. It reads the files: whoever starts engines asks for it before.
func (f *webFlags) certificate(logger *slog.Logger) (*certs.Material, error) {
	if (f.cert == "") != (f.key == "") {
		return nil, usageError{errors.New("--tls-cert and --tls-key: expected both or neither")}
	}
	if f.cert == "" {
		if f.clientCA != "" {
			return nil, usageError{errors.New("--tls-client-ca: clients' certificates are for HTTPS, which --tls-cert and --tls-key turn on")}
		}
		return nil, nil
	}
	m, err := certs.New(certs.Config{Files: certs.Files{CA: f.clientCA, Cert: f.cert, Key: f.key}, Use: "http", Server: true, Logger: logger})
	if err != nil {
		return nil, usageError{fmt.Errorf("--tls-cert, --tls-key, --tls-client-ca: %w", err)}
	}
	return m, nil
}

// encrypt makes the site serve HTTPS where the flags say so, and follow its certificate.
func (site *website) encrypt(s *services) error {
	site.ErrorLog = slog.NewLogLogger(s.logger.Handler(), slog.LevelInfo) // handshakes that failed
	m, err := site.web.certificate(s.logger)
	if err != nil || m == nil {
		return err
	}
	site.TLSConfig = m.Server(tls.VersionTLS12, "h2", "http/1.1")
	site.Handler = strictTransport(site.Handler)
	return m.Register(s.registry)
}

// strictTransport tells browsers never to come back without HTTPS, for a year.
func strictTransport(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}
