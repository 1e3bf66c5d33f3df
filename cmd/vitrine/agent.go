package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"vitrine/cmd/internal/agentcmd"
	"vitrine/producers/connectors"
	"vitrine/schemas"
)

// newAgentCommand is the lab's agent; vitrine-agent is the same without the rest.
func newAgentCommand(env *environment) *cobra.Command {
	return agentcmd.Command(agentcmd.Environment{
		Stdout: env.Stdout, Stderr: env.Stderr,
		Lang:       func() schemas.Lang { return env.Config.Lang },
		Logger:     func() *slog.Logger { return env.logger() },
		Wrong:      func(err error) error { return usageError{err} },
		Connectors: connectors.All(),
	}, "agent")
}
