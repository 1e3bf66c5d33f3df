package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/backup"
	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/erasure"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rejected"
	"vitrine/producers"
)

// restoration is what `vitrine restore` was asked for.
type restoration struct {
	from, only     string
	data           string // of an installation in one process, which this one stands in for; "": servers at the two URLs
	keys, openData string // folders to make; "": in data, or left alone
	engine         string // path of libchdb
	erasures       string // file with what was erased since the backup, as `vitrine erase list --json` prints it
	alone          bool   // nobody else works on the target
}

func newRestoreCommand(env *environment) *cobra.Command {
	var r restoration
	cmd := &cobra.Command{
		Use:   "restore --from DIR",
		Short: "Put a backup back into an empty installation, and count what its engine lacks",
		Long: `Put a backup back into an empty installation, and count what its engine lacks.

With --data DIR into the data folder of vitrine up, which must not run. Without, into the servers at --nats-url and --clickhouse-url;
stop gateways and consumers first. Every file is checked before anything is changed. What isn't empty is refused.

--only engine: the engine was lost, the streams are there: its tables come from the backup, and what came since from the stream.
--only streams: also the way from a backup without an engine: every figure is made again from the stream.`,
		Example: "  vitrine restore --from /backups/2026-11-27 --data data",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.from == "" {
				return usageError{errors.New("--from: expected the folder of a backup")}
			}
			if err := checkPart(r.only); err != nil {
				return err
			}
			return env.restore(cmd.Context(), r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.from, "from", "", "folder of the backup")
	f.StringVar(&r.only, "only", "", "put one part back only: streams or engine (default: what is in the backup)")
	f.StringVar(&r.data, "data", "", "data folder of vitrine up, which must not run (default: the servers at the two URLs)")
	f.StringVar(&r.keys, "keys", "", "folder to put the keys into (default: keys in --data)")
	f.StringVar(&r.openData, "open-data", "", "folder to put the published releases into (default: open-data in --data)")
	f.StringVar(&r.engine, "engine", "", "path of the ClickHouse engine, libchdb (default: fetched once with npm)")
	f.StringVar(&r.erasures, "erasures", "", "file of what vitrine erase list --json printed last: it is erased again")
	return cmd
}

func (env *environment) restore(ctx context.Context, r restoration) error {
	began := time.Now()
	bar := env.progress(env.say("contrôle de la sauvegarde", "checking the backup"))
	m, err := backup.Check(r.from, bar.set)
	bar.end()
	if err != nil {
		return err
	}
	switch {
	case r.only == partEngine && len(m.Tables) == 0:
		return usageError{fmt.Errorf("--only %s: there is no engine in %s", partEngine, r.from)}
	case r.only == partStreams && len(m.Streams) == 0, r.only == "" && len(m.Streams) == 0:
		return usageError{fmt.Errorf("there are no streams in %s: --only %s puts its engine back", r.from, partEngine)}
	}
	since, err := readErasures(r.erasures)
	if err != nil {
		return err
	}
	if err := env.restoreFolders(r, m); err != nil {
		return err
	}
	if r.data != "" {
		stop, err := env.standIn(ctx, r)
		if err != nil {
			return err
		}
		r.alone = true
		err = env.restoreInto(ctx, r, m, since)
		if err = errors.Join(err, stop()); err != nil {
			return err
		}
	} else if err := env.restoreInto(ctx, r, m, since); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, env.say("restauré en %s : « vitrine verify » le prouve\n", "restored in %s: vitrine verify proves it\n"), time.Since(began).Round(100*time.Millisecond))
	return nil
}

// restoreInto fills the servers that are connected to.
func (env *environment) restoreInto(ctx context.Context, r restoration, m *backup.Manifest, since []erasure.Entry) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if r.only != partEngine {
		if err := backup.RestoreStreams(ctx, s.conn, r.from, m, env.Config.NATSReplicas, func(what string) { s.logger.Info("restoring", "stream", what) }); err != nil {
			return err
		}
		if err := producers.EnsureStreams(ctx, s.js, env.Config.NATSReplicas); err != nil { // those that the backup has none of
			return err
		}
	}
	if r.alone {
		if err := env.restoreFigures(ctx, s, r, m); err != nil {
			return err
		}
		return env.eraseAgain(ctx, s, r, m, since)
	}
	// All the while: what consumers were given in between would be in their hands when it is erased again.
	held, release, err := env.hold(s, "restore")(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err = env.restoreFigures(held, s, r, m); err == nil {
		err = env.eraseAgain(held, s, r, m, since)
	}
	return claim.Cause(held, err)
}

