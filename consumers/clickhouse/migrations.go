package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/schemas"
)

// AppliedMigration is a file of the schema that a database has had.
type AppliedMigration struct {
	Name      string
	Checksum  string // of what it did to tables
	AppliedAt time.Time
}

var (
	// ErrNewerSchema says that a newer program has migrated the database. This one would put older views back.
	ErrNewerSchema = errors.New("the database's schema is newer than this program")
	// ErrMigrationChanged says that a file isn't the one that the database's tables were made with. Repeating doesn't help.
	ErrMigrationChanged = errors.New("a migration that the database has had is another one here")
)

// Migrations are the files that the database has had, in order; none before it was migrated, or since before they were noted.
func (s *Store) Migrations(ctx context.Context) ([]AppliedMigration, error) {
	applied, err := selectAll[AppliedMigration](ctx, s, "migrations", nil)
	if isMissing(err) {
		return nil, nil
	}
	return applied, err
}

// checkMigrations compares what the database has had with what there is to apply.
func checkMigrations(applied []AppliedMigration, all []schemas.Migration) error {
	here := map[string]string{}
	for _, m := range all {
		here[m.Name] = m.Checksum
	}
	for _, a := range applied {
		switch checksum, known := here[a.Name]; {
		case !known:
			return fmt.Errorf("%w: it has had %s, on %s; use the version that did it, or a newer one", ErrNewerSchema, a.Name, a.AppliedAt.Format(time.DateOnly))
		case checksum != a.Checksum:
			return fmt.Errorf("%w: %s, applied on %s with checksum %.12s, has %.12s here; use the version that made the database, or fill another one with `vitrine rebuild --from-stream`",
				ErrMigrationChanged, a.Name, a.AppliedAt.Format(time.DateOnly), a.Checksum, checksum)
		}
	}
	return nil
}

// noteMigrations writes down those of all that aren't among the applied ones.
func (s *Store) noteMigrations(ctx context.Context, applied []AppliedMigration, all []schemas.Migration) error {
	noted := map[string]bool{}
	for _, a := range applied {
		noted[a.Name] = true
	}
	if len(noted) == len(all) {
		return nil
	}
	batch, err := s.conn.PrepareBatch(ctx, s.query("migration_insert"))
	if err != nil {
		return fmt.Errorf("note the migrations: %w", err)
	}
	defer batch.Close()
	for _, m := range all {
		if !noted[m.Name] {
			if err := batch.Append(m.Name, m.Checksum, time.Now()); err != nil {
				return fmt.Errorf("note the migrations: %w", err)
			}
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("note the migrations: %w", err)
	}
	return nil
}
