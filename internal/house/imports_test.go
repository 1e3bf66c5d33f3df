package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// edge is one import; test says that only a test file has it.
type edge struct {
	from, to string
	test     bool
}

// TestImportRule holds the import rule of CONTRIBUTING.md.
func TestImportRule(t *testing.T) {
	edges, packages := 0, 0
	// The dashboards for Grafana are a module of their own, under the same rule.
	for _, place := range []string{".", "dashboards/grafana"} {
		// -e: a package that doesn't compile is another test's business.
		decoder := json.NewDecoder(bytes.NewReader(output(t, "go", "list", "-C", place, "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")))
		for {
			var p pkg
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("read go list: %v", err)
			}
			packages++
			if !knownPlace(p.ImportPath) {
				t.Errorf("package %s is in none of the layout's folders (schemas, producers, consumers, dashboards, cmd, internal)", p.ImportPath)
			}
			for _, e := range p.edges() {
				edges++
				if why := violation(e); why != "" {
					t.Errorf("%s", why)
				}
			}
		}
	}
	if packages == 0 || edges == 0 {
		t.Fatalf("go list showed %d packages and %d imports: nothing was checked", packages, edges)
	}
}

func (p pkg) edges() []edge {
	var all []edge
	for _, to := range p.Imports {
		all = append(all, edge{from: p.ImportPath, to: to})
	}
	for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
		all = append(all, edge{from: p.ImportPath, to: to, test: true})
	}
	return all
}

func knownPlace(path string) bool {
	for _, place := range []string{"schemas", "producers", "consumers", "dashboards", "cmd", "internal"} {
		if under(path, module+"/"+place) {
			return true
		}
	}
	return false
}

// violation says how an import breaks the rule, or nothing.
//
//	cmd/vitrine ──► producers ──► schemas ◄── consumers ◄── cmd/vitrine
//	            ──► dashboards, internal/natsd, internal/chd: nothing of ours below them
//	producers, consumers, dashboards ──► internal/pages, internal/charts, internal/egress: what they share, nothing of ours below it
//	producers, consumers ──► internal/bucket: the same
//
// Tests may start the engines through internal, and the tests of dashboards may read schemas. That
// producers and consumers never meet, and that nobody imports the binary, holds for tests as well. Benchmarks
// (internal/bench) start the engines too, and may import everything; nobody imports them.
func violation(e edge) string {
	const (
		schemas    = module + "/schemas"
		producers  = module + "/producers"
		consumers  = module + "/consumers"
		dashboards = module + "/dashboards"
		cmd        = module + "/cmd"
		internal   = module + "/internal"
		testkit    = internal + "/testkit"
		bench      = internal + "/bench" // runs the engines and peers of the pipeline to measure it; nobody imports it
		clickhouse = "github.com/ClickHouse/clickhouse-go"
	)
	from, to := e.from, e.to
	in := func(places ...string) bool {
		return slices.ContainsFunc(places, func(p string) bool { return under(from, p) })
	}
	of := func(places ...string) bool {
		return slices.ContainsFunc(places, func(p string) bool { return under(to, p) })
	}
	broken := func(rule string) string {
		file := ""
		if e.test {
			file = " (in a test)"
		}
		return fmt.Sprintf("%s imports %s%s: %s", from, to, file, rule)
	}

	switch {
	case of(cmd) && !in(cmd):
		return broken("nobody imports the binary")
	case in(producers) && of(consumers), in(consumers) && of(producers):
		return broken("producers and consumers never import each other; what they share belongs in schemas")
	case in(dashboards) && of(producers, consumers):
		return broken("dashboards import no pipeline code; they read ClickHouse's contract tables")
	case e.test:
		return ""
	case of(bench) && !in(bench):
		return broken("nobody imports the benchmarks but tests, which may use their load")
	case of(clickhouse) && !in(consumers+"/clickhouse", internal+"/chd", testkit, bench+"/loops"):
		return broken("only consumers/clickhouse (and internal/chd for its block codec, and the loops that it is measured against) imports clickhouse-go")
	case in(schemas + "/internal/gen"):
		return ""
	case in(schemas) && !standard(to) && !of(schemas, "github.com/google/uuid", "github.com/goccy/go-yaml"):
		return broken("schemas imports the standard library, uuid and its parsers only")
	case !of(module):
		return ""
	case of(testkit) && !in(testkit):
		return broken("testkit is for tests")
	case in(internal+"/pages", internal+"/charts", internal+"/certs", internal+"/egress", internal+"/bucket"):
		return broken("what all share imports none of ours")
	case of(internal+"/pages", internal+"/charts", internal+"/egress") && in(producers, consumers, dashboards):
		return ""
	case of(internal+"/bucket") && in(producers, consumers):
		return ""
	case of(internal+"/certs") && !in(cmd):
		return broken("certificates are read where the flags are; others get what crypto/tls takes")
	case of(internal+"/natsd", internal+"/chd") && !in(cmd, testkit, bench, internal+"/natsd", internal+"/chd"):
		return broken("production code sees a NATS URL and a ClickHouse URL; only cmd/vitrine, benchmarks and tests start the embedded engines")
	case in(producers) && !of(producers, schemas), in(consumers) && !of(consumers, schemas):
		return broken("of ours, producers and consumers import schemas only")
	case in(dashboards+"/grafana") && of(schemas): // indicators' names, units and definitions, when the JSON is made
		return ""
	case in(dashboards) && !of(dashboards):
		return broken("dashboards import nothing else of ours")
	case in(internal+"/natsd") && !of(internal+"/natsd"), in(internal+"/chd") && !of(internal+"/chd"):
		return broken("the embedded engines import none of ours")
	}
	return ""
}