// restoreFolders puts keys and open data back where there are none. In a data folder what is there is kept.
func (env *environment) restoreFolders(r restoration, m *backup.Manifest) error {
	for folder, to := range map[string]string{backup.FolderKeys: r.keys, backup.FolderOpenData: r.openData} {
		if to == "" && r.data != "" {
			to = filepath.Join(r.data, folder)
			if entries, err := os.ReadDir(to); len(entries) > 0 {
				continue
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if to == "" || !m.Has(folder) {
			continue
		}
		if err := backup.RestoreFolder(r.from, folder, to); err != nil {
			return err
		}
	}
	return nil
}

// standIn runs the engines of a data folder, on addresses that nobody else knows.
func (env *environment) standIn(ctx context.Context, r restoration) (stop func() error, err error) {
	f := engineFlags{data: r.data, natsAddr: "127.0.0.1:0", clickhouseAddr: "127.0.0.1:0", keys: r.keys, engine: r.engine, syncInterval: restoredSync}
	path, err := env.enginePath(ctx, f.engine)
	if err != nil {
		return nil, err
	}
	engines, err := startEngines(ctx, f, path, env.logger())
	if err != nil {
		return nil, err
	}
	env.Config.NATSURL, env.Config.ClickHouseURL = engines.natsURL, engines.clickhouseURL
	env.Config.NATSCreds = engines.keys.ServiceCredentials()
	return func() error { return errors.Join(engines.stop(), backup.Flush(r.data)) }, nil
}

// restoredSync is how often restored streams are flushed: JetStream takes a restore for dead where its messages are flushed
// one by one on a slow disk. All of the folder is flushed before the restore is said to be done.
const restoredSync = 10 * time.Second

// restoreFigures fills the engine from the backup and the stream, or from the stream alone. Nobody else may write figures meanwhile.
func (env *environment) restoreFigures(ctx context.Context, s *services, r restoration, m *backup.Manifest) error {
	if _, err := s.store.Migrate(ctx, env.Config.ZoneName, s.catalogue); err != nil {
		return err
	}
	made, err := s.store.FiguresMade(ctx)
	if err != nil {
		return err
	}
	wanted := clickhouse.MadeWith(s.catalogue, env.Config.Zone)
	if r.only == partStreams || len(m.Tables) == 0 {
		return env.rebuild(ctx, s, true)
	}
	bar := env.progress(env.say("Charge les tables", "Loading tables"))
	err = backup.RestoreEngine(ctx, s.store, r.from, m, made.With == clickhouse.Rebuilding, bar.set)
	bar.end()
	if err != nil {
		return err
	}
	if err := s.store.Adopt(ctx, env.Config.ZoneName, s.catalogue); err != nil { // a restore that was interrupted may have had another catalogue
		return err
	}
	if err := s.store.NoteWrites(ctx); err != nil {
		return err
	}
	if err := ingest.SameStream(ctx, s.js, s.store); err != nil {
		return err
	}
	if m.MadeWith != wanted {
		s.logger.Info("the backup's figures were made with another catalogue or zone: making them again", "backup", m.MadeWith)
		return env.rebuild(ctx, s, true)
	}
	bar = env.progress(env.say("Compte ce qui est venu depuis", "Counting what came since"))
	err = ingest.CatchUp(ctx, ingest.Config{JetStream: s.js, Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger}, m.CountedUpTo, bar.set)
	bar.end()
	if err := cmp.Or(err, rejected.Sync(ctx, s.js, s.store)); err != nil {
		return err
	}
	return s.store.SetFiguresMadeWith(ctx, wanted)
}
