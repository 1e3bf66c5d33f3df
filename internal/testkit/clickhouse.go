package testkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"vitrine/internal/chd"
	"vitrine/schemas"
)

// EngineVariable is the environment variable with the path of the ClickHouse
// library; without it, the one in chd.Fetch's default cache is used.
const EngineVariable = "VITRINE_ENGINE"

// folderPrefix begins the names of the engine's folders in the temporary folder.
const folderPrefix = "vitrine-clickhouse-"

// lockFile is held in the engine's folder while this process lives.
const lockFile = "testkit.lock"

// sharedEngine is the engine that all the tests of this process use. It is
// package-level state because the library allows one engine per process, and
// because Go has no other place that outlives a test.
var sharedEngine engine

type engine struct {
	mu      sync.Mutex
	started bool
	err     error // why it didn't start; it isn't tried again
	url     string
	dir     string
	stop    func() error
	lock    *flock.Flock
	keep    bool // a test failed and left its database to be looked at
	count   int  // databases made, for their names
}

// ClickHouse returns the URL of a fresh database, http://127.0.0.1:PORT/db_N,
// which clickhouse-go takes for its DSN. The engine starts with the first call
// and serves all the tests of the process. The database is dropped with the
// test, unless the test failed: then it stays, and the test's log says where.
// A missing engine fails the test.
//
// A package whose tests use ClickHouse should have
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// which stops the engine and removes its folder. Without it the next run
// removes the folder.
func ClickHouse(t testing.TB) string {
	t.Helper()
	address, database, err := sharedEngine.database()
	if err != nil {
		t.Fatalf("ClickHouse isn't available to this test: %v\n(the library is looked for at $%s, else in chd.Fetch's default cache)", err, EngineVariable)
	}
	if err := post(address, "CREATE DATABASE "+database); err != nil {
		t.Fatalf("create database %s: %v", database, err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			sharedEngine.keepFolder()
			t.Logf("the database %s is kept in the ClickHouse data folder %s", database, sharedEngine.dir)
			return
		}
		if err := post(address, "DROP DATABASE "+database+" SYNC"); err != nil {
			t.Errorf("drop database %s: %v", database, err)
		}
	})
	return address + "/" + database
}

// AnalystClickHouse returns two URLs of one fresh database: as the service sees it, and as the user analyst does, who
// reads the contract's relations alone. One test of a process may have it at a time.
func AnalystClickHouse(t testing.TB) (service, analyst string) {
	t.Helper()
	address, _, err := sharedEngine.database()
	if err != nil {
		t.Fatalf("ClickHouse isn't available to this test: %v", err)
	}
	if err := post(address, "CREATE DATABASE "+analystDatabase); err != nil {
		t.Fatalf("create database %s: %v", analystDatabase, err)
	}
	t.Cleanup(func() {
		if err := post(address, "DROP DATABASE "+analystDatabase+" SYNC"); err != nil {
			t.Errorf("drop database %s: %v", analystDatabase, err)
		}
	})
	service = address + "/" + analystDatabase
	return service, strings.Replace(service, "http://", "http://"+chd.UserAnalyst+"@", 1)
}

// analystDatabase is the one whose relations the engine grants to the analyst, by name.
const analystDatabase = "vitrine"

// analystRelations are what the engine grants.
func analystRelations() []string {
	names := schemas.AnalystRelations()
	for i, name := range names {
		names[i] = analystDatabase + "." + name
	}
	return names
}

// Exec runs a statement in a database that [ClickHouse] made; a statement that fails fails the test.
func Exec(t testing.TB, databaseURL, sql string) {
	t.Helper()
	address, name, err := split(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := post(address, sql, "database", name); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Main runs the tests and then stops the engine, if any test started it, and
// removes its folder, unless a failed test's database is in it. It is what a
// package's TestMain calls; it doesn't return.
func Main(m *testing.M) {
	code := m.Run()
	if err := sharedEngine.close(); err != nil {
		fmt.Fprintln(os.Stderr, "testkit: stop ClickHouse:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// database returns the engine's URL and a name for a database; it starts the
// engine where that hasn't been done.
func (e *engine) database() (address, database string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.started {
		e.started = true
		e.err = e.start()
	}
	if e.err != nil {
		return "", "", e.err
	}
	e.count++
	return e.url, fmt.Sprintf("db_%d_%d", os.Getpid(), e.count), nil
}

func (e *engine) start() error {
	removeStale(folderPrefix, lockFile)
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return err
	}
	e.dir = dir
	e.lock = flock.New(filepath.Join(dir, lockFile))
	if _, err := e.lock.TryLock(); err != nil {
		return err
	}
	server, err := chd.New(chd.Config{
		Dir: filepath.Join(dir, "clickhouse"), Addr: "127.0.0.1:0", Engine: os.Getenv(EngineVariable),
		// Test processes run side by side, each with its engine.
		MaxMemory: 2 << 30, AnalystRelations: analystRelations(),
		Clusters: map[string]int{OneShard: 1, TwoShards: 2},
	})
	if err == nil {
		e.stop, err = start(server)
	}
	if err != nil {
		return errors.Join(err, e.lock.Unlock(), os.RemoveAll(dir))
	}
	e.url = server.URL()
	return nil
}

func (e *engine) keepFolder() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keep = true
	_ = keep(e.dir) // at worst a later run removes it
}

func (e *engine) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stop == nil {
		return nil
	}
	err := errors.Join(e.stop(), e.lock.Unlock())
	if !e.keep {
		err = errors.Join(err, os.RemoveAll(e.dir))
	}
	return err
}

// split is a database's URL as the engine's and the database's name.
func split(databaseURL string) (address, database string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", "", err
	}
	return "http://" + u.Host, strings.Trim(u.Path, "/"), nil
}

// post runs a statement; settings are names and values in turn.
func post(address, sql string, settings ...string) error {
	_, err := ask(address, sql, settings...)
	return err
}

// ask is post with what the engine answers.
func ask(address, sql string, settings ...string) (string, error) {
	query := url.Values{"wait_end_of_query": {"1"}}
	for i := 0; i < len(settings); i += 2 {
		query.Set(settings[i], settings[i+1])
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/?"+query.Encode(), strings.NewReader(sql))
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	return string(body), nil
}
