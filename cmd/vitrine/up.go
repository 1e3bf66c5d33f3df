package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/dashboards/showcase"
	"vitrine/producers/credentials"
)

func newUpCommand(env *environment) *cobra.Command {
	var f engineFlags
	var web webFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run everything in one process: NATS, ClickHouse, consumer, gateway, pages",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sent, err := env.delivery()
			if err != nil {
				return err
			}
			a, err := env.startAll(cmd.Context(), f, web)
			if err != nil {
				return unlessAsked(cmd.Context(), err)
			}
			a.inner.Go(func() error { return sent.run(a.ctx, env, a.services) })
			fmt.Fprintf(env.Stdout, env.say("Vitrine tourne : %s/ (Ctrl-C pour arrêter)\n", "Vitrine is up: %s/ (Ctrl-C to stop)\n"), a.web)
			return a.wait(cmd.Context())
		},
	}
	f.bind(cmd.Flags(), 0)
	web.bind(cmd.Flags(), true)
	env.bindConsumer(cmd.Flags())
	return cmd
}

// unlessAsked is the error of a start, nil where that was broken off because the process was asked to stop: it has stopped then, as it
// does while it runs, and hasn't failed.
func unlessAsked(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// all is everything in one process. Two circles stop one after the other: first what works with the
// engines, then the engines.
type all struct {
	*services
	engines *engines
	web     string // address of the pages, such as http://127.0.0.1:8080
	inner   *errgroup.Group
	ctx     context.Context // ends when any of the inner circle fails
	cancel  context.CancelFunc
	loading *loading
	labs    *credentials.Registry
}

func (env *environment) startAll(ctx context.Context, f engineFlags, web webFlags) (_ *all, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if _, err := web.certificate(env.logger()); err != nil {
		return nil, err
	}
	l, err := listen(web.addr)
	if err != nil {
		return nil, err
	}
	a := &all{web: web.origin(l), loading: &loading{}}
	defer func() {
		if err != nil {
			_ = l.Close()
			err = errors.Join(err, a.stop())
		}
	}()
	if web.gateway.sessionKeyFile == "" {
		web.gateway.sessionKeyFile = filepath.Join(f.keysDir(), "session.key")
	}
	web.openData.folder = cmp.Or(web.openData.folder, filepath.Join(f.data, "open-data"))
	path, err := env.enginePath(ctx, f.engine)
	if err != nil {
		return nil, err
	}
	if a.engines, err = startEngines(ctx, f, path, env.logger()); err != nil {
		return nil, err
	}
	env.Config.NATSURL, env.Config.ClickHouseURL = a.engines.natsURL, a.engines.clickhouseURL
	env.Config.NATSCreds = a.engines.keys.ServiceCredentials()
	env.Config.NATSReplicas = 1 // there is one server
	env.links = a.engines.links
	if a.services, err = env.connect(ctx); err != nil {
		return nil, err
	}
	if err := a.registry.Register(a.engines.refused); err != nil {
		return nil, err
	}
	if err := watchDisk(a.registry, f.data); err != nil {
		return nil, err
	}
	labs, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: a.js, URL: a.engines.natsURL, TLS: env.links.nats, Keys: a.engines.keys, Logger: a.logger})
	if err != nil {
		return nil, err
	}
	a.labs = labs
	if err := env.migrate(ctx, a.services, true); err != nil {
		return nil, err
	}
	consumer, err := a.newConsumer(env)
	if err != nil {
		return nil, err
	}
	freezer, err := a.newFreezer(env)
	if err != nil {
		return nil, err
	}
	server, err := env.webServer(a.services, web, consumer, a.loading.progress)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	a.inner, a.ctx = errgroup.WithContext(running)
	a.inner.Go(func() error { return consumer.Run(a.ctx) })
	a.inner.Go(func() error { return freezer.Run(a.ctx) })
	a.inner.Go(func() error { return serveUntil(a.ctx, server, l) })
	a.inner.Go(func() error { return sweepUntil(a.ctx, labs, a.logger) })
	return a, nil
}

// wait returns when ctx ends or a part fails, after everything has stopped.
func (a *all) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		a.logger.Info("stopping: asked to")
	case <-a.ctx.Done():
		a.logger.Error("stopping: a part failed")
	case <-a.engines.failed:
		a.logger.Error("stopping: an engine failed")
		return cmp.Or(a.stop(), errors.New("an engine stopped by itself"))
	}
	return a.stop()
}

