package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/producers"
	"vitrine/producers/connectors"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

func newImportCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import SOURCE",
		Short: "Import a lab's activity from the software that it runs on, or from its files",
	}
	for _, c := range connectors.All() {
		cmd.AddCommand(newImportFromCommand(env, c))
	}
	return cmd
}

// importFlags are those of every source.
type importFlags struct {
	lab, since, until string
	saltFile, ledger  string
	dryRun            bool
	attempts          int
}

func (f *importFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.lab, "lab", "", "the lab's code, such as atelier-nord (required)")
	cmd.Flags().StringVar(&f.since, "since", "", "first day or month, such as 2026-03-01 or 2026-03 (default: the whole of a file, of a service what there is since the begin of the previous month)")
	cmd.Flags().StringVar(&f.until, "until", "", "last day or month, included (default: up to now)")
	cmd.Flags().StringVar(&f.saltFile, "salt-file", "", "secret that the companies' codes are made with; made on first use, keep it (default: in the user's configuration folder)")
	cmd.Flags().StringVar(&f.ledger, "ledger", "", "file that remembers what was sent, so that a changed record replaces itself (default: in the user's configuration folder)")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and send nothing")
	cmd.Flags().IntVar(&f.attempts, "attempts", cliAttempts, "how often to try when NATS doesn't answer; 0: for ever")
}

// newImportFromCommand makes a connector's command: its settings are the flags.
func newImportFromCommand(env *environment, c importers.Connector) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   c.Name,
		Short: fmt.Sprintf("%s: %s", c.Title.EN, c.About.EN),
		Long:  importHelp(c),
		Args:  cobra.NoArgs,
	}
	f.bind(cmd)
	values := bindSettings(cmd, c)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := env.checkLab(f.lab); err != nil {
			return err
		}
		given, err := values(env)
		if err != nil {
			return err
		}
		return env.importFrom(cmd.Context(), c, f, given, cmd.Flags().Changed("zone"))
	}
	return cmd
}

// importFrom imports what a connector reads with the settings given.
func (env *environment) importFrom(ctx context.Context, c importers.Connector, f importFlags, given map[string]string, zoneGiven bool) (err error) {
	ranged := func(zone *time.Location) (importers.Range, error) {
		return env.importRange(f.since, f.until, importers.IsFile(given), zone)
	}
	if _, err := ranged(env.Config.Zone); err != nil {
		return err
	}
	options := importers.Options{Lab: f.lab, Zone: env.Config.Zone, Values: given, State: importers.NoState{}, Whole: true, Logger: env.logger(), Clock: time.Now,
		Salt: make([]byte, importers.MinSaltBytes)}
	if _, err := c.Open(options); err != nil { // before a secret is made for what can't be imported
		return usageError{env.spoken(err)}
	}
	if options.Salt, err = env.salt(f); err != nil {
		return err
	}
	book, err := env.ledger(f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	options.State = book.State(stateName(f.lab, c, options))
	if f.dryRun {
		options.State = importers.ReadOnly(options.State)
	}
	to, zone, err := env.importTo(ctx, f, zoneGiven)
	if err != nil {
		return err
	}
	if to != nil {
		defer to.Close()
	}
	options.Zone = zone
	r, err := ranged(zone)
	if err != nil {
		return err
	}
	im, err := c.Open(options)
	if err != nil {
		return usageError{env.spoken(err)}
	}
	return env.runImport(ctx, im, r, f, book, to)
}

// stateName tells the memories of a lab's sources apart: two accounts, or two spaces of one, know nothing of each other's records, and
// what one doesn't have mustn't be taken back from the other. The settings say it, secrets among them; files may change their names.
func stateName(lab string, c importers.Connector, o importers.Options) string {
	mac := hmac.New(sha256.New, o.Salt)
	for _, s := range c.Settings {
		if s.Type == importers.Plain || s.Type == importers.Secret {
			fmt.Fprintf(mac, "%s\x00%s\x00", s.Name, o.Values[s.Name])
		}
	}
	return fmt.Sprintf("import/%s/%s/%x", lab, c.Name, mac.Sum(nil)[:8])
}

// importHelp explains a connector. The flags below it are in English, so that what they are in French stands here.
func importHelp(c importers.Connector) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s.\nImporting again changes nothing, but for what was changed in the source. Persons' names and addresses stay where they are.\n"+
		"Dates and times without an offset are in the zone that the lab is registered with; where NATS doesn't show it, as with a lab's own credentials, in the programme's. --zone names another.\n\n", c.Title.EN, c.About.EN)
	fmt.Fprintf(&b, "%s : %s.\nUn second import ne change rien, sauf ce qui a changé dans la source. Les noms et adresses des personnes restent où ils sont.\n"+
		"Les dates et heures sans décalage sont celles du fuseau avec lequel le fab lab est enregistré ; si NATS ne le montre pas, comme avec les identifiants d'un fab lab, du programme. --zone en nomme un autre.\n", c.Title.FR, c.About.FR)
	fmt.Fprint(&b, "  --lab : code du fab lab, par exemple atelier-nord (obligatoire)\n")
	for _, s := range c.Settings {
		name, required := s.Name, ""
		if s.Type == importers.Secret {
			name += "-file"
		}
		if s.Required {
			required = " (obligatoire)"
		}
		fmt.Fprintf(&b, "  --%s : %s%s", name, s.Help.FR, required)
		if s.Type == importers.Secret {
			fmt.Fprintf(&b, " ; dans un fichier, ou dans la variable $%s", secretVariable(c, s))
		}
		b.WriteByte('\n')
	}
	b.WriteString("  --since, --until : premier et dernier jour ou mois, par exemple 2026-03 (par défaut : tout un fichier ; un service, depuis le début du mois précédent)\n" +
		"  --dry-run : montrer ce qui serait envoyé, sans rien envoyer")
	return b.String()
}

