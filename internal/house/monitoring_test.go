package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// rule is an alert of dashboards/prometheus/rules.
type rule struct {
	Alert, Expr         string
	Labels, Annotations map[string]string
}

// promtool is the user's own or the one that .ci/ensure-promtool brought.
func promtool(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "vitrine", "promtool", "promtool")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs promtool (.ci/ensure-promtool brings it): %v", err)
	}
	return path
}

// TestPrometheusRules lets promtool check the configuration and the rules and run the rules' own tests.
func TestPrometheusRules(t *testing.T) {
	tool, dir := promtool(t), filepath.Join(root(t), "dashboards", "prometheus")
	tests, err := filepath.Glob(filepath.Join(dir, "testdata", "*_test.yml"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests of rules: %v", err)
	}
	for _, args := range [][]string{{"check", "config", filepath.Join(dir, "prometheus.yml")}, append([]string{"test", "rules"}, tests...)} {
		if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args[:2], " "), err, out)
		}
	}
}

// TestEveryRuleIsTriedAndExplained: each alert fires in a test and keeps quiet in one, says what a person needs, and has a runbook.
func TestEveryRuleIsTriedAndExplained(t *testing.T) {
	fires, quiet := map[string]bool{}, map[string]bool{}
	var tried struct {
		Tests []struct {
			AlertRuleTest []struct {
				Alertname string `yaml:"alertname"`
				ExpAlerts []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	eachFile(t, "dashboards/prometheus/testdata", ".yml", func(_ string, text []byte) {
		tried.Tests = nil
		if err := yaml.Unmarshal(text, &tried); err != nil {
			t.Fatal(err)
		}
		for _, test := range tried.Tests {
			for _, c := range test.AlertRuleTest {
				if len(c.ExpAlerts) > 0 {
					fires[c.Alertname] = true
				} else {
					quiet[c.Alertname] = true
				}
			}
		}
	})
	known, seen := metricNames(t), map[string]bool{}
	for _, r := range rules(t) {
		if seen[r.Alert] {
			t.Errorf("%s is there twice", r.Alert)
		}
		seen[r.Alert] = true
		if !fires[r.Alert] || !quiet[r.Alert] {
			t.Errorf("%s: fires in a test: %t, keeps quiet in one: %t", r.Alert, fires[r.Alert], quiet[r.Alert])
		}
		if s := r.Labels["severity"]; s != "warning" && s != "critical" {
			t.Errorf("%s: severity %q, want warning or critical", r.Alert, s)
		}
		for _, name := range []string{"summary", "description"} {
			if r.Annotations[name] == "" {
				t.Errorf("%s has no %s", r.Alert, name)
			}
		}
		file, anchor, _ := strings.Cut(r.Annotations["runbook"], "#")
		if file == "" || !hasAnchor(read(t, filepath.FromSlash(file)), anchor) {
			t.Errorf("%s: its runbook %q isn't there", r.Alert, r.Annotations["runbook"])
		}
		for _, name := range regexp.MustCompile(`vitrine_\w+`).FindAllString(r.Expr, -1) {
			if !known(name) {
				t.Errorf("%s asks for %s, which no code makes", r.Alert, name)
			}
		}
	}
	if len(seen) == 0 {
		t.Fatal("no rules")
	}
	if known("vitrine_consumer_nonsense") || known("vitrine_nonsense_total") || hasAnchor([]byte("## A rule\n"), "a-ruler") {
		t.Error("what isn't there passes as well")
	}
}

func rules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	eachFile(t, "dashboards/prometheus/rules", ".yml", func(name string, text []byte) {
		var file struct{ Groups []struct{ Rules []rule } }
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, g := range file.Groups {
			all = append(all, g.Rules...)
		}
	})
	return all
}

// hasAnchor says whether a Markdown text has a heading that is linked to as anchor.
func hasAnchor(text []byte, anchor string) bool {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(string(heading[1])), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// metricNames knows the metrics that the code makes: a name stands in a string, whole or after its component's prefix.
func metricNames(t *testing.T) func(name string) bool {
	t.Helper()
	literals := map[string]bool{}
	for _, place := range []string{"cmd", "consumers", "dashboards", "internal", "producers"} {
		eachFile(t, place, ".go", func(name string, text []byte) {
			if strings.HasSuffix(name, "_test.go") {
				return
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil {
						literals[s] = true
					}
				}
				return true
			})
		})
	}
	return func(name string) bool {
		for _, part := range []string{"", "_bucket", "_sum", "_count"} {
			base, ok := strings.CutSuffix(name, part)
			if !ok {
				continue
			}
			if literals[base] {
				return true
			}
			for _, prefix := range []string{"vitrine_consumer_", "vitrine_agent_"} {
				if rest, ok := strings.CutPrefix(base, prefix); ok && literals[prefix] && literals[rest] {
					return true
				}
			}
		}
		return false
	}
}

// eachFile gives the files below a folder that end so.
func eachFile(t *testing.T, folder, ending string, do func(name string, text []byte)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root(t)), folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, ending) {
			do(name, read(t, filepath.FromSlash(name)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
