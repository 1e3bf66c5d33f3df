package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/internal/certs"
	"vitrine/schemas"
)

// environment is what a command gets from outside; tests give their own.
type environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Config         config
	alerts         alertFlags // of the commands with a consumer
	links          links      // made by resolve
}

// config is what all commands share. A flag beats the environment variable VITRINE_<NAME>, which
// beats the config file's entry of the flag's name, which beats the default.
type config struct {
	File          string // the config file; YAML
	NATSURL       string
	NATSCreds     string // path of a NATS credentials file; empty: none
	NATSReplicas  int    // servers that keep each message; streams that have more stay with them
	NATSTLS       certs.Files
	ClickHouseURL string
	// ClickHousePasswordFile has the password of the user in ClickHouseURL; empty: it has none, or stands there.
	ClickHousePasswordFile string
	ClickHouseTLS          certs.Files
	Catalogue              string // path of an indicators.yaml; empty: the one compiled in
	ZoneName               string
	LangName               string
	LogLevel               string
	LogFormat              string
	BatchSize              int           // events that a consumer stores at once; 0 is as many as the memory has room for
	AckWait                time.Duration // after which a silent consumer's batch goes to another
	StallAfter             time.Duration // without progress though messages wait: not ready
	MaxLag                 time.Duration // age of the oldest message that isn't counted: not ready

	Lang schemas.Lang   // LangName, or the terminal's language
	Zone *time.Location // of ZoneName
}

func (env *environment) bind(flags *pflag.FlagSet) {
	c := &env.Config
	flags.StringVar(&c.File, "config", "", "configuration file (YAML; keys are the flags' names)")
	flags.StringVar(&c.NATSURL, "nats-url", "nats://127.0.0.1:4222", "NATS server, or several of one cluster separated by commas")
	flags.StringVar(&c.NATSCreds, "nats-creds", "", "NATS credentials file (.creds), as vitrine lab add writes it")
	flags.IntVar(&c.NATSReplicas, "nats-replicas", 1, "NATS servers that keep each message, 1, 3 or 5: streams and buckets with fewer are brought to it")
	flags.StringVar(&c.ClickHouseURL, "clickhouse-url", "http://127.0.0.1:8123/vitrine", "ClickHouse server and database, over HTTP")
	flags.StringVar(&c.ClickHousePasswordFile, "clickhouse-password-file", "", "file with the password of the user in --clickhouse-url")
	const ca, cert = "CAs that the server's certificate is checked with (PEM; default: the system's)", "certificate to show to a server that asks for one (PEM)"
	bindTLS(flags, &c.NATSTLS, "nats-tls", ca, cert)
	bindTLS(flags, &c.ClickHouseTLS, "clickhouse-tls", ca, cert)
	flags.StringVar(&c.Catalogue, "catalogue", "", "indicator catalogue (default: the call's 47 indicators)")
	flags.StringVar(&c.ZoneName, "zone", schemas.DefaultZone, "the programme's time zone")
	flags.StringVar(&c.LangName, "lang", "", "language of what is printed, fr or en (default: the terminal's)")
	flags.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&c.LogFormat, "log-format", "text", "text or json")
}

// resolve fills what no flag gave from the environment and the config file, and checks it.
func (env *environment) resolve(cmd *cobra.Command) error {
	c := &env.Config
	if c.File == "" {
		c.File = env.Getenv("VITRINE_CONFIG")
	}
	file, err := readConfigFile(c.File)
	if err != nil {
		return usageError{err}
	}
	var problems []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "config" || f.Name == "help" {
			return
		}
		value, from := env.Getenv(variable(f.Name)), "environment variable "+variable(f.Name)
		if value == "" {
			entry := file[f.Name]
			if entry == nil { // not there, or left empty
				return
			}
			value, from = flagText(entry), "config file "+c.File
		}
		if err := f.Value.Set(value); err != nil {
			problems = append(problems, fmt.Errorf("%s, %s %q: expected %s", from, f.Name, value, expected(f, err)))
		}
	})
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if cmd.Flags().Lookup(key) == nil && cmd.Root().PersistentFlags().Lookup(key) == nil && !isFlagOfAnother(cmd.Root(), key) {
			problems = append(problems, fmt.Errorf("config file %s: unknown key %q (keys are the flags' names, such as nats-url)", c.File, key))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return usageError{err} // what couldn't be read has no value that could be judged below
	}
	if c.Zone, err = time.LoadLocation(c.ZoneName); err != nil {
		problems = append(problems, fmt.Errorf("--zone %q: expected an IANA time zone such as Europe/Paris", c.ZoneName))
	}
	if c.NATSReplicas != 1 && c.NATSReplicas != 3 && c.NATSReplicas != 5 {
		problems = append(problems, fmt.Errorf("--nats-replicas %d: expected 1, 3 or 5, and no more than there are servers", c.NATSReplicas))
	}
	switch c.LangName {
	case "fr", "en":
		c.Lang = schemas.Lang(c.LangName)
	case "":
		c.Lang = env.terminalLang()
	default:
		problems = append(problems, fmt.Errorf("--lang %q: expected fr or en", c.LangName))
	}
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		problems = append(problems, fmt.Errorf("--log-level %q: expected debug, info, warn or error", c.LogLevel))
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		problems = append(problems, fmt.Errorf("--log-format %q: expected text or json", c.LogFormat))
	}
	if cmd.Flags().Lookup("batch-size") != nil && (c.BatchSize < 0 || min(c.AckWait, c.StallAfter, c.MaxLag) < time.Second) {
		problems = append(problems, fmt.Errorf("--batch-size %d, --ack-wait %s, --stall-after %s, --max-lag %s: expected at least 0, and 1s each", c.BatchSize, c.AckWait, c.StallAfter, c.MaxLag))
	}
	if err := errors.Join(problems...); err != nil {
		return usageError{err}
	}
	env.adviseOnSecrets(cmd)
	if err := env.openLinks(); err != nil {
		return usageError{err}
	}
	return nil
}

