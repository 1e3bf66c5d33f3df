// Package clickhouse is the store: the only place that talks to ClickHouse for the pipeline.
package clickhouse

import (
	"context"
	"crypto/tls"
	"embed"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/schemas"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Config says where ClickHouse is.
type Config struct {
	// URL is http(s)://[user:password@]host:port/database; the database is "vitrine" if none is given.
	URL string
	// TLS is how https connections are made: with which CAs and which certificate of one's own. Default:
	// the system's CAs and none. With http it is refused: what was to be encrypted wouldn't be.
	TLS *tls.Config
	// Conns is the most statements at once. Default 4: an ingest needs one, the pages the others.
	Conns int
	// Timeout bounds one statement. Default 5 minutes.
	Timeout time.Duration
	// Portion is how many contributions, times the days that they are looked at from, lie under one statement about all labs' commitments; a
	// lab isn't divided. With eleven commitments a lab each took some 40 bytes of the engine's memory (26.7), with more it is more.
	// Default 20 million.
	Portion uint64
	// Registerer gets the metrics. Default: none.
	Registerer prometheus.Registerer
}

// Store is a ClickHouse database of Vitrine's. Its methods may be called from several goroutines.
type Store struct {
	conn    driver.Conn
	config  Config
	options *clickhouse.Options
	http    *http.Client // for exports, which clickhouse-go can't write
	queries map[string]string
	metrics *metrics

	blocks     spares[eventBlock]
	cellBlocks spares[cellBlock]
	shelves    spares[Shelf] // of who remembers nothing
}

// Open checks the configuration and prepares connections; it doesn't connect yet.
func Open(c Config) (*Store, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("ClickHouse URL %s: expected http://host:8123/vitrine", redacted(u))
	}
	if c.TLS != nil && u.Scheme != "https" {
		return nil, fmt.Errorf("ClickHouse URL %s: it isn't encrypted, though TLS is asked for: expected https://host:8443/vitrine", redacted(u))
	}
	if c.Conns == 0 {
		c.Conns = 4
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Minute
	}
	if c.Portion == 0 {
		c.Portion = 20_000_000
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	database := strings.Trim(u.Path, "/")
	if database == "" {
		database = "vitrine"
	}
	options := &clickhouse.Options{
		Protocol: clickhouse.HTTP,
		Addr:     []string{u.Host},
		Auth:     clickhouse.Auth{Database: database},
		Settings: clickhouse.Settings{
			// Our batches are large and must be durable when acknowledged.
			"async_insert": 0,
			// Equal blocks are meant: a redelivered batch must reach the materialized views again.
			"insert_deduplicate": 0,
			// A key never changes its partition, so partitions needn't be merged with each other to read FINAL.
			"do_not_merge_across_partitions_select_final": 1,
			// A rebuild or backfill touches all months at once.
			"max_partitions_per_insert_block": 0,
			// A pass that looks for chains of comparisons takes longer over a large query than all other planning (26.7.2).
			"optimize_and_compare_chain": 0,
			"max_execution_time":         int(c.Timeout.Seconds()),
			// What all servers of a cluster do may take as long as what one does.
			"distributed_ddl_task_timeout": int(c.Timeout.Seconds()),
		},
		Compression:  &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
		DialTimeout:  10 * time.Second,
		ReadTimeout:  c.Timeout,
		MaxOpenConns: c.Conns,
		MaxIdleConns: c.Conns,
		ClientInfo:   clickhouse.ClientInfo{Products: []struct{ Name, Version string }{{Name: "vitrine", Version: "1"}}},
	}
	if u.User != nil {
		options.Auth.Username = u.User.Username()
		options.Auth.Password, _ = u.User.Password()
	}
	if u.Scheme == "https" {
		options.TLS = c.TLS
		if options.TLS == nil {
			options.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
	maps.Copy(options.Settings, clusterSettings())
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse at %s: %w", u.Redacted(), err)
	}
	s := &Store{conn: connection{conn, redacted(u)}, config: c, options: options, http: &http.Client{Transport: exportTransport(options.TLS)}, queries: map[string]string{}, metrics: newMetrics(c.Registerer)}
	return s, s.loadQueries()
}

func (s *Store) loadQueries() error {
	files, err := queryFiles.ReadDir("queries")
	if err != nil {
		return err
	}
	for _, f := range files {
		raw, err := queryFiles.ReadFile("queries/" + f.Name())
		if err != nil {
			return err
		}
		if s.queries[strings.TrimSuffix(f.Name(), ".sql")], err = schemas.WriteOut(string(raw)); err != nil {
			return fmt.Errorf("queries/%s: %w", f.Name(), err)
		}
	}
	return nil
}

// query is the text of queries/name.sql; a test calls every one.
func (s *Store) query(name string) string {
	q, ok := s.queries[name]
	if !ok {
		panic("no query " + name)
	}
	return q
}

// statement is a query without what ends or explains it: what [schemas.Cluster] can read.
func (s *Store) statement(name string) string { return strings.TrimSpace(s.query(name)) }

// Close gives the connections up.
func (s *Store) Close() error {
	s.http.CloseIdleConnections()
	return s.conn.Close()
}

// Ping says whether ClickHouse answers.
func (s *Store) Ping(ctx context.Context) error {
	err := s.conn.Ping(ctx)
	if silent := (&UnreachableError{}); err == nil || errors.As(err, &silent) {
		return err
	}
	return fmt.Errorf("ClickHouse at %s doesn't answer: %w", s.Where(), err)
}

// Where names the server and database for messages, without the password.
func (s *Store) Where() string {
	u, _ := url.Parse(s.config.URL) // parsed before, in Open
	return redacted(u)
}

// Database is its name.
func (s *Store) Database() string { return s.options.Auth.Database }

// redacted is an address without the password that may stand in it. Of one that can't be read nothing is
// said: nobody knows where the password begins.
func redacted(u *url.URL) string {
	if u == nil || u.Host == "" {
		return "(not an address)"
	}
	return (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host, Path: u.Path}).Redacted()
}
