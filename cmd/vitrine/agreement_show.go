package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/producers/agreement"
	"vitrine/schemas"
)

// showOptions pick a version.
type showOptions struct {
	number, asOf, format string
	revision             int64
}

func newAgreementShowCommand(env *environment, f *labFlags) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:     "show LAB",
		Short:   "Show a lab's agreement: the one in force, that of a past day, or an earlier revision",
		Example: "  vitrine agreement show atelier-nord\n  vitrine agreement show atelier-nord --format yaml > atelier-nord.yaml\n  vitrine agreement show atelier-nord --revision 0",
		Args:    exactlyOneLab(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"text", "yaml", "json"}, o.format) {
				return usageError{fmt.Errorf(env.say("--format %q : attendu text, yaml ou json", "--format %q: expected text, yaml or json"), o.format)}
			}
			catalogue, err := env.catalogue()
			if err != nil {
				return err
			}
			versions, err := env.agreementVersions(cmd.Context(), f, args[0], o.asOf)
			if err != nil {
				return err
			}
			shown := o.pick(versions)
			if len(shown) == 0 {
				return env.noAgreement(args[0])
			}
			for _, v := range shown {
				if err := env.printAgreement(v, catalogue, o.format); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.number, "agreement", "", "the agreement's number, where a lab has several (default: all of them)")
	cmd.Flags().Int64Var(&o.revision, "revision", -1, "a revision (default: the one in force)")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "what was in force at the end of a day, YYYY-MM-DD (default: now)")
	cmd.Flags().StringVar(&o.format, "format", "text", "text, yaml (a file that apply takes) or json")
	return cmd
}

// pick gives the versions asked for: by default those in force.
func (o showOptions) pick(versions []agreement.Version) []agreement.Version {
	others := func(v agreement.Version) bool { return o.number != "" && v.Data.Agreement != o.number }
	if o.revision < 0 {
		return slices.DeleteFunc(agreement.InForce(versions), others)
	}
	// At equal revision the later one counts.
	var out []agreement.Version
	for _, v := range versions {
		if v.Event.Revision != o.revision || v.Event.Retracted || others(v) {
			continue
		}
		out = append(slices.DeleteFunc(out, func(had agreement.Version) bool { return had.Event.ID == v.Event.ID }), v)
	}
	return out
}

func (env *environment) printAgreement(v agreement.Version, catalogue *schemas.Catalogue, format string) error {
	switch format {
	case "yaml":
		_, err := env.Stdout.Write(agreement.YAML(v.Event.Lab(), &v.Data))
		return err
	case "json":
		to := json.NewEncoder(env.Stdout)
		to.SetIndent("", "  ")
		return to.Encode(env.versionJSON(v))
	}
	a, l := v.Data, env.Config.Lang
	fmt.Fprintf(env.Stdout, env.say("Convention %s de %s, %s\n", "Agreement %s of %s, %s\n"), a.Agreement, v.Event.Lab(), env.version(v))
	kind, _ := schemas.KindByName("agreement.signed")
	values := scalars(a)
	for _, field := range kind.Fields() {
		if value := values[field.Name]; value != "" && field.Name != "agreement" {
			fmt.Fprintf(env.Stdout, "  %s%s%s\n", field.Title.In(l), env.say(" : ", ": "), value)
		}
	}
	t := env.newTable(env.say("Engagement", "Commitment"), env.say("Cible", "Target"), env.say("Départ", "Baseline"), env.say("Mode", "Mode"), env.say("Du", "From"), env.say("Au", "Due"), env.say("Paliers", "Steps"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, WidthMax: 60, WidthMaxEnforcer: folding}, {Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight},
		{Number: 7, WidthMax: 40, WidthMaxEnforcer: folding}})
	modes := commitmentTerms(kind)
	for _, c := range a.Commitments {
		baseline, mode := "", modes["mode"][c.Mode].In(l)
		if c.Baseline != nil {
			baseline = c.Baseline.String()
		}
		if c.Every != "" {
			mode += " (" + modes["every"][c.Every].In(l) + ")"
		}
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, s.By+": "+s.Value.String())
		}
		t.AppendRow(table.Row{agreement.Name(c.Indicator, c.Segment, catalogue).In(l), c.Target, baseline, mode, c.From, c.Due, strings.Join(steps, ", ")})
	}
	t.Render()
	for _, m := range a.Milestones {
		fmt.Fprintf(env.Stdout, "  %s %s%s\n", schemas.Taxonomies()["milestones"].Label(m.Milestone).In(l), env.say("avant le ", "by "), m.Due)
	}
	for _, r := range a.Reporting {
		fmt.Fprintf(env.Stdout, env.say("  %s à déclarer pour le %s\n", "  %s to be reported by %s\n"), r.Period, r.Due)
	}
	return nil
}

// commitmentTerms are the words for the codes of a commitment's fields, by field and code.
func commitmentTerms(kind schemas.Kind) map[string]map[string]schemas.Text {
	out := map[string]map[string]schemas.Text{}
	for _, f := range kind.Fields() {
		for _, item := range f.Items {
			words := map[string]schemas.Text{}
			for _, term := range item.Terms {
				words[term.Code] = term.Label
			}
			if f.Name == "commitments" {
				out[item.Name] = words
			}
		}
	}
	return out
}

// scalars are an agreement's fields other than lists, as text.
func scalars(a schemas.AgreementSigned) map[string]string {
	out := map[string]string{}
	var all map[string]json.RawMessage
	raw, err := json.Marshal(a)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		return out // it was read from JSON
	}
	for name, v := range all {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		if !strings.HasPrefix(s, "[") {
			out[name] = s
		}
	}
	return out
}

// version names a version: its revision, when it was signed and why.
func (env *environment) version(v agreement.Version) string {
	s := fmt.Sprintf(env.say("révision %d, signée le %s (n° %d)", "revision %d, signed %s (seq %d)"), v.Event.Revision, env.moment(v.Stored), v.Seq)
	if v.Event.Reason != "" {
		s += env.say(" : ", ": ") + printable(v.Event.Reason)
	}
	return s
}

func (env *environment) versionJSON(v agreement.Version) map[string]any {
	return map[string]any{"lab": v.Event.Lab(), "id": v.Event.ID, "revision": v.Event.Revision, "seq": v.Seq, "stored": v.Stored, "publisher": v.Publisher,
		"reason": v.Event.Reason, "retracted": v.Event.Retracted, "agreement": v.Data}
}
