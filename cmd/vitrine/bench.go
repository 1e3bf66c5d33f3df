package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/schemas"
)

func newBenchCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Make a load, and say what was measured"}
	cmd.AddCommand(newBenchGatewayCommand(env))
	return cmd
}

func newBenchGatewayCommand(env *environment) *cobra.Command {
	load := gatewayLoad{}
	var tokens string
	cmd := &cobra.Command{
		Use:   "gateway --tokens FILE",
		Short: "Send made-up events from many labs at once to a gateway",
		Long: `Send made-up events from many labs at once to a gateway, as clients that obey Retry-After.

All labs begin together, each with one request at a time. A batch's latency is from its first attempt to its
acceptance, waits included. FILE has lines "lab token", as vitrine lab add gives them. The events stay in the
programme: don't do this to a real one. The exit status is 1 if any batch wasn't accepted.`,
		Example: "  vitrine bench gateway --labs 1000 --events 100000 --batch 20 --url http://127.0.0.1:8080 --tokens tokens.txt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if tokens == "" {
				return usageError{errors.New(env.say("--tokens manque : le fichier des jetons", "--tokens is missing: the file of tokens"))}
			}
			labs, err := readTokens(tokens)
			if err != nil {
				return err
			}
			if load.labs == 0 {
				load.labs = len(labs)
			}
			u, err := url.Parse(load.url)
			switch {
			case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
				return usageError{fmt.Errorf("--url %q: expected http://host:8080", load.url)}
			case load.labs < 1 || load.events < 1 || load.batch < 1 || load.timeout < time.Second:
				return usageError{fmt.Errorf("--labs %d, --events %d, --batch %d, --timeout %s: expected at least 1, and 1s", load.labs, load.events, load.batch, load.timeout)}
			case load.labs > len(labs):
				return usageError{fmt.Errorf("--labs %d: %s has tokens of %d", load.labs, tokens, len(labs))}
			}
			result := load.run(cmd.Context(), labs[:load.labs])
			env.printLoad(result)
			if n := result.failed(); n > 0 {
				return errors.New(schemas.Counted(n, schemas.Text{FR: "%d événement non accepté", EN: "%d event not accepted"}, schemas.Text{FR: "%d événements non acceptés", EN: "%d events not accepted"}).In(env.Config.Lang))
			}
			return cmd.Context().Err()
		},
	}
	f := cmd.Flags()
	f.StringVar(&load.url, "url", "http://127.0.0.1:8080", "the gateway")
	f.StringVar(&tokens, "tokens", "", "file of lines \"lab token\"")
	f.IntVar(&load.labs, "labs", 0, "how many labs send at once (default: all in the file)")
	f.IntVar(&load.events, "events", 100_000, "events of all labs together")
	f.IntVar(&load.batch, "batch", 20, "events in one request")
	f.BoolVar(&load.gzip, "gzip", false, "send compressed")
	f.DurationVar(&load.timeout, "timeout", 5*time.Minute, "how long a batch is tried")
	return cmd
}

// labToken is a line of the file of tokens.
type labToken struct{ lab, token string }

func readTokens(path string) ([]labToken, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--tokens: %w", err)
	}
	defer f.Close()
	var out []labToken
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 || !schemas.IsSlug(fields[0]) { // the line isn't quoted: it holds a secret
			return nil, usageError{fmt.Errorf("--tokens %s, line %d: expected a lab and its token", path, n)}
		}
		out = append(out, labToken{fields[0], fields[1]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--tokens: %w", err)
	}
	if len(out) == 0 {
		return nil, usageError{errors.New("--tokens " + path + ": no line")}
	}
	return out, nil
}
