package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/cmd/internal/secret"
	"vitrine/consumers/ingest"
	"vitrine/producers"
	"vitrine/producers/simulator"
	"vitrine/producers/simulator/player"
	"vitrine/schemas"
)

// demoFlags say which programme is made up. A data folder remembers them: a demo that is started
// again goes on with the same programme.
type demoFlags struct {
	Seed   uint64  `json:"seed"`
	Until  string  `json:"until"`
	Months int     `json:"months"`
	Scale  float64 `json:"scale"`
}

func (f *demoFlags) bind(flags *pflag.FlagSet) {
	flags.Uint64Var(&f.Seed, "seed", 1, "which of the possible histories")
	flags.StringVar(&f.Until, "until", "", "day on which the history ends, YYYY-MM-DD (default: the day of the first start)")
	flags.IntVar(&f.Months, "months", 24, "length of the history")
	flags.Float64Var(&f.Scale, "scale", 1, "size of the labs; 1 is believable, more makes a load")
}

func newDemoCommand(env *environment) *cobra.Command {
	var (
		f    engineFlags
		d    demoFlags
		web  webFlags
		once bool
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show Vitrine at work: 14 fictional labs, two years of history, live events",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.demo(cmd.Context(), f, d, cmd.Flags().Changed, web, once)
		},
	}
	f.bind(cmd.Flags(), time.Second) // nobody misses a second of made-up events, and the history loads faster
	d.bind(cmd.Flags())
	web.bind(cmd.Flags(), true)
	env.bindConsumer(cmd.Flags())
	cmd.Flags().BoolVar(&once, "once", false, "load the history, wait until it is counted, print the status and exit")
	return cmd
}

// demo runs a demo; given says which flags were given on the command line.
func (env *environment) demo(ctx context.Context, f engineFlags, d demoFlags, given func(flag string) bool, web webFlags, once bool) error {
	began := time.Now()
	programme, err := env.demoProgramme(f.data, d, given)
	if err != nil {
		return err
	}
	sent, err := env.delivery()
	if err != nil {
		return err
	}
	a, err := env.startAll(ctx, f, web)
	if err != nil {
		return unlessAsked(ctx, err)
	}
	a.loading.set(0, 1) // nothing is published of a history that is half loaded
	started := time.Now()
	if err := env.playHistory(ctx, a, programme); err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(env.Stdout, env.say("Arrêté ; relancez la même commande pour continuer.", "Stopped; the same command goes on from here."))
			return a.stop()
		}
		return errors.Join(err, a.stop())
	}
	loaded := time.Now()
	if err := env.printStatus(ctx, a.store, env.today()); err != nil {
		return errors.Join(err, a.stop())
	}
	counts := programme.Count()
	fmt.Fprintf(env.Stdout, env.say(
		"\n%s dans l'historique, %s, %s ; démarrage %s, historique %s.\n", "\n%s in the history, %s, %s; start %s, history %s.\n"),
		env.counted(counts.Messages, "message|messages", "message|messages"), env.counted(counts.Events, "événement différent|événements différents", "different event|different events"),
		env.counted(counts.Invalid, "rejeté|rejetés", "rejected|rejected"), started.Sub(began).Round(100*time.Millisecond), loaded.Sub(started).Round(100*time.Millisecond))
	if once {
		return errors.Join(a.awaitFrozen(ctx), a.stop())
	}
	fmt.Fprintf(env.Stdout, env.say(
		"Page : %s/   ClickHouse : %s   NATS : %s\nFormulaire des fab labs : %[1]s/submit   un jeton pour y entrer : vitrine lab add coque-et-ecrou --data %[4]s\nDes événements arrivent en direct ; Ctrl-C pour arrêter.\n",
		"Page: %s/   ClickHouse: %s   NATS: %s\nThe labs' form: %[1]s/submit   a token to sign in with: vitrine lab add coque-et-ecrou --data %[4]s\nLive events are coming in; Ctrl-C to stop.\n"),
		a.web, a.store.Where(), a.engines.natsURL, f.data)
	if err := env.printProgrammeToken(ctx, a, f.data); err != nil {
		return errors.Join(err, a.stop())
	}
	a.inner.Go(func() error { return sent.run(a.ctx, env, a.services) }) // not before: half a history would raise anything
	c := env.publisherConfig("simulator")
	c.Registerer, c.Logger = publisherMetrics(a.registry, "simulator"), a.logger
	publisher, err := producers.New(c)
	if err == nil {
		err = publisher.Connect(ctx)
	}
	if err != nil {
		return errors.Join(err, a.stop())
	}
	live, err := player.New(player.Config{Conn: a.conn, Programme: programme, Publisher: publisher, Logger: a.logger})
	if err != nil {
		return errors.Join(err, publisher.Close(), a.stop())
	}
	a.inner.Go(func() error {
		defer publisher.Close() // before the engines stop
		return live.Live(a.ctx)
	})
	return a.wait(ctx)
}

