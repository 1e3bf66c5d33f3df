package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

func TestFlagsBeatEnvironmentBeatsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vitrine.yaml")
	if err := os.WriteFile(file, []byte("nats-url: nats://file:1\nclickhouse-url: http://file:2/x\nzone: Indian/Reunion\nbatch-size: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := &environment{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Getenv: func(name string) string {
		return map[string]string{"VITRINE_CONFIG": file, "VITRINE_CLICKHOUSE_URL": "http://env:2/x", "VITRINE_NATS_URL": "nats://env:1", "LANG": "fr_FR.UTF-8"}[name]
	}}
	root := newRootCommand(env)
	for _, c := range root.Commands() {
		if c.Name() == "consume" {
			c.RunE = func(*cobra.Command, []string) error { return nil }
		}
	}
	root.SetArgs([]string{"consume", "--nats-url", "nats://flag:1"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	c := env.Config
	if c.NATSURL != "nats://flag:1" || c.ClickHouseURL != "http://env:2/x" || c.Zone.String() != "Indian/Reunion" || c.BatchSize != 7 || c.Lang != "fr" {
		t.Errorf("resolved %+v", c)
	}
}

// What YAML writes otherwise than a command line: lists, numbers, and what is left empty; and a flag of another command, lab add.
func TestConfigFileMayBeWrittenAsYAMLIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vitrine.yaml")
	if err := os.WriteFile(file, []byte("\ufefftrusted-proxies: [10.0.0.0/8, 192.0.2.1]\ncatalogue:\nlab-rate: 2e3\nregion: Bretagne\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := &environment{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Getenv: func(string) string { return "" }}
	root := newRootCommand(env)
	gateway, _, err := root.Find([]string{"gateway"})
	if err != nil {
		t.Fatal(err)
	}
	gateway.RunE = func(*cobra.Command, []string) error { return nil }
	root.SetArgs([]string{"gateway", "--config", file})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	proxies, err := gateway.Flags().GetStringSlice("trusted-proxies")
	if err != nil {
		t.Fatal(err)
	}
	rate, err := gateway.Flags().GetFloat64("lab-rate")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(proxies, []string{"10.0.0.0/8", "192.0.2.1"}) || rate != 2000 || env.Config.Catalogue != "" {
		t.Errorf("proxies %q, rate %v, catalogue %q", proxies, rate, env.Config.Catalogue)
	}
}

func TestUsedWronglyIsExitStatus2(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vitrine.yaml")
	if err := os.WriteFile(file, []byte("nats_url: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"nonsense", `unknown command "nonsense"`},
		{"status --as-of yesterday", `--as-of "yesterday": expected a day`},
		{"status --no-such-flag", "unknown flag"},
		{"status --zone Europe/Lille", "--zone"},
		{"status --lang de", "expected fr or en"},
		{"status --config " + file, `unknown key "nats_url"`},
		{"consume --catalogue /nowhere --http-addr 127.0.0.1:0", "--catalogue"},
		{"status extra", "extra"},
		{"status --log-level loud", "--log-level"},
		{"consume --ack-wait=-1s", "--ack-wait"},
		{"demo --months 0 --data " + t.TempDir(), "--months"},
		{"up --data " + t.TempDir() + " --nats-addr nowhere --http-addr 127.0.0.1:0 --engine /nowhere", "--nats-addr"},
		{"demo --until soon --data " + t.TempDir(), "--until"},
		{"consume --http-addr 8080", `--http-addr "8080": missing port in address`},
		{"consume --batch-size many", `--batch-size "many": expected a whole number`},
		{"consume --http-addr 127.0.0.1:0 --config " + configFile(t, "ack-wait: 5"), `ack-wait "5": expected a duration, such as 90s`},
	} {
		if status, out, errs := command(t, "", "nats://127.0.0.1:1", strings.Fields(c.args)...); status != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit status %d, %s%s; want 2 and %q", c.args, status, out, errs, c.want)
		}
	}
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vitrine.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// What isn't readable is told alone: its flag has no value then, and none is complained about.
func TestUnreadableValuesAreToldAlone(t *testing.T) {
	file := configFile(t, "ack-wait: 5\nnats-replicas: two\nbogus: 1\nanother: 1\n")
	_, _, errs := command(t, "", "nats://127.0.0.1:1", "consume", "--config", file)
	want := "vitrine: config file FILE, ack-wait \"5\": expected a duration, such as 90s, 15m or 24h\n" +
		"config file FILE, nats-replicas \"two\": expected a whole number\n" +
		"config file FILE: unknown key \"another\" (keys are the flags' names, such as nats-url)\n" +
		"config file FILE: unknown key \"bogus\" (keys are the flags' names, such as nats-url)\n"
	if got := strings.ReplaceAll(errs, file, "FILE"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"consume --http-addr 127.0.0.1:0", "can't be reached (is it running? see --nats-url)"},
		{"status --clickhouse-url http://127.0.0.1:1/vitrine", "connection refused (is it running? see --clickhouse-url)\n"},
		{"period list --clickhouse-url http://127.0.0.1:1/vitrine", "doesn't answer: dial tcp 127.0.0.1:1: connect: connection refused (is it running? see --clickhouse-url)\n"},
	} {
		if status, out, errs := command(t, "", "nats://127.0.0.1:1", strings.Fields(c.args)...); status != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit status %d, %s%s; want 1 and %q", c.args, status, out, errs, c.want)
		}
	}
	// A process of its own: another test may have the engine in this one.
	up := start(t, "up", "--data", t.TempDir(), "--http-addr", "127.0.0.1:0", "--nats-addr", "127.0.0.1:0", "--clickhouse-addr", "127.0.0.1:0", "--engine", "/nowhere")
	var exit *exec.ExitError
	if err := up.wait(time.Minute); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(up.out.String(), "/nowhere") {
		t.Errorf("an engine that isn't there: %v, %s; want exit status 1 and the path", err, up.out)
	}
}

// TestConnectionsAreMadeInOnePlace: a command that dialled by itself would forget the encryption.
func TestConnectionsAreMadeInOnePlace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if name == "links.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"nats.Connect(", "clickhouse.Open(", "producers.Config{"} {
			if strings.Contains(string(raw), call) {
				t.Errorf("%s calls %s: use dialNATS, openClickHouse or publisherConfig", name, call)
			}
		}
	}
}
