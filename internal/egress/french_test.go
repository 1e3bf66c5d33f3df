package egress_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vitrine/internal/egress"
)

func TestWhyAConnectionFailedIsSaidInFrench(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	_, refused := http.Get(closed.URL)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	_, untrusted := http.Get(secure.URL)
	dated := &x509.Certificate{NotBefore: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}
	untrustedFor := func(why error) error { return fmt.Errorf("get: %w", &tls.CertificateVerificationError{Err: why}) }
	today := time.Now().Format("02/01/2006")
	for err, want := range map[error]string{
		refused:   "connexion refusée",
		untrusted: "le certificat du serveur n'est signé par aucune autorité reconnue ici",
		untrustedFor(x509.HostnameError{Certificate: dated, Host: "x.example.org"}):   "le certificat du serveur n'est pas au nom de x.example.org",
		untrustedFor(x509.CertificateInvalidError{Cert: dated, Reason: x509.Expired}): "le certificat du serveur est valable du 01/02/2025 au 01/02/2026, et l'horloge de cet ordinateur est au " + today,
		&net.DNSError{Name: "x.example.org", IsNotFound: true}:                        "le nom x.example.org est introuvable",
		&net.DNSError{Name: "x.example.org", IsTemporary: true}:                       "le nom x.example.org n'a pas pu être cherché",
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF):                                   "la connexion a été coupée",
		fmt.Errorf("wait: %w", context.DeadlineExceeded):                              "pas de réponse à temps",
		errors.New("HTTP 503 Service Unavailable"):                                    "HTTP 503 Service Unavailable",
	} {
		if got := egress.French(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
