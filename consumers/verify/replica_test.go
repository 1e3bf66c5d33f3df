package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// replica is the store where settle and recompute happen to read a replica that lags: it takes what was inserted elsewhere
// only now and then. What they write goes where everything goes.
type replica struct {
	*clickhouse.Store
	of                 *system
	settled, recompute *clickhouse.Store
	// sequential refuses to read while it lags, as ClickHouse does with select_sequential_consistency.
	sequential bool

	mu      sync.Mutex
	behind  int // reads since it last took everything
	refused int
	stale   int
}

// catchesUpAfter is how many reads a replica lags.
const catchesUpAfter = 3

var errLags = errors.New("replica doesn't have what a quorum of others has")

// newReplica makes two databases, each with a copy of what a step reads, and a way to the real table for what it writes.
func newReplica(t *testing.T, s *system, sequential bool) *replica {
	t.Helper()
	r := &replica{Store: s.store, of: s, sequential: sequential}
	at := strings.LastIndex(s.url, "/")
	database := s.url[at+1:]
	make := func(name string, reads, writes []string) *clickhouse.Store {
		s.exec("CREATE DATABASE " + database + name)
		for _, table := range reads {
			s.exec(fmt.Sprintf("CREATE TABLE %[1]s%[2]s.%[3]s AS %[1]s.%[3]s", database, name, table))
		}
		for _, table := range writes {
			s.exec(fmt.Sprintf("CREATE TABLE %[1]s%[2]s.%[3]s AS %[1]s.%[3]s ENGINE = Null", database, name, table))
			s.exec(fmt.Sprintf("CREATE MATERIALIZED VIEW %[1]s%[2]s.%[3]s_sent TO %[1]s.%[3]s AS SELECT * FROM %[1]s%[2]s.%[3]s", database, name, table))
		}
		t.Cleanup(func() { s.exec("DROP DATABASE " + database + name + " SYNC") })
		store, err := clickhouse.Open(clickhouse.Config{URL: s.url[:at+1] + database + name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	}
	r.settled, r.recompute = make("_settle", []string{"event_keys"}, []string{"event_store"}), make("_recompute", []string{"event_store", "cell_writes"}, []string{"kpi_cells"})
	return r
}

// read is called before each read: the replica lags, refuses or catches up.
func (r *replica) read(name string, tables ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.behind++; r.behind < catchesUpAfter {
		if r.sequential {
			r.refused++
			return errLags
		}
		r.stale++
		return nil
	}
	r.behind = 0
	database := r.of.url[strings.LastIndex(r.of.url, "/")+1:]
	for _, table := range tables {
		replicate := "TRUNCATE TABLE %[1]s%[2]s.%[3]s; INSERT INTO %[1]s%[2]s.%[3]s SELECT * FROM %[1]s.%[3]s"
		for _, sql := range strings.Split(replicate, "; ") {
			if err := r.of.do(fmt.Sprintf(sql, database, name, table)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *replica) Settle(ctx context.Context, ids []clickhouse.EventID) ([]clickhouse.Cell, error) {
	if err := r.read("_settle", "event_keys"); err != nil {
		return nil, err
	}
	return r.settled.Settle(ctx, ids)
}

func (r *replica) Recompute(ctx context.Context, rules *rollup.Rules, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) (int, error) {
	if err := r.read("_recompute", "event_store", "cell_writes"); err != nil {
		return 0, err
	}
	return r.recompute.Recompute(ctx, rules, rows, moved, shelf)
}

// Settle and recompute must see what store and settle wrote. A replica that lags and answers all the same makes wrong
// figures, and nobody computes them again; one that refuses until it has everything costs repetitions.
func TestAReplicaThatLags(t *testing.T) {
	for _, sequential := range []bool{false, true} {
		s := newSystem(t, schemas.DefaultCatalogue())
		g := &generator{chooser: rand.New(rand.NewPCG(5, 7))}
		var events []sent
		for range 120 {
			events = append(events, g.next())
		}
		s.publish(events...)
		r := newReplica(t, s, sequential)
		s.consumeInto(r, schemas.DefaultCatalogue(), 20)
		report := s.verify(schemas.DefaultCatalogue())
		wrong := map[string]int{}
		for _, c := range report.Checks {
			wrong[c.Name] = c.Differing
		}
		t.Logf("sequential reads %v: %d stale reads, %d refused; differing: %d events, %d cells, %d figures by month", sequential, r.stale, r.refused,
			wrong["events"], wrong["kpi_cells"], wrong["kpi_monthly"])
		if sequential {
			report.failIfNotExact(t)
			if r.refused == 0 || r.stale != 0 {
				t.Errorf("%d reads were refused, %d were stale: the replica didn't lag", r.refused, r.stale)
			}
			continue
		}
		if r.stale == 0 || wrong["kpi_cells"] == 0 || wrong["kpi_monthly"] == 0 {
			t.Errorf("after %d stale reads nothing is wrong: %v", r.stale, wrong)
		}
	}
}
