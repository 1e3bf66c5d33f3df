package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretName is what a variable or field that holds a secret is called here.
var secretName = regexp.MustCompile(`(?i)(token|secret|password|csrf|signature|salt)$`)

// plainComparisons are the places of a file where two values are compared by == or != of which one is called a secret. With a
// literal, nil or an empty value nothing is learned byte by byte.
func plainComparisons(set *token.FileSet, file *ast.File) (at []token.Position) {
	ast.Inspect(file, func(n ast.Node) bool {
		b, is := n.(*ast.BinaryExpr)
		if !is || b.Op != token.EQL && b.Op != token.NEQ {
			return true
		}
		if value(b.X) && value(b.Y) && (secret(b.X) || secret(b.Y)) {
			at = append(at, set.Position(b.Pos()))
		}
		return true
	})
	return at
}

// value says whether an expression is a variable's, and no constant.
func value(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name != "nil" && e.Name != "true" && e.Name != "false"
	case *ast.SelectorExpr, *ast.CallExpr, *ast.IndexExpr:
		return true
	}
	return false
}

func secret(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return secretName.MatchString(e.Name)
	case *ast.SelectorExpr:
		if of, is := e.X.(*ast.Ident); is && of.Name == "importers" && e.Sel.Name == "Secret" {
			return false // a type of setting
		}
		return secretName.MatchString(e.Sel.Name)
	}
	return false
}

// TestSecretsAreComparedInConstantTime: by subtle or hmac, never by ==, whose time tells how much was right.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	allowed := map[string]bool{
		"producers/agent/feed.go": true, // the tokens of an MQTT topic
	}
	files := 0
	for _, path := range strings.Fields(string(output(t, "git", "ls-files", "*.go"))) {
		if strings.HasSuffix(path, "_test.go") || allowed[path] {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root(t), path), nil, parser.SkipObjectResolution)
		if err != nil {
			continue // go vet's business, or a file that was removed
		}
		files++
		for _, at := range plainComparisons(set, file) {
			t.Errorf("%s:%d compares a secret by == or !=: use crypto/subtle or hmac.Equal", path, at.Line)
		}
	}
	if files < 100 {
		t.Fatalf("%d files were read", files)
	}
	t.Logf("attempt: time the comparison of a secret in any of %d files | all go through crypto/subtle or hmac.Equal", files)
}

func TestPlainComparisonsAreSeen(t *testing.T) {
	for code, want := range map[string]int{
		`given == c.Token`: 1, `a.csrf != r.FormValue("csrf")`: 1, `password != expected`: 1, `token == ""`: 0, `secret != nil`: 0, `len(token) == n`: 0, `kind == other`: 0,
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "x.go", "package x\nvar _ = "+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(plainComparisons(set, file)); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}
