package certs

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Material is the content of PEM files, kept up to date. Make one with [New]. Its methods may be
// called from several goroutines.
type Material struct {
	cfg      Config
	failures atomic.Int64 // looks at changed files that couldn't be used

	mu      sync.Mutex
	looked  time.Time
	stamps  [3]stamp // of the files that content was read from
	content *content
	trouble string           // the last failure, so that it is logged once
	served  map[string]bool  // every own certificate so far (DER), see Own
	own     *tls.Certificate // see Own; nil: none
}

// stamp tells one content of a file from another without reading it. Links are followed: Kubernetes
// replaces a link.
type stamp struct {
	modified time.Time
	size     int64
}

// New reads the files. A *[FileError] says which can't be used.
func New(cfg Config) (*Material, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Material{cfg: cfg, looked: cfg.Clock(), served: map[string]bool{}}
	m.stamps = m.stampsNow() // before reading: what changes meanwhile is seen at the next look
	c, err := cfg.load(m.looked)
	if err != nil {
		return nil, err
	}
	m.use(c)
	if cfg.Key != "" && open(cfg.Key) {
		cfg.Logger.Warn("everybody on this machine may read the private key: chmod o-r it", "use", cfg.Use, "file", cfg.Key)
	}
	return m, nil
}

func (m *Material) stampsNow() (out [3]stamp) {
	for i, path := range []string{m.cfg.CA, m.cfg.Cert, m.cfg.Key} {
		if info, err := os.Stat(path); path != "" && err == nil {
			out[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return out
}

// use makes c what connections get; m.mu is held, or nobody else has m yet.
func (m *Material) use(c *content) {
	if c.cert != nil {
		m.served[string(c.cert.Leaf.Raw)] = true
	}
	m.content = c
	m.trustOwn()
}

// current is the content, read again if the files have changed. A change that can't be used keeps the
// former content, and is tried again at the next look: certificate and key may be written one after the other.
func (m *Material) current() *content {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.cfg.Clock()
	if since := now.Sub(m.looked); since >= 0 && since < m.cfg.Recheck {
		return m.content
	}
	m.looked = now
	stamps := m.stampsNow()
	if stamps == m.stamps {
		return m.content
	}
	c, err := m.cfg.load(now)
	if err != nil {
		m.failures.Add(1)
		if m.trouble != err.Error() {
			m.trouble = err.Error()
			m.cfg.Logger.Error("the new certificate can't be used, going on with the former one", "use", m.cfg.Use, "error", err)
		}
		return m.content
	}
	m.stamps, m.trouble = stamps, ""
	m.use(c)
	m.cfg.Logger.Info("certificate replaced", "use", m.cfg.Use, "valid_until", c.expires.UTC())
	return m.content
}

// Server is for taking connections, from TLS version min on ([tls.VersionTLS12], [tls.VersionTLS13]).
// protos are the application's protocols for ALPN; none: none are offered.
func (m *Material) Server(min uint16, protos ...string) *tls.Config {
	base := &tls.Config{MinVersion: min, NextProtos: protos, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return m.current().cert, nil
	}}
	if m.cfg.CA == "" {
		return base
	}
	base.ClientAuth = tls.RequireAndVerifyClientCert
	base.SessionTicketsDisabled = true // each connection's certificate is looked at, by the CAs of now
	asking := base.Clone()
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		c := asking.Clone()
		c.ClientCAs = m.current().roots
		return c, nil
	}
	base.ClientCAs = m.current().roots // for who looks whether clients are asked
	return base
}

// Client is for making connections, from TLS 1.2 on. Its own certificate follows the file; the CAs are
// those of now: a client that must trust another one is restarted, or trusts both meanwhile.
func (m *Material) Client() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: m.current().roots}
	if m.cfg.Cert != "" {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return m.current().cert, nil }
	}
	return c
}

// trustOwn adds the certificate of [Material.Own] to those that clients are let in with.
func (m *Material) trustOwn() {
	if m.own == nil || m.content.roots == nil {
		return
	}
	roots := m.content.roots.Clone()
	roots.AddCert(m.own.Leaf)
	with := *m.content
	with.roots = roots
	m.content = &with
}

// Expires is when the certificate ends; without one, the CA that ends first.
func (m *Material) Expires() time.Time { return m.current().expires }

// Failures is how often changed files were looked at and couldn't be used.
func (m *Material) Failures() int64 { return m.failures.Load() }

// Names are the host names and addresses that the certificate is for.
func (m *Material) Names() []string { return namesOf(m.current().cert) }

func namesOf(c *tls.Certificate) (names []string) {
	if c == nil {
		return nil
	}
	return certificateNames(c.Leaf)
}

func certificateNames(c *x509.Certificate) (names []string) {
	names = append(names, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