func variable(flag string) string {
	return "VITRINE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func readConfigFile(path string) (map[string]any, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config file: %w", err)
	}
	var entries map[string]any
	if err := yaml.Unmarshal(schemas.PlainYAML(raw), &entries); err != nil {
		return nil, fmt.Errorf("config file %s: %s", path, yaml.FormatError(err, false, false)) // without the lines: passwords may stand there
	}
	return entries, nil
}

// flagText is an entry of the config file as its flag would be written: a list's items between commas.
func flagText(entry any) string {
	list, is := entry.([]any)
	if !is {
		return fmt.Sprint(entry)
	}
	items := make([]string, len(list))
	for i, item := range list {
		items[i] = fmt.Sprint(item)
	}
	return strings.Join(items, ",")
}

// expected is what a flag takes, in words; err is why a value wasn't taken.
func expected(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "uint64":
		return "a whole number, 0 or more"
	case "float64":
		return "a number, with a point before decimals"
	case "duration":
		return "a duration, such as 90s, 15m or 24h"
	}
	return fmt.Sprintf("a %s (%v)", f.Value.Type(), err)
}

// wrongFlag is what is wrong with a command line's flags.
func wrongFlag(err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return usageError{fmt.Errorf("--%s %q: expected %s", value.GetFlag().Name, value.GetValue(), expected(value.GetFlag(), value.Unwrap()))}
	}
	return usageError{err}
}

// isFlagOfAnother says that a command below root, at whatever depth, has a flag of this name.
func isFlagOfAnother(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(sub *cobra.Command) bool {
		return sub.Flags().Lookup(name) != nil || isFlagOfAnother(sub, name)
	})
}

func (env *environment) terminalLang() schemas.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env.Getenv(name); v != "" {
			if strings.HasPrefix(v, "fr") {
				return schemas.French
			}
			return schemas.English
		}
	}
	return schemas.English
}

// say picks the text in the user's language.
func (env *environment) say(fr, en string) string {
	return schemas.Text{FR: fr, EN: en}.In(env.Config.Lang)
}

// counted is a number of things with their name, which is given as for one and for many: "message|messages".
func (env *environment) counted(n int, fr, en string) string {
	oneFR, manyFR, _ := strings.Cut(fr, "|")
	oneEN, manyEN, _ := strings.Cut(en, "|")
	const number = "%[2]s " // grouped as the reader's language does
	return schemas.Counted(n, schemas.Text{FR: number + oneFR, EN: number + oneEN}, schemas.Text{FR: number + manyFR, EN: number + manyEN}, env.number(float64(n))).In(env.Config.Lang)
}

func (env *environment) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(env.Config.LogLevel)) // checked in resolve
	options := &slog.HandlerOptions{Level: level}
	if env.Config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(env.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(env.Stderr, options))
}

// catalogue is the programme's.
func (env *environment) catalogue() (*schemas.Catalogue, error) {
	if env.Config.Catalogue == "" {
		return schemas.DefaultCatalogue(), nil
	}
	raw, err := os.ReadFile(env.Config.Catalogue)
	if err != nil {
		return nil, usageError{fmt.Errorf("--catalogue: %w", err)}
	}
	c, err := schemas.ParseCatalogue(raw)
	if err != nil {
		return nil, usageError{fmt.Errorf("--catalogue %s: %w", env.Config.Catalogue, err)}
	}
	return c, nil
}
