package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/status"
	"vitrine/schemas"
)

func newStatusCommand(env *environment) *cobra.Command {
	var lab, asOf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how labs stand against their commitments",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day := env.today()
			if asOf != "" {
				var err error
				if day, err = time.Parse(time.DateOnly, asOf); err != nil {
					return usageError{fmt.Errorf("--as-of %q: expected a day, YYYY-MM-DD", asOf)}
				}
			}
			store, err := env.openClickHouse(clickhouse.Config{})
			if err != nil {
				return err
			}
			defer store.Close()
			if err := store.Ping(cmd.Context()); err != nil {
				return err
			}
			made, err := store.FiguresWhole(cmd.Context())
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				err = env.printStatusJSON(cmd.Context(), store, day, lab)
			case lab != "":
				err = env.printLab(cmd.Context(), store, day, lab)
			default:
				err = env.printStatus(cmd.Context(), store, day)
			}
			if err != nil {
				return err
			}
			return clickhouse.StillMade(cmd.Context(), store.FiguresMade, made)
		},
	}
	cmd.Flags().StringVar(&lab, "lab", "", "one lab's commitments")
	cmd.Flags().StringVar(&asOf, "as-of", "", "the day to look from, YYYY-MM-DD (default: today)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// statusNames are the statuses for people, with a sign that doesn't rely on colour.
var statusNames = map[string]struct {
	name   schemas.Text
	sign   string
	colour text.Colors
}{
	"achieved":    {schemas.Text{FR: "atteint", EN: "achieved"}, "✔", text.Colors{text.FgGreen}},
	"within":      {schemas.Text{FR: "plafond respecté", EN: "within the cap"}, "✔", text.Colors{text.FgGreen}},
	"on_track":    {schemas.Text{FR: "en bonne voie", EN: "on track"}, "●", text.Colors{text.FgGreen}},
	"at_risk":     {schemas.Text{FR: "à surveiller", EN: "at risk"}, "▲", text.Colors{text.FgYellow}},
	"late":        {schemas.Text{FR: "en retard", EN: "late"}, "▼", text.Colors{text.FgRed}},
	"missed":      {schemas.Text{FR: "manqué", EN: "missed"}, "✘", text.Colors{text.FgRed, text.Bold}},
	"exceeded":    {schemas.Text{FR: "plafond dépassé", EN: "cap exceeded"}, "✘", text.Colors{text.FgRed, text.Bold}},
	"no_data":     {schemas.Text{FR: "sans données", EN: "no data"}, "○", text.Colors{text.FgHiBlack}},
	"not_started": {schemas.Text{FR: "pas commencé", EN: "not started"}, "…", text.Colors{text.FgHiBlack}},
}

func (env *environment) statusName(s string) string {
	n := statusNames[s]
	label := n.sign + " " + n.name.In(env.Config.Lang)
	if env.colours() {
		return n.colour.Sprint(label)
	}
	return label
}

// colours says whether the output is a terminal that wants them (no-color.org).
func (env *environment) colours() bool { return env.Getenv("NO_COLOR") == "" && isTerminal(env.Stdout) }

func (env *environment) printStatus(ctx context.Context, store *clickhouse.Store, day time.Time) error {
	p, err := status.Read(ctx, store, day)
	if err != nil {
		return err
	}
	if len(p.Labs) == 0 {
		fmt.Fprintln(env.Stdout, env.say("Aucun fab lab n'est enregistré.", "No lab is registered."))
		return nil
	}
	fmt.Fprintf(env.Stdout, env.say("Situation au %s\n", "Status on %s\n"), day.Format(time.DateOnly))
	if width := env.width(); width > 0 && width < widthOfStatus {
		env.statusTable(p.Labs, true).Render()
	} else {
		env.statusTable(p.Labs, false).Render()
	}
	fmt.Fprintln(env.Stdout, env.say("✔ atteint  ● en bonne voie  ▲ à surveiller  ▼ en retard  ✘ manqué ou dépassé  ○ sans données  … pas commencé",
		"✔ achieved  ● on track  ▲ at risk  ▼ late  ✘ missed or exceeded  ○ no data  … not started"))
	return nil
}

// widthOfStatus is that of the table of all labs with long names, each lab on one line.
const widthOfStatus = 170

// statusTable has a line for each lab, or where it is narrow two: the commune below the name, and the worst status below the mean one.
func (env *environment) statusTable(labs []status.Lab, narrow bool) table.Writer {
	signs := []any{"✔", "●", "▲", "▼", "✘", "○", "…"}
	lab, commune, mean, worst := env.say("Fab lab", "Lab"), env.say("Commune", "Commune"), env.say("En moyenne", "On average"), env.say("Au pire", "At worst")
	last, events, due := env.say("Dernier événement", "Last event"), env.say("Événements", "Events"), env.say("Décl. dues", "Reports due")
	if narrow {
		last, due = env.say("Dernier\névénement", "Last\nevent"), env.say("Décl.\ndues", "Reports\ndue")
	}
	columns := func(lab, commune, mean, worst string, counts []any, more ...any) table.Row {
		first := table.Row{lab, commune, mean, worst}
		if narrow {
			first = table.Row{lab + "\n  " + commune, mean + "\n" + worst}
		}
		return slices.Concat(first, counts, more)
	}
	header := columns(lab, commune, mean, worst, signs, last, events, due)
	t := env.newTable(header...)
	counts := slices.Index(header, signs[0])
	var configs []table.ColumnConfig
	for c := counts; c < len(header); c++ {
		if header[c] != last {
			configs = append(configs, table.ColumnConfig{Number: c + 1, Align: text.AlignRight})
		}
	}
	if !narrow {
		configs = append(configs, table.ColumnConfig{Number: 1, WidthMax: 36, WidthMaxEnforcer: folding}, table.ColumnConfig{Number: 2, WidthMax: 22, WidthMaxEnforcer: folding})
	}
	t.SetColumnConfigs(configs)
	for _, l := range labs {
		t.AppendRow(columns(l.Name, l.Commune, env.statusName(l.MeanStatus), env.statusName(l.WorstStatus),
			[]any{orDash(l.Achieved), orDash(l.OnTrack), orDash(l.AtRisk), orDash(l.Late), orDash(l.Missed), orDash(l.NoData), orDash(l.NotStarted)},
			env.silence(l.SilentDays), env.number(float64(l.Events)), orDash(l.OverduePeriods)))
	}
	return t
}

func (env *environment) printLab(ctx context.Context, store *clickhouse.Store, day time.Time, lab string) error {
	commitments, err := store.CommitmentStatuses(ctx, day, lab)
	if err != nil {
		return err
	}
	if len(commitments) == 0 {
		known, err := status.Read(ctx, store, day)
		switch {
		case err != nil:
			return err
		case !slices.ContainsFunc(known.Labs, func(l status.Lab) bool { return l.Lab == lab }):
			return fmt.Errorf(env.say("le fab lab %q n'est pas enregistré", "lab %q is not registered"), lab)
		}
		return fmt.Errorf(env.say("le fab lab %q n'a pas d'engagement", "lab %q has no commitment"), lab)
	}
	fmt.Fprintf(env.Stdout, env.say("%s, situation au %s\n", "%s, status on %s\n"), lab, day.Format(time.DateOnly))
	if width := env.width(); width > 0 && width < widthOfCommitments {
		env.commitmentsTable(commitments, true).Render()
	} else {
		env.commitmentsTable(commitments, false).Render()
	}
	fmt.Fprintln(env.Stdout, env.say("Par mois : ce qu'il faut encore réaliser chaque mois. Sous la projection : au rythme du plus faible, du plus fort des trois derniers mois.",
		"Per month: what each month must still bring. Below the projection: at the rate of the slowest, of the fastest of the last three months."))
	return nil
}

// widthOfCommitments is that of the table of a lab's commitments with large figures, each commitment's status and day on one line.
const widthOfCommitments = 150

// commitmentsTable has the day when a commitment is due behind its status, or where it is narrow below.
func (env *environment) commitmentsTable(commitments []clickhouse.CommitmentStatus, narrow bool) table.Writer {
	columns := func(due, status string, others ...any) table.Row {
		if narrow {
			return append(others, status+"\n"+due)
		}
		return append(others, due, status)
	}
	t := env.newTable(columns(env.say("Échéance", "Due"), env.say("Situation", "Status"), "", env.say("Engagement", "Commitment"), env.say("Cible", "Target"),
		env.say("Réalisé", "Actual"), env.say("Attendu", "Expected"), env.say("Rythme", "Pace"), env.say("Projection", "Projected"), env.say("Par mois", "Per month"))...)
	var right []table.ColumnConfig
	for i := 3; i <= 8; i++ {
		right = append(right, table.ColumnConfig{Number: i, Align: text.AlignRight})
	}
	t.SetColumnConfigs(append(right, table.ColumnConfig{Number: 2, WidthMax: 28, WidthMaxEnforcer: folding}))
	for _, c := range commitments {
		name := schemas.Text{FR: c.NameFR, EN: c.NameEN}.In(env.Config.Lang)
		if c.Segment != "" {
			name += " – " + schemas.SegmentLabel(c.Segment).In(env.Config.Lang)
		}
		actual := env.optional(c.Actual)
		if c.Actual != nil {
			actual += env.unit(c.Unit)
		}
		t.AppendRow(columns(c.Due.Format(time.DateOnly), env.statusName(c.Status), c.Indicator, name, env.number(c.Target)+env.unit(c.Unit), actual, env.number(c.Expected),
			env.optional(c.Pace), env.projection(c), env.optional(c.NeededPerMonth)))
	}
	return t
}

// projection writes where a commitment is heading, with its range below if it has one.
func (env *environment) projection(c clickhouse.CommitmentStatus) string {
	if c.ProjectedLow == nil || c.ProjectedHigh == nil || *c.ProjectedLow == *c.ProjectedHigh {
		return env.optional(c.Projected)
	}
	return env.optional(c.Projected) + "\n" + env.number(*c.ProjectedLow) + "–" + env.number(*c.ProjectedHigh)
}

func (env *environment) printStatusJSON(ctx context.Context, store *clickhouse.Store, day time.Time, lab string) error {
	p, err := status.Read(ctx, store, day)
	if err != nil {
		return err
	}
	labs := p.Labs
	if lab != "" {
		labs = nil
		for _, l := range p.Labs {
			if l.Lab == lab {
				labs = append(labs, l)
			}
		}
		if labs == nil {
			return fmt.Errorf(env.say("le fab lab %q n'est pas enregistré", "lab %q is not registered"), lab)
		}
	}
	out := json.NewEncoder(env.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"as_of": day.Format(time.DateOnly), "labs": listed(labs), "totals": listed(p.Totals)})
}

// listed is a list as JSON has it: one without entries is one, too.
func listed[T any](all []T) []T { return append([]T{}, all...) }

func (env *environment) silence(days *int64) string {
	switch {
	case days == nil:
		return env.say("aucun", "none")
	case *days <= 0:
		return env.say("aujourd'hui", "today")
	case *days == 1:
		return env.say("hier", "yesterday")
	}
	return fmt.Sprintf(env.say("il y a %d jours", "%d days ago"), *days)
}

func (env *environment) optional(v *float64) string {
	if v == nil {
		return "–"
	}
	return env.number(*v)
}

// number writes at most two decimals, in the language's manner: 12 345,6 or 12,345.6.
func (env *environment) number(v float64) string {
	return env.printer().Sprint(numberFormat(v))
}

func orDash(n uint64) string {
	if n == 0 {
		return "·"
	}
	return strconv.FormatUint(n, 10)
}
