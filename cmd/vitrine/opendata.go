package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/consumers/ingest"
	"vitrine/consumers/opendata"
	"vitrine/schemas"
)

// openDataFlags say how open data is published.
type openDataFlags struct {
	folder    string // empty: none is served
	delay     time.Duration
	publisher string
}

func (f *openDataFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&f.folder, "open-data", "", "folder that keeps the releases of open data; without it none is served (default of up and demo: open-data in the data folder)")
	f.bindRest(flags)
}

func (f *openDataFlags) bindRest(flags *pflag.FlagSet) {
	flags.DurationVar(&f.delay, "open-data-delay", 30*24*time.Hour, "how long after a quarter's end it is published; what comes later counts in the next one")
	flags.StringVar(&f.publisher, "open-data-publisher", opendata.DefaultNotice().Publisher, "who publishes the open data, as it is named in it")
}

// newKeeper publishes into a folder; busy says that a history is being loaded, and may be nil.
func (env *environment) newKeeper(s *services, f openDataFlags, busy func() bool) (*opendata.Keeper, error) {
	notice := opendata.DefaultNotice()
	notice.Publisher = f.publisher
	if f.delay == 0 {
		f.delay = -1 // none; 0 would be the default
	}
	k, err := opendata.New(opendata.Config{
		Store: s.store, Folder: f.folder, Catalogue: s.catalogue, Notice: &notice, Zone: env.Config.Zone, Delay: f.delay,
		Ready: func(ctx context.Context) bool {
			return (busy == nil || !busy()) && s.store.CheckMadeWith(ctx, s.madeWith) == nil && s.counted(ctx)
		},
		Whole: func(ctx context.Context, read func() error) error {
			return s.store.WhileMadeWith(ctx, s.madeWith, read)
		},
		Logger: s.logger, Registerer: s.registry,
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// countedWithin is how long open data waits for the consumer; it asks again later.
const countedWithin = 5 * time.Second

// counted says whether everything that the stream has now is counted.
func (s *services) counted(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, countedWithin)
	defer cancel()
	stream, err := s.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return false
	}
	return ingest.WaitCountedUpTo(ctx, s.js, schemas.ConsumerDurable, stream.CachedInfo().State.LastSeq) == nil
}

// addOpenData mounts /open-data and the agendas; page is /open-data for people. The keeper is nil where no folder is given.
func (env *environment) addOpenData(s *services, site *website, mux *http.ServeMux, page http.Handler, busy func() bool) (*opendata.Keeper, error) {
	if site.web.openData.folder == "" {
		return nil, nil
	}
	k, err := env.newKeeper(s, site.web.openData, busy)
	if err != nil {
		return nil, err
	}
	h := opendata.NewHandler(k)
	for _, pattern := range opendata.Patterns() {
		if pattern == "GET /open-data" {
			mux.Handle(pattern, pageOrIndex(page, h))
			continue
		}
		mux.Handle(pattern, h)
	}
	site.helpers = append(site.helpers, k.Run)
	return k, nil
}

func newExportOpenDataCommand(env *environment) *cobra.Command {
	var f openDataFlags
	cmd := &cobra.Command{
		Use:   "open-data --out DIR",
		Short: "Write what anybody may have: CSV, JSON, Parquet, IATI results and the agenda",
		Long: `Write the last release of open data into a folder, with small figures of people and companies masked,
and the agenda. The folder keeps every release (vitrine-QUARTER.json), and the next one is made from the last: use the same
folder every quarter, or the one that the server has (--open-data). A quarter that is published stays as it is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.folder == "" {
				return usageError{errors.New(env.say("--out : un dossier est attendu", "--out: expected a folder"))}
			}
			return env.exportOpenData(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.folder, "out", "", "folder to write to, which keeps the releases; made if missing")
	f.bindRest(cmd.Flags())
	return cmd
}

func (env *environment) exportOpenData(ctx context.Context, f openDataFlags) error {
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	k, err := env.newKeeper(s, f, nil)
	if err != nil {
		return err
	}
	release, err := k.Update(ctx)
	if err != nil {
		return err
	}
	if release == nil || release.Quarter < k.Due() {
		return fmt.Errorf("%s: %w", env.say("rien à publier : pas de données, ou des événements attendent encore d'être comptés", "nothing to publish: no data, or events still wait to be counted"), opendata.ErrNone)
	}
	files, err := opendata.Files(release)
	if err != nil {
		return err
	}
	if files["agenda.ics"], err = env.agenda(ctx, k); err != nil {
		return err
	}
	for name, b := range files {
		path := filepath.Join(f.folder, name)
		if filepath.Ext(name) == ".json" && name != "iati.json" {
			continue // the release itself is there, and nothing may happen to it
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return fmt.Errorf("open data: %w", err)
		}
	}
	env.line(env.say("%s publié dans %s : %s, %s.", "%s published in %s: %s, %s."), release.Quarter, f.folder,
		env.counted(len(files), "fichier|fichiers", "file|files"), env.counted(len(release.Labs), "fab lab|fab labs", "lab|labs"))
	return nil
}

// agenda is the agenda of all labs, in the language of the command.
func (env *environment) agenda(ctx context.Context, k *opendata.Keeper) ([]byte, error) {
	d, err := k.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	l := schemas.Lang(env.say(string(schemas.French), string(schemas.English)))
	if err := opendata.Agenda(&b, d, "", l); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
