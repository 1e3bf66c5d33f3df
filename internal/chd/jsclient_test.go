package chd

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJavaScriptClient runs the official JavaScript client against the endpoint.
// The npm client brings it, as the lock file pins it, into the test's folder.
func TestJavaScriptClient(t *testing.T) {
	e := serve(t, nil)
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "client.mjs"} {
		data, err := os.ReadFile(filepath.Join("testdata", "jsclient", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci (Node.js with npm is needed): %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), "node", "client.mjs", e.URL, e.table(t))
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	eventually(t, "the aborted statement cancelled", func() bool { return e.runningNow(t) == 0 })
}
