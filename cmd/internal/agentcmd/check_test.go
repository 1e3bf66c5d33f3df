package agentcmd_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/internal/testkit"
)

// A check asks and tells, and leaves nothing behind: a secret made here would be taken for the one to keep.
func TestCheckLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	config, data := filepath.Join(dir, "agent.yaml"), filepath.Join(dir, "data")
	text := "lab: atelier-nord\nprogramme: {nats: \"" + testkit.NATS(t) + "\"}\nsources:\n  - {connector: series, system: a, count: 7}\n  - {connector: series, name: b, system: b, count: x}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := run(t.Context(), &out, &out, "check", "--config", config, "--data", data)
	if err == nil || !strings.Contains(out.String(), "invalid syntax") || !strings.Contains(out.String(), "can be reached") {
		t.Errorf("%v:\n%s", err, &out)
	}
	if fields := strings.Fields(strings.Split(out.String(), "\n")[1]); len(fields) < 4 || fields[0] != "series" || fields[1] != "7" {
		t.Errorf("the first source's line: %q", fields)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder is there: %v", err)
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("it speaks of a secret:\n%s", &out)
	}
}
