package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The harness starts itself; as a test binary it says so in a variable.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "" {
		if err := os.Setenv(roleVariable, "1"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// vitrineBinary is the binary that is measured: make's, if no source is newer, else one that is built.
func vitrineBinary(t *testing.T) string {
	t.Helper()
	if made, err := filepath.Abs("../../bin/vitrine"); err == nil && upToDate(t, made) {
		return made
	}
	path := filepath.Join(t.TempDir(), "vitrine")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "vitrine/cmd/vitrine").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// upToDate says whether a binary is newer than everything that may be in it.
func upToDate(t *testing.T, binary string) bool {
	info, err := os.Stat(binary)
	if err != nil {
		return false
	}
	fresh := true
	err = filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == ".git" || name == "node_modules" || name == "bin" || name == "data") {
			return fs.SkipDir
		}
		if i, err := entry.Info(); err == nil && !entry.IsDir() && !strings.HasSuffix(path, "_test.go") && i.ModTime().After(info.ModTime()) {
			fresh = false
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

// One short round of every contender but bento, on real engines: all see every event, and Vitrine's figures are exact.
func TestOneRound(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-vitrine", vitrineBinary(t), "-events", "2000", "-labs", "20", "-runs", "1", "-durable=false", "-data", dir, "-json", filepath.Join(dir, "rounds.json")}
	var out bytes.Buffer
	if err := run(t.Context(), args, &out, testLog{t}); err != nil {
		t.Fatal(err)
	}
	for _, c := range contenders() {
		if said := strings.Contains(out.String(), "| "+c.name+" "); said == c.bento {
			t.Errorf("%s is in the table: %t\n%s", c.name, said, &out)
		}
	}
	if !strings.Contains(out.String(), "vitrine verify after round 1: exact") {
		t.Errorf("verify said nothing:\n%s", &out)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "rounds.json")); err != nil || !bytes.Contains(raw, []byte(`"seconds"`)) {
		t.Errorf("the measurements weren't written: %v", err)
	}
	// The folder's stream serves the same load only.
	args[5] = "19"
	if err := run(t.Context(), args, io.Discard, testLog{t}); err == nil || !strings.Contains(err.Error(), "holds another load") {
		t.Errorf("another load on the same folder: %v", err)
	}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func TestWrongFlags(t *testing.T) {
	self, err := os.Executable() // something that is there
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse([]string{"-vitrine", self}, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-runs", "0"}, {"-only", "fetch,nobody"}, {"-labs", "0"}, {"-shape", "round"}, {"-events", "2000", "-labs", "1000"}, {"-vitrine", "/nowhere"}, {"words"}, {"-sideways"}} {
		if _, err := parse(append([]string{"-vitrine", self}, args...), io.Discard); err == nil {
			t.Errorf("%v: accepted", args)
		}
	}
}

// Ratios are of the same round, and the middle one counts.
func TestReport(t *testing.T) {
	var rounds []round
	for _, slow := range []float64{1, 4, 2} { // the machine was slower in the second
		rounds = append(rounds, round{
			"vitrine": {Events: 1000, Seconds: slow, ConsumerCPU: slow, EngineCPU: slow / 2, Steps: map[string]float64{"decide": slow / 4, "ack": slow / 2}, Verified: "exact"},
			"plain":   {Events: 1000, Seconds: slow * 2, EngineCPU: slow * 3},
		})
	}
	rounds[0]["plain"] = measurement{Events: 1000, Seconds: 3, EngineCPU: 4}
	var out bytes.Buffer
	if err := report(&out, rounds, machine{Cores: 2}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"|      500 | 250–1000 |", "2.00 | 2.00–3.00 |", "engine's CPU, 72 %", "its own CPU, 50 %", "ack 50 %, decide 25 %"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q isn't in\n%s", want, &out)
		}
	}
}
