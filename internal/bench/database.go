package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// database is a fresh one for a run, on the engine.
type database struct {
	server, name string
}

func newDatabase(ctx context.Context, server, name string) (*database, error) {
	d := &database{server, name}
	if _, err := d.query(ctx, "DROP DATABASE IF EXISTS "+name+" SYNC"); err != nil {
		return nil, err
	}
	_, err := d.query(ctx, "CREATE DATABASE "+name)
	return d, err
}

// url is the database's for clients.
func (d *database) url() string { return d.server + "/" + d.name }

// drop removes it, even if the run was broken off.
func (d *database) drop(ctx context.Context) error {
	_, err := d.query(context.WithoutCancel(ctx), "DROP DATABASE "+d.name+" SYNC")
	return err
}

// query runs a statement and gives its result in TabSeparated.
func (d *database) query(ctx context.Context, sql string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	q := url.Values{"wait_end_of_query": {"1"}}
	if !strings.Contains(sql, " DATABASE ") {
		q.Set("database", d.name)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.server+"/?"+q.Encode(), strings.NewReader(sql))
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%.80s: %s: %s", sql, resp.Status, strings.TrimSpace(string(body)))
	}
	return strings.TrimSpace(string(body)), err
}

// undurable takes the flushing to the disk from all tables, for -durable=false.
func (d *database) undurable(ctx context.Context) error {
	names, err := d.query(ctx, "SELECT name FROM system.tables WHERE database = '"+d.name+"' AND engine_full LIKE '%fsync_after_insert = 1%'")
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(names) {
		if _, err := d.query(ctx, "ALTER TABLE "+name+" MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0, min_rows_to_fsync_after_merge = 0"); err != nil {
			return err
		}
	}
	return nil
}
