// Command vitrine is Vitrine's one program. Its commands wire the parts together:
//
//	publish, import, simulate ─► producers ─┐
//	                                        ├─► NATS JetStream ─► consume ─► ClickHouse ─► status, verify, serve
//	rebuild ────────────────────────────────┘
//
//	demo, up = embedded NATS + embedded ClickHouse + migrate + consume + serve (+ simulate), in one process
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	_ "time/tzdata" // days are cut in labs' zones, on machines that have no zone files too

	"github.com/spf13/cobra"

	"vitrine/cmd/internal/stopping"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx := stopping.Context()
	env := &environment{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
	status := run(ctx, env, os.Args[1:])
	os.Exit(status)
}

// run executes a command line and gives the exit status: 0, 1 (it failed) or 2 (used wrongly).
func run(ctx context.Context, env *environment, args []string) int {
	root := newRootCommand(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var wrong usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong), strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintln(env.Stderr, "vitrine:", err)
		return 2
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(env.Stderr, "vitrine:", err.Error()+env.say(" (arrêté à la demande)", " (stopped: asked to)"))
		return 1
	default:
		fmt.Fprintln(env.Stderr, "vitrine:", env.claimed(env.unanswered(err)).Error()+env.advice(err))
		return 1
	}
}

func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:           "vitrine",
		Short:         "Exact reporting for a programme that supports fab labs",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			limitMemory(cmd.Name())
			return env.resolve(cmd)
		},
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongFlag(err) })
	env.bind(root.PersistentFlags())
	root.AddCommand(
		newDemoCommand(env), newUpCommand(env),
		newConsumeCommand(env), newGatewayCommand(env), newServeCommand(env), newMigrateCommand(env), newRebuildCommand(env),
		newPublishCommand(env), newImportCommand(env), newTemplateCommand(env), newSimulateCommand(env), newLabCommand(env), newAgreementCommand(env),
		newStatusCommand(env), newPeriodCommand(env), newCallCommand(env), newExplainCommand(env), newVerifyCommand(env), newRejectedCommand(env), newEngineCommand(env), newBenchCommand(env),
		newAgentCommand(env), newAlertsCommand(env), newExportCommand(env), newReportCommand(env),
		newBackupCommand(env), newRestoreCommand(env), newEraseCommand(env), newRetentionCommand(env),
	)
	env.checkUse(root)
	return root
}
