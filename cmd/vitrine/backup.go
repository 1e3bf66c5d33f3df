package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/consumers/backup"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// The parts of a backup, of which --only picks one.
const (
	partEngine  = "engine"
	partStreams = "streams"
)

func checkPart(only string) error {
	if only != "" && only != partEngine && only != partStreams {
		return usageError{fmt.Errorf("--only %q: expected %s or %s", only, partEngine, partStreams)}
	}
	return nil
}

func newBackupCommand(env *environment) *cobra.Command {
	var to, only, openData, keys string
	cmd := &cobra.Command{
		Use:   "backup --to DIR",
		Short: "Copy the streams, the engine's tables, open data and keys into a folder, while all of it is in use",
		Long: `Copy the streams, the engine's tables, open data and keys into a folder, while all of it is in use.

The folder must not exist; it is there once the backup is whole. The streams are enough to make every figure again, in
minutes instead of seconds (--only streams). Two things are in no stream: the published open data (--open-data) and the
keys that NATS credentials are signed with (--keys): a backup with keys is a secret.`,
		Example: "  vitrine backup --to /backups/2026-11-27 --open-data data/open-data --keys data/keys",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usageError{errors.New("--to: expected a folder that doesn't exist yet")}
			}
			if err := checkPart(only); err != nil {
				return err
			}
			return env.backup(cmd.Context(), to, only, openData, keys)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "folder to make")
	cmd.Flags().StringVar(&only, "only", "", "back up one part only: streams or engine (default: both)")
	cmd.Flags().StringVar(&openData, "open-data", "", "folder of the published releases, such as data/open-data (default: not in the backup)")
	cmd.Flags().StringVar(&keys, "keys", "", "folder of the keys, such as data/keys (default: not in the backup)")
	cmd.AddCommand(newBackupCheckCommand(env))
	return cmd
}

func (env *environment) backup(ctx context.Context, to, only, openData, keys string) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	config := backup.Config{Dir: to, Conn: s.conn, Engine: s.store, OpenData: openData, Keys: keys, Version: version, Logger: s.logger,
		Counted: func(ctx context.Context) (uint64, error) {
			seq, err := ingest.Counted(ctx, s.js, schemas.ConsumerDurable)
			if errors.Is(err, jetstream.ErrConsumerNotFound) { // nobody has counted yet
				return 0, nil
			}
			return seq, err
		},
		Progress: func(what string) { s.logger.Debug("backing up", "part", what) }}
	switch only {
	case partEngine:
		config.Conn = nil
	case partStreams:
		config.Engine = nil
	}
	m, err := backup.Make(ctx, config)
	if err != nil {
		return err
	}
	env.printManifest(to, m)
	return nil
}

func newBackupCheckCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR",
		Short: "Compare every file of a backup with its checksum",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			bar := env.progress(env.say("lecture", "reading"))
			m, err := backup.Check(args[0], bar.set)
			bar.end()
			if err != nil {
				return err
			}
			env.printManifest(args[0], m)
			fmt.Fprintln(env.Stdout, env.say("intacte", "intact"))
			return nil
		},
	}
}

// printManifest says what is in a backup, and what isn't.
func (env *environment) printManifest(dir string, m *backup.Manifest) {
	t := env.newTable(env.say("Partie", "Part"), env.say("Lignes ou messages", "Rows or messages"), env.say("Jusqu'à", "Up to"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}})
	for _, each := range m.Tables {
		t.AppendRow(table.Row{partEngine + ": " + each.Name, each.Rows, ""})
	}
	for _, each := range m.Streams {
		t.AppendRow(table.Row{each.Name, each.Messages, each.Last})
	}
	t.Render()
	fmt.Fprintf(env.Stdout, env.say("%s : %d fichiers, %.1f Mio, en %s\n", "%s: %d files, %.1f MiB, in %s\n"), dir, len(m.Files), float64(m.Bytes())/(1<<20), m.Ended.Sub(m.Began).Round(100*time.Millisecond))
	var missing []string
	for _, folder := range []string{backup.FolderEngine, backup.FolderStreams, backup.FolderOpenData, backup.FolderKeys} {
		if !m.Has(folder) {
			missing = append(missing, folder)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(env.Stdout, env.say("n'y est pas : %s\n", "not in it: %s\n"), strings.Join(missing, ", "))
	}
	if m.Has(backup.FolderKeys) {
		fmt.Fprintln(env.Stdout, env.say("Elle contient les clés : gardez-la secrète.", "It holds the keys: keep it secret."))
	}
}
