package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"

	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Scratch is a database beside the store's in which figures are made from the events that the stream had at some place,
// by the same tables, views and statements as the store's own. Nobody else uses it, and one goroutine at a time. On a
// cluster it lies on the one server that the store's URL names.
type Scratch struct {
	store   *Store // in the scratch database
	main    string // the database that it belongs to
	parents *Store
}

// ScratchAge is after how long a scratch database counts as left behind by a process that was killed.
const ScratchAge = time.Hour

// figuresMadeBy is the last of the migrations that figures and statuses need.
const figuresMadeBy = "0004_status_views"

// NewScratch makes a scratch database. Close it: until it is [ScratchAge] old, nobody else removes it.
func (s *Store) NewScratch(ctx context.Context, zone string, catalogue *schemas.Catalogue) (_ *Scratch, err error) {
	suffix := make([]byte, 6)
	if _, err := rand.Read(suffix); err != nil {
		return nil, fmt.Errorf("name a scratch database: %w", err)
	}
	name := s.scratchPrefix() + strconv.FormatInt(time.Now().Unix(), 10) + "_" + hex.EncodeToString(suffix)
	at, err := url.Parse(s.config.URL)
	if err != nil {
		return nil, err
	}
	config := s.config
	at.Path = "/" + name
	config.URL, config.Registerer = at.String(), nil
	store, err := Open(config)
	if err != nil {
		return nil, err
	}
	scratch := &Scratch{store: store, main: s.options.Auth.Database, parents: s}
	defer func() {
		if err != nil {
			_ = scratch.Close(context.WithoutCancel(ctx))
		}
	}()
	migrations, err := schemas.Migrations(schemas.DDLOptions{Zone: zone, Database: name})
	if err != nil {
		return nil, err
	}
	if err := store.createDatabase(ctx, schemas.Cluster{}); err != nil {
		return nil, fmt.Errorf("make scratch database %s: %w", name, err)
	}
	for _, m := range migrations {
		if m.Name > figuresMadeBy {
			break
		}
		for i, statement := range m.Statements {
			if strings.HasPrefix(statement, "CREATE MATERIALIZED VIEW") {
				continue // they serve what no figure needs
			}
			if err := store.conn.Exec(ctx, statement); err != nil {
				return nil, fmt.Errorf("make scratch database %s: %s, statement %d: %w", name, m.Name, i+1, err)
			}
		}
	}
	if err := store.writeCatalogue(ctx, catalogue); err != nil {
		return nil, fmt.Errorf("write the indicator catalogue to %s: %w", name, err)
	}
	return scratch, nil
}

func (s *Store) scratchPrefix() string { return s.options.Auth.Database + "_scratch_" }

// Close drops the database.
func (c *Scratch) Close(ctx context.Context) error {
	err := c.parents.drop(ctx, c.store.options.Auth.Database)
	_ = c.store.Close()
	return err
}

func (s *Store) drop(ctx context.Context, database string) error {
	parameters := clickhouse.WithParameters(clickhouse.Parameters{"database": database})
	if err := s.conn.Exec(clickhouse.Context(ctx, parameters), s.query("drop_database")); err != nil {
		return fmt.Errorf("drop database %s: %w", database, err)
	}
	return nil
}

