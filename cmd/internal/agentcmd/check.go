package agentcmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"vitrine/producers/agent"
	"vitrine/producers/importers"
)

// check asks everything once, remembers nothing, leaves nothing behind and sends nothing.
func (env Environment) check(ctx context.Context, f flags) error {
	file, err := env.file(f)
	if err != nil {
		return err
	}
	logger := env.Logger()
	salt := []byte(rand.Text()) // does as well, where the agent hasn't made its own yet
	if _, err := os.Stat(saltPath(f, file)); !errors.Is(err, fs.ErrNotExist) {
		if salt, err = env.salt(f, file, logger); err != nil {
			return err
		}
	}
	var failures []error
	to, err := env.sender(file, logger, nil)
	if err != nil {
		return err
	}
	defer func() { _ = to.Close() }() // nothing is under way
	t := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, env.say("source\tévénements\tinutilisables\tà vérifier\trésultat", "source\tevents\tunusable\tto look at\tresult"))
	cfg := agent.Config{File: file, Connectors: env.Connectors, Salt: salt, Logger: logger, Clock: time.Now}
	for _, spec := range file.Sources {
		n, err := env.askOnce(ctx, cfg, spec)
		result := env.say("en ordre", "in order")
		if err != nil {
			result = importers.Say(err, env.Lang())
			failures = append(failures, err)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\n", spec.Name, n.events, n.unusable, n.warnings, result)
	}
	result := env.say("joignable", "can be reached")
	if err := to.Check(ctx); err != nil {
		result = importers.Say(err, env.Lang())
		failures = append(failures, err)
	}
	fmt.Fprintf(t, "%s\t\t\t\t%s\n", env.say("programme", "programme"), result)
	if err := t.Flush(); err != nil {
		return err
	}
	if len(failures) > 0 {
		return spoken{errors.Join(append(failures, errSomeFailed)...), env.say("tout n'est pas en ordre", "not everything is in order")}
	}
	return nil
}

type tally struct{ events, unusable, warnings int }

func (env Environment) askOnce(ctx context.Context, cfg agent.Config, spec agent.SourceSpec) (n tally, err error) {
	im, _, err := agent.Open(cfg, spec, importers.NoState{})
	if err != nil || spec.Every == 0 && spec.At < 0 { // it is never asked
		return n, err
	}
	for _, err := range im.Events(ctx, spec.Recent(time.Now(), cfg.File.Zone)) {
		switch {
		case err == nil:
			n.events++
		case importers.IsWarning(err):
			n.warnings++
			fmt.Fprintln(env.Stderr, importers.Say(err, env.Lang()))
		case importers.Continues(err):
			n.unusable++
			fmt.Fprintln(env.Stderr, importers.Say(err, env.Lang()))
		default:
			return n, err
		}
	}
	return n, nil
}
