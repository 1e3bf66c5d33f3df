package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Explain says what to do about a connection that failed for TLS; prefix is that of the link's flags,
// such as "nats" for --nats-tls-ca. "" where the failure has other causes.
func Explain(err error, prefix string) string {
	if err == nil {
		return ""
	}
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errNotOwn):
		return "another program listens at this address"
	case errors.As(err, &unknown):
		return fmt.Sprintf("the server's certificate isn't signed by a CA that is trusted here: name its CA's file with --%s-tls-ca", prefix)
	case errors.As(err, &name):
		return fmt.Sprintf("the server's certificate isn't for %s but for %s: connect by a name that it is for", name.Host, strings.Join(certificateNames(name.Certificate), ", "))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("a certificate of the server's is valid from %s to %s: renew it, or set the clock right",
			invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	case errors.As(err, &record), says(err, "secure connection not available"), says(err, "first record does not look like a TLS handshake"),
		says(err, "server gave HTTP response to HTTPS client"):
		return "the server speaks no TLS there: is it the right port, and is TLS turned on?"
	}
	// Alerts from the other side have no type of their own.
	switch {
	case says(err, "[HTTP 400] failed to read response"): // an HTTPS server hangs up on HTTP, sometimes before its answer is read
		return "the server may speak HTTPS there: is it https:// in the URL?"
	case says(err, "tls: certificate required"), says(err, "tls: bad certificate"), says(err, "connection closed by remote after TLS handshake"):
		return fmt.Sprintf("the server asks for a client certificate that its CA signed: name it with --%s-tls-cert and --%s-tls-key", prefix, prefix)
	case says(err, "tls: unknown certificate authority"):
		return fmt.Sprintf("the server doesn't trust the CA of the client certificate (--%s-tls-cert)", prefix)
	case says(err, "tls: expired certificate"):
		return fmt.Sprintf("the client certificate has expired (--%s-tls-cert): renew it", prefix)
	case says(err, "protocol version not supported"):
		return "the two sides have no TLS version in common: 1.2 or 1.3 is needed"
	}
	return ""
}

func says(err error, text string) bool { return strings.Contains(err.Error(), text) }
