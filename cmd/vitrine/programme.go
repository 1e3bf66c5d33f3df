package main

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"vitrine/consumers/alerts"
	"vitrine/consumers/periods"
	"vitrine/consumers/reports"
	"vitrine/dashboards/programme"
	"vitrine/producers/credentials"
)

// addProgramme mounts the pages of those who run the programme:
//
//	a browser ─► /programme ─► programme ─► verifier (whose token)
//	                               ├─► reports (…/programme/reports/{lab}/{period}.{html,pdf,xlsx})
//	                               ├─► store, alerts (what is shown)
//	                               └─► desk ─► publisher ─► JetStream (approved, sent back, reopened)
func (env *environment) addProgramme(s *services, site *website, mux *http.ServeMux, tokens *issuedTokens, desk *periods.Desk, remote func(*http.Request) netip.Addr) error {
	key, err := sessionKey(site.web.gateway.sessionKeyFile)
	if err != nil {
		return err
	}
	shown := programmePeriods{env: env, services: s, desk: desk}
	report, err := reports.NewHandler(reports.HandlerConfig{Sources: env.reportSources(s.store, s.catalogue), Whole: s.store.WhileWhole, Logger: s.logger})
	if err != nil {
		return err
	}
	pages, err := programme.New(programme.Config{
		Key: key, Accounts: programmeAccounts{tokens.verifier}, Labs: programmeLabs{env, s}, Periods: shown, Actions: shown,
		Overview: programmeOverview{env, s, alerts.NewLog(s.js)}, Reports: true, Secure: site.web.cert != "", Remote: remote, Registerer: s.registry, Logger: s.logger,
		Clock: func() time.Time { return time.Now().In(env.Config.Zone) },
	})
	if err != nil {
		return err
	}
	mux.Handle("/programme", pages)
	mux.Handle("/programme/", pages)
	mux.Handle("GET /programme/reports/", pages.Protect(report))
	return nil
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
