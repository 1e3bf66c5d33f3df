package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vitrine/producers"
	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/schemas"
)

func newImportCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import SOURCE",
		Short: "Import a lab's activity from the software that it runs on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{errors.New(env.say("import : quelle source ? Par exemple « vitrine import fabmanager »", "import: which source? For example `vitrine import fabmanager`"))}
		},
	}
	cmd.AddCommand(newImportFabmanagerCommand(env))
	return cmd
}

// importFlags are those of every source.
type importFlags struct {
	lab, since, until string
	saltFile          string
	dryRun            bool
	attempts          int
}

func (f *importFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.lab, "lab", "", "the lab's code, such as atelier-nord (required)")
	cmd.Flags().StringVar(&f.since, "since", "", "first day or month, such as 2026-03-01 or 2026-03")
	cmd.Flags().StringVar(&f.until, "until", "", "last day or month, included (default: up to now)")
	cmd.Flags().StringVar(&f.saltFile, "salt-file", "", "secret that the companies' codes are made with; made on first use, keep it (default: in the user's configuration folder)")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and send nothing")
	cmd.Flags().IntVar(&f.attempts, "attempts", cliAttempts, "how often to try when NATS doesn't answer; 0: for ever")
}

func newImportFabmanagerCommand(env *environment) *cobra.Command {
	var f importFlags
	var url, tokenFile, dir, mappingFile string
	var plainHTTP bool
	cmd := &cobra.Command{
		Use:   "fabmanager",
		Short: "Import from Fab-manager: machine hours, trainings, events, members, revenue",
		Long: `Import from Fab-manager's OpenAPI, or from saved pages of it. Names, addresses and e-mails stay
where they are. Importing again changes nothing, but for what was changed in Fab-manager.

The token is that of an OpenAPI client, which an administrator makes in Fab-manager; give it in a
file (--token-file) or in VITRINE_FABMANAGER_TOKEN. Without --since the import begins with the
previous month; saved pages are imported whole.`,
		Example: "  vitrine import fabmanager --lab atelier-nord --url https://fabmanager.example.org --token-file token.txt\n" +
			"  vitrine import fabmanager --lab atelier-nord --dir pages --since 2026-03 --until 2026-03 --dry-run",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := env.importRange(f.since, f.until, dir != "")
			if err != nil {
				return err
			}
			cfg := fabmanager.Config{Lab: f.lab, URL: url, PlainHTTP: plainHTTP, Zone: env.Config.Zone, Logger: env.logger()}
			if cfg.Files, cfg.Token, err = env.fabmanagerSource(dir, tokenFile); err != nil {
				return err
			}
			if cfg.Mapping, err = fabmanagerMapping(mappingFile); err != nil {
				return err
			}
			if cfg.Salt, err = env.salt(f); err != nil {
				return err
			}
			im, err := fabmanager.New(cfg)
			if err != nil {
				return usageError{err}
			}
			return env.runImport(cmd.Context(), im, r, f)
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVar(&url, "url", "", "Fab-manager's address, such as https://fabmanager.example.org")
	cmd.Flags().BoolVar(&plainHTTP, "plain-http", false, "allow an address without https; the token travels readable")
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "file that holds the token (default: $VITRINE_FABMANAGER_TOKEN)")
	cmd.Flags().StringVar(&dir, "dir", "", "folder of saved pages (reservations_page1.json …) instead of --url")
	cmd.Flags().StringVar(&mappingFile, "mapping", "", "YAML file that says what the lab's own words mean (machines, trainings, groups, events, audiences, accounts)")
	return cmd
}

func (env *environment) fabmanagerSource(dir, tokenFile string) (files fs.FS, token string, err error) {
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, "", usageError{fmt.Errorf(env.say("--dir %s : ce n'est pas un dossier lisible", "--dir %s: not a readable folder"), dir)}
		}
		return os.DirFS(dir), "", nil
	}
	if tokenFile == "" {
		return nil, env.Getenv("VITRINE_FABMANAGER_TOKEN"), nil
	}
	raw, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, "", usageError{fmt.Errorf("--token-file: %w", err)}
	}
	return nil, string(raw), nil
}

func fabmanagerMapping(path string) (*fabmanager.Mapping, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--mapping: %w", err)}
	}
	m, err := fabmanager.ParseMapping(raw)
	if err != nil {
		return nil, usageError{fmt.Errorf("--mapping %s: %w", path, err)}
	}
	return m, nil
}

// importRange reads --since and --until: days or months in the programme's zone.
func (env *environment) importRange(since, until string, whole bool) (r importers.Range, err error) {
	read := func(flag, s string) (first, after time.Time, err error) {
		for _, form := range []struct {
			layout       string
			months, days int
		}{{time.DateOnly, 0, 1}, {"2006-01", 1, 0}} {
			if t, err := time.ParseInLocation(form.layout, s, env.Config.Zone); err == nil {
				return t, t.AddDate(0, form.months, form.days), nil
			}
		}
		return first, after, usageError{fmt.Errorf(env.say("%s %q : attendu un jour ou un mois, par exemple 2026-03-01 ou 2026-03", "%s %q: expected a day or a month, such as 2026-03-01 or 2026-03"), flag, s)}
	}
	switch {
	case since != "":
		if r.Since, _, err = read("--since", since); err != nil {
			return r, err
		}
	case !whole:
		now := time.Now().In(env.Config.Zone)
		r.Since = time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, env.Config.Zone)
	}
	if until != "" {
		if _, r.Until, err = read("--until", until); err != nil {
			return r, err
		}
		if !r.Since.Before(r.Until) {
			return r, usageError{fmt.Errorf(env.say("--until %s est avant --since %s", "--until %s is before --since %s"), until, r.Since.Format(time.DateOnly))}
		}
	}
	return r, nil
}

