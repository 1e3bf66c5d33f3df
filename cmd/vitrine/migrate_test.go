package main

import (
	"bytes"
	"strings"
	"testing"
)

// What is printed is what would be executed, and nothing needs to run for it.
func TestMigratePrints(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		want   []string // in this order
	}{
		{nil, 0, []string{"CREATE DATABASE IF NOT EXISTS programme;", "USE programme;", "CREATE TABLE IF NOT EXISTS event_store\n", "ENGINE = ReplacingMergeTree(version)"}},
		{[]string{"--cluster", "eu", "--shards-by", "lab"}, 0, []string{
			"CREATE DATABASE IF NOT EXISTS programme ON CLUSTER 'eu';", "CREATE OR REPLACE VIEW cluster_layout ON CLUSTER 'eu'",
			"ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/programme/event_store', '{replica}', version)",
			"ENGINE = Distributed('eu', 'programme', 'event_store_local', cityHash64(lab));", "CREATE OR REPLACE VIEW programme_figures ON CLUSTER 'eu'",
		}},
		{[]string{"--cluster", "it's"}, 2, []string{`cluster "it's": expected letters`}},
		{[]string{"--shards-by", "lab"}, 2, []string{"only a cluster has shards"}},
		{[]string{"--cluster", "eu", "--shards-by", "day"}, 2, []string{`--shards-by "day": expected lab`}},
	} {
		var out bytes.Buffer
		env := &environment{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
		status := run(t.Context(), env, append([]string{"migrate", "--print", "--clickhouse-url", "http://127.0.0.1:1/programme"}, c.args...))
		if status != c.status {
			t.Errorf("%q: status %d, want %d: %.300s", c.args, status, c.status, out.String())
		}
		rest := out.String()
		for _, want := range c.want {
			i := strings.Index(rest, want)
			if i < 0 {
				t.Errorf("%q: there is no %q, or not after what goes before it", c.args, want)
				break
			}
			rest = rest[i:]
		}
	}
}
