package house

import (
	"regexp"
	"strings"
	"testing"
)

// fetched is what a line of a script brings from outside: a Go program or an npm package, with its version.
var fetched = regexp.MustCompile(`(?:go (?:run|install) |npm (?:pack|install|exec) (?:--?[a-z-]+(?:=\S+)? )*"?)((?:[a-z0-9.-]+\.[a-z]+/|@?[a-z][a-z0-9-]*@|\S+/)\S*)`)

// oneVersion says whether what is fetched is one version for good: a number, or a variable that is checked where it is set.
func oneVersion(what string) bool {
	_, version, found := strings.Cut(strings.TrimPrefix(strings.Trim(what, `"'`), "@"), "@")
	if !found {
		return strings.HasPrefix(what, "./") || strings.Contains(what, "$")
	}
	return regexp.MustCompile(`^v?\d+\.\d+\.\d+|^\$`).MatchString(version)
}

// TestToolsArePinned: what the Makefile and the scripts bring is what was reviewed, not what is newest.
func TestToolsArePinned(t *testing.T) {
	n := 0
	for _, path := range strings.Fields(string(output(t, "git", "ls-files", "Makefile", ".ci", "Dockerfile"))) {
		for _, line := range strings.Split(string(read(t, path)), "\n") {
			for _, m := range fetched.FindAllStringSubmatch(line, -1) {
				n++
				if !oneVersion(m[1]) {
					t.Errorf("%s: %q isn't one version for good", path, m[1])
				}
			}
			if name, value, is := strings.Cut(line, "="); is && strings.Contains(value, "@latest") {
				t.Errorf("%s: %s is whatever is newest", path, strings.TrimSpace(name))
			}
		}
	}
	if n < 2 {
		t.Fatalf("%d things are fetched: the scripts weren't read", n)
	}
	for what, want := range map[string]bool{"example.org/tool@v1.2.3": true, "axe-core@1.2.3": true, "./cmd/x": true, "example.org/tool@latest": false, "example.org/tool@main": false,
		"example.org/tool": false, "@chdb/lib@26.7.2": true, "@chdb/lib": false} {
		if got := oneVersion(what); got != want {
			t.Errorf("%s: pinned %t, want %t", what, got, want)
		}
	}
	t.Logf("attempt: have one of %d tools replaced by a newer one | each is one version for good", n)
}
