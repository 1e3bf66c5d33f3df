// Mutants breaks the commit protocol in one place after the other, and shows that the schedules of
// consumers/verify find it each time. Nothing in the work tree is touched: go's -overlay puts the
// broken file in the sound one's place.
//
//	go run ./internal/mutants [-schedules 100] [-only name]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"vitrine/internal/ramdisk"
)

func main() {
	schedules := flag.Int("schedules", 100, "schedules that are tried against each")
	only := flag.String("only", "", "only mutations whose name has this in it; the sound code is tried always")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *schedules, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, schedules int, only string) error {
	root, err := command(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	suite := suite{root: strings.TrimSpace(root), schedules: schedules}
	sound, err := suite.try(ctx, nil)
	if err != nil {
		return err
	}
	if len(sound.failed) > 0 {
		return fmt.Errorf("the sound code fails %s: %s", strings.Join(sound.failed, ", "), sound.first)
	}
	fmt.Fprintf(out, "sound code: exact (%s), %s\n", sound.schedules, sound.took.Round(time.Second))
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleLight)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 40}, {Number: 4, WidthMax: 60}})
	t.AppendHeader(table.Row{"mutation", "where", "caught by", "first difference", "schedules, s"})
	var survivors []string
	for _, m := range mutations() {
		if !strings.Contains(m.name, only) {
			continue
		}
		v, err := suite.try(ctx, &m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		caught := v.caught()
		if !slices.Contains(v.failed, m.by) {
			survivors = append(survivors, m.name)
			caught = "NOT by " + m.by + "; " + caught
		}
		t.AppendRow(table.Row{m.name, v.where, caught, v.first, v.schedules})
		fmt.Fprintf(os.Stderr, "%s: %s (%s)\n", m.name, caught, v.took.Round(time.Second))
	}
	t.Render()
	if len(survivors) > 0 {
		return fmt.Errorf("not caught: %s", strings.Join(survivors, ", "))
	}
	return nil
}

// suite runs the schedules of consumers/verify.
type suite struct {
	root      string
	schedules int
}

// verdict is how a run ended.
type verdict struct {
	where     string   // file:line of the mutation
	failed    []string // tests
	first     string   // the first difference
	schedules string   // how many, and how long, until it was seen
	took      time.Duration
}

// caught names the tests that failed; of the known schedules, the first one and how many there are.
func (v verdict) caught() string {
	var tests, known []string
	for _, test := range v.failed {
		if name, isKnown := strings.CutPrefix(test, knownSchedules+"/"); isKnown {
			known = append(known, name)
		} else if test != knownSchedules {
			tests = append(tests, test)
		}
	}
	if len(known) > 0 {
		tests = append(tests, fmt.Sprintf("%s (%d: %s …)", knownSchedules, len(known), known[0]))
	}
	return strings.Join(tests, ", ")
}

// try runs the suite on the code with a mutation, or on the sound code.
func (s suite) try(ctx context.Context, m *mutation) (v verdict, err error) {
	dir, err := os.MkdirTemp("", "vitrine-mutant-") // a folder in memory may not run programs
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data, err := os.MkdirTemp(ramdisk.ForTests(), "vitrine-mutant-")
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	var flags []string
	build := []string{"test", "-vet=off", "-c", "-o", filepath.Join(dir, "suite")}
	if m != nil {
		overlay, where, err := m.overlay(s.root, dir)
		if err != nil {
			return v, err
		}
		v.where, flags = where, m.flags
		build = append(build, "-overlay", overlay)
	}
	if _, err := command(ctx, s.root, "go", append(build, "./consumers/verify")...); err != nil {
		return v, err
	}
	began := time.Now()
	// A failed test keeps its data; here they go with the folder.
	args := append([]string{"TMPDIR=" + data, filepath.Join(dir, "suite"), "-test.v", "-test.timeout=60m",
		"-test.run=^(" + knownSchedules + "|" + anySchedule + ")$", fmt.Sprintf("-schedules=%d", s.schedules), "-shrink=0s"}, flags...)
	text, runErr := command(ctx, filepath.Join(s.root, "consumers", "verify"), "env", args...)
	v.took = time.Since(began)
	v.read(text)
	if runErr != nil && len(v.failed) == 0 {
		return v, runErr
	}
	return v, nil
}

// read takes from the tests' output what failed, and why.
func (v *verdict) read(text string) {
	for _, m := range regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`).FindAllStringSubmatch(text, -1) {
		v.failed = append(v.failed, m[1])
	}
	if m := regexp.MustCompile(`caught after (\d+) schedules and (\S+) s: (.*)`).FindStringSubmatch(text); m != nil {
		v.schedules, v.first = m[1]+", "+m[2], m[3]
	} else if m := regexp.MustCompile(`after (\d+) schedules, and by none of them: (.*)`).FindStringSubmatch(text); m != nil {
		v.schedules, v.first = m[1], m[2] // the pipeline itself stopped
	} else if all := regexp.MustCompile(`schedules: .*`).FindAllString(text, -1); len(all) > 0 {
		v.schedules = all[len(all)-1]
	}
}

// overlay writes the file for go's -overlay.
func (m mutation) overlay(root, dir string) (overlay, where string, err error) {
	path := filepath.Join(root, filepath.FromSlash(m.file))
	sound, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	at, err := m.find(sound)
	if err != nil {
		return "", "", err
	}
	broken := filepath.Join(dir, "broken"+filepath.Ext(path))
	if err := os.WriteFile(broken, bytes.Replace(sound, []byte(m.old), []byte(m.new), 1), 0o600); err != nil {
		return "", "", err
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {path: broken}})
	if err != nil {
		return "", "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, fmt.Sprintf("%s:%d", m.file, 1+bytes.Count(sound[:at], []byte("\n"))), os.WriteFile(overlay, raw, 0o600)
}

// find is where the mutation applies: its text must occur once.
func (m mutation) find(sound []byte) (int, error) {
	if n := bytes.Count(sound, []byte(m.old)); n != 1 {
		return 0, fmt.Errorf("%q occurs %d times in %s, want once", m.old, n, m.file)
	}
	return bytes.Index(sound, []byte(m.old)), nil
}

// command runs a program and gives what it printed, also where it fails.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", name, args[0], err, out)
	}
	return string(out), nil
}
