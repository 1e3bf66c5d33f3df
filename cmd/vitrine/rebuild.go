package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rejected"
	"vitrine/consumers/rollup"
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
			held, release, err := env.hold(s, "rebuild")(ctx)
			if err != nil {
				return err
			}
			defer release()
			changed, err := s.store.Migrate(held, env.Config.ZoneName, s.catalogue)
			if err == nil {
				err = env.rebuild(held, s, fromStream || changed)
			}
			return claim.Cause(held, err)
		},
	}
	cmd.Flags().BoolVar(&fromStream, "from-stream", false, "drop the stored events as well and take them from the stream again")
	return cmd
}

// rebuild makes the figures again; nobody else may write them meanwhile. Until it is done, the database
// says so: after a kill in the middle nobody takes what is there for the figures.
func (env *environment) rebuild(ctx context.Context, s *services, fromStream bool) error {
	began := time.Now()
	if err := s.store.SetFiguresMadeWith(ctx, clickhouse.Rebuilding); err != nil {
		return err
	}
	if err := s.store.Adopt(ctx, env.Config.ZoneName, s.catalogue); err != nil {
		return err
	}
	make := env.rebuildCells
	if fromStream {
		make = env.rebuildFromStream
	}
	if err := make(ctx, s); err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, env.say("Les chiffres sont refaits, en %s.\n", "The figures are made again, in %s.\n"), time.Since(began).Round(100*time.Millisecond))
	return s.store.SetFiguresMadeWith(ctx, clickhouse.MadeWith(s.catalogue, env.Config.Zone))
}

func (env *environment) rebuildCells(ctx context.Context, s *services) error {
	bar := env.progress(env.say("Recalcule les cellules", "Recomputing cells"))
	defer bar.end()
	return s.store.RebuildCells(ctx, rollup.NewRules(s.catalogue), func(done, total int) { bar.set(uint64(done), uint64(total)) })
}

// rebuildFromStream drops everything in ClickHouse and takes the stream through the door again.
func (env *environment) rebuildFromStream(ctx context.Context, s *services) error {
	if err := s.store.Clear(ctx); err != nil {
		return err
	}
	bar := env.progress(env.say("Relit le flux", "Replaying the stream"))
	defer bar.end()
	if err := ingest.Replay(ctx, ingest.Config{JetStream: s.js, Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger}, bar.set); err != nil {
		return err
	}
	return rejected.Sync(ctx, s.js, s.store)
}
