package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/google/uuid"

	"vitrine/cmd/internal/secret"
	"vitrine/consumers/clickhouse"
	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/producers/form"
	"vitrine/schemas"
)

// addForm mounts the pages on which a lab without a system tells what it did:
//
//	a browser ─► /submit ─► form ─► publisher ─► JetStream
//	                          ├─► verifier (whose token)
//	                          └─► store (entries, commitments, the registry)
func (env *environment) addForm(s *services, site *website, mux *http.ServeMux, publisher *producers.Publisher, tokens *issuedTokens, reads *gatewayReads, files *sheets,
	periods labPeriods, remote func(*http.Request) netip.Addr) error {
	key, err := sessionKey(site.web.gateway.sessionKeyFile)
	if err != nil {
		return err
	}
	spreadsheets := &form.Sheets{Ledger: files.ledger}
	pages, err := form.New(form.Config{
		Key: key, Accounts: formAccounts{tokens.verifier}, Publisher: formPublisher{publisher}, Labs: files.labs,
		Entries: formEntries{s.store}, Progress: formProgress{reads}, Files: formFiles{spreadsheets, files.turns}, Templates: spreadsheets, Periods: formPeriods{periods, s.catalogue},
		Zone: env.Config.Zone, Secure: site.web.cert != "", Remote: remote, Registerer: s.registry, Logger: s.logger,
	})
	if err != nil {
		return err
	}
	mux.Handle("/submit", pages)
	mux.Handle("/submit/", pages)
	return nil
}

// sessionKey seals the form's sessions. The file is made where it is missing; without a file the key is
// this process's own, and whoever is signed in must sign in again after a restart.
func sessionKey(path string) ([]byte, error) {
	if path == "" {
		key := make([]byte, form.MinKeyBytes)
		_, _ = rand.Read(key) // never fails, says its documentation
		return key, nil
	}
	text, _, err := secret.Salt(path)
	if err != nil {
		return nil, fmt.Errorf("--session-key-file: %w", err)
	}
	key, err := hex.DecodeString(string(text))
	if err != nil || len(key) < form.MinKeyBytes {
		return nil, usageError{fmt.Errorf("--session-key-file %s: expected at least %d bytes in hexadecimal", path, form.MinKeyBytes)}
	}
	return key, nil
}

// formAccounts says whose a token is.
type formAccounts struct{ verifier *credentials.Verifier }

// Lab implements [form.Accounts].
func (a formAccounts) Lab(_ context.Context, token string) (string, error) {
	p, err := a.verifier.Verify(token)
	switch {
	case errors.Is(err, credentials.ErrUnknownToken), errors.Is(err, credentials.ErrRevoked), err == nil && p.Programme:
		return "", form.ErrToken
	case err != nil:
		return "", err
	}
	return p.Lab, nil
}

// formPublisher publishes on a lab's behalf.
type formPublisher struct{ publisher *producers.Publisher }

// Publish implements [form.Publisher].
func (p formPublisher) Publish(ctx context.Context, lab string, raw []byte) error {
	_, err := p.publisher.As("form/"+lab).PublishRaw(ctx, raw)
	return err
}

// formEntries are a lab's live events: not half of them, since a correction of a version that isn't the last would lose.
type formEntries struct{ store *clickhouse.Store }

// Recent implements [form.Entries].
func (e formEntries) Recent(ctx context.Context, lab string, limit int) ([]form.Entry, error) {
	var out []form.Entry
	for before := uint64(0); len(out) < limit; {
		read, err := wholeFor(ctx, e.store, form.ErrRemaking, func() ([]clickhouse.VersionOf, error) { return e.store.RecentEvents(ctx, lab, limit, before) })
		if err != nil {
			return nil, err
		}
		for _, v := range read {
			if entry, shown := formEntry(v.ID, v.EventVersion); shown && len(out) < limit {
				out = append(out, entry)
			}
			before = v.StreamSeq
		}
		if len(read) < limit {
			break
		}
	}
	return out, nil
}

// Entry implements [form.Entries].
func (e formEntries) Entry(ctx context.Context, lab string, id uuid.UUID) (form.Entry, error) {
	versions, err := wholeFor(ctx, e.store, form.ErrRemaking, func() ([]clickhouse.EventVersion, error) { return e.store.Versions(ctx, lab, id) })
	if err != nil {
		return form.Entry{}, err
	}
	if len(versions) > 0 {
		if entry, shown := formEntry(id, versions[len(versions)-1]); shown { // the oldest stands first
			return entry, nil
		}
	}
	return form.Entry{}, form.ErrNoEntry
}

// Counted implements [form.Entries].
func (e formEntries) Counted(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]int64, error) {
	versions, err := wholeFor(ctx, e.store, form.ErrRemaking, func() ([]clickhouse.LatestVersion, error) { return e.store.LatestOf(ctx, lab, ids) })
	if err != nil {
		return nil, err
	}
	revisions := make(map[uuid.UUID]int64, len(versions))
	for _, v := range versions {
		revisions[v.ID] = int64(v.Revision)
	}
	return revisions, nil
}

// formEntry is an event's latest version; shown is false for what was taken back and for the programme's own kinds.
func formEntry(id uuid.UUID, v clickhouse.EventVersion) (entry form.Entry, shown bool) {
	kind, known := schemas.KindByName(v.Kind)
	if v.Retracted || !known || kind.Programme {
		return form.Entry{}, false
	}
	source := schemas.Event{Source: v.Source}
	return form.Entry{ID: id, Kind: v.Kind, Time: v.OccurredAt, System: source.System(), Revision: int64(v.Revision), Data: json.RawMessage(v.Data)}, true
}

// formProgress is how a lab's commitments stand, as the gateway reads it.
type formProgress struct{ reads *gatewayReads }

// Status implements [form.Progress].
func (p formProgress) Status(ctx context.Context, lab string) ([]form.Commitment, error) {
	programme, err := p.reads.programme(ctx)
	if err != nil {
		return nil, remaking(err, form.ErrRemaking)
	}
	for _, l := range programme.Labs {
		if l.Lab != lab {
			continue
		}
		out := make([]form.Commitment, len(l.Promises))
		for i, c := range l.Promises {
			out[i] = form.Commitment{
				Indicator: c.Indicator, Name: schemas.Text{FR: c.NameFR, EN: c.NameEN}, Unit: c.Unit, Segment: c.Segment, SegmentName: schemas.SegmentLabel(c.Segment),
				Target: c.Target, Actual: c.Actual, Percent: c.Percent, Expected: c.Expected, NeededPerMonth: c.NeededPerMonth, Status: c.Status, From: c.From, Due: c.Due,
			}
		}
		return out, nil
	}
	return nil, nil
}
