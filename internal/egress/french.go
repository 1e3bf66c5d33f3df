package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// French says in French why a connection failed; what isn't known is said as it says it itself.
func French(err error) string {
	var unnamed *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var network net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unnamed) && unnamed.IsNotFound:
		return fmt.Sprintf("le nom %s est introuvable", unnamed.Name)
	case errors.As(err, &unnamed):
		return fmt.Sprintf("le nom %s n'a pas pu être cherché", unnamed.Name)
	case errors.As(err, &untrusted):
		return frenchCertificate(untrusted.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connexion refusée"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETDOWN):
		return "réseau injoignable"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "la connexion a été coupée"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "pas de réponse à temps"
	case errors.Is(err, context.Canceled):
		return "interrompu"
	}
	return err.Error()
}

// frenchCertificate says what is wrong with a server's certificate. Where it is its days, the clock here may be wrong just as well: small computers
// have none that goes on while they are off.
func frenchCertificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var named x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "le certificat du serveur n'est signé par aucune autorité reconnue ici"
	case errors.As(err, &named):
		return fmt.Sprintf("le certificat du serveur n'est pas au nom de %s", named.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		day := func(t time.Time) string { return t.Format("02/01/2006") }
		return fmt.Sprintf("le certificat du serveur est valable du %s au %s, et l'horloge de cet ordinateur est au %s",
			day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter), day(time.Now()))
	}
	return fmt.Sprintf("le certificat du serveur n'est pas reconnu (%v)", err)
}