// bindSettings declares a connector's settings as flags; values gives those that are set. A secret is
// given in a file or in the environment, VITRINE_FABMAN_TOKEN, so that no list of processes shows it.
func bindSettings(cmd *cobra.Command, c importers.Connector) (values func(*environment) (map[string]string, error)) {
	texts := map[string]*string{}
	switches := map[string]*bool{}
	for _, s := range c.Settings {
		help := s.Help.EN
		if s.Required {
			help += " (required)"
		}
		switch s.Type {
		case importers.Switch:
			switches[s.Name] = cmd.Flags().Bool(s.Name, false, help)
		case importers.Secret:
			texts[s.Name] = cmd.Flags().String(s.Name+"-file", "", fmt.Sprintf("file that holds it (default: $%s): %s", secretVariable(c, s), help))
		default:
			texts[s.Name] = cmd.Flags().String(s.Name, "", help)
		}
	}
	return func(env *environment) (map[string]string, error) {
		given := map[string]string{}
		for _, s := range c.Settings {
			value, err := "", error(nil)
			switch s.Type {
			case importers.Switch:
				if *switches[s.Name] {
					value = "true"
				}
			case importers.Secret:
				value, err = env.secret(s.Name, *texts[s.Name], secretVariable(c, s))
			default:
				value = *texts[s.Name]
			}
			if err != nil {
				return nil, err
			}
			if value != "" {
				given[s.Name] = value
			} else if s.Required {
				return nil, usageError{fmt.Errorf(env.say("--%s manque : %s", "--%s is missing: %s"), s.Name, s.Help.In(env.Config.Lang))}
			}
		}
		return given, nil
	}
}

// secretVariable is the environment variable of a connector's secret: VITRINE_FABMAN_TOKEN.
func secretVariable(c importers.Connector, s importers.Setting) string {
	return variable(c.Name + "-" + s.Name)
}

func (env *environment) secret(name, file, variable string) (string, error) {
	if file == "" {
		return env.Getenv(variable), nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{fmt.Errorf("--%s-file: %w", name, env.spoken(err))}
	}
	return strings.TrimSpace(string(raw)), nil
}

func (env *environment) checkLab(lab string) error {
	if !schemas.IsSlug(lab) {
		return usageError{fmt.Errorf(env.say("--lab %q : attendu le code du fab lab, par exemple atelier-nord", "--lab %q: expected the lab's code, such as atelier-nord"), lab)}
	}
	return nil
}

// labFile is a file about one lab in the user's configuration folder.
func (env *environment) labFile(lab, suffix string) (string, error) {
	if err := env.checkLab(lab); err != nil {
		return "", err
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", usageError{errors.New(env.say("pas de dossier de configuration ($HOME) : donnez --salt-file et --ledger", "no configuration folder ($HOME): give --salt-file and --ledger"))}
	}
	return filepath.Join(folder, "vitrine", lab+suffix), nil
}

// importTo is the way to the programme, and the lab's zone; nil where nothing is to be sent.
func (env *environment) importTo(ctx context.Context, f importFlags, zoneGiven bool) (*producers.Publisher, *time.Location, error) {
	if f.dryRun {
		zone, err := env.likelyZone(ctx, f.lab, zoneGiven)
		return nil, zone, err
	}
	p, err := env.publisher(ctx, "import", f.attempts)
	if err != nil {
		return nil, nil, err
	}
	zone, err := env.labZone(ctx, f.lab, zoneGiven)
	if err != nil {
		return nil, nil, errors.Join(err, p.Close())
	}
	return p, zone, nil
}

// importRange reads --since and --until: days or months in a zone.
func (env *environment) importRange(since, until string, whole bool, zone *time.Location) (r importers.Range, err error) {
	read := func(flag, s string) (first, after time.Time, err error) {
		for _, form := range []struct {
			layout       string
			months, days int
		}{{time.DateOnly, 0, 1}, {"2006-01", 1, 0}} {
			if t, err := time.ParseInLocation(form.layout, s, zone); err == nil {
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
		r.Since = importers.MonthBefore(time.Now(), zone)
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
