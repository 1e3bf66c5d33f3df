package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/ingest"
)

func newRebuildCommand(env *environment) *cobra.Command {
	var fromStream bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the figures again, from the stored events or from the stream",
		Long: "Make the figures again: drop all cells and compute them from the stored events.\n" +
			"With --from-stream, or when the indicator catalogue has changed, everything is made again from the stream.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s, err := env.connect(ctx)
			if err != nil {
				return err
			}
			defer s.close()
			changed, err := s.store.Migrate(ctx, env.Config.ZoneName, s.catalogue)
			if err != nil {
				return err
			}
			if fromStream || changed {
				return env.rebuildFromStream(ctx, s)
			}
			bar := env.progress(env.say("Recalcule les cellules", "Recomputing cells"))
			defer bar.end()
			return s.store.RebuildCells(ctx, func(done, total int) { bar.set(uint64(done), uint64(total)) })
		},
	}
	cmd.Flags().BoolVar(&fromStream, "from-stream", false, "drop the stored events as well and take them from the stream again")
	return cmd
}

// rebuildFromStream drops everything in ClickHouse and takes the stream through the door again.
func (env *environment) rebuildFromStream(ctx context.Context, s *services) error {
	began := time.Now()
	if err := s.store.Clear(ctx); err != nil {
		return err
	}
	bar := env.progress(env.say("Relit le flux", "Replaying the stream"))
	err := ingest.Replay(ctx, ingest.Config{JetStream: s.js, Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger}, bar.set)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, env.say("Tout est refait depuis le flux en %s.\n", "Everything was made again from the stream in %s.\n"), time.Since(began).Round(100*time.Millisecond))
	return s.store.SetFiguresMadeWith(ctx, s.catalogue.Hash)
}
