package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/erasure"
)

func newRetentionCommand(env *environment) *cobra.Command {
	var keep time.Duration
	var yes bool
	cmd := &cobra.Command{
		Use:   "retention --rejected-keep 9600h",
		Short: "Erase rejected events that are older, which may hold what nobody should keep",
		Long: `Erase rejected events that were received longer ago, with their account, from the streams and from ClickHouse.

They count for nothing, so no figure changes. Accepted events have no age limit: the figures are made from them. Run it every
night (see docs/operations.md). Without --yes it says what would go.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if keep < 24*time.Hour {
				return usageError{fmt.Errorf("--rejected-keep %s: expected 24h at least: a lab must have time to send a mended event", keep)}
			}
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			eraser, err := env.eraser(s, env.hold(s, "retention"))
			if err != nil {
				return err
			}
			e, err := eraser.Plan(cmd.Context(), erasure.Request{Before: time.Now().Add(-keep), Reason: "retention of rejected events: " + keep.String()})
			if err != nil {
				return err
			}
			env.printErasure(e)
			if !yes || e.Events == 0 && e.Rejected == 0 {
				return nil
			}
			_, err = eraser.Do(cmd.Context(), e)
			return err
		},
	}
	cmd.Flags().DurationVar(&keep, "rejected-keep", 9600*time.Hour, "how long rejected events are kept; 9600h are 400 days")
	cmd.Flags().BoolVar(&yes, "yes", false, "erase; without it nothing is changed")
	return cmd
}
