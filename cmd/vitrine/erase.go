package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"vitrine/consumers/erasure"
	"vitrine/consumers/ingest"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

func newEraseCommand(env *environment) *cobra.Command {
	var f labFlags
	var event, reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "erase LAB",
		Short: "Erase for good what there is of a lab, or of one of its events",
		Long: `Erase for good what there is of a lab, or of one of its events: the messages of the streams are written over, the tables
rewritten, the lab's credentials withdrawn. Without --yes it says what would go, and changes nothing.

What stays: a trace without content (vitrine erase list), what was published as open data, and backups. Give restore the trace
(--erasures), and it erases again what a backup brings back. With --event, periods approved since are frozen anew without that event; to
keep its figures, let the lab send a mended event under another id first. It may be interrupted and given again.`,
		Example: "  vitrine erase atelier-nord --reason \"the lab left the programme and asked for it\" --yes\n" +
			"  vitrine erase atelier-nord --event 0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11 --reason \"a name in the title\" --yes",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := env.goodReason(reason)
			if err != nil {
				return err
			}
			r := erasure.Request{Lab: args[0], Reason: reason}
			if !schemas.IsSlug(r.Lab) || r.Lab == credentials.Programme {
				return usageError{fmt.Errorf(env.say("%q n'est pas le nom court d'un lab", "%q is no lab's short name"), r.Lab)}
			}
			if event != "" {
				if r.Event, err = uuid.Parse(event); err != nil || r.Event == uuid.Nil {
					return usageError{fmt.Errorf("--event %q: expected an event's id, a UUID", event)}
				}
			}
			return env.eraseLab(cmd.Context(), &f, r, yes)
		},
	}
	cmd.Flags().StringVar(&event, "event", "", "erase this event alone, with all its versions")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those who look later; no personal data (required)")
	cmd.Flags().BoolVar(&yes, "yes", false, "erase; without it nothing is changed")
	cmd.Flags().StringVar(&f.data, "data", "data", "folder of the data of vitrine up or vitrine demo")
	cmd.Flags().StringVar(&f.keys, "keys", "", "folder of the keys (default: keys in the data folder)")
	cmd.AddCommand(newEraseListCommand(env))
	return cmd
}

// goodReason is a reason as it may be kept for ever.
func (env *environment) goodReason(reason string) (string, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	switch {
	case reason == "":
		return "", usageError{errors.New(env.say("--reason : dites pourquoi", "--reason: say why"))}
	case utf8.RuneCountInString(reason) > longestReason:
		return "", usageError{fmt.Errorf(env.say("--reason : au plus %d caractères", "--reason: at most %d characters"), longestReason)}
	case schemas.Redact(reason) != reason:
		return "", usageError{errors.New(env.say("--reason : ni adresse électronique ni numéro de téléphone", "--reason: no e-mail address or phone number"))}
	}
	return printable(reason), nil
}

// eraser works on the connected services, and keeps whoever writes beside it away by hold, which may be nil: nobody does.
func (env *environment) eraser(s *services, hold holding) (*erasure.Eraser, error) {
	return erasure.New(erasure.Config{JetStream: s.js, Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger, Hold: hold,
		Rebuild: func(ctx context.Context) error { return env.rebuild(ctx, s, true) }})
}

func (env *environment) eraseLab(ctx context.Context, f *labFlags, r erasure.Request, yes bool) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	eraser, err := env.eraser(s, env.holdIdle(s, "erase", ingest.HoldFor))
	if err != nil {
		return err
	}
	if yes && r.Event == uuid.Nil { // first of all: nothing more shall come
		if err := env.withdraw(ctx, f, r.Lab); err != nil {
			return err
		}
	}
	e, err := eraser.Plan(ctx, r)
	if err != nil {
		return err
	}
	frozen, err := s.store.Frozen(ctx, e.StoreErasure())
	if err != nil {
		return env.migrateFirst(err)
	}
	env.printErasure(e)
	if frozen > 0 {
		text := env.say("périodes validées dont les chiffres figés disparaissent : %d\n", "approved periods whose frozen figures go: %d\n")
		if r.Event != uuid.Nil {
			text = env.say("périodes validées qui seront figées de nouveau, sans cet événement : %d\n", "approved periods that will be frozen anew, without this event: %d\n")
		}
		fmt.Fprintf(env.Stdout, text, frozen)
	}
	if !yes {
		fmt.Fprintln(env.Stdout, env.say("Rien n'est changé ; --yes efface pour de bon.", "Nothing was changed; --yes erases for good."))
		return nil
	}
	if e, err = eraser.Do(ctx, e); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, env.say("effacé, en %s\n", "erased, in %s\n"), e.Ended.Sub(e.Began).Round(100*time.Millisecond))
	return nil
}

// withdraw revokes a lab's credentials; one that has none is as good.
func (env *environment) withdraw(ctx context.Context, f *labFlags, lab string) error {
	registry, err := env.openRegistry(ctx, f)
	if err != nil {
		return err
	}
	defer registry.conn.Close()
	if err := registry.Revoke(ctx, lab); err != nil && !errors.Is(err, credentials.ErrNone) {
		return env.labError(lab, err)
	}
	return nil
}

func (env *environment) printErasure(e erasure.Entry) {
	what := e.Lab
	switch e.What {
	case erasure.WhatEvent:
		what += ", " + e.Event.String()
	case erasure.WhatRejected:
		what = env.say("rejets reçus avant le ", "rejections received before ") + e.Before.Format(time.DateOnly)
	}
	state := ""
	if e.Ended != nil {
		state = env.say(", effacé le ", ", erased on ") + e.Ended.Format(time.DateOnly)
	}
	fmt.Fprintf(env.Stdout, env.say("%s : %s, %s, %s, jusqu'au n° %d%s\n", "%s: %s, %s, %s, up to seq %d%s\n"), what,
		env.counted(e.Events, "événement|événements", "event|events"), env.counted(e.Rejected, "message de rejet|messages de rejet", "message about rejections|messages about rejections"),
		env.counted(e.Alerts, "alerte|alertes", "alert|alerts"), e.UpTo, state)
}

func newEraseListCommand(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Say what was erased, when and why",
		Long:  "Say what was erased, when and why. Keep what --json prints outside of the installation: restore --erasures takes it.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			entries, err := erasure.List(cmd.Context(), s.js)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(env.Stdout)
			for _, e := range entries {
				if asJSON {
					if err := encoder.Encode(e); err != nil {
						return err
					}
					continue
				}
				env.printErasure(e)
				fmt.Fprintln(env.Stdout, "  "+e.Reason)
				if e.Ended == nil {
					fmt.Fprintln(env.Stdout, env.say("  interrompu : relancez la commande", "  interrupted: give the command again"))
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each")
	return cmd
}
