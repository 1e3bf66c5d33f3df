package schemas

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Cluster says how the tables lie on ClickHouse's servers; docs/clusters.md has why. The zero value is one server.
type Cluster struct {
	// Name is the cluster's, as the servers' remote_servers or a macro has it; "" is one server.
	Name string
	// ByLab gives each shard the tables of its own labs. Without it every server has everything.
	ByLab bool
}

// ShardsByLab is what `migrate --shards-by` may be, and what the database remembers of it.
const ShardsByLab = "lab"

var clusterName = regexp.MustCompile(`^(\{[A-Za-z0-9_]+\}|[A-Za-z0-9_.-]+)$`)

// Check says what is wrong with it, if anything.
func (c Cluster) Check() error {
	switch {
	case c.Name == "" && c.ByLab:
		return fmt.Errorf("shards by lab: only a cluster has shards; name it")
	case c.Name != "" && !clusterName.MatchString(c.Name):
		return fmt.Errorf("cluster %q: expected letters, digits, - _ and ., or a macro such as {cluster}", c.Name)
	}
	return nil
}

// ShardsBy is [ShardsByLab], or "" where every server has everything.
func (c Cluster) ShardsBy() string {
	if c.ByLab {
		return ShardsByLab
	}
	return ""
}

// String is it as an operator knows it.
func (c Cluster) String() string {
	switch {
	case c.Name == "":
		return "one server"
	case c.ByLab:
		return fmt.Sprintf("cluster %s, sharded by lab", c.Name)
	}
	return fmt.Sprintf("cluster %s, everything on every server", c.Name)
}

// Layout is the statement that says in the database how it is laid out: a view cluster_layout. A single server has none.
func (c Cluster) Layout() (string, error) { return c.template("layout", "", "") }

// The statements that migrations and the store have. Anything else is refused: nobody would have thought about it.
var (
	tableStatement = regexp.MustCompile(`(?s)^CREATE TABLE IF NOT EXISTS (\w+)(\s*\(.*\n\)\s*)ENGINE = (\w*MergeTree)(?:\(([^)]*)\))?(\s.*)$`)
	fillStatement  = regexp.MustCompile(`(?s)^CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO (\w+) AS(\s.*\sFROM )(\w+)(.*)$`)
	viewStatement  = regexp.MustCompile(`(?s)^(CREATE OR REPLACE VIEW|DROP VIEW IF EXISTS) (\w+)(.*)$`)
	alterStatement = regexp.MustCompile(`(?s)^ALTER TABLE (\w+)(\s+(ADD COLUMN IF NOT EXISTS|ADD INDEX IF NOT EXISTS|MODIFY COLUMN|MODIFY SETTING|DELETE)\s.*)$`)
	emptyStatement = regexp.MustCompile(`(?s)^TRUNCATE TABLE (\w+)()$`)
	baseStatement  = regexp.MustCompile(`(?s)^((?:CREATE DATABASE IF NOT EXISTS|DROP DATABASE IF EXISTS) (?:\{database:Identifier\}|\w+))(.*)$`)
)

// Statements are what a statement on one server becomes on the cluster, in order. database is where it is executed.
func (c Cluster) Statements(statement, database string) ([]string, error) {
	if c.Name == "" || strings.HasPrefix(statement, "INSERT INTO ") { // what is inserted once is replicated
		return []string{statement}, nil
	}
	on := fmt.Sprintf(" ON CLUSTER '%s'", c.Name)
	switch {
	case tableStatement.MatchString(statement):
		return c.table(tableStatement.FindStringSubmatch(statement), on, database)
	case fillStatement.MatchString(statement):
		m := fillStatement.FindStringSubmatch(statement)
		from, err := c.local(m[4])
		if err != nil {
			return nil, err
		}
		to, err := c.local(m[2])
		return []string{"CREATE MATERIALIZED VIEW IF NOT EXISTS " + m[1] + on + " TO " + to + " AS" + m[3] + from + m[5]}, err
	case viewStatement.MatchString(statement):
		m := viewStatement.FindStringSubmatch(statement)
		return []string{m[1] + " " + m[2] + on + m[3]}, nil
	case alterStatement.MatchString(statement):
		m := alterStatement.FindStringSubmatch(statement)
		local, err := c.local(m[1])
		all := []string{"ALTER TABLE " + local + on + m[2]}
		if local != m[1] && m[3] == "ADD COLUMN IF NOT EXISTS" { // settings, codecs, indexes and rows are those of tables that hold something
			all = append(all, "ALTER TABLE "+m[1]+on+m[2])
		}
		return all, err
	case emptyStatement.MatchString(statement): // of a Distributed table it would drop what waits to be sent, and no more
		local, err := c.local(emptyStatement.FindStringSubmatch(statement)[1])
		return []string{"TRUNCATE TABLE " + local + on}, err
	case baseStatement.MatchString(statement):
		m := baseStatement.FindStringSubmatch(statement)
		return []string{m[1] + on + m[2]}, nil
	}
	return nil, fmt.Errorf("nothing says what this is on a cluster (see schemas/cluster.go): %.60s", statement)
}

// table is a replicated table, and with shards the one that has all of them. The paths are spelled out: with the server's
// default, {uuid}, a server that joins later would begin tables of its own.
func (c Cluster) table(m []string, on, database string) ([]string, error) {
	name, columns, engine, version, rest := m[1], m[2], m[3], m[4], m[5]
	if version != "" {
		version = ", " + version
	}
	make := func(name, path, replica string) string {
		return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s%sENGINE = Replicated%s('/clickhouse/tables/%s', '%s'%s)%s", name, on, columns, engine, path, replica, version, rest)
	}
	if !c.ByLab || !byLab(m[0]) {
		return []string{make(name, database+"/"+name, "{shard}-{replica}")}, nil
	}
	all, err := c.template("distributed", database, name)
	return []string{make(name+"_local", "{shard}/"+database+"/"+name, "{replica}"), all}, err
}

// ofLab is the key of a table whose rows are a lab's: the lab comes first, or after an event's number or day.
var ofLab = regexp.MustCompile(`\nORDER BY \((toUInt128\(id\), |local_day, )?lab, `)

// byLab says that a table's rows are a lab's.
func byLab(create string) bool { return ofLab.MatchString(create) }

// local is the name of the table that a server has itself.
func (c Cluster) local(table string) (string, error) {
	if !c.ByLab {
		return table, nil
	}
	sharded, err := shardedTables()
	if err == nil && slices.Contains(sharded, table) {
		return table + "_local", nil
	}
	return table, err
}

// shardedTables are those whose rows are a lab's.
func shardedTables() (names []string, err error) {
	err = eachMigration(func(_ string, statements []string) {
		for _, s := range statements {
			if m := tableStatement.FindStringSubmatch(s); m != nil && byLab(s) && !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	})
	return names, err
}

func (c Cluster) template(name, database, table string) (string, error) {
	raw, err := ddlFiles.ReadFile("clickhouse/cluster/" + name + ".sql")
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(lineComment.ReplaceAllString(string(raw), ""))
	return strings.NewReplacer("{{cluster}}", c.Name, "{{shards_by}}", c.ShardsBy(), "{{database}}", database, "{{table}}", table).Replace(text), nil
}
