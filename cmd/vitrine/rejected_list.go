package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

func newRejectedListCommand(env *environment) *cobra.Command {
	var f rejectionFlags
	var by string
	var limit uint64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [SEQ…]",
		Short: "List rejected events, the newest last",
		Long: `List rejected events, the newest last, and how many there are in each state.

On a terminal long reasons are cut; redirected, each event takes one line. --json leaves nothing out.`,
		Example: "  vitrine rejected list --state open --since 2026-03\n  vitrine rejected list --lab atelier-nord --by field",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.filter(env, args)
			if err != nil {
				return err
			}
			if filter.Limit = limit; by != "" && by != "lab" && by != "code" && by != "field" {
				return usageError{fmt.Errorf(env.say("--by %q : attendu lab, code ou field", "--by %q: expected lab, code or field"), by)}
			}
			store, err := env.openClickHouse(clickhouse.Config{})
			if err != nil {
				return err
			}
			defer store.Close()
			if err := store.Ping(cmd.Context()); err != nil {
				return err
			}
			return env.migrateFirst(env.listRejections(cmd.Context(), store, filter, by, asJSON))
		},
	}
	f.bind(cmd, "")
	cmd.Flags().StringVar(&by, "by", "", "count them by lab, code or field")
	cmd.Flags().Uint64Var(&limit, "limit", 50, "the newest so many; 0: all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (env *environment) listRejections(ctx context.Context, store *clickhouse.Store, f clickhouse.RejectionFilter, by string, asJSON bool) error {
	totals, err := store.CountRejections(ctx, "", f)
	if err != nil {
		return err
	}
	total := clickhouse.RejectionCount{}
	if len(totals) > 0 {
		total = totals[0]
	}
	var (
		rows   []clickhouse.RejectedEvent
		counts []clickhouse.RejectionCount
	)
	if by != "" {
		counts, err = store.CountRejections(ctx, by, f)
	} else {
		rows, err = store.FindRejections(ctx, f)
	}
	switch {
	case err != nil:
		return err
	case asJSON:
		out := map[string]any{"open": total.Open, "replayed": total.Replayed, "discarded": total.Discarded}
		if by != "" {
			out["by"], out["counts"] = by, append([]clickhouse.RejectionCount{}, counts...)
		} else {
			out["rejections"] = append([]clickhouse.RejectedEvent{}, rows...)
		}
		encoder := json.NewEncoder(env.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(out)
	case by != "":
		env.printRejectionCounts(by, counts)
	case len(rows) > 0:
		env.printRejections(rows)
	}
	fmt.Fprintf(env.Stdout, env.say("à traiter : %d, republiés : %d, écartés : %d\n", "open %d, replayed %d, discarded %d\n"), total.Open, total.Replayed, total.Discarded)
	if all := total.Open + total.Replayed + total.Discarded; by == "" && uint64(len(rows)) < all {
		fmt.Fprintf(env.Stdout, env.say("Les %d derniers de %d sont affichés ; --limit 0 les affiche tous.\n", "The newest %d of %d are shown; --limit 0 shows all.\n"), len(rows), all)
	}
	return nil
}

// Sizes in the list, in characters and lines.
const (
	widestName     = 30 // of a lab, kind or field, on a terminal
	longestName    = 100
	longestCause   = 500
	causeInLine    = 50 // less room for it isn't worth a line
	narrowestCause = 20
	linesOfCause   = 3
	otherCounts    = 58 // what the counts take beside their key
)

// printRejections takes a line for each where there is room for it.
func (env *environment) printRejections(rows []clickhouse.RejectedEvent) {
	const reason = 5 // its column
	width := env.width()
	header := table.Row{env.say("N°", "Seq"), env.say("Reçu", "Received"), env.say("Fab lab", "Lab"), env.say("Type", "Kind"), env.say("Champ", "Field"), env.say("Motif", "Reason"), env.say("État", "State")}
	name := func(s string) string {
		if width > 0 {
			return text.Snip(printable(s), widestName, "…")
		}
		return text.Snip(printable(s), longestName, "…")
	}
	cells := []table.Row{header}
	for _, r := range rows {
		cells = append(cells, table.Row{strconv.FormatUint(r.StreamSeq, 10), env.moment(r.ReceivedAt), name(r.Lab), name(r.Kind), name(r.Field), env.cause(r), env.stateOf(r)})
	}
	left := longestCause
	if width > 0 {
		left = width - 1
		for c := range header {
			left -= 3 // a border and two spaces
			if c != reason {
				left -= widest(cells, c)
			}
		}
		if left < causeInLine {
			env.printRejectionsNarrow(rows, width)
			return
		}
	}
	t := env.newTable(header...)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, Align: text.AlignRight}})
	for _, row := range cells[1:] {
		row[reason] = text.Snip(row[reason].(string), left, "…")
		t.AppendRow(row)
	}
	t.Render()
}

