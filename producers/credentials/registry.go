package credentials

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// The errors of a [Registry] by what the caller does next; any other: try again.
var (
	// ErrExists says that the lab has credentials: rotate them.
	ErrExists = errors.New("credentials: already issued")
	// ErrNone says that the lab has none: add it.
	ErrNone = errors.New("credentials: none were issued, or they are revoked")
	// ErrBadName says that it is no name for a lab.
	ErrBadName = errors.New("credentials: not a lab's name: 1 to 63 of a to z, 0 to 9 and -, and not " + Programme)
	// ErrNotTold says that the change is kept and HTTP tokens follow it, but the NATS server couldn't be
	// told yet. [Registry.Sweep] tells it, and so does the next revocation.
	ErrNotTold = errors.New("credentials: the NATS server wasn't told of the revocation yet")
)

// RegistryConfig says where a [Registry] keeps what it issues.
type RegistryConfig struct {
	// JetStream holds the bucket; its connection needs the service's credentials. Required.
	JetStream jetstream.JetStream
	// URL is the same server's address, where the system user tells it of revocations. Required.
	URL string
	// TLS is how connections to it are encrypted; nil: as the URL and the server say, with the system's CAs.
	TLS *tls.Config
	// Keys sign NATS credentials. Required.
	Keys *Keys
	// Replicas is how many servers keep the bucket at least. Default 1.
	Replicas int
	// Logger hears of entries that can't be read; nil: nobody does.
	Logger *slog.Logger
	// Clock dates what is issued. nil: [time.Now].
	Clock func() time.Time
}

// Registry issues, replaces and withdraws credentials. Several may work at once.
type Registry struct {
	cfg RegistryConfig
}

// NewRegistry checks cfg. It connects to nothing.
func NewRegistry(cfg RegistryConfig) (*Registry, error) {
	if cfg.JetStream == nil || cfg.URL == "" || cfg.Keys == nil {
		return nil, errors.New("credentials: configuration: JetStream, URL and Keys are required")
	}
	cfg.Replicas = cmp.Or(cfg.Replicas, 1)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Registry{cfg: cfg}, nil
}

// Issued is what is handed over, once: nothing keeps it.
type Issued struct {
	// Token is for HTTP: Authorization: Bearer …
	Token string
	// Creds is a NATS credentials file.
	Creds []byte
	Entry Entry
}

// Add issues credentials to a lab, or to the [Programme], that has none, or whose were revoked. Its
// errors are [ErrBadName], [ErrExists], or those of the connection.
func (r *Registry) Add(ctx context.Context, name string) (Issued, error) {
	if !schemas.IsSlug(name) {
		return Issued{}, ErrBadName
	}
	return r.change(ctx, name, func(e *Entry, now time.Time) error {
		if e.Live(now) {
			return ErrExists
		}
		e.end(time.Time{})
		if e.Created.IsZero() {
			e.Created = now
		} else {
			e.Rotated = now
		}
		e.Revoked = time.Time{}
		return nil
	}, true)
}

// Rotate replaces a lab's credentials. The former ones end at once, or after a time of grace. Its
// errors are [ErrNone], [ErrNotTold], or those of the connection.
func (r *Registry) Rotate(ctx context.Context, name string, grace time.Duration) (Issued, error) {
	return r.change(ctx, name, func(e *Entry, now time.Time) error {
		if !e.Live(now) {
			return ErrNone
		}
		until := time.Time{}
		if grace > 0 {
			until = now.Add(grace)
		}
		e.end(until)
		e.Rotated = now
		return nil
	}, true)
}

// Revoke withdraws all of a lab's credentials at once: its tokens are refused, and its NATS
// connections cut. Its errors are [ErrNone], [ErrNotTold], or those of the connection.
func (r *Registry) Revoke(ctx context.Context, name string) error {
	_, err := r.change(ctx, name, func(e *Entry, now time.Time) error {
		if !e.Live(now) {
			return ErrNone
		}
		e.end(time.Time{})
		e.Revoked = now
		return nil
	}, false)
	return err
}

// List gives every entry, by name.
func (r *Registry) List(ctx context.Context) ([]Entry, error) {
	kv, err := r.bucket(ctx)
	if err != nil {
		return nil, err
	}
	return r.list(ctx, kv)
}

func (r *Registry) bucket(ctx context.Context) (kv jetstream.KeyValue, err error) {
	err = patiently(ctx, func() error {
		kv, err = EnsureBucket(ctx, r.cfg.JetStream, r.cfg.Replicas)
		return err
	})
	return kv, err
}

