// Threats runs the tests that docs/threats.md names, and prints what became of each attempt.
//
//	go run ./internal/threats [-page docs/threats.md]
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

func main() {
	page := flag.String("page", "docs/threats.md", "the page with the table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *page); err != nil {
		fmt.Fprintln(os.Stderr, "threats:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, page string) error {
	raw, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	threats, err := read(string(raw))
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	names := map[string][]string{} // by package
	for _, t := range threats {
		for _, a := range t.Tests {
			if !slices.Contains(names[a.Package], a.Name) {
				names[a.Package] = append(names[a.Package], a.Name)
			}
		}
	}
	outcomes := map[attempt]*outcome{}
	for _, p := range slices.Sorted(maps.Keys(names)) {
		if err := try(ctx, p, names[p], outcomes); err != nil {
			return err
		}
	}
	return report(out, threats, outcomes)
}

// outcome is what became of a test.
type outcome struct {
	result string // what go test calls it: pass, fail or skip; empty: it wasn't run
	tried  []string
}

// try runs tests of one package. A test says what it tried in lines "attempt: what | outcome".
func try(ctx context.Context, pkg string, names []string, outcomes map[attempt]*outcome) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-timeout=15m", "-run", "^("+strings.Join(names, "|")+")$", "./"+pkg)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go test %s: %w", pkg, err)
	}
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		top, _, _ := strings.Cut(e.Test, "/")
		at := attempt{pkg, top}
		o := outcomes[at]
		if o == nil {
			o = &outcome{}
			outcomes[at] = o
		}
		switch _, said, found := strings.Cut(e.Output, "attempt: "); {
		case found:
			o.tried = append(o.tried, strings.TrimSpace(said))
		case e.Test == top && slices.Contains([]string{"pass", "fail", "skip"}, e.Action):
			o.result = e.Action
		}
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil // the outcomes say which; a package that doesn't compile has none
	}
	return errors.Join(err, lines.Err())
}

// report prints the table; its error says that an attempt succeeded, or wasn't made.
func report(out io.Writer, threats []threat, outcomes map[attempt]*outcome) error {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateRows = true
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 60}, {Number: 3, WidthMax: 80}})
	t.AppendHeader(table.Row{"", "attempt", "tried by", "outcome"})
	bad, told := 0, map[attempt]bool{}
	var tests []attempt
	var detail []string
	for _, threat := range threats {
		result, by := "held off", []string{}
		for _, a := range threat.Tests {
			by = append(by, a.Package+"."+a.Name)
			o := outcomes[a]
			switch {
			case o == nil || o.result == "" || o.result == "skip":
				result = "NOT TRIED"
			case o.result != "pass":
				result = "SUCCEEDED"
			}
			if !told[a] {
				told[a] = true
				tests = append(tests, a)
				if o != nil {
					detail = append(detail, o.tried...)
				}
			}
		}
		if result != "held off" {
			bad++
		}
		t.AppendRow(table.Row{threat.Sort, threat.What, strings.Join(by, "\n"), result})
	}
	t.Render()
	d := table.NewWriter()
	d.SetOutputMirror(out)
	d.SetStyle(table.StyleLight)
	d.SetColumnConfigs([]table.ColumnConfig{{Number: 1, WidthMax: 90}, {Number: 2, WidthMax: 80}})
	d.AppendHeader(table.Row{"attempt", "what came of it"})
	for _, said := range detail {
		what, came, _ := strings.Cut(said, " | ")
		d.AppendRow(table.Row{what, came})
	}
	d.Render()
	fmt.Fprintf(out, "%d threats, %d tests, %d held off\n", len(threats), len(tests), len(threats)-bad)
	if bad > 0 {
		return fmt.Errorf("%d of %d weren't held off, or not tried", bad, len(threats))
	}
	return nil
}
