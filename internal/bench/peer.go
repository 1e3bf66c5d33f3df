package main

import (
	"context"
	_ "embed"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

//go:embed peer/sql_insert.yaml
var bentoSQLInsert string

//go:embed peer/raw.yaml
var bentoRaw string

//go:embed peer/raw.sql
var bentoRawTable string

// runBento measures bento with the configuration that the contender's name says.
func (a *arena) runBento(ctx context.Context, c contender) (m measurement, err error) {
	d, err := a.plainTable(ctx)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	text, environment := bentoSQLInsert, []string(nil)
	if c.name == "bento-raw" {
		text, environment = bentoRaw, []string{"GOGC=400"} // it may take memory to save a tenth of its CPU time
		for _, sql := range strings.Split(strings.TrimSuffix(strings.TrimSpace(bentoRawTable), ";"), ";") {
			if _, err := d.query(ctx, sql); err != nil {
				return m, err
			}
		}
	}
	insert := a.clickhouseURL + "/?" + url.Values{"database": {d.name}, "query": {"INSERT INTO raw FORMAT JSONEachRow"}, "optimize_on_insert": {"0"},
		"date_time_input_format": {"best_effort"}, "input_format_skip_unknown_fields": {"1"}, "input_format_json_read_objects_as_strings": {"1"}}.Encode()
	text = strings.NewReplacer("${NATS}", a.natsURL, "${CLICKHOUSE}", d.url(), "${INSERT}", insert).Replace(text)
	config := filepath.Join(a.stage.dir, c.name+".yaml")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return m, err
	}
	if m, err = a.drain(ctx, c.name, func() (*child, error) { return startWith(environment, c.name, a.bento, "-c", config) }, nil); err != nil {
		return m, err
	}
	return m, a.complete(ctx, d)
}
