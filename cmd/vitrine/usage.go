package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageError makes the exit status 2: the command was used wrongly.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// checkUse makes all commands below one refuse wrong arguments with the exit status 2, and in the user's language, which is known
// once the flags are resolved. A command that says nothing of its arguments takes none; one that only has commands below it
// names them, so that a mistyped one doesn't pass for done.
func (env *environment) checkUse(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		env.checkUse(cmd)
		if !cmd.Runnable() {
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, env.whichOf
			continue
		}
		takes, do := cmd.Args, cmd.RunE
		if takes == nil {
			takes = cobra.NoArgs
		}
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, func(cmd *cobra.Command, args []string) error {
			if err := env.wrongUse(cmd, takes(cmd, args)); err != nil {
				return err
			}
			return do(cmd, args)
		}
	}
}

// wrongUse tells what is wrong with a command's arguments.
func (env *environment) wrongUse(cmd *cobra.Command, err error) error {
	var said usageError
	if err == nil || errors.As(err, &said) {
		return err
	}
	return usageError{fmt.Errorf(env.say("attendu : %s (%w)", "expected: %s (%w)"), cmd.UseLine(), err)}
}

// whichOf is what a command does that only has commands below it.
func (env *environment) whichOf(cmd *cobra.Command, args []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return usageError{fmt.Errorf(env.say("%s : quelle commande ? Reçu %q, attendu : %s", "%s: which command? Found %q, expected one of %s"),
		cmd.CommandPath(), strings.Join(args, " "), strings.Join(names, ", "))}
}
