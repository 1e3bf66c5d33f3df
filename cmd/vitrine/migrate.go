package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

func newMigrateCommand(env *environment) *cobra.Command {
	var (
		cluster  schemas.Cluster
		shardsBy string
		show     bool
	)
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring ClickHouse's schema and the indicator catalogue up to date",
		Long: "Bring ClickHouse's schema and the indicator catalogue up to date. It may be repeated.\n" +
			"With --cluster a new database is made on all servers of a ClickHouse cluster, which it then remembers.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch shardsBy {
			case "", schemas.ShardsByLab:
				cluster.ByLab = shardsBy != ""
			default:
				return usageError{fmt.Errorf("--shards-by %q: expected %s, or nothing", shardsBy, schemas.ShardsByLab)}
			}
			if err := cluster.Check(); err != nil {
				return usageError{err}
			}
			if show {
				return env.printMigrations(cluster)
			}
			return env.migrateOn(cmd.Context(), cluster)
		},
	}
	cmd.Flags().StringVar(&cluster.Name, "cluster", "", "make a new database on this ClickHouse cluster, by its name or a macro such as {cluster}")
	cmd.Flags().StringVar(&shardsBy, "shards-by", "", "give each shard of the cluster the tables of its own labs: lab. Default: every server has everything")
	cmd.Flags().BoolVar(&show, "print", false, "print the statements, and execute none")
	return cmd
}

// migrateOn brings the database up to date, on a cluster if it lies there or is to.
func (env *environment) migrateOn(ctx context.Context, cluster schemas.Cluster) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if cluster.Name != "" {
		if err := s.store.LayOut(ctx, cluster); err != nil {
			return err
		}
	}
	before, err := s.store.Migrations(ctx)
	if err != nil {
		return err
	}
	if err := env.migrate(ctx, s, false); err != nil {
		return err
	}
	after, err := s.store.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range after {
		if !slices.ContainsFunc(before, func(b clickhouse.AppliedMigration) bool { return b.Name == m.Name }) {
			fmt.Fprintf(env.Stdout, env.say("Appliqué : %s\n", "Applied: %s\n"), m.Name)
		}
	}
	fmt.Fprintf(env.Stdout, env.say("%s est à jour (%d indicateurs).\n", "%s is up to date (%d indicators).\n"), s.store.Where(), len(s.catalogue.Indicators))
	return nil
}

// printMigrations writes the statements down as a client of ClickHouse would take them. The database is the URL's.
func (env *environment) printMigrations(cluster schemas.Cluster) error {
	store, err := env.openClickHouse(clickhouse.Config{}) // which doesn't connect
	if err != nil {
		return err
	}
	defer store.Close()
	database := store.Database()
	all, err := cluster.Statements("CREATE DATABASE IF NOT EXISTS "+database, database)
	if err != nil {
		return err
	}
	all = append(all, "USE "+database)
	if cluster.Name != "" {
		layout, err := cluster.Layout()
		if err != nil {
			return err
		}
		all = append(all, layout)
	}
	migrations, err := schemas.Migrations(schemas.DDLOptions{Zone: env.Config.ZoneName, Database: database, Cluster: cluster})
	if err != nil {
		return err
	}
	for _, m := range migrations {
		all = append(all, m.Statements...)
	}
	_, err = fmt.Fprintln(env.Stdout, strings.Join(all, ";\n\n")+";")
	return err
}
