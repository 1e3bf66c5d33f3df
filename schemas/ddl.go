package schemas

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed clickhouse/*.sql
var ddlFiles embed.FS

// Migration is one numbered step of ClickHouse's schema. Each statement may be run again.
type Migration struct {
	Name       string // e.g. "0001_events"
	Statements []string
}

// DDLOptions fill what the statements leave open.
type DDLOptions struct {
	// Zone is the programme's time zone: the views' "today" is its today.
	Zone string
	// Database is where everything is made. A view with parameters is found from other databases
	// only by its full name.
	Database string
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var lineComment = regexp.MustCompile(`(?m)^\s*--.*$`)

// Migrations are ClickHouse's schema, in order.
func Migrations(o DDLOptions) ([]Migration, error) {
	if !formats()["zone"].valid(o.Zone) {
		return nil, fmt.Errorf("time zone %q: expected %s", o.Zone, formats()["zone"].help.EN)
	}
	if !databaseName.MatchString(o.Database) {
		return nil, fmt.Errorf("database %q: expected letters, digits and _", o.Database)
	}
	files, err := ddlFiles.ReadDir("clickhouse")
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("{{zone}}", o.Zone, "{{database}}", o.Database)
	var all []Migration
	for _, f := range files {
		raw, err := ddlFiles.ReadFile("clickhouse/" + f.Name())
		if err != nil {
			return nil, err
		}
		text := fill.Replace(lineComment.ReplaceAllString(string(raw), ""))
		m := Migration{Name: strings.TrimSuffix(f.Name(), ".sql")}
		for _, statement := range strings.Split(text, ";\n") {
			if s := strings.TrimSpace(statement); s != "" {
				m.Statements = append(m.Statements, s)
			}
		}
		all = append(all, m)
	}
	return all, nil
}
