package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/producers/agreement"
	"vitrine/schemas"
)

func newAgreementHistoryCommand(env *environment, f *labFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history LAB",
		Short: "Show every version of a lab's agreements, with what each changed and why",
		Args:  exactlyOneLab(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := env.catalogue()
			if err != nil {
				return err
			}
			versions, err := env.agreementVersions(cmd.Context(), f, args[0], "")
			if err != nil {
				return err
			}
			if len(versions) == 0 {
				return env.noAgreement(args[0])
			}
			if asJSON {
				return env.historyJSON(versions, catalogue)
			}
			env.printHistory(versions, catalogue)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// eachVersion calls f with each version and what it changes of the version before it of the same event.
func eachVersion(versions []agreement.Version, catalogue *schemas.Catalogue, f func(v agreement.Version, changes []agreement.Change)) {
	before := map[uuid.UUID]*schemas.AgreementSigned{}
	for _, v := range versions {
		var changes []agreement.Change
		if !v.Event.Retracted {
			if had := before[v.Event.ID]; had != nil {
				changes = agreement.Diff(had, &v.Data, catalogue)
			}
			before[v.Event.ID] = &v.Data
		}
		f(v, changes)
	}
}

func (env *environment) printHistory(versions []agreement.Version, catalogue *schemas.Catalogue) {
	eachVersion(versions, catalogue, func(v agreement.Version, changes []agreement.Change) {
		if v.Event.Retracted {
			fmt.Fprintf(env.Stdout, env.say("Retirée : %s\n", "Retracted: %s\n"), env.version(v))
			return
		}
		fmt.Fprintf(env.Stdout, env.say("Convention %s, %s, par %s\n", "Agreement %s, %s, by %s\n"), v.Data.Agreement, env.version(v), printable(v.Publisher))
		for _, c := range changes {
			fmt.Fprintln(env.Stdout, "  "+env.change(c))
		}
	})
}

func (env *environment) historyJSON(versions []agreement.Version, catalogue *schemas.Catalogue) error {
	out := []map[string]any{}
	eachVersion(versions, catalogue, func(v agreement.Version, changes []agreement.Change) {
		said := []map[string]string{}
		for _, c := range changes {
			said = append(said, map[string]string{"sort": string(c.Sort), "label": c.Label.In(env.Config.Lang), "old": c.Old.In(env.Config.Lang), "new": c.New.In(env.Config.Lang)})
		}
		one := env.versionJSON(v)
		one["changes"] = said
		out = append(out, one)
	})
	to := json.NewEncoder(env.Stdout)
	to.SetIndent("", "  ")
	return to.Encode(out)
}

func newAgreementListCommand(env *environment, f *labFlags) *cobra.Command {
	var asOf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the agreements in force",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			versions, err := env.agreementVersions(cmd.Context(), f, "", asOf)
			if err != nil {
				return err
			}
			inForce := agreement.InForce(versions)
			if asJSON {
				out := []map[string]any{}
				for _, v := range inForce {
					out = append(out, env.versionJSON(v))
				}
				to := json.NewEncoder(env.Stdout)
				to.SetIndent("", "  ")
				return to.Encode(out)
			}
			if len(inForce) == 0 {
				fmt.Fprintln(env.Stdout, env.say("Aucune convention en vigueur.", "No agreement in force."))
				return nil
			}
			t := env.newTable(env.say("Fab lab", "Lab"), env.say("Convention", "Agreement"), env.say("Révision", "Revision"), env.say("Du", "From"), env.say("Au", "To"),
				env.say("Subvention (€)", "Grant (€)"), env.say("Engagements", "Commitments"), env.say("Signée", "Signed"))
			t.SetColumnConfigs([]table.ColumnConfig{{Number: 6, Align: text.AlignRight}})
			for _, v := range inForce {
				grant := "–"
				if v.Data.Grant != nil {
					grant = env.number(float64(v.Data.Grant.Micros()) / 1e6)
				}
				t.AppendRow(table.Row{v.Event.Lab(), v.Data.Agreement, v.Event.Revision, v.Data.Start, v.Data.End, grant, len(v.Data.Commitments), v.Stored.In(env.Config.Zone).Format(time.DateOnly)})
			}
			t.Render()
			return nil
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "those that were in force at the end of a day, YYYY-MM-DD (default: now)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
