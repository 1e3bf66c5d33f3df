package house

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxFileSize keeps data and binaries out of the history, in bytes.
const maxFileSize = 1 << 20

// TestText checks every file that is or is about to be committed.
func TestText(t *testing.T) {
	dir := root(t)
	if _, err := os.Stat(filepath.Join(dir, ".git")); os.IsNotExist(err) {
		t.Fatal("this is no git work tree: clone the repository to test it")
	}
	checked := 0
	for name := range strings.SplitSeq(string(output(t, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")), "\x00") {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if name == "" || os.IsNotExist(err) {
			continue // deleted, and that not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if !info.Mode().IsRegular() {
			t.Errorf("%s is no regular file", name)
			continue
		}
		checked++
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(name, text) {
			t.Error(fault)
		}
	}
	if checked == 0 {
		t.Fatal("git ls-files showed nothing: nothing was checked")
	}
}

// registries are hosts that belong in the settings of go, npm and apt, not in this repository. They
// are put together here, so that this file doesn't name them either.
func registries() []string {
	host := func(parts ...string) string { return strings.Join(parts, ".") }
	return []string{
		host("proxy", "golang", "org"), host("sum", "golang", "org"),
		host("registry", "npmjs", "org"), host("deb", "debian", "org"),
	}
}

var machinePath = regexp.MustCompile(`(?:^|[^\w.-])(/` + `work/[^\s"']*)`)

// faults says what is wrong with a file.
func faults(name string, text []byte) []string {
	var all []string
	if len(text) > maxFileSize {
		all = append(all, fmt.Sprintf("%s has %d bytes, more than %d: fetch or generate it instead", name, len(text), maxFileSize))
	}
	// The call's lab lists are third-party data; tests use the simulator's or made-up ones.
	if base := filepath.Base(name); base == "cget_fablabs_2019.csv" || strings.HasPrefix(base, "maplabbzh") {
		all = append(all, fmt.Sprintf("%s is third-party data, which isn't committed", name))
	}
	for _, host := range registries() {
		if bytes.Contains(text, []byte(host)) {
			all = append(all, fmt.Sprintf("%s names the package registry %s: leave the choice to go, npm and apt", name, host))
		}
	}
	// A pattern takes a hundred times as long to find nothing in a file as looking for its text.
	if bytes.Contains(text, []byte("/"+"work/")) {
		if m := machinePath.FindSubmatch(text); m != nil {
			all = append(all, fmt.Sprintf("%s names %s, a path of one machine", name, m[1]))
		}
	}
	return all
}

// TestTextBites shows that the checks can fail.
func TestTextBites(t *testing.T) {
	const folder = "/" + "work/"
	const machine = folder + "main"
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"README.md", "all is well, in docs" + folder + " too", 0},
		{"README.md", "see " + machine, 1},
		{"README.md", machine, 1},
		{"x.sh", "curl https://" + registries()[0] + "/x", 1},
		{"x.sh", strings.Join(registries(), "\n"), 4},
		{"data.bin", strings.Repeat("x", maxFileSize+1), 1},
		{"testdata/cget_fablabs_2019.csv", "", 1},
		{"maplabbzh-2024.json", "", 1},
	} {
		if got := faults(c.name, []byte(c.text)); len(got) != c.want {
			t.Errorf("%s: %d faults, want %d: %q", c.name, len(got), c.want, got)
		}
	}
}

// TestApprovalHasOneWord holds that a period is « validée » on every page, board and report, and approved by no other word.
func TestApprovalHasOneWord(t *testing.T) {
	dir, read := root(t), 0
	for name := range strings.SplitSeq(string(output(t, "git", "ls-files", "-z", "--", "*texts.yaml", "*/texts/*.yaml")), "\x00") {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		read++
		for n, line := range strings.Split(string(text), "\n") {
			if lower := strings.ToLower(line); strings.Contains(lower, "approuv") || strings.Contains(lower, "approbation") {
				t.Errorf("%s:%d: %s", name, n+1, line)
			}
		}
	}
	if read < 5 {
		t.Fatalf("only %d tables of words were read", read)
	}
}
