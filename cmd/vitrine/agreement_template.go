package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitrine/producers/agreement"
	"vitrine/schemas"
)

func newAgreementTemplateCommand(env *environment) *cobra.Command {
	var b agreement.Blank
	var start string
	cmd := &cobra.Command{
		Use:     "template",
		Short:   "Print an agreement with the call's own commitments, to be filled in (--lang fr or en)",
		Example: "  vitrine agreement template --lang fr --lab atelier-nord --number AFN-2026-001 --start 2026-04-01 > atelier-nord.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			y, m, _ := env.today().Date()
			b.Start, b.Lang = time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC), env.Config.Lang
			if start != "" {
				var err error
				if b.Start, err = time.Parse(time.DateOnly, start); err != nil {
					return usageError{fmt.Errorf(env.say("--start %q : attendu un jour, AAAA-MM-JJ", "--start %q: expected a day, YYYY-MM-DD"), start)}
				}
			}
			if b.Lab != "" && !schemas.IsSlug(b.Lab) {
				return usageError{fmt.Errorf(env.say("--lab %q : attendu un nom court, par exemple atelier-nord", "--lab %q: expected a short name, such as atelier-nord"), b.Lab)}
			}
			if b.Months < 1 || b.Months > 24 {
				return usageError{fmt.Errorf(env.say("--months %d : attendu 1 à 24", "--months %d: expected 1 to 24"), b.Months)}
			}
			catalogue, err := env.catalogue()
			if err != nil {
				return err
			}
			return agreement.WriteTemplate(env.Stdout, b, catalogue)
		},
	}
	cmd.Flags().StringVar(&b.Lab, "lab", "", "the lab's short name (default: left to be filled in)")
	cmd.Flags().StringVar(&b.Number, "number", "", "the agreement's number (default: left to be filled in)")
	cmd.Flags().StringVar(&start, "start", "", "its first day, YYYY-MM-DD (default: the first of next month)")
	cmd.Flags().IntVar(&b.Months, "months", 24, "how long it lasts, 1 to 24 months; targets are sized by it")
	return cmd
}
