package testkit

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// sharedPool has the databases that tests of this process have left as [Migrated] gave them. It is package-level state as sharedEngine is.
var sharedPool pool

type pool struct {
	mu    sync.Mutex
	empty []migratedDatabase
}

type migratedDatabase struct {
	url   string
	shape string // of its tables and views, after migrate
}

// keptTable says which migrations a database has had: emptied, it would say that there were none.
const keptTable = "schema_migrations"

// Migrated is [ClickHouse] for tests that need the schema. migrate makes it in the database whose URL it is given. That
// takes the engine seconds, so a database that a test has done with is emptied, migrated again, which finds everything made,
// and given to the next one. It is dropped instead if a test has changed a table or a view of it.
func Migrated(t testing.TB, migrate func(databaseURL string) error) string {
	t.Helper()
	d, err := sharedPool.take()
	if err != nil {
		t.Fatalf("ClickHouse isn't available to this test: %v\n(the library is looked for at $%s, else in chd.Fetch's default cache)", err, EngineVariable)
	}
	_, name, _ := split(d.url)
	t.Cleanup(func() {
		if t.Failed() {
			sharedEngine.keepFolder()
			t.Logf("the database %s is kept in the ClickHouse data folder %s", name, sharedEngine.dir)
			return
		}
		if err := sharedPool.put(d); err != nil {
			t.Errorf("empty database %s: %v", name, err)
		}
	})
	if err := migrate(d.url); err != nil {
		t.Fatalf("migrate database %s: %v", name, err)
	}
	if d.shape, err = shape(d.url); err != nil {
		t.Fatalf("look at database %s: %v", name, err)
	}
	return d.url
}

// take gives an emptied database, or a new one.
func (p *pool) take() (d migratedDatabase, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.empty); n > 0 {
		d, p.empty = p.empty[n-1], p.empty[:n-1]
		return d, nil
	}
	address, name, err := sharedEngine.database()
	if err != nil {
		return d, err
	}
	return migratedDatabase{url: address + "/" + name}, post(address, "CREATE DATABASE "+name)
}

// put empties a database, or drops it if it hasn't the shape any more that it was given with.
func (p *pool) put(d migratedDatabase) error {
	address, name, err := split(d.url)
	if err != nil {
		return err
	}
	now, err := shape(d.url)
	if err != nil {
		return err
	}
	if now != d.shape {
		return post(address, "DROP DATABASE "+name+" SYNC")
	}
	tables, err := ask(address, "SELECT name FROM system.tables WHERE database = '"+name+"' AND engine LIKE '%MergeTree' AND name != '"+keptTable+"'")
	if err != nil {
		return err
	}
	for _, table := range strings.Fields(tables) {
		if err := post(address, fmt.Sprintf("TRUNCATE TABLE %s.`%s`", name, table)); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.empty = append(p.empty, d)
	return nil
}

// shape is a hash of all that is made in a database.
func shape(databaseURL string) (string, error) {
	address, name, err := split(databaseURL)
	if err != nil {
		return "", err
	}
	return ask(address, "SELECT cityHash64(groupArray((name, uuid, create_table_query))) FROM (SELECT * FROM system.tables WHERE database = '"+name+"' ORDER BY name)")
}