func (r *Registry) list(ctx context.Context, kv jetstream.KeyValue) (entries []Entry, err error) {
	err = patiently(ctx, func() error {
		entries, err = r.listOnce(ctx, kv)
		return err
	})
	return entries, err
}

func (r *Registry) listOnce(ctx context.Context, kv jetstream.KeyValue) ([]Entry, error) {
	watch, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read bucket %s: %w", Bucket, err)
	}
	defer func() { _ = watch.Stop() }()
	var entries []Entry
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read bucket %s: %w", Bucket, ctx.Err())
		case read, more := <-watch.Updates():
			if !more {
				return nil, fmt.Errorf("read bucket %s: the connection was lost", Bucket)
			}
			if read == nil {
				slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Lab, b.Lab) })
				return entries, nil
			}
			e, err := entryAt(read)
			if err != nil {
				r.cfg.Logger.Error("an entry of the credentials' bucket is ignored", "revision", read.Revision(), "error", err)
				continue
			}
			entries = append(entries, *e)
		}
	}
}

// writeAttempts bounds how often a change is made anew because another program changed the same entry.
const writeAttempts = 5

// change changes a lab's entry, adds new credentials to it if fresh is true, and tells the server of what has ended.
func (r *Registry) change(ctx context.Context, name string, edit func(*Entry, time.Time) error, fresh bool) (Issued, error) {
	kv, err := r.bucket(ctx)
	if err != nil {
		return Issued{}, err
	}
	var issued Issued
	for range writeAttempts {
		issued, err = r.write(ctx, kv, name, edit, fresh)
		if !isOvertaken(err) {
			break
		}
	}
	if err != nil {
		return Issued{}, err
	}
	if !issued.Entry.hasEnded() { // a new lab: the server needn't hear of it
		return issued, nil
	}
	if err := r.tell(ctx, kv); err != nil {
		return issued, fmt.Errorf("%w: %w", ErrNotTold, err)
	}
	return issued, nil
}

// isOvertaken says that another program changed the entry, or is about to: on several servers, a change that isn't on
// enough of them yet is told apart.
func isOvertaken(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) ||
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

// write changes an entry as it stands now.
func (r *Registry) write(ctx context.Context, kv jetstream.KeyValue, name string, edit func(*Entry, time.Time) error, fresh bool) (issued Issued, err error) {
	err = patiently(ctx, func() error {
		issued, err = r.writeOnce(ctx, kv, name, edit, fresh)
		return err
	})
	return issued, err
}

func (r *Registry) writeOnce(ctx context.Context, kv jetstream.KeyValue, name string, edit func(*Entry, time.Time) error, fresh bool) (Issued, error) {
	key, err := r.cfg.Keys.bucketKey(name)
	if err != nil {
		return Issued{}, err
	}
	now := r.cfg.Clock().UTC().Truncate(time.Second)
	e, revision, err := r.read(ctx, kv, name, key)
	if err != nil {
		return Issued{}, err
	}
	if err := edit(e, now); err != nil {
		return Issued{}, err
	}
	issued := Issued{}
	if fresh {
		if issued, err = r.issue(e, now); err != nil {
			return Issued{}, err
		}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return Issued{}, err
	}
	if revision == 0 {
		_, err = kv.Create(ctx, key, raw)
	} else {
		_, err = kv.Update(ctx, key, raw, revision)
	}
	if err != nil {
		return Issued{}, fmt.Errorf("write credentials of %s: %w", name, err)
	}
	issued.Entry = *e
	return issued, nil
}

func (r *Registry) read(ctx context.Context, kv jetstream.KeyValue, name, key string) (*Entry, uint64, error) {
	stored, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		role := RoleLab
		if name == Programme {
			role = RoleProgramme
		}
		return &Entry{Lab: name, Role: role, Tokens: []Token{}, Users: []User{}}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read credentials of %s: %w", name, err)
	}
	e, err := entryAt(stored)
	if err != nil {
		return nil, 0, err
	}
	return e, stored.Revision(), nil
}

// issue makes a token and a NATS user and notes them in the entry.
func (r *Registry) issue(e *Entry, now time.Time) (Issued, error) {
	u := labUser(e.Lab)
	if e.Role == RoleProgramme {
		u = programmeUser()
	}
	creds, public, err := issue(r.cfg.Keys.account, u)
	if err != nil {
		return Issued{}, fmt.Errorf("credentials of %s: %w", e.Lab, err)
	}
	token, kept := newToken(e.Lab)
	kept.Issued = now
	e.Tokens = append(e.Tokens, kept)
	e.Users = append(e.Users, User{Key: public, Issued: now})
	return Issued{Token: token, Creds: creds}, nil
}
