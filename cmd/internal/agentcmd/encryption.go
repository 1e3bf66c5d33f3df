package agentcmd

import (
	"crypto/tls"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/certs"
	"vitrine/producers/agent"
)

// encryption is how the way to the programme is encrypted; nil: as its address says, with the system's CAs.
func (env Environment) encryption(to agent.ProgrammeSpec, logger *slog.Logger, registry prometheus.Registerer) (*tls.Config, error) {
	files := certs.Files{CA: to.CA, Cert: to.Certificate, Key: to.Key}
	if !files.Given() {
		return nil, nil
	}
	m, err := certs.New(certs.Config{Files: files, Use: "programme", Logger: logger})
	if err != nil {
		return nil, env.Wrong(err)
	}
	if registry != nil {
		if err := m.Register(registry); err != nil {
			return nil, err
		}
	}
	return m.Client(), nil
}

// transport is the usual one, encrypted so; nil: the usual one itself.
func transport(encryption *tls.Config) http.RoundTripper {
	usual, ok := http.DefaultTransport.(*http.Transport)
	if encryption == nil || !ok {
		return nil
	}
	t := usual.Clone()
	t.TLSClientConfig = encryption
	return t
}
