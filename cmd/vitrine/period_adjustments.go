package main

import (
	"cmp"
	"context"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/schemas"
)

func newPeriodAdjustmentsCommand(env *environment) *cobra.Command {
	var asJSON, segments bool
	cmd := &cobra.Command{
		Use:   "adjustments [LAB [PERIOD]]",
		Short: "List what changed in approved periods since, with the events behind it",
		Long: `Lists each figure of an approved period that is another today: the approved figure, today's, the difference, and the events that
arrived or were corrected or retracted since, with who sent them, when and why. The approved figures stay as they are.`,
		Example: "  vitrine period adjustments atelier-nord 2026-Q1",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			lab, period := "", ""
			if len(args) > 0 {
				lab = args[0]
			}
			if len(args) > 1 {
				period = periods.Parse(args[1])
			}
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			all, err := whole(cmd.Context(), s.store, func() ([]adjusted, error) { return env.adjustments(cmd.Context(), s, lab, period, segments) })
			switch {
			case err != nil:
				return err
			case asJSON:
				return env.printJSON(map[string]any{"adjustments": all})
			}
			env.printAdjustments(s.catalogue, all)
			return nil
		},
	}
	cmd.Flags().BoolVar(&segments, "segments", false, "the figures' segments too, not the whole alone")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// adjusted is an adjustment with its events.
type adjusted struct {
	clickhouse.Adjustment
	Events []periods.Late
}

func (env *environment) adjustments(ctx context.Context, s *services, lab, period string, segments bool) ([]adjusted, error) {
	list, err := s.store.Adjustments(ctx, lab, period)
	if err != nil {
		return nil, err
	}
	archive := periods.Archive{Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone}
	out := []adjusted{}
	for _, a := range list {
		if a.Segment != "" && !segments {
			continue
		}
		events, err := archive.Behind(ctx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, adjusted{a, events})
	}
	return out, nil
}

func (env *environment) printAdjustments(c *schemas.Catalogue, all []adjusted) {
	lang := env.Config.Lang
	if len(all) == 0 {
		env.line(env.say("Aucun chiffre de période validée n'a changé depuis.", "No figure of an approved period has changed since."))
		return
	}
	for _, a := range all {
		name := a.Indicator
		if i, known := c.Lookup(a.Indicator); known {
			name += " " + i.Name.In(lang)
		}
		if a.Segment != "" {
			name += " – " + schemas.SegmentLabel(a.Segment).In(lang)
		}
		env.line("%s, %s : %s", a.Lab, periods.Name(a.Period, lang), name)
		env.line(env.say("  validé %s le %s, aujourd'hui %s, écart %s%s", "  approved %s on %s, today %s, difference %s%s"), env.decimalOrDash(a.Approved),
			env.momentOrDash(&a.ApprovedAt), env.decimalOrDash(a.Now), env.signed(a.Difference), env.unit(a.Unit))
		if a.CatalogueChanged {
			env.line(env.say("  le catalogue a changé depuis : l'écart peut venir de ses règles", "  the catalogue changed since: the difference may come from its rules"))
		}
		if len(a.Events) == 0 {
			continue
		}
		t := env.newTable(env.say("Événement", "Event"), env.say("Type", "Kind"), env.say("Depuis", "Since then"), env.say("Alors", "Then"), env.say("Maintenant", "Now"),
			env.say("Reçu", "Received"), env.say("De", "From"), env.say("Motif", "Reason"))
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight}, {Number: 8, WidthMax: 40, WidthMaxEnforcer: folding}})
		for _, e := range a.Events {
			t.AppendRow(table.Row{e.ID, e.Latest.Kind, env.changeName(e.Change), env.addedOrDash(e.Then), env.addedOrDash(e.Now),
				e.Latest.ReceivedAt.In(env.Config.Zone).Format(time.DateOnly), e.Latest.Source, schemas.Reason(e.Latest.Reason).In(env.Config.Lang)})
		}
		t.Render()
	}
}

func (env *environment) changeName(c periods.Change) string {
	switch c {
	case periods.Arrived:
		return env.say("arrivé", "arrived")
	case periods.Corrected:
		return env.say("corrigé", "corrected")
	case periods.Retracted:
		return env.say("retiré", "retracted")
	default:
		return env.say("rétabli", "restored")
	}
}

// addedOrDash is what an event adds, in the figure's unit; both parts where it adds to a ratio's two.
func (env *environment) addedOrDash(a *periods.Added) string {
	switch {
	case a == nil || a.Numerator == nil && a.Denominator == nil:
		return "–"
	case a.Value != nil:
		return env.decimalOrDash(a.Value)
	case a.Denominator == nil:
		return env.decimalOrDash(a.Numerator)
	}
	numerator := env.decimalOrDash(cmp.Or(a.Numerator, &decimal.Zero))
	return numerator + " / " + env.decimalOrDash(a.Denominator)
}

func (env *environment) signed(v *decimal.Decimal) string {
	if v != nil && v.IsPositive() {
		return "+" + env.decimalOrDash(v)
	}
	return env.decimalOrDash(v)
}
