package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// subjectClaimsUpdate takes a new JWT of an account; the server cuts the connections of users revoked in it.
	subjectClaimsUpdate = "$SYS.REQ.CLAIMS.UPDATE"
	// tellAttempts bounds how often the server is told anew because others revoked meanwhile.
	tellAttempts = 20
)

// Sweep ends the NATS users whose time of grace is over, and tells the server of every revocation that
// it doesn't know. `vitrine up` does it every minute, and `vitrine lab list` each time; what has no keys can't, so that
// elsewhere somebody has to.
func (r *Registry) Sweep(ctx context.Context) error {
	kv, err := r.bucket(ctx)
	if err != nil {
		return err
	}
	if err := r.endGraces(ctx, kv); err != nil {
		return err
	}
	return r.tell(ctx, kv)
}

// endGraces marks what is over, so that no clock brings it back.
func (r *Registry) endGraces(ctx context.Context, kv jetstream.KeyValue) error {
	entries, err := r.list(ctx, kv)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.endDue(r.cfg.Clock()) {
			continue
		}
		_, err := r.write(ctx, kv, e.Lab, func(e *Entry, now time.Time) error { e.endDue(now); return nil }, false)
		if err != nil && !errors.Is(err, jetstream.ErrKeyRevisionMismatch) { // then the next sweep does it
			return err
		}
	}
	return nil
}

// endDue ends whatever's time of grace is over; it says whether there was any.
func (e *Entry) endDue(now time.Time) (any bool) {
	due := func(until time.Time, ended *bool) {
		if !*ended && !until.IsZero() && !now.Before(until) {
			*ended, any = true, true
		}
	}
	for i := range e.Tokens {
		due(e.Tokens[i].Until, &e.Tokens[i].Ended)
	}
	for i := range e.Users {
		due(e.Users[i].Until, &e.Users[i].Ended)
	}
	return any
}

// tell brings the server's copy of the account up to the revocations in the bucket. It looks again
// after it has written: of two programs that revoke at once, the one that writes last tells both. It asks
// what is in force and not only what was kept: of two copies written at once, the server (2.15.2) may
// keep the later and go by the earlier.
func (r *Registry) tell(ctx context.Context, kv jetstream.KeyValue) error {
	var conn *nats.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	for range tellAttempts {
		entries, err := r.list(ctx, kv)
		if err != nil {
			return err
		}
		if conn == nil {
			if conn, err = r.system(); err != nil {
				return err
			}
		}
		claims, err := r.account(ctx, conn)
		if err != nil {
			return err
		}
		if !revokeEnded(claims, entries) {
			inForce, err := r.revokedNow(ctx, conn)
			if err != nil {
				return err
			}
			if !anyMissing(inForce, entries) {
				return nil
			}
		}
		if err := r.update(ctx, conn, claims); err != nil {
			return err
		}
	}
	return errors.New("others revoke all the time")
}

// revokeEnded adds the users that have ended; it says whether any was missing.
func revokeEnded(claims *jwt.AccountClaims, entries []Entry) (changed bool) {
	for _, e := range entries {
		for _, u := range e.Users {
			if _, known := claims.Revocations[u.Key]; u.Ended && !known {
				// For good, whenever such a user was or will be signed: the key is never used again.
				claims.RevokeAt(u.Key, time.Unix(1<<33, 0))
				changed = true
			}
		}
	}
	return changed
}

// anyMissing says whether a user that has ended isn't among those revoked.
func anyMissing(revoked map[string]time.Time, entries []Entry) bool {
	for _, e := range entries {
		for _, u := range e.Users {
			if _, known := revoked[u.Key]; u.Ended && !known {
				return true
			}
		}
	}
	return false
}

// revokedNow are the users that the server refuses, as it works with now.
func (r *Registry) revokedNow(ctx context.Context, conn *nats.Conn) (map[string]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := conn.RequestWithContext(ctx, "$SYS.REQ.ACCOUNT."+r.cfg.Keys.accountKey+".INFO", nil)
	if err != nil {
		return nil, fmt.Errorf("ask the server whom it refuses: %w", err)
	}
	var said struct {
		Data struct {
			Revoked map[string]time.Time `json:"revoked_user"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer.Data, &said); err != nil {
		return nil, fmt.Errorf("ask the server whom it refuses: its answer: %w", err)
	}
	return said.Data.Revoked, nil
}

// system connects as the system account's user.
func (r *Registry) system() (*nats.Conn, error) {
	options, err := ConnectOptions(r.cfg.Keys.systemCredentials(), r.cfg.TLS)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(r.cfg.URL, append(options, nats.Name("vitrine lab"), nats.Timeout(5*time.Second))...)
	if err != nil {
		return nil, fmt.Errorf("connect as the system user (does this server trust these keys?): %w", err)
	}
	return conn, nil
}

// requestTimeout bounds one request to the server.
const requestTimeout = 5 * time.Second

// account is the server's copy of the account's claims, or the first one where it has none.
func (r *Registry) account(ctx context.Context, conn *nats.Conn) (*jwt.AccountClaims, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := conn.RequestWithContext(ctx, "$SYS.REQ.ACCOUNT."+r.cfg.Keys.accountKey+".CLAIMS.LOOKUP", nil)
	if err != nil {
		return nil, fmt.Errorf("ask the server for the account: %w", err)
	}
	token := string(answer.Data)
	if token == "" {
		token = r.cfg.Keys.accountJWT
	}
	claims, err := jwt.DecodeAccountClaims(token)
	if err != nil {
		return nil, fmt.Errorf("the server's copy of the account: %w", err)
	}
	return claims, nil
}

// update hands the server new claims.
func (r *Registry) update(ctx context.Context, conn *nats.Conn, claims *jwt.AccountClaims) error {
	token, err := claims.Encode(r.cfg.Keys.operator)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := conn.RequestWithContext(ctx, subjectClaimsUpdate, []byte(token))
	if err != nil {
		return fmt.Errorf("tell the server of revocations: %w", err)
	}
	var said struct {
		Error *struct {
			Code        int    `json:"code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &said); err != nil {
		return fmt.Errorf("tell the server of revocations: its answer: %w", err)
	}
	if said.Error != nil {
		return fmt.Errorf("tell the server of revocations: %s (%d)", said.Error.Description, said.Error.Code)
	}
	return nil
}
