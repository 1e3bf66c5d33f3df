package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryThreatHasItsTest: what the page names is in the code, and nothing is named without a test.
func TestEveryThreatHasItsTest(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "threats.md"))
	if err != nil {
		t.Fatal(err)
	}
	threats, err := read(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	if len(threats) < 25 {
		t.Fatalf("the page has %d threats: was its table read?", len(threats))
	}
	known := map[string]map[string]bool{} // tests by package
	for _, threat := range threats {
		for _, a := range threat.Tests {
			if known[a.Package] == nil {
				known[a.Package] = testsOf(t, filepath.Join("..", "..", filepath.FromSlash(a.Package)))
			}
			if !known[a.Package][a.Name] {
				t.Errorf("%q: %s has no %s", threat.What, a.Package, a.Name)
			}
		}
	}
}

// testsOf are the names of the functions in a package's tests.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests: %v", dir, err)
	}
	out := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil {
				out[f.Name.Name] = true
			}
		}
	}
	return out
}

func TestRead(t *testing.T) {
	const head = "| | threat | what stops it | tried by | what remains |\n|---|---|---|---|---|\n"
	got, err := read(head + "| S | guess | bits | `a/b.TestX` `c.FuzzY` | |\n")
	if err != nil || len(got) != 1 || got[0].What != "guess" || len(got[0].Tests) != 2 || got[0].Tests[1] != (attempt{"c", "FuzzY"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := read(head + "| S | guess | bits | none | nothing |\n"); err == nil {
		t.Error("a threat without a test is taken")
	}
}

// TestReport: an attempt that succeeded or wasn't made is told and an error.
func TestReport(t *testing.T) {
	a, b := attempt{"p", "TestA"}, attempt{"p", "TestB"}
	threats := []threat{{What: "first", Tests: []attempt{a}}, {What: "second", Tests: []attempt{a, b}}}
	for result, word := range map[string]string{"pass": "2 held off", "fail": "SUCCEEDED", "skip": "NOT TRIED", "": "NOT TRIED"} {
		var out bytes.Buffer
		err := report(&out, threats, map[attempt]*outcome{a: {result: "pass", tried: []string{"climb | fell"}}, b: {result: result}})
		if (err == nil) != (result == "pass") || !strings.Contains(out.String(), word) || !strings.Contains(out.String(), "climb") {
			t.Errorf("%q: %v\n%s", result, err, &out)
		}
	}
}
