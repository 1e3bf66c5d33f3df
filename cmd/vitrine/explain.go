package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	lab, indicator, period, segment, asOf, format string
	limit                                         int
	versions                                      bool
	patience                                      time.Duration
}

func newExplainCommand(env *environment) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain --lab LAB --indicator CODE [--period PERIOD] [--segment SEGMENT]",
		Short: "Take a figure apart: the events behind it, what each adds, and their versions",
		Long: "Prints an indicator's value for a lab and a period, the events that it is made of with what each adds, and every version\n" +
			"of each: its revision, when it was received, from where, and why it was corrected or retracted. What the events add up to is\n" +
			"worked out anew from the stored events, and compared with the figure that dashboards and reports show.\n" +
			"Exit status 0: they are the same; 1: they differ, or it can't be told.",
		Example: "  vitrine explain --lab atelier-nord --indicator U01 --period 2026-03\n" +
			"  vitrine explain --lab atelier-nord --indicator D02 --period 2026-Q1 --segment audience=companies --format json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return env.explain(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.lab, "lab", "", "the lab's slug")
	cmd.Flags().StringVar(&o.indicator, "indicator", "", "the indicator's code, e.g. U01")
	cmd.Flags().StringVar(&o.period, "period", "", "a day, month or quarter: 2026-03-12, 2026-03 or 2026-Q1 (default: the indicator's usual one, with today in it)")
	cmd.Flags().StringVar(&o.segment, "segment", "", "a part of the figure, e.g. audience=companies (default: the whole)")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "the day to look from, YYYY-MM-DD (default: today); it matters to what looks back or is carried on")
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().IntVar(&o.limit, "limit", 0, "print at most this many events of each table (0: all); the others are counted, and said to be left out")
	cmd.Flags().BoolVar(&o.versions, "versions", true, "print the older versions of events too")
	cmd.Flags().DurationVar(&o.patience, "timeout", 10*time.Second, "how long to wait for events that are just being counted")
	return cmd
}

func (env *environment) explain(ctx context.Context, o explainOptions) error {
	catalogue, err := env.catalogue()
	if err != nil {
		return err
	}
	q, err := env.question(catalogue, o)
	if err != nil {
		return usageError{err}
	}
	store, err := env.openClickHouse(clickhouse.Config{})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		return err
	}
	if err := store.CheckMadeWith(ctx, clickhouse.MadeWith(catalogue, env.Config.Zone)); err != nil {
		return err
	}
	a, err := explain.Explain(ctx, explain.Config{Store: store, Rules: rollup.NewRules(catalogue), Zone: env.Config.Zone, Patience: o.patience}, q)
	if err != nil {
		return env.explainError(q, err)
	}
	if o.format == "json" {
		err = env.printExplanationJSON(a)
	} else {
		explanation{environment: env, Answer: a, explainOptions: o, width: cmp.Or(env.width(), widthOfFiles)}.print()
	}
	if err == nil && !a.Exact() {
		err = errors.New(env.say("les contributions ne donnent pas le chiffre ; si des événements viennent d'arriver, réessayez, sinon lancez `vitrine verify`",
			"the contributions don't give the figure; if events have just arrived, try again, else run `vitrine verify`"))
	}
	return err
}

