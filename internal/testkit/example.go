package testkit

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Example is what the functions of this package need of a test, for an example, which has none. stop
// ends what they started. Whatever fails panics.
func Example() (t testing.TB, stop func()) {
	e := &example{}
	return e, e.stop
}

type example struct {
	testing.TB
	cleanups []func()
}

func (*example) Context() context.Context  { return context.Background() }
func (*example) Helper()                   {}
func (*example) Failed() bool              { return false }
func (*example) Logf(string, ...any)       {}
func (e *example) Cleanup(f func())        { e.cleanups = append(e.cleanups, f) }
func (*example) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
func (*example) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (*example) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func (e *example) stop() {
	for i := len(e.cleanups) - 1; i >= 0; i-- {
		e.cleanups[i]()
	}
}

// Documented fails a test unless each line of code in a package's comment stands in its example as well, so
// that what `go doc` shows has been run.
func Documented(t testing.TB, doc, examples string) {
	t.Helper()
	comment, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(examples)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.SplitSeq(string(comment), "\n") {
		shown, is := strings.CutPrefix(line, "//\t")
		if !is {
			continue
		}
		n++
		if !strings.Contains(string(code), "\n\t"+shown+"\n") {
			t.Errorf("%s shows a line that %s doesn't run:\n%s", doc, examples, shown)
		}
	}
	if n < 3 {
		t.Errorf("%s shows %d lines of code", doc, n)
	}
}
