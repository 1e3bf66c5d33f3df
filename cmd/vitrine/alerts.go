package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/consumers/alerts"
)

func newAlertsCommand(env *environment) *cobra.Command {
	var lab string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "List what needs attention, and try the way that alerts are sent",
		Long: `List the alerts that are raised: commitments that turned late, deadlines, silent labs, rejected events that wait. They are looked for
by up, consume and demo, and sent where their --alert-… flags say.`,
		Example: "  vitrine alerts --lab atelier-nord\n  vitrine alerts --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := env.dialNATS(env.logger())
			if err != nil {
				return err
			}
			defer conn.Close()
			js, err := jetstream.New(conn)
			if err != nil {
				return err
			}
			return env.listAlerts(cmd.Context(), alerts.NewLog(js), lab, all, asJSON)
		},
	}
	cmd.Flags().StringVar(&lab, "lab", "", "those of a lab")
	cmd.Flags().BoolVar(&all, "all", false, "those that are over too, the newest last")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newAlertsTestCommand(env))
	return cmd
}

func (env *environment) listAlerts(ctx context.Context, log *alerts.Log, lab string, all, asJSON bool) error {
	read := log.Current
	if all {
		read = log.History
	}
	found, err := read(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return errors.New(env.say("aucune alerte n'a encore été cherchée ici (lancez `vitrine up` ou `vitrine consume`)",
			"no alerts have been looked for here yet (run `vitrine up` or `vitrine consume`)"))
	}
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(a alerts.Alert) bool { return lab != "" && a.Lab != lab })
	if asJSON {
		encoder := json.NewEncoder(env.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(map[string]any{"alerts": append([]alerts.Alert{}, found...)})
	}
	if len(found) == 0 {
		fmt.Fprintln(env.Stdout, env.say("Aucune alerte.", "No alerts."))
		return nil
	}
	env.printAlerts(found, all)
	return nil
}

func (env *environment) printAlerts(found []alerts.Alert, all bool) {
	header := []any{env.say("Fab lab", "Lab"), env.say("Alerte", "Alert"), env.say("Depuis", "Since")}
	if all {
		header = append(header, env.say("Levée", "Over"))
	}
	t := env.newTable(append(header, env.say("Ce qu'il en est", "What is so"))...)
	signs := map[alerts.Severity]string{alerts.Critical: "‼ ", alerts.Warning: "! ", alerts.Notice: "· "}
	counts := map[alerts.Severity]int{}
	for _, a := range found {
		row := table.Row{text.Snip(printable(a.LabName), widestName, "…"), signs[a.Severity] + a.Sort.Name().In(env.Config.Lang), a.Since.Format(time.DateOnly)}
		if all {
			over := "–"
			if a.Cleared != nil {
				over = env.moment(*a.Cleared)
			}
			row = append(row, over)
		}
		t.AppendRow(append(row, printable(a.Text.In(env.Config.Lang))))
		counts[a.Severity]++
	}
	t.Render()
	fmt.Fprintf(env.Stdout, env.say("‼ critiques : %d, ! à traiter : %d, · à noter : %d\n", "‼ critical %d, ! warnings %d, · notices %d\n"),
		counts[alerts.Critical], counts[alerts.Warning], counts[alerts.Notice])
}

func newAlertsTestCommand(env *environment) *cobra.Command {
	var flags alertFlags
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Send a test to each destination",
		Long:  "Send a test to each destination that the flags, the environment or the configuration file name: those of up and consume.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env.alerts = flags
			d, err := env.delivery()
			if err != nil {
				return err
			}
			if len(d.destinations) == 0 {
				return usageError{errors.New(env.say("aucun destinataire : voir --alert-webhook et --alert-smtp", "no destination: see --alert-webhook and --alert-smtp"))}
			}
			return env.testDestinations(cmd.Context(), d)
		},
	}
	flags.bind(cmd.Flags())
	return cmd
}

// testWithin bounds a test.
const testWithin = 30 * time.Second

func (env *environment) testDestinations(ctx context.Context, d *delivery) error {
	var problems []error
	for _, to := range d.destinations {
		digest, err := d.letterhead.Test(time.Now())
		if err != nil {
			return err
		}
		sending, cancel := context.WithTimeout(ctx, testWithin)
		err = to.Send(sending, digest)
		cancel()
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", to.Name(), err))
			continue
		}
		fmt.Fprintf(env.Stdout, env.say("%s : envoyé (%s)\n", "%s: sent (%s)\n"), to.Name(), digest.ID)
	}
	return errors.Join(problems...)
}