func (a *all) stop() error {
	var problems []error
	if a.cancel != nil {
		a.cancel()
		problems = append(problems, a.inner.Wait())
	}
	if a.services != nil {
		a.services.close()
	}
	if a.engines != nil {
		problems = append(problems, a.engines.stop())
	}
	return errors.Join(problems...)
}

// migrate brings the schema up to date. Where the catalogue or the zone changed, or a rebuild was interrupted, the figures are made again at
// once if alone is true: nobody else works on this database then.
func (env *environment) migrate(ctx context.Context, s *services, alone bool) error {
	changed, err := s.store.Migrate(ctx, env.Config.ZoneName, s.catalogue)
	if err != nil || !changed {
		return err
	}
	if !alone {
		fmt.Fprintln(env.Stderr, env.say("Le catalogue d'indicateurs ou le fuseau a changé : lancez `vitrine rebuild`.", "The indicator catalogue or the zone has changed: run `vitrine rebuild`."))
		return nil
	}
	// Its former run is gone, but not who was started beside that one and is still at work: he needs this NATS server to come to an end.
	c := env.claim(s, "up")
	c.Patience, c.Succeeds = -1, true
	claimed, err := claim.Take(ctx, c)
	if err != nil {
		return err
	}
	defer claimed.Release()
	if changed, err = s.store.Migrate(claimed.Context(), env.Config.ZoneName, s.catalogue); err == nil && changed {
		err = env.rebuild(claimed.Context(), s, true)
	}
	return claim.Cause(claimed.Context(), err)
}

// prepare makes a database ready for a consumer. It changes nothing where figures were made with another
// catalogue or zone: of two consumers with different ones, one would undo what the other was told to use.
func (env *environment) prepare(ctx context.Context, s *services) error {
	made, err := s.store.FiguresMade(ctx)
	if err != nil {
		return err
	}
	if wanted := clickhouse.MadeWith(s.catalogue, env.Config.Zone); made.With != "" && made.With != wanted { // by an earlier version's consumers is well: from now on they stop
		if err := s.store.CheckMadeWith(ctx, wanted); err != nil {
			return err
		}
	}
	_, err = s.store.Migrate(ctx, env.Config.ZoneName, s.catalogue)
	return err
}

func newConsumeCommand(env *environment) *cobra.Command {
	var web webFlags
	cmd := &cobra.Command{
		Use:   "consume",
		Short: "Take events from NATS into ClickHouse; any number may run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.runWith(cmd.Context(), web, func(s *services) (*ingest.Consumer, error) {
				if err := env.prepare(cmd.Context(), s); err != nil {
					return nil, err
				}
				return s.newConsumer(env)
			})
		},
	}
	web.bind(cmd.Flags(), false)
	env.bindConsumer(cmd.Flags())
	return cmd
}

func newServeCommand(env *environment) *cobra.Command {
	var web webFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the gateway",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.runWith(cmd.Context(), web, func(*services) (*ingest.Consumer, error) { return nil, nil })
		},
	}
	web.bind(cmd.Flags(), true)
	return cmd
}

// runWith serves pages and metrics, and runs a consumer if build gives one, until ctx ends.
func (env *environment) runWith(ctx context.Context, web webFlags, build func(*services) (*ingest.Consumer, error)) error {
	l, err := listen(web.addr)
	if err != nil {
		return err
	}
	defer l.Close()
	s, err := env.connect(ctx)
	if err != nil {
		return unlessAsked(ctx, err)
	}
	defer s.close()
	consumer, err := build(s)
	if err != nil {
		return unlessAsked(ctx, err)
	}
	server, err := env.webServer(s, web, consumer, func() *showcase.Progress { return nil })
	if err != nil {
		return err
	}
	var sent *delivery
	if consumer != nil {
		if sent, err = env.delivery(); err != nil {
			return err
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveUntil(groupCtx, server, l) })
	if consumer != nil {
		group.Go(func() error { return sent.run(groupCtx, env, s) })
		freezer, err := s.newFreezer(env)
		if err != nil {
			return err
		}
		group.Go(func() error { return consumer.Run(groupCtx) })
		group.Go(func() error { return freezer.Run(groupCtx) })
	}
	s.logger.Info("running", "pages", web.origin(l)+"/", "consumer", consumer != nil)
	return group.Wait()
}