// DropLeftovers drops the scratch databases of processes that were killed, and says how many there were.
func (s *Store) DropLeftovers(ctx context.Context) (n int, err error) {
	left, err := selectAll[struct{ Name string }](ctx, s, "freeze_leftovers", clickhouse.Parameters{"prefix": s.scratchPrefix()})
	if err != nil {
		return 0, err
	}
	for _, l := range left {
		made, _, _ := strings.Cut(strings.TrimPrefix(l.Name, s.scratchPrefix()), "_")
		unix, err := strconv.ParseInt(made, 10, 64)
		if err != nil || time.Since(time.Unix(unix, 0)) < ScratchAge {
			continue
		}
		if err := s.drop(ctx, l.Name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// PastVersion is a version of an event that held when a period was approved.
type PastVersion struct {
	Lab string
	VersionOf
}

// Fill empties the database and brings in what stood in the stream before each approval: of every event of its lab the
// latest version. It gives those versions that aren't the latest any more: what they contribute is to be worked out
// anew and added with [Scratch.Add]. Of each lab there may be one approval.
func (c *Scratch) Fill(ctx context.Context, approvals []WaitingApproval) ([]PastVersion, error) {
	for _, q := range []string{"clear_cells", "clear_events", "freeze_clear_rules"} {
		if err := c.store.conn.Exec(ctx, c.store.query(q)); err != nil {
			return nil, fmt.Errorf("empty the scratch database: %w", err)
		}
	}
	if err := c.none(ctx, "freeze_rows"); err != nil {
		return nil, fmt.Errorf("empty the scratch database: %w", err)
	}
	for _, q := range []string{"freeze_copy_rules", "freeze_copy"} {
		if err := c.exec(ctx, q, approvals, nil); err != nil {
			return nil, err
		}
	}
	ctx, err := withApprovals(ctx, approvals)
	if err != nil {
		return nil, err
	}
	return selectAll[PastVersion](ctx, c.store, "freeze_former", clickhouse.Parameters{"main": c.main})
}

// Add brings in versions, and makes the figures by the rules of the catalogue.
func (c *Scratch) Add(ctx context.Context, rules *rollup.Rules, rows []Row) error {
	if err := c.store.InsertEvents(ctx, rows); err != nil {
		return err
	}
	if err := c.none(ctx, "freeze_twice"); err != nil {
		return fmt.Errorf("events that stand twice in the scratch database: %w", err)
	}
	return c.store.RebuildCells(ctx, rules, nil)
}

// none is nil if a query counts nothing.
func (c *Scratch) none(ctx context.Context, query string) error {
	var n uint64
	if err := c.store.conn.QueryRow(ctx, c.store.query(query)).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d rows are there, expected none", n)
	}
	return nil
}

// Freeze writes the figures and commitments of a period down as they are here. They show once [Scratch.Mark] says
// that they are whole.
func (c *Scratch) Freeze(ctx context.Context, approvals []WaitingApproval, p FrozenPeriod) error {
	for _, q := range []string{"freeze_figures", "freeze_commitments"} {
		if err := c.exec(ctx, q, approvals, p.parameters()); err != nil {
			return err
		}
	}
	return nil
}

// Mark says that approvals are frozen.
func (c *Scratch) Mark(ctx context.Context, approvals []WaitingApproval, p FrozenPeriod) error {
	return c.exec(ctx, "freeze_mark", approvals, p.parameters())
}

// FrozenPeriod is what is frozen of approvals that have the period in common.
type FrozenPeriod struct {
	Name         string    // "2026-Q1" or "2026-03"
	Grain        string    // "month" or "quarter"
	Starts, Ends time.Time // its first and last day
	MadeWith     string    // what [MadeWith] gives
}

func (p FrozenPeriod) parameters() clickhouse.Parameters {
	return clickhouse.Parameters{"period": p.Name, "grain": p.Grain, "starts": p.Starts.Format(time.DateOnly), "ends": p.Ends.Format(time.DateOnly), "made_with": p.MadeWith}
}

func (c *Scratch) exec(ctx context.Context, query string, approvals []WaitingApproval, p clickhouse.Parameters) (err error) {
	name := strings.ReplaceAll(query, "_", " ")
	defer c.parents.metrics.observe(name, time.Now(), &err)
	if ctx, err = withApprovals(ctx, approvals); err != nil {
		return err
	}
	all := clickhouse.Parameters{"main": c.main}
	for k, v := range p {
		all[k] = v
	}
	if err = c.store.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(all)), c.store.query(query)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// withApprovals gives a statement the approvals as a table.
func withApprovals(ctx context.Context, approvals []WaitingApproval) (context.Context, error) {
	table, err := ext.NewTable("approvals", ext.Column("lab", "String"), ext.Column("period", "String"), ext.Column("seq", "UInt64"))
	if err != nil {
		return nil, err
	}
	for _, a := range approvals {
		if err := table.Append(a.Lab, a.Period, a.Seq); err != nil {
			return nil, err
		}
	}
	return clickhouse.Context(ctx, clickhouse.WithExternalTable(table)), nil
}
