package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"vitrine/internal/testkit"
)

// describeTo, an environment variable, makes TestWhatIsAskedForIsMeasured write what `up` registers to that file:
// the test runs itself so, since a process has one engine, and this program's is the test kit's.
const describeTo = "VITRINE_TEST_DESCRIBE_TO"

// measured is a metric as it is registered.
type measured struct {
	Name   string
	Labels []string // those that are fixed and those that vary
}

// TestWhatIsAskedForIsMeasured holds what dashboards and alert rules ask Prometheus for against what the running
// program registers, names and labels. (What a scrape shows lacks the metrics that have no value yet.)
func TestWhatIsAskedForIsMeasured(t *testing.T) {
	if file := os.Getenv(describeTo); file != "" {
		describeUp(t, file)
		return
	}
	file := filepath.Join(t.TempDir(), "metrics.json")
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), describeTo+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []measured
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for _, m := range all {
		labels[m.Name] = append(append([]string{}, labels[m.Name]...), m.Labels...)
	}
	asked := 0
	for where, expr := range askedOfPrometheus(t) {
		for _, s := range selectors(expr) {
			asked++
			if strings.HasPrefix(s.name, "vitrine_agent_") {
				continue // the lab agent's, another program
			}
			if problem := s.problem(labels); problem != "" {
				t.Errorf("%s: %s", where, problem)
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d selectors were found in dashboards and rules", asked)
	}
	for expr, bad := range map[string]bool{
		`rate(vitrine_consumer_step_seconds_bucket{step="store"}[5m])`: false, `vitrine_consumer_healthy{instance=~"x"}`: false,
		`vitrine_consumer_nonsense`: true, `vitrine_consumer_healthy{step="store"}`: true,
		`sum by (step) (vitrine_consumer_step_failures_total)`: false, `sum by (reason) (vitrine_consumer_step_failures_total)`: true,
	} {
		found := selectors(expr)
		if len(found) != 1 || (found[0].problem(labels) != "") != bad {
			t.Errorf("%s is taken for: %+v", expr, found)
		}
	}
}

// describeUp starts what `vitrine up` starts, with TLS and a destination for alerts, and writes what is registered.
func describeUp(t *testing.T, file string) {
	env := &environment{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	var f engineFlags
	var web webFlags
	cmd := &cobra.Command{Use: "up"}
	env.bind(cmd.PersistentFlags())
	f.bind(cmd.Flags(), time.Second)
	web.bind(cmd.Flags(), true)
	env.bindConsumer(cmd.Flags())
	addrs, _, _, _ := addresses(t)
	cert, key := testkit.NewCA(t).Issue(t, "server", time.Now().Add(time.Hour), "127.0.0.1")
	if err := cmd.ParseFlags(append(addrs, "--tls-cert", cert, "--tls-key", key, "--data", t.TempDir(), "--alert-webhook", "http://127.0.0.1:9/", "--log-level", "error")); err != nil {
		t.Fatal(err)
	}
	if err := env.resolve(cmd); err != nil {
		t.Fatal(err)
	}
	sent, err := env.delivery()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, err := env.startAll(ctx, f, web)
	if err != nil {
		t.Fatal(err)
	}
	a.inner.Go(func() error { return sent.run(a.ctx, env, a.services) })
	var all []measured
	testkit.Eventually(t, time.Minute, func() error {
		all = registeredIn(a.registry)
		if !slices.ContainsFunc(all, func(m measured) bool { return m.Name == "vitrine_alert_untold_seconds" }) {
			return fmt.Errorf("alerts aren't sent yet: %d metrics", len(all))
		}
		return nil
	})
	if err := a.stop(); err != nil {
		t.Error(err)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// registeredIn is what is registered. A description tells its parts by its String alone.
func registeredIn(registry *prometheus.Registry) []measured {
	descs := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descs)
		close(descs)
	}()
	var all []measured
	pattern := regexp.MustCompile(`^Desc\{fqName: "(\w+)", help: ".*", constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)
	for d := range descs {
		parts := pattern.FindStringSubmatch(d.String())
		if parts == nil {
			continue
		}
		m := measured{Name: parts[1]}
		for _, label := range regexp.MustCompile(`(\w+)=`).FindAllStringSubmatch(parts[2], -1) {
			m.Labels = append(m.Labels, label[1])
		}
		for label := range strings.SplitSeq(parts[3], ",") {
			if label != "" {
				m.Labels = append(m.Labels, label)
			}
		}
		all = append(all, m)
	}
	return all
}

// askedOfPrometheus are the expressions of Grafana's dashboards and of the alert rules, by where they stand. That they are PromQL is
// held elsewhere: by promtool, and by the dashboards' own tests.
func askedOfPrometheus(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..", "dashboards")
	all := map[string]string{}
	boards, err := filepath.Glob(filepath.Join(root, "grafana", "dashboards", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range boards {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(raw, &board); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range board.Panels {
			for i, target := range p.Targets {
				if target.Expr != "" {
					all[fmt.Sprintf("%s, %s, %d", file, p.Title, i)] = target.Expr
				}
			}
		}
	}
	rules, err := filepath.Glob(filepath.Join(root, "prometheus", "rules", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range rules {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var groups struct {
			Groups []struct {
				Rules []struct{ Alert, Expr string }
			}
		}
		if err := yaml.Unmarshal(raw, &groups); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, g := range groups.Groups {
			for _, r := range g.Rules {
				all[file+", "+r.Alert] = r.Expr
			}
		}
	}
	return all
}

// selector is one of our metrics in an expression, with the labels that it is picked and grouped by.
type selector struct {
	name   string
	labels []string
}

func selectors(expr string) []selector {
	var grouped []string
	for _, by := range regexp.MustCompile(`\bby\s*\(([^)]*)\)`).FindAllStringSubmatch(expr, -1) {
		grouped = append(grouped, regexp.MustCompile(`\w+`).FindAllString(by[1], -1)...)
	}
	var all []selector
	for _, found := range regexp.MustCompile(`\b(vitrine_\w+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(expr, -1) {
		s := selector{name: found[1], labels: slices.Clone(grouped)}
		for _, matcher := range regexp.MustCompile(`(\w+)\s*[=!]~?=?\s*"`).FindAllStringSubmatch(found[2], -1) {
			s.labels = append(s.labels, matcher[1])
		}
		all = append(all, s)
	}
	return all
}

// problem says what isn't measured; empty: nothing.
func (s selector) problem(measured map[string][]string) string {
	name := s.name
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		// A histogram is registered under the name of the whole.
		if whole := strings.TrimSuffix(s.name, part); whole != s.name && measured[s.name] == nil {
			name = whole
		}
	}
	labels, there := measured[name]
	if !there {
		return s.name + " isn't registered"
	}
	for _, label := range s.labels {
		// Prometheus adds the first two, and a histogram's buckets have the third.
		if !slices.Contains(append([]string{"instance", "job", "le"}, labels...), label) {
			return fmt.Sprintf("%s has no label %s (it has %v)", s.name, label, labels)
		}
	}
	return ""
}
