package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/producers"
	"vitrine/schemas"
)

func newPeriodCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "period",
		Short: "List, show, submit, approve, send back or reopen reporting periods",
		Long: `A reporting period is a quarter or a month that an agreement asks a lab to report on. The lab submits it once it is over, the
programme approves it, which freezes its figures, or sends it back with a reason; an approved one can be reopened.`,
	}
	cmd.AddCommand(newPeriodListCommand(env), newPeriodShowCommand(env), newPeriodSubmitCommand(env), newPeriodApproveCommand(env), newPeriodAdjustmentsCommand(env),
		newPeriodReturnCommand(env, "send-back", "Send a submitted period back to its lab, and say why", (*periods.Desk).SendBack),
		newPeriodReturnCommand(env, "reopen", "Reopen an approved period, and say why", (*periods.Desk).Reopen))
	return cmd
}

// labAndPeriod takes the two arguments that name a period; 2026-T1 is 2026-Q1.
func (env *environment) labAndPeriod(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usageError{errors.New(env.say("indiquez le fab lab et la période, par exemple : atelier-nord 2026-T1",
			"expected the lab and the period, such as: atelier-nord 2026-Q1"))}
	}
	args[1] = periods.Parse(args[1])
	return nil
}

// atDesk opens a desk and does something there; acting says that something will be published.
func (env *environment) atDesk(ctx context.Context, acting bool, do func(*periods.Desk, *services) error) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	var publisher periods.Publisher
	if acting {
		p, err := env.publisher(ctx, "period", cliAttempts)
		if err != nil {
			return err
		}
		defer p.Close()
		publisher = deskPublisher{p}
	}
	desk, err := env.desk(s, publisher)
	if err != nil {
		return err
	}
	err = do(desk, s)
	var in interface {
		error
		In(lang schemas.Lang) string
	}
	if errors.As(err, &in) {
		return spokenError{err, in.In(env.Config.Lang)}
	}
	return err
}

// desk is where periods are looked at and acted on.
func (env *environment) desk(s *services, publisher periods.Publisher) (*periods.Desk, error) {
	return periods.NewDesk(periods.DeskConfig{Store: s.store, Stream: periods.NewStream(s.js, ""), Publisher: publisher, Zone: env.Config.Zone})
}

// deskPublisher publishes what a desk decides.
type deskPublisher struct{ publisher *producers.Publisher }

// PublishAfter implements [periods.Publisher].
func (p deskPublisher) PublishAfter(ctx context.Context, event *schemas.Event, filter string, last uint64) error {
	_, err := p.publisher.PublishIfUnmoved(ctx, event, filter, last)
	if errors.As(err, new(*producers.MovedError)) {
		return periods.ErrMoved
	}
	return err
}

