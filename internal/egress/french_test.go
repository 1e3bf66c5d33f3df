package egress_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"vitrine/internal/egress"
)

func TestWhyAConnectionFailedIsSaidInFrench(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	_, refused := http.Get(closed.URL)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	_, untrusted := http.Get(secure.URL)
	for err, want := range map[error]string{
		refused:   "connexion refusée",
		untrusted: "le certificat du serveur n'est pas reconnu (x509: certificate signed by unknown authority)",
		&net.DNSError{Name: "x.example.org", IsNotFound: true}:  "le nom x.example.org est introuvable",
		&net.DNSError{Name: "x.example.org", IsTemporary: true}: "le nom x.example.org n'a pas pu être cherché",
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF):             "la connexion a été coupée",
		fmt.Errorf("wait: %w", context.DeadlineExceeded):        "pas de réponse à temps",
		errors.New("HTTP 503 Service Unavailable"):              "HTTP 503 Service Unavailable",
	} {
		if got := egress.French(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
