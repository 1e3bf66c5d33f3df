package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"
)

// ownFor is how long the certificate of [Material.Own] is valid: longer than any process runs.
const ownFor = 20 * 365 * 24 * time.Hour

// errNotOwn says that somebody else answers at the address of one's own server.
var errNotOwn = errors.New("the certificate isn't the one of this process's own server")

// Own is for connections of this process to its own server that uses [Material.Server]: exactly its
// certificates are trusted, whatever names they are for and whoever signed them, and the server lets
// in a client certificate made for that, whose key is never written anywhere.
func (m *Material) Own() (*tls.Config, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil {
		own, err := ephemeral(m.cfg.Clock())
		if err != nil {
			return nil, err
		}
		m.own = own
		m.trustOwn()
	}
	own := m.own
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil },
		InsecureSkipVerify:   true, // VerifyConnection is stricter: one certificate, not all that a CA signed
		VerifyConnection: func(s tls.ConnectionState) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			if len(s.PeerCertificates) == 0 || !m.served[string(s.PeerCertificates[0].Raw)] {
				return errNotOwn
			}
			return nil
		},
	}, nil
}

func ephemeral(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "vitrine itself"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(ownFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
