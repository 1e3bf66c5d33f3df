package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vitrine/producers/agent"
	"vitrine/producers/connectors"
)

// The agent is for small computers: nothing of the database and of the consumers is in it.
func TestTheAgentIsWithoutTheEngine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, dep := range deps {
		for _, not := range []string{"vitrine/internal/chd", "vitrine/consumers", "vitrine/dashboards", "github.com/ClickHouse", "github.com/ebitengine/purego", "vitrine/internal/testkit"} {
			if strings.HasPrefix(dep, not) {
				t.Errorf("the agent depends on %s", dep)
			}
		}
	}
	if len(deps) < 50 {
		t.Errorf("go list shows %d dependencies: nothing was checked", len(deps))
	}
}

// Each of its packages is there for the systems that `make agent` builds for. To build it for one
// takes minutes from an empty cache, so that is left to make.
func TestTheAgentIsThereForAllSystems(t *testing.T) {
	const targets = "linux/amd64 linux/arm64 linux/arm windows/amd64 darwin/arm64"
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(makefile, []byte("AGENT_TARGETS := "+targets+"\n")) {
		t.Errorf("make agent doesn't build for %s", targets)
	}
	for target := range strings.SplitSeq(targets, " ") {
		system, machine, _ := strings.Cut(target, "/")
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .GoFiles}}{{.ImportPath}}{{end}}", ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+machine)
		out, err := cmd.CombinedOutput()
		if missing := strings.Fields(strings.ReplaceAll(string(out), "unsafe", "")); err != nil || len(missing) > 0 {
			t.Errorf("%s: %v\n%s", target, err, out)
		}
	}
}

// The examples of docs/agent.md are files that the agent takes.
func TestTheDocumentsExamplesAreGood(t *testing.T) {
	text, err := os.ReadFile("../../docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(examples) == 0 {
		t.Fatal("there is no example")
	}
	for _, example := range examples {
		dir := t.TempDir()
		for _, file := range regexp.MustCompile(`[\w-]+\.(txt|creds|yaml)`).FindAllString(string(example[1]), -1) {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := agent.ParseFile(example[1], "docs/agent.md", dir, connectors.All()); err != nil {
			t.Errorf("%s\n%v", example[1], err)
		}
	}
}

func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(good, []byte("lab: nord\nprogramme: {nats: \"nats://127.0.0.1:1\"}\nsources:\n  - {connector: nothing}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--version"}, 0, "dev"},
		{[]string{"--help"}, 0, "check"},
		{[]string{"--config", good}, 2, "line 4: connector"},
		{[]string{"--config", good, "--lang", "fr"}, 2, "ligne 4 : connector"},
		{[]string{"check", "--config", filepath.Join(dir, "none.yaml")}, 2, "none.yaml"},
		{[]string{"--nonsense"}, 2, "unknown flag"},
		{[]string{"--lang", "de"}, 2, "expected fr or en"},
		{[]string{"nonsense"}, 2, "unknown command"},
	} {
		var out bytes.Buffer
		if status := run(context.Background(), c.args, &out, &out, func(string) string { return "C" }, connectors.All()); status != c.status || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: exit status %d, want %d with %q:\n%s", c.args, status, c.status, c.want, &out)
		}
	}
}