// widest is the width of a column's widest line.
func widest(rows []table.Row, column int) (width int) {
	for _, row := range rows {
		for line := range strings.SplitSeq(row[column].(string), "\n") {
			width = max(width, text.StringWidthWithoutEscSequences(line))
		}
	}
	return width
}

// printRejectionsNarrow takes a few lines for each, and no more of the width than there is.
func (env *environment) printRejectionsNarrow(rows []clickhouse.RejectedEvent, width int) {
	header := table.Row{env.say("N°", "Seq"), env.say("Reçu", "Received"), env.say("Fab lab, type, motif", "Lab, kind, reason"), env.say("État", "State")}
	cells := []table.Row{header}
	for _, r := range rows {
		day, clock, _ := strings.Cut(env.moment(r.ReceivedAt), " ")
		state := env.stateName(r.State)
		if r.ReplayedAs != nil {
			state += "\n  → " + strconv.FormatUint(*r.ReplayedAs, 10)
		}
		cells = append(cells, table.Row{strconv.FormatUint(r.StreamSeq, 10), day + "\n" + clock, "", state})
	}
	const borders = 4*3 + 1
	rest := max(width-borders-widest(cells, 0)-widest(cells, 1)-widest(cells, 3), narrowestCause)
	t := env.newTable(header...)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, Align: text.AlignRight}})
	t.Style().Options.SeparateRows = true
	for i, r := range rows {
		whose := printable(r.Lab)
		if r.Kind != "" {
			whose += ", " + printable(r.Kind)
		}
		lines := strings.Split(folding(env.reason(r), rest), "\n")
		if len(lines) > linesOfCause {
			lines[linesOfCause-1] = text.Snip(strings.Join(lines[linesOfCause-1:], " "), rest, "…")
			lines = lines[:linesOfCause]
		}
		row := cells[i+1]
		row[2] = text.Snip(whose, rest, "…") + "\n" + strings.Join(lines, "\n")
		t.AppendRow(row)
	}
	t.Render()
}

// cause is the reason without its field, which has a column of its own.
func (env *environment) cause(r clickhouse.RejectedEvent) string {
	reason := env.reason(r)
	if field := printable(r.Field); field != "" {
		reason = strings.TrimPrefix(reason, field+env.say(" : ", ": "))
	}
	return reason
}

// stateOf is a state with the number that a replayed event was accepted under.
func (env *environment) stateOf(r clickhouse.RejectedEvent) string {
	state := env.stateName(r.State)
	if r.ReplayedAs != nil {
		state += " → " + strconv.FormatUint(*r.ReplayedAs, 10)
	}
	return state
}

func (env *environment) printRejectionCounts(by string, counts []clickhouse.RejectionCount) {
	if len(counts) == 0 {
		return
	}
	header := map[string]string{"lab": env.say("Fab lab", "Lab"), "code": env.say("Problème", "Problem"), "field": env.say("Champ", "Field")}[by]
	t := env.newTable(header, env.say("À traiter", "Open"), env.say("Republiés", "Replayed"), env.say("Écartés", "Discarded"), env.say("Dernier reçu", "Last received"))
	var right []table.ColumnConfig
	for i := 2; i <= 4; i++ {
		right = append(right, table.ColumnConfig{Number: i, Align: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	for _, c := range counts {
		key := printable(c.Key)
		switch {
		case key == "" && by == "field":
			key = env.say("(tout l'événement)", "(the whole event)")
		case key == "":
			key = env.say("(inconnu)", "(unknown)")
		case by == "code":
			key = schemas.ProblemName(c.Key).In(env.Config.Lang) + " (" + key + ")"
		}
		if width := env.width(); width > 0 {
			key = text.Snip(key, max(width-otherCounts, narrowestCause), "…")
		}
		t.AppendRow(table.Row{text.Snip(key, longestName, "…"), orDash(c.Open), orDash(c.Replayed), orDash(c.Discarded), env.moment(c.Last)})
	}
	t.Render()
}