// salt reads the secret of the lab's company codes and makes it on first use: two imports must
// give a company one code. A dry run makes none, and shows codes that won't be those sent.
func (env *environment) salt(f importFlags) ([]byte, error) {
	path := f.saltFile
	if path == "" {
		if !schemas.IsSlug(f.lab) {
			return nil, usageError{fmt.Errorf(env.say("--lab %q : attendu le code du fab lab, par exemple atelier-nord", "--lab %q: expected the lab's code, such as atelier-nord"), f.lab)}
		}
		folder, err := os.UserConfigDir()
		if err != nil {
			return nil, usageError{fmt.Errorf("--salt-file: %w", err)}
		}
		path = filepath.Join(folder, "vitrine", f.lab+".salt")
	}
	raw, err := os.ReadFile(path)
	if err == nil {
		return []byte(strings.TrimSpace(string(raw))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--salt-file: %w", err)
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, says its documentation
	salt := hex.EncodeToString(secret)
	if f.dryRun {
		return []byte(salt), nil
	}
	if err := createSecret(path, salt+"\n"); err != nil {
		return nil, fmt.Errorf("--salt-file: %w", err)
	}
	fmt.Fprintf(env.Stderr, env.say("secret créé : %s. Conservez-le : sans lui, les mêmes entreprises recevraient d'autres codes.\n",
		"made the secret %s. Keep it: without it the same companies would get other codes.\n"), path)
	return []byte(salt), nil
}

// createSecret writes a file that nobody else may read, and never over an existing one.
func createSecret(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return createFile(path, content, 0o600)
}

// createFile writes a file that isn't there yet. Whenever the process or the power goes, it is there whole or not at all.
func createFile(path, content string, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	out, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out.Name()) }()
	_, err = out.WriteString(content)
	if err := errors.Join(err, out.Chmod(mode), out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := os.Link(out.Name(), path); err != nil { // unlike a rename it replaces nothing
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// importing is one import at work.
type importing struct {
	env *environment
	// unusable counts the records that gave no event; ended is what cut the import short.
	unusable int
	ended    error
}

func (env *environment) runImport(ctx context.Context, im importers.Importer, r importers.Range, f importFlags) error {
	run := &importing{env: env}
	if f.dryRun {
		return errors.Join(run.print(run.events(ctx, im, r)), run.outcome())
	}
	p, err := env.publisher(ctx, "import", f.attempts)
	if err != nil {
		return err
	}
	defer p.Close()
	watched, done := run.watch(run.events(ctx, im, r))
	totals, err := p.PublishAll(ctx, watched, producers.Options{OnResult: func(i int, _ producers.Receipt, err error) {
		var invalid *schemas.Invalid
		if errors.As(err, &invalid) {
			env.refusal(env.Stdout, fmt.Sprintf("%s %s", invalid.Kind, invalid.ID), invalid)
		}
	}})
	done()
	env.summary(env.Stdout, totals)
	return errors.Join(env.outcome(totals, err), run.outcome())
}

// events gives an import's events and prints the errors about single records.
func (run *importing) events(ctx context.Context, im importers.Importer, r importers.Range) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e, err := range im.Events(ctx, r) {
			switch {
			case err == nil:
				if !yield(e) {
					return
				}
			case importers.Continues(err):
				run.unusable++
				fmt.Fprintln(run.env.Stderr, importers.Say(err, run.env.Config.Lang))
			default:
				run.ended = err
			}
		}
	}
}

func (run *importing) watch(events iter.Seq[*schemas.Event]) (watched iter.Seq[*schemas.Event], done func()) {
	if !isTerminal(run.env.Stderr) {
		return events, func() {}
	}
	bar, n := run.env.progress(run.env.say("import", "importing")), uint64(0)
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			n++
			bar.set(n, n+1) // how many there are shows at the end
			if !yield(e) {
				return
			}
		}
	}, bar.end
}

func (run *importing) outcome() error {
	var unusable error
	if run.unusable > 0 {
		unusable = fmt.Errorf(run.env.say("enregistrements inutilisables : %d", "unusable records: %d"), run.unusable)
	}
	return errors.Join(run.env.spoken(run.ended), unusable)
}

// print shows the events in a table instead of sending them.
func (run *importing) print(events iter.Seq[*schemas.Event]) error {
	t := tabwriter.NewWriter(run.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, run.env.say("date\ttype\tdonnées\tidentifiant", "time\tkind\tdata\tid"))
	n := 0
	for e := range events {
		n++
		what := describe(e.Data)
		if e.Retracted {
			what = run.env.say("annule l'événement : ", "takes the event back: ") + e.Reason
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.Time.Format("2006-01-02 15:04 -07:00"), e.Kind(), what, e.ID)
	}
	err := t.Flush()
	_, werr := fmt.Fprintf(run.env.Stdout, run.env.say("à envoyer : %d (rien n'a été envoyé)\n", "to send: %d (nothing was sent)\n"), n)
	return errors.Join(err, werr)
}

// describe is an event's data on one line.
func describe(data json.RawMessage) string {
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return err.Error()
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if list, isList := fields[name].([]any); isList {
			parts = append(parts, fmt.Sprintf("%s×%d", name, len(list)))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s=%v", name, fields[name]))
	}
	return strings.Join(parts, " ")
}