// under says whether a package is at or below a path, on whole path elements.
func under(path, place string) bool {
	return path == place || strings.HasPrefix(path, place+"/")
}

// standard says whether a package belongs to Go's standard library: its first element has no dot,
// and it isn't ours.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != module
}

// TestImportRuleBites shows that the rule can fail.
func TestImportRuleBites(t *testing.T) {
	const test = true
	for _, c := range []struct {
		from, to string
		test     bool
		broken   bool
	}{
		{"vitrine/schemas", "strings", false, false},
		{"vitrine/schemas", "github.com/google/uuid", false, false},
		{"vitrine/schemas", "github.com/goccy/go-yaml/ast", false, false},
		{"vitrine/schemas", "github.com/nats-io/nats.go", false, true},
		{"vitrine/schemas", "vitrine/consumers", false, true},
		{"vitrine/schemas", "vitrine/internal/testkit", test, false},
		{"vitrine/schemas/internal/gen", "github.com/nats-io/nats.go", false, false},
		{"vitrine/schemas/internal/gen", "vitrine/cmd/vitrine", false, true},
		{"vitrine/producers/gateway", "vitrine/producers", false, false},
		{"vitrine/producers/gateway", "vitrine/schemas", false, false},
		{"vitrine/producers", "vitrine/consumers/rollup", false, true},
		{"vitrine/producers", "vitrine/consumers/rollup", test, true},
		{"vitrine/producers", "vitrine/dashboards", false, true},
		{"vitrine/consumers/rollup", "vitrine/producers", false, true},
		{"vitrine/consumers/ingest", "vitrine/internal/natsd", false, true},
		{"vitrine/consumers/ingest", "vitrine/internal/natsd", test, false},
		{"vitrine/internal/bench", "vitrine/internal/natsd", false, false},
		{"vitrine/internal/bench/loops", "github.com/ClickHouse/clickhouse-go/v2", false, false},
		{"vitrine/internal/bench/load", "github.com/ClickHouse/clickhouse-go/v2", false, true},
		{"vitrine/cmd/vitrine", "vitrine/internal/bench/load", false, true},
		{"vitrine/consumers/ingest", "vitrine/internal/bench/load", test, false},
		{"vitrine/consumers/ingest", "vitrine/internal/testkit", false, true},
		{"vitrine/consumers/ingest", "github.com/ClickHouse/clickhouse-go/v2", false, true},
		{"vitrine/consumers/clickhouse", "github.com/ClickHouse/clickhouse-go/v2", false, false},
		{"vitrine/consumers/clickhousex", "github.com/ClickHouse/clickhouse-go/v2", false, true},
		{"vitrine/internal/chd", "github.com/ClickHouse/clickhouse-go/v2/lib/proto", false, false},
		{"vitrine/internal/chd", "vitrine/schemas", false, true},
		{"vitrine/internal/natsd", "vitrine/internal/chd", false, true},
		{"vitrine/internal/testkit", "vitrine/internal/chd", false, false},
		{"vitrine/internal/testkit", "vitrine/cmd/vitrine", false, true},
		{"vitrine/dashboards/showcase", "vitrine/dashboards/queries", false, false},
		{"vitrine/dashboards/showcase", "vitrine/schemas", false, true},
		{"vitrine/dashboards/showcase", "vitrine/internal/testkit", test, false},
		{"vitrine/dashboards/showcase", "vitrine/consumers/clickhouse", test, true},
		{"vitrine/dashboards/showcase", "vitrine/internal/pages", false, false},
		{"vitrine/consumers/reports", "vitrine/internal/charts", false, false},
		{"vitrine/schemas", "vitrine/internal/pages", false, true},
		{"vitrine/producers/importers/rest", "vitrine/internal/egress", false, false},
		{"vitrine/internal/egress", "vitrine/schemas", false, true},
		{"vitrine/producers/credentials", "vitrine/internal/bucket", false, false},
		{"vitrine/dashboards/programme", "vitrine/internal/bucket", false, true},
		{"vitrine/internal/bucket", "vitrine/schemas", false, true},
		{"vitrine/internal/pages", "vitrine/schemas", false, true},
		{"vitrine/internal/certs", "vitrine/schemas", false, true},
		{"vitrine/internal/natsd", "vitrine/internal/certs", false, true},
		{"vitrine/cmd/vitrine", "vitrine/internal/certs", false, false},
		{"vitrine/cmd/internal/agentcmd", "vitrine/internal/certs", false, false},
		{"vitrine/cmd/vitrine", "vitrine/internal/chd", false, false},
		{"vitrine/cmd/vitrine", "vitrine/internal/testkit", false, true},
		{"vitrine/cmd/vitrine", "github.com/ClickHouse/clickhouse-go/v2", false, true},
	} {
		why := violation(edge{c.from, c.to, c.test})
		if (why != "") != c.broken {
			t.Errorf("%s imports %s (in a test: %t): broken = %t, want %t", c.from, c.to, c.test, why != "", c.broken)
		}
		if c.broken && (!strings.Contains(why, c.from) || !strings.Contains(why, c.to)) {
			t.Errorf("%q names neither package and import", why)
		}
	}
	if knownPlace("vitrine/pkg/util") || !knownPlace("vitrine/schemas") {
		t.Error("a package outside the layout isn't seen, or one inside is")
	}
}
