package main

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"vitrine/consumers/alerts"
	"vitrine/consumers/periods"
	"vitrine/dashboards/programme"
	"vitrine/producers/credentials"
)

// addProgramme mounts the pages of those who run the programme:
//
//	a browser ─► /programme ─► programme ─► verifier (whose token)
//	                               ├─► store, alerts (what is shown)
//	                               └─► desk ─► publisher ─► JetStream (approved, sent back, reopened)
func (env *environment) addProgramme(s *services, site *website, mux *http.ServeMux, tokens *issuedTokens, desk *periods.Desk, remote func(*http.Request) netip.Addr) (*programme.Handler, error) {
	key, err := sessionKey(site.web.gateway.sessionKeyFile)
	if err != nil {
		return nil, err
	}
	shown := programmePeriods{env: env, services: s, desk: desk}
	pages, err := programme.New(programme.Config{
		Key: key, Accounts: programmeAccounts{tokens.verifier}, Labs: programmeLabs{env, s}, Periods: shown, Actions: shown,
		Overview: programmeOverview{env, s, alerts.NewLog(s.js)}, Secure: site.web.cert != "", Remote: remote, Registerer: s.registry, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/programme", pages)
	mux.Handle("/programme/", pages)
	return pages, nil
}

// programmeAccounts says whether a token is the programme's.
type programmeAccounts struct{ verifier *credentials.Verifier }

// Check implements [programme.Accounts].
func (a programmeAccounts) Check(_ context.Context, token string) error {
	p, err := a.verifier.Verify(token)
	switch {
	case errors.Is(err, credentials.ErrUnknownToken), errors.Is(err, credentials.ErrRevoked):
		return programme.ErrToken
	case err == nil && !p.Programme:
		return programme.ErrLabToken
	}
	return err
}