func newPeriodListCommand(env *environment) *cobra.Command {
	var lab, state, asOf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the reporting periods and where they stand",
		Example: "  vitrine period list --state overdue\n  vitrine period list --lab atelier-nord --as-of 2026-03-31",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day := env.today()
			if asOf != "" {
				var err error
				if day, err = time.Parse(time.DateOnly, asOf); err != nil {
					return usageError{fmt.Errorf(env.say("--as-of %q : un jour est attendu, AAAA-MM-JJ", "--as-of %q: expected a day, YYYY-MM-DD"), asOf)}
				}
			}
			if state != "" && !slices.Contains(periodStates(), state) {
				return usageError{fmt.Errorf(env.say("--state %q : un état est attendu parmi %s", "--state %q: expected one of %s"), state, strings.Join(periodStates(), ", "))}
			}
			store, err := env.openClickHouse(clickhouse.Config{})
			if err != nil {
				return err
			}
			defer store.Close()
			all, err := whole(cmd.Context(), store, func() ([]clickhouse.PeriodState, error) { return store.PeriodStates(cmd.Context(), day, lab) })
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(p clickhouse.PeriodState) bool { return state != "" && p.State != state })
			if asJSON {
				return env.printJSON(map[string]any{"as_of": day.Format(time.DateOnly), "periods": listed(all)})
			}
			env.printPeriods(all, day)
			return nil
		},
	}
	cmd.Flags().StringVar(&lab, "lab", "", "one lab's periods")
	cmd.Flags().StringVar(&state, "state", "", "periods in this state: "+strings.Join(periodStates(), ", "))
	cmd.Flags().StringVar(&asOf, "as-of", "", "the day to look from, YYYY-MM-DD (default: today)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newPeriodShowCommand(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show LAB PERIOD",
		Short: "Show a period: its story, its figures, and what is missing",
		Args:  env.labAndPeriod,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.atDesk(cmd.Context(), false, func(desk *periods.Desk, s *services) error {
				look, err := desk.Look(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				if asJSON {
					return env.printJSON(lookJSON(look))
				}
				env.printLook(s.catalogue, look)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newPeriodSubmitCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "submit LAB PERIOD",
		Short: "Submit a period on a lab's behalf: its data are complete",
		Long:  "Submit a period on a lab's behalf. Labs do it themselves, on the page /submit or with POST /v1/labs/LAB/periods/PERIOD/submission.",
		Args:  env.labAndPeriod,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.atDesk(cmd.Context(), true, func(desk *periods.Desk, _ *services) error {
				if err := desk.Submit(cmd.Context(), args[0], args[1]); err != nil {
					return err
				}
				env.line(env.say("✔ %s, %s : déclarée", "✔ %s, %s: submitted"), args[0], periods.Name(args[1], env.Config.Lang))
				return nil
			})
		},
	}
}

func newPeriodApproveCommand(env *environment) *cobra.Command {
	var comment string
	var yes bool
	cmd := &cobra.Command{
		Use:   "approve LAB PERIOD",
		Short: "Approve a submitted period: its figures are frozen as they are",
		Long: `Shows the figures that will be frozen, asks, and approves the period. Nothing is approved if the figures changed since they were
shown. What arrives later for the period is listed as an adjustment; the approved figures stay.`,
		Example: "  vitrine period approve atelier-nord 2026-Q1 --comment \"conformes aux justificatifs\" --yes",
		Args:    env.labAndPeriod,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.atDesk(cmd.Context(), true, func(desk *periods.Desk, s *services) error {
				look, err := desk.Look(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				env.printLook(s.catalogue, look)
				if look.State == clickhouse.PeriodSubmitted && !yes {
					agreed, err := env.confirm(cmd.Context(), env.say("Valider ces chiffres ? [o/N] ", "Approve these figures? [y/N] "), "--yes")
					if err != nil {
						return err
					}
					if !agreed {
						return errors.New(env.say("rien n'a été validé", "nothing was approved"))
					}
				}
				if err := desk.Approve(cmd.Context(), args[0], args[1], look.Digest, comment); err != nil {
					return err
				}
				env.line(env.say("✔ %s, %s : validée, les chiffres sont arrêtés", "✔ %s, %s: approved, the figures are frozen"), args[0], periods.Name(args[1], env.Config.Lang))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&comment, "comment", "", "what the lab and later readers should know")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

// newPeriodReturnCommand is for what gives a period back to its lab.
func newPeriodReturnCommand(env *environment, name, short string, do func(*periods.Desk, context.Context, string, string, string) error) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     name + " LAB PERIOD --reason REASON",
		Short:   short,
		Example: "  vitrine period " + name + " atelier-nord 2026-Q1 --reason \"il manque les comptes de mars\"",
		Args:    env.labAndPeriod,
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return usageError{errors.New(env.say("--reason : dites pourquoi, le fab lab le lira", "--reason: say why, the lab will read it"))}
			}
			return env.atDesk(cmd.Context(), true, func(desk *periods.Desk, _ *services) error {
				if err := do(desk, cmd.Context(), args[0], args[1], reason); err != nil {
					return err
				}
				env.line(env.say("✔ %s, %s : au fab lab de la déclarer à nouveau", "✔ %s, %s: the lab has to submit it again"), args[0], periods.Name(args[1], env.Config.Lang))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; the lab reads it (required)")
	return cmd
}

// confirm asks on the standard output and reads a line. Where there is none to read, as in a script, the flag must have said it.
func (env *environment) confirm(ctx context.Context, question, flag string) (bool, error) {
	fmt.Fprint(env.Stdout, question)
	line, err := bufio.NewReader(env.stdin(ctx)).ReadString('\n')
	if line == "" && errors.Is(err, io.EOF) && ctx.Err() == nil {
		fmt.Fprintln(env.Stdout)
		return false, usageError{fmt.Errorf(env.say("%s manque, et personne ne répond", "%s is missing, and nobody answers"), flag)}
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "o", "oui":
		return true, nil
	}
	return false, nil
}
