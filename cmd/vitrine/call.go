package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/consumers/call"
	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
)

func newCallCommand(env *environment) *cobra.Command {
	var asOf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "call",
		Short: "Show what the call asks for, phrase by phrase, with what was reached and where it is shown",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := env.asOf(asOf)
			if err != nil {
				return err
			}
			catalogue, err := env.catalogue()
			if err != nil {
				return err
			}
			store, err := env.openClickHouse(clickhouse.Config{})
			if err != nil {
				return err
			}
			defer store.Close()
			if err := store.Ping(cmd.Context()); err != nil {
				return err
			}
			answer, err := whole(cmd.Context(), store, func() (*call.Answer, error) { return call.Read(cmd.Context(), store, catalogue, day) })
			if err != nil {
				return env.migrateFirst(err)
			}
			if asJSON {
				return env.printCallJSON(answer)
			}
			return env.printCall(answer)
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "the day to look from, YYYY-MM-DD (default: today)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// asOf reads a flag that names a day; "" is today.
func (env *environment) asOf(flag string) (time.Time, error) {
	if flag == "" {
		return env.today(), nil
	}
	day, err := time.Parse(time.DateOnly, flag)
	if err != nil {
		return day, usageError{fmt.Errorf(env.say("--as-of %q : attendu un jour, AAAA-MM-JJ", "--as-of %q: expected a day, YYYY-MM-DD"), flag)}
	}
	return day, nil
}

func (env *environment) printCall(a *call.Answer) error {
	texts, err := pages.LoadTexts("call", nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, env.say("L'appel à projets, du début au %s\n", "The call for projects, from the start to %s\n"), a.AsOf.Format(time.DateOnly))
	t := env.newTable("", env.say("L'appel dit", "The call asks for"), env.say("Réalisé par le programme", "Reached by the programme"), env.say("Fab labs", "Labs"), env.say("Où", "Where"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 40, WidthMaxEnforcer: folding}, {Number: 3, WidthMax: 60, WidthMaxEnforcer: folding},
		{Number: 4, Align: text.AlignRight}, {Number: 5, WidthMax: 36, WidthMaxEnforcer: folding}})
	t.Style().Options.SeparateRows = true
	for _, l := range a.Lines {
		t.AppendRow(table.Row{l.ID, l.Text.In(env.Config.Lang), strings.Join(env.reached(a, l, texts[pages.Lang(env.Config.Lang)]), "\n"), l.Labs, strings.Join(env.shown(l), "\n")})
	}
	t.Render()
	fmt.Fprintln(env.Stdout, env.say("Fab labs : ceux qui ont un chiffre ou un engagement. Entre parenthèses : avec un chiffre / engagés.",
		"Labs: those with a figure or a commitment. In brackets: with a figure / committed."))
	return nil
}

// reached are a phrase's indicators with their values, one a line.
func (env *environment) reached(a *call.Answer, l call.Line, words pages.Texts) []string {
	if len(l.Phrase.Indicators) == 0 {
		return []string{fmt.Sprintf(env.say("Registre : %s, %s, %s", "Registry: %s, %s, %s"), env.counted(int(a.Registry.Labs), "fab lab enregistré|fab labs enregistrés", "lab registered|labs registered"),
			env.counted(int(a.Registry.Archetypes), "archétype connu|archétypes connus", "with a known archetype|with a known archetype"), env.counted(int(a.Registry.Opened), "ouvert|ouverts", "open|open"))}
	}
	var out []string
	for _, f := range l.Figures {
		value := "–"
		if f.Value != nil {
			value = words.Value(*f.Value, f.Indicator.Unit)
		}
		// No-break spaces, so that the brackets aren't torn apart.
		out = append(out, fmt.Sprintf("%s %s%s %s (%d\u00a0/\u00a0%d)", f.Indicator.Code, f.Indicator.Name.In(env.Config.Lang), env.say(" :", ":"), value, f.Labs, f.Committed))
	}
	return out
}

// shown is where a phrase is served.
func (env *environment) shown(l call.Line) []string {
	return slices.Concat(l.Pages, []string{env.say("rapport : ", "report: ") + strings.Join(l.Report, ", ")}, l.Views)
}

func (env *environment) printCallJSON(a *call.Answer) error {
	type figure struct {
		Indicator string   `json:"indicator"`
		Name      string   `json:"name"`
		Unit      string   `json:"unit"`
		Value     *float64 `json:"value"`
		OverLabs  string   `json:"over_labs"`
		Labs      uint64   `json:"labs"`
		Committed uint64   `json:"committed"`
	}
	type line struct {
		ID      string   `json:"id"`
		Phrase  string   `json:"phrase"`
		Reading string   `json:"reading"`
		Figures []figure `json:"figures"`
		Labs    uint64   `json:"labs"`
		Pages   []string `json:"pages"`
		Report  []string `json:"report"`
		Views   []string `json:"views"`
	}
	lines := []line{}
	for _, l := range a.Lines {
		out := line{ID: l.ID, Phrase: l.Text.FR, Reading: l.Text.EN, Figures: []figure{}, Labs: l.Labs, Pages: l.Pages, Report: l.Report, Views: l.Views}
		for _, f := range l.Figures {
			out.Figures = append(out.Figures, figure{f.Indicator.Code, f.Indicator.Name.In(env.Config.Lang), f.Indicator.Unit, f.Value, string(f.Indicator.OverLabs), f.Labs, f.Committed})
		}
		lines = append(lines, out)
	}
	to := json.NewEncoder(env.Stdout)
	to.SetIndent("", "  ")
	return to.Encode(map[string]any{"as_of": a.AsOf.Format(time.DateOnly), "registry": a.Registry, "phrases": lines})
}
