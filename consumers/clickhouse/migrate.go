package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"vitrine/schemas"
)

// Migrate creates the database and brings its schema and catalogue up to date: [Store.MigrateSchema],
// then [Store.UseCatalogue]. Figures that were made with another catalogue or zone keep these until they are made again ([Store.Adopt]).
func (s *Store) Migrate(ctx context.Context, zone string, catalogue *schemas.Catalogue) (rebuild bool, err error) {
	made, err := s.FiguresMade(ctx)
	if err != nil {
		return false, err
	}
	cutIn := zone
	if _, madeIn, whole := strings.Cut(made.With, madeInZone); whole {
		cutIn = madeIn
	}
	if err := s.MigrateSchema(ctx, cutIn); err != nil {
		return false, err
	}
	return s.UseCatalogue(ctx, zone, catalogue)
}

// Adopt gives the views and the database's catalogue to figures that are about to be made. These must be [Rebuilding]: until they are made, what the views
// say is neither the former figures nor those to come.
func (s *Store) Adopt(ctx context.Context, zone string, catalogue *schemas.Catalogue) error {
	if err := s.MigrateSchema(ctx, zone); err != nil {
		return err
	}
	return s.storeCatalogue(ctx, catalogue)
}

// MigrateSchema creates the database, its tables and views. It may be run twice, and by two processes
// at once: every statement says IF NOT EXISTS or OR REPLACE. Views that are there as this program makes them are left alone.
// zone is the programme's. [ErrNewerSchema] and [ErrMigrationChanged] come before anything is changed.
func (s *Store) MigrateSchema(ctx context.Context, zone string) error {
	layout, err := s.Layout(ctx)
	if err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	migrations, err := schemas.Migrations(schemas.DDLOptions{Zone: zone, Database: s.options.Auth.Database, Cluster: layout})
	if err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	if err := s.createDatabase(ctx, layout); err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	applied, err := s.Migrations(ctx)
	if err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	if err := checkMigrations(applied, migrations); err != nil {
		return fmt.Errorf("migrate ClickHouse: %s: %w", s.Where(), err)
	}
	comment, made, err := s.viewsMade(ctx, migrations)
	if err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	made = made && layout == (schemas.Cluster{}) // what one server of a cluster has says nothing of the others
	for _, m := range migrations {
		for i, statement := range m.Statements {
			isView := viewMade.MatchString(statement)
			switch {
			case isView && made:
				continue
			case isView:
				statement += "\nCOMMENT '" + comment + "'"
			}
			if err := s.conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("migrate ClickHouse: %s, statement %d: %w", m.Name, i+1, err)
			}
		}
	}
	if err := s.NoteWrites(ctx); err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	// After all of them: what was killed on the way is done again, and nothing says that it was done.
	if err := s.noteMigrations(ctx, applied, migrations); err != nil {
		return fmt.Errorf("migrate ClickHouse: %w", err)
	}
	return nil
}

// UseCatalogue writes the catalogue down, unless the figures were made with another, or with another zone, or are being made: rebuild is true then, and
// consumers with this one refuse to add to them until they are made again. Those of an earlier version's protocol refuse from now on.
func (s *Store) UseCatalogue(ctx context.Context, zone string, catalogue *schemas.Catalogue) (rebuild bool, err error) {
	wanted := madeWith(catalogue, zone)
	made, todays, err := s.figuresMade(ctx)
	if err == nil && (made.With == "" || made.With == wanted) {
		err = s.storeCatalogue(ctx, catalogue)
	}
	switch {
	case err != nil:
		return false, err
	case made.With == "": // a new database: whatever comes is made with these
		return false, s.SetFiguresMadeWith(ctx, wanted)
	case !todays:
		made.At = made.At.Add(time.Nanosecond) // so that a rebuild which began since they were read stands above it
		return made.With != wanted, s.setFiguresMade(ctx, made)
	}
	return made.With != wanted, nil
}

// createDatabase asks for the database from within another one that always exists.
func (s *Store) createDatabase(ctx context.Context, layout schemas.Cluster) error {
	elsewhere := *s.options
	elsewhere.Auth.Database = "default"
	conn, err := clickhouse.Open(&elsewhere)
	if err != nil {
		return err
	}
	defer conn.Close()
	parameters := clickhouse.WithParameters(clickhouse.Parameters{"database": s.options.Auth.Database})
	statements, err := layout.Statements(s.statement("create_database"), s.options.Auth.Database)
	if err != nil {
		return err
	}
	return conn.Exec(clickhouse.Context(ctx, parameters), statements[0])
}

// catalogueHash is the hash of the catalogue that the database was migrated with; "" before the first time.
func (s *Store) catalogueHash(ctx context.Context) (string, error) {
	var hash string
	if err := s.conn.QueryRow(ctx, s.query("catalogue_hash")).Scan(&hash); err != nil {
		return "", fmt.Errorf("read the catalogue's hash: %w", err)
	}
	return hash, nil
}

// storeCatalogue writes the catalogue down where another one is.
func (s *Store) storeCatalogue(ctx context.Context, catalogue *schemas.Catalogue) error {
	stored, err := s.catalogueHash(ctx)
	if err != nil || stored == catalogue.Hash {
		return err
	}
	if err := s.writeCatalogue(ctx, catalogue); err != nil {
		return fmt.Errorf("write the indicator catalogue: %w", err)
	}
	return nil
}

func (s *Store) writeCatalogue(ctx context.Context, c *schemas.Catalogue) error {
	if err := s.empty(ctx, "catalogue_clear"); err != nil {
		return err
	}
	batch, err := s.conn.PrepareBatch(ctx, s.query("catalogue_insert"))
	if err != nil {
		return err
	}
	defer batch.Close()
	now := time.Now()
	for i, ind := range c.Indicators {
		var segments []string
		for _, d := range ind.Segments {
			segments = append(segments, d.Name)
		}
		err := batch.Append(ind.Code, uint16(i), ind.Name.FR, ind.Name.EN, ind.Unit, string(ind.Aggregation),
			ind.Definition.FR, ind.Definition.EN, ind.Level, ind.Direction, nullable(ind.Cap), string(ind.Window), uint16(ind.Months),
			ind.First, ind.Repeat, ind.Age, ind.Counts, exact(schemas.Int(ind.Scale)), ind.Period, segments, slices.Clone(ind.Phrases), string(ind.OverLabs), c.Hash, now)
		if err != nil {
			return fmt.Errorf("indicator %s: %w", ind.Code, err)
		}
	}
	return batch.Send()
}
