// Command vitrine-agent is the lab agent alone, without the pipeline's other parts: small, and built
// for the computers that labs have.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	_ "time/tzdata" // Windows has no zone files

	"github.com/spf13/cobra"

	"vitrine/cmd/internal/agentcmd"
	"vitrine/cmd/internal/stopping"
	"vitrine/producers/connectors"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx := stopping.Context()
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv, connectors.All())
	os.Exit(status)
}

// wrongUse makes the exit status 2.
type wrongUse struct{ error }

func (w wrongUse) Unwrap() error { return w.error }

// run executes a command line and gives the exit status: 0, 1 (it failed) or 2 (used wrongly).
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string, sources []importers.Connector) int {
	var lang, level, format string
	root := agentcmd.Command(agentcmd.Environment{
		Stdout: stdout, Stderr: stderr, Connectors: sources,
		Lang:   func() schemas.Lang { return language(lang, getenv) },
		Logger: func() *slog.Logger { return logger(stderr, level, format) },
		Wrong:  func(err error) error { return wrongUse{err} },
	}, "vitrine-agent")
	root.Version = version
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUse{err} })
	root.PersistentFlags().StringVar(&lang, "lang", "", "language of what is printed, fr or en (default: the system's)")
	root.PersistentFlags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	root.PersistentFlags().StringVar(&format, "log-format", "text", "text or json")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if lang != "" && lang != "fr" && lang != "en" {
			return wrongUse{fmt.Errorf("--lang %q: expected fr or en", lang)}
		}
		if err := new(slog.Level).UnmarshalText([]byte(level)); err != nil || format != "text" && format != "json" {
			return wrongUse{fmt.Errorf("--log-level %q, --log-format %q: expected debug, info, warn or error; text or json", level, format)}
		}
		return nil
	}
	err := root.ExecuteContext(ctx)
	var wrong wrongUse
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong), strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintln(stderr, "vitrine-agent:", err)
		return 2
	default:
		fmt.Fprintln(stderr, "vitrine-agent:", err)
		return 1
	}
}

func language(flag string, getenv func(string) string) schemas.Lang {
	if flag != "" {
		return schemas.Lang(flag)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "fr") {
				return schemas.French
			}
			return schemas.English
		}
	}
	return schemas.French
}

func logger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // checked before
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}