// playHistory publishes the history and waits until all of it is counted.
func (env *environment) playHistory(ctx context.Context, a *all, programme *simulator.Programme) error {
	p, err := player.New(player.Config{Conn: a.conn, Programme: programme, Logger: a.logger})
	if err != nil {
		return err
	}
	publish := env.progress(env.say("Publie l'historique", "Publishing the history"))
	err = p.History(ctx, func(done, total int) {
		a.loading.set(0, uint64(total))
		publish.set(uint64(done), uint64(total))
	})
	publish.end()
	if err != nil {
		return err
	}
	count := env.progress(env.say("Compte", "Counting"))
	defer count.end()
	return ingest.WaitCounted(ctx, a.js, schemas.ConsumerDurable, func(done, total uint64) {
		a.loading.set(done, total)
		count.set(done, total)
	})
}

// demoProgramme is the one that the data folder remembers, or a new one. Flags that ask for another than
// the remembered one are refused.
func (env *environment) demoProgramme(data string, d demoFlags, given func(flag string) bool) (*simulator.Programme, error) {
	path := filepath.Join(data, "demo.json")
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		asked := d
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("demo folder: %s: %w", path, err)
		}
		if given("seed") && asked.Seed != d.Seed || given("until") && asked.Until != d.Until || given("months") && asked.Months != d.Months || given("scale") && asked.Scale != d.Scale {
			return nil, usageError{fmt.Errorf(env.say("%s contient déjà une autre démo (%s) ; choisissez un autre dossier avec --data",
				"%s already holds another demo (%s); choose another folder with --data"), data, bytes.TrimSpace(raw))}
		}
	case errors.Is(err, fs.ErrNotExist):
		if d.Until == "" {
			d.Until = env.today().Format(time.DateOnly)
		}
	default:
		return nil, fmt.Errorf("demo folder: %w", err)
	}
	programme, err := d.programme(env)
	if err != nil || raw != nil {
		return programme, err
	}
	remember, err := json.Marshal(d)
	if err == nil {
		err = os.MkdirAll(data, 0o755)
	}
	if err == nil {
		err = secret.CreateFile(path, string(remember)+"\n", 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("demo folder: %w", err)
	}
	return programme, nil
}

func (d demoFlags) programme(env *environment) (*simulator.Programme, error) {
	if d.Months < 1 || d.Scale <= 0 {
		return nil, usageError{fmt.Errorf("--months %d, --scale %v: expected numbers above 0", d.Months, d.Scale)}
	}
	until, err := time.ParseInLocation(time.DateOnly, d.Until, env.Config.Zone)
	if err != nil {
		return nil, usageError{fmt.Errorf("--until %q: expected a day, YYYY-MM-DD", d.Until)}
	}
	programme, err := simulator.New(simulator.Config{Seed: d.Seed, Until: until, Months: d.Months, Scale: d.Scale})
	if err != nil {
		return nil, usageError{err}
	}
	return programme, nil
}

func newSimulateCommand(env *environment) *cobra.Command {
	var d demoFlags
	var live bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Publish the demo's programme to a running NATS server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if d.Until == "" {
				d.Until = env.today().Format(time.DateOnly)
			}
			programme, err := d.programme(env)
			if err != nil {
				return err
			}
			s, err := env.connect(ctx)
			if err != nil {
				return err
			}
			defer s.close()
			p, err := player.New(player.Config{Conn: s.conn, Programme: programme, Logger: s.logger})
			if err != nil {
				return err
			}
			bar := env.progress(env.say("Publie l'historique", "Publishing the history"))
			err = p.History(ctx, func(done, total int) { bar.set(uint64(done), uint64(total)) })
			bar.end()
			if err != nil || !live {
				return err
			}
			return p.Live(ctx)
		},
	}
	d.bind(cmd.Flags())
	cmd.Flags().BoolVar(&live, "live", false, "go on with live events until stopped")
	return cmd
}
