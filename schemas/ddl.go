package schemas

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

//go:embed clickhouse/*.sql clickhouse/cluster/*.sql
var ddlFiles embed.FS

// Migration is one numbered step of ClickHouse's schema. Each statement may be run again.
type Migration struct {
	Name       string // e.g. "0001_events"
	Statements []string
	// Checksum is that of the statements as the file has them, those of views left out: views are made anew whenever they changed, and
	// what was done to tables isn't. White space and comments don't count, nor where the tables lie.
	Checksum string
}

// DDLOptions fill what the statements leave open.
type DDLOptions struct {
	// Zone is the programme's time zone: the views' "today" is its today.
	Zone string
	// Database is where everything is made. A view with parameters is found from other databases
	// only by its full name.
	Database string
	// Cluster is how the tables lie on the servers; zero is one server.
	Cluster Cluster
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
	if err := o.Cluster.Check(); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("{{zone}}", o.Zone, "{{database}}", o.Database,
		// The same day wherever a query asks for it: now() may be asked before midnight in one place and after it in another.
		"{{today}}", "toDate(initialQueryStartTime(), '"+o.Zone+"')")
	var (
		all   []Migration
		wrong error
		views = writtenOut{}
	)
	err := eachMigration(func(name string, statements []string) {
		m := Migration{Name: name, Checksum: checksum(statements)}
		for _, s := range statements {
			whole, err := views.add(fill.Replace(s))
			if err != nil && wrong == nil {
				wrong = fmt.Errorf("%s: %w", name, err)
			}
			there, err := o.Cluster.Statements(whole, o.Database)
			if err != nil && wrong == nil {
				wrong = fmt.Errorf("%s: %w", name, err)
			}
			m.Statements = append(m.Statements, there...)
		}
		all = append(all, m)
	})
	if err == nil {
		err = wrong
	}
	return all, err
}

// ofView begins the statements that [viewStatement] takes apart.
var ofView = regexp.MustCompile(`^(CREATE OR REPLACE VIEW|DROP VIEW IF EXISTS) `)

func checksum(statements []string) string {
	hash := sha256.New()
	for _, s := range statements {
		if !ofView.MatchString(s) {
			fmt.Fprintln(hash, strings.Join(strings.Fields(s), " ")+";")
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// eachMigration gives the files' statements as they are written, without whole lines of comment.
func eachMigration(do func(name string, statements []string)) error {
	files, err := ddlFiles.ReadDir("clickhouse")
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		raw, err := ddlFiles.ReadFile("clickhouse/" + f.Name())
		if err != nil {
			return err
		}
		var statements []string
		for _, statement := range strings.Split(lineComment.ReplaceAllString(string(raw), ""), ";\n") {
			if s := strings.TrimSpace(statement); s != "" {
				statements = append(statements, s)
			}
		}
		do(strings.TrimSuffix(f.Name(), ".sql"), statements)
	}
	return nil
}
