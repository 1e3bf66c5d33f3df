package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
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
		return fmt.Sprintf("le certificat du serveur n'est pas reconnu (%v)", untrusted.Err)
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