// question reads the flags.
func (env *environment) question(catalogue *schemas.Catalogue, o explainOptions) (explain.Question, error) {
	q := explain.Question{Lab: o.lab, Segment: o.segment, AsOf: env.today()}
	var problems []error
	wrong := func(fr, en string, args ...any) { problems = append(problems, fmt.Errorf(env.say(fr, en), args...)) }
	if o.lab == "" {
		wrong("--lab : indiquez le fab lab", "--lab: expected the lab's slug")
	}
	if o.indicator == "" {
		wrong("--indicator : indiquez le code d'un indicateur, par exemple U01", "--indicator: expected an indicator's code, such as U01")
	} else if i, known := catalogue.Lookup(strings.ToUpper(o.indicator)); known {
		q.Indicator = i
	} else {
		wrong("--indicator %q : pas au catalogue, qui contient\n%s", "--indicator %q: not in the catalogue, which has\n%s", o.indicator, env.nearIndicators(catalogue, o.indicator))
	}
	if o.asOf != "" {
		day, err := time.Parse(time.DateOnly, o.asOf)
		if err != nil {
			wrong("--as-of %q : un jour est attendu, AAAA-MM-JJ", "--as-of %q: expected a day, YYYY-MM-DD", o.asOf)
		}
		q.AsOf = day
	}
	period, ok := explain.ParsePeriod(o.period)
	if o.period == "" && q.Indicator != nil {
		period, ok = explain.PeriodOf(usualGrain(q.Indicator), q.AsOf), true
	}
	if !ok && (o.period != "" || q.Indicator != nil) {
		wrong("--period %q : un jour, un mois ou un trimestre est attendu, par exemple 2026-03-12, 2026-03 ou 2026-T1",
			"--period %q: expected a day, month or quarter, such as 2026-03-12, 2026-03 or 2026-Q1", o.period)
	}
	q.Period = period
	if o.format != "text" && o.format != "json" {
		wrong("--format %q : text ou json est attendu", "--format %q: expected text or json", o.format)
	}
	if o.limit < 0 {
		wrong("--limit %d : au moins 0 est attendu", "--limit %d: expected at least 0", o.limit)
	}
	return q, errors.Join(problems...)
}

// usualGrain is the grain nearest to the period that the catalogue gives for an indicator.
func usualGrain(i *schemas.Indicator) explain.Grain {
	switch i.Period {
	case "day":
		return explain.Day
	case "month":
		return explain.Month
	}
	return explain.Quarter
}

// nearIndicators are those whose code begins alike, or whose name holds the text; all, if there are none.
func (env *environment) nearIndicators(catalogue *schemas.Catalogue, text string) string {
	var near, all strings.Builder
	for _, i := range catalogue.Indicators {
		name := i.Name.In(env.Config.Lang)
		fmt.Fprintf(&all, "  %s  %s\n", i.Code, name)
		if strings.EqualFold(i.Code[:1], text[:1]) || strings.Contains(strings.ToLower(name), strings.ToLower(text)) {
			fmt.Fprintf(&near, "  %s  %s\n", i.Code, name)
		}
	}
	if near.Len() == 0 {
		near = all
	}
	return strings.TrimSuffix(near.String(), "\n")
}

// explainError says in the user's language what a question asked for that isn't there.
func (env *environment) explainError(q explain.Question, err error) error {
	var lab *explain.UnknownLab
	var segment *explain.UnknownSegment
	switch {
	case errors.As(err, &lab):
		return fmt.Errorf(env.say("rien n'a été reçu du fab lab %q ; enregistrés : %s", "nothing was ever received from lab %q; registered: %s"), lab.Lab, env.nearLabs(lab))
	case errors.As(err, &segment) && len(segment.Have) == 0:
		return fmt.Errorf(env.say("%s n'est donné que pour l'ensemble, sans --segment", "%s is given for the whole only, without --segment"), q.Indicator.Code)
	case errors.As(err, &segment):
		return fmt.Errorf(env.say("%s de %s n'a pas de segment %q ; ceux qu'il a :\n  %s", "%s of %s has no segment %q; it has\n  %s"),
			q.Indicator.Code, q.Lab, segment.Segment, strings.Join(segment.Have, "\n  "))
	case errors.Is(err, explain.ErrNoDailyFigure):
		return usageError{errors.New(env.say("un indicateur sur les derniers mois n'a pas de chiffre par jour : indiquez un mois ou un trimestre",
			"an indicator over the last months has no figure by day: give a month or a quarter"))}
	}
	return err
}

// mostLabs is how many labs a message names.
const mostLabs = 20

// nearLabs are the labs that share a word of the slug, or all; not more than a message holds.
func (env *environment) nearLabs(e *explain.UnknownLab) string {
	words := strings.FieldsFunc(strings.ToLower(e.Lab), func(r rune) bool { return r == '-' || r == ' ' })
	near := slices.DeleteFunc(slices.Clone(e.Have), func(lab string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return len(w) > 3 && strings.Contains(lab, w) })
	})
	if len(near) == 0 {
		near = e.Have
	}
	return env.someLabs(near)
}

func (env *environment) line(format string, args ...any) {
	_, _ = fmt.Fprintf(env.Stdout, format+"\n", args...)
}

// widthOfFiles is how wide the output is where there is no terminal, in columns.
const widthOfFiles = 120
