package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandsBelow are all commands below one, by their words.
func commandsBelow(parent *cobra.Command) (all [][]string) {
	for _, cmd := range parent.Commands() {
		all = append(all, strings.Fields(cmd.CommandPath())[1:])
		all = append(all, commandsBelow(cmd)...)
	}
	return all
}

// TestWrongUseOfEveryCommand: whatever is mistyped ends with the exit status 2, so that no script takes it for done.
func TestWrongUseOfEveryCommand(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Chdir(t.TempDir())
	needed := regexp.MustCompile(`^\S+ [A-Z]`) // an argument that isn't in brackets
	root := newRootCommand(&environment{})
	all := commandsBelow(root)
	if len(all) < 60 {
		t.Errorf("only %d commands are looked at", len(all))
	}
	for _, words := range all {
		cmd, _, err := root.Find(words)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Annotations[cobra.BashCompOneRequiredFlag] != nil {
				t.Errorf("%s --%s: cobra's own check of required flags ends with the exit status 1, and in English", cmd.CommandPath(), f.Name)
			}
		})
		wrong := [][]string{{"no", "such", "thing", "at", "all"}, {"--no-such-flag"}}
		if needed.MatchString(cmd.Use) {
			wrong = append(wrong, nil)
		}
		for _, args := range wrong {
			for _, lang := range []string{"en", "fr"} {
				status, out, errs := command(t, "", "nats://127.0.0.1:1", slices.Concat(words, args, []string{"--lang", lang})...)
				if status != 2 || out != "" || errs == "" {
					t.Errorf("%s %s: exit status %d, %q, %q", strings.Join(words, " "), strings.Join(args, " "), status, out, errs)
				}
			}
		}
	}
}

// TestACommandThatOnlyHasOthers: vitrine lab revok isn't vitrine lab --help.
func TestACommandThatOnlyHasOthers(t *testing.T) {
	for args, want := range map[string]string{
		"lab": "expected one of add, keys, list, revoke, rotate", "lab revok atelier-nord": `vitrine lab: which command? Found "revok atelier-nord"`,
		"lab revok atelier-nord --lang fr": `vitrine lab : quelle commande ? Reçu "revok atelier-nord", attendu : add, `,
		"bench":                            "expected one of gateway", "bench gateway": "--tokens is missing",
		"erase": "expected: vitrine erase LAB", "erase --lang fr": "attendu : vitrine erase LAB", "period adjustments a b c": "at most 2",
	} {
		if status, out, errs := command(t, "", "nats://127.0.0.1:1", strings.Fields(args)...); status != 2 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit status %d, %q, %q", args, status, out, errs)
		}
	}
}

// TestWrongUseIsFoundBeforeAnythingStarts: nothing is written, and no engine started, by a command that can't go on.
func TestWrongUseIsFoundBeforeAnythingStarts(t *testing.T) {
	home := t.TempDir() // where the engine would be fetched to
	t.Setenv("HOME", home)
	t.Chdir(t.TempDir())
	addrs, _, _, _ := addresses(t)
	for want, args := range map[string][]string{
		"--tls-cert and --tls-key: expected both": {"up", "--data", "data", "--tls-cert", "none.pem"},
		"none.pem":                  {"up", "--data", "data", "--tls-cert", "none.pem", "--tls-key", "none.key"},
		"--data: expected a folder": {"up", "--data", ""},
		"--nats-creds":              {"publish", "--nats-creds", "none.creds", "-"},
	} {
		if args[0] == "up" {
			args = append(args, addrs...)
		}
		status, _, errs := command(t, "{}", "nats://127.0.0.1:1", args...)
		if status != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit status %d, %s", args, status, errs)
		}
		for _, folder := range []string{".", home} {
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("%q leaves %v, %v", args, left, err)
			}
		}
	}
}
