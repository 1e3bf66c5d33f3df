package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rejected"
	"vitrine/schemas"
)

// longestReason bounds the reason of a discard, in characters.
const longestReason = 500

func newRejectedDiscardCommand(env *environment) *cobra.Command {
	var f rejectionFlags
	var reason string
	var all bool
	cmd := &cobra.Command{
		Use:   "discard SEQ… | --all",
		Short: "Say of rejected events that nothing will be done about them, and why",
		Long: `Say of rejected events that nothing will be done about them, and why.

Nothing is erased. A discarded event can still be replayed.`,
		Example: "  vitrine rejected discard 4711 4712 --reason \"sent again by the lab as 4720\"",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := env.numbersOrAll(cmd, args, all); err != nil {
				return err
			}
			reason = strings.Join(strings.Fields(reason), " ")
			switch {
			case reason == "":
				return usageError{errors.New(env.say("--reason : dites pourquoi", "--reason: say why"))}
			case utf8.RuneCountInString(reason) > longestReason:
				return usageError{fmt.Errorf(env.say("--reason : au plus %d caractères", "--reason: at most %d characters"), longestReason)}
			case schemas.Redact(reason) != reason:
				return usageError{errors.New(env.say("--reason : ni adresse électronique ni numéro de téléphone", "--reason: no e-mail address or phone number"))}
			}
			if !all {
				f.state = ""
			}
			filter, err := f.filter(env, args)
			if err != nil {
				return err
			}
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			return env.discard(cmd.Context(), s, filter, printable(reason))
		},
	}
	f.bind(cmd, clickhouse.StateOpen)
	cmd.Flags().BoolVar(&all, "all", false, "all that the filters leave")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those who look later (required)")
	return cmd
}

func (env *environment) discard(ctx context.Context, s *services, filter clickhouse.RejectionFilter, reason string) error {
	if err := env.migrateFirst(rejected.Sync(ctx, s.js, s.store)); err != nil {
		return err
	}
	found, err := env.picked(ctx, s.store, filter)
	if err != nil {
		return err
	}
	discarded, replayed := 0, 0
	for _, r := range found {
		where := env.ordinal(r.StreamSeq) + env.say(" : ", ": ")
		switch {
		case r.State == clickhouse.StateReplayed:
			replayed++
			fmt.Fprintf(env.Stdout, where+env.say("republié sous le n° %d ; pour le reprendre, rétractez cet événement\n", "was replayed as seq %d; to take it back, retract that event\n"), *r.ReplayedAs)
			continue
		case r.State == clickhouse.StateDiscarded && r.ResolutionReason == reason:
			fmt.Fprintln(env.Stdout, where+env.say("déjà écarté : rien à faire", "discarded before: nothing to do"))
			continue
		}
		if err = rejected.Mark(ctx, s.js, r.Lab, clickhouse.Resolution{StreamSeq: r.StreamSeq, State: clickhouse.StateDiscarded, Reason: reason}); err != nil {
			break
		}
		discarded++
		fmt.Fprintln(env.Stdout, where+env.say("écarté", "discarded"))
	}
	err = errors.Join(err, rejected.Sync(context.WithoutCancel(ctx), s.js, s.store))
	fmt.Fprintf(env.Stdout, env.say("écartés : %d\n", "discarded %d\n"), discarded)
	if err == nil && replayed > 0 {
		err = fmt.Errorf(env.say("déjà republiés, non écartés : %d", "replayed before, not discarded: %d"), replayed)
	}
	return err
}
