package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/consumers/ingest"
	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/producers/gateway"
)

// gatewayAttempts is how often the gateway sends an event before it tells the client to send it again.
const gatewayAttempts = 3

// gatewayFlags are those of the commands that serve the gateway.
type gatewayFlags struct {
	rate       float64
	concurrent int
	proxies    []string
	// sessionKeyFile seals the form's sessions; empty: a key of this process's own.
	sessionKeyFile string
	// alone says that taking events is what the process is for: it is ready without ClickHouse.
	alone bool
}

func (f *gatewayFlags) bind(flags *pflag.FlagSet) {
	flags.Float64Var(&f.rate, "lab-rate", gateway.DefaultRate, "events a second that one lab may send on average")
	flags.IntVar(&f.concurrent, "concurrent", gateway.DefaultConcurrent, "requests worked on at once; others wait for their turn")
	flags.StringVar(&f.sessionKeyFile, "session-key-file", "", "secret that seals the form's sessions, the same for all gateways behind one address, which must also keep a visitor with one of them; made if missing (default: up and demo keep it in the data folder, others make a new one at each start)")
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, "addresses or networks whose X-Forwarded-For is believed, e.g. 10.0.0.0/8")
}

func (f *gatewayFlags) trusted() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range f.proxies {
		network, err := netip.ParsePrefix(s)
		if err != nil {
			var one netip.Addr
			if one, err = netip.ParseAddr(s); err == nil {
				network, err = one.Prefix(one.BitLen())
			}
		}
		if err != nil {
			return nil, usageError{fmt.Errorf("--trusted-proxies %q: expected an address or a network such as 10.0.0.0/8", s)}
		}
		out = append(out, network)
	}
	return out, nil
}

func newGatewayCommand(env *environment) *cobra.Command {
	var web webFlags
	cmd := &cobra.Command{
		Use:   "gateway",
		Short: "Take labs' events over HTTP, and serve the pages; any number may run",
		Long: `Take labs' events over HTTP and answer what they ask, without consumer and engines of its own.

POST /v1/events, POST /v1/imports, GET /v1/status, /v1/labs/{lab}/status, /v1/labs/{lab}/events,
/v1/events/{id}, /v1/export/{relation}.{csv|json|parquet}; GET /openapi.json says it all. Tokens come from
vitrine lab add. An event is accepted once JetStream has stored it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.runWith(cmd.Context(), web, func(*services) (*ingest.Consumer, error) { return nil, nil })
		},
	}
	web.bind(cmd.Flags(), true)
	web.gateway.alone = true
	return cmd
}

// addGateway mounts the gateway's routes:
//
//	labs' programs ─► /v1/, /openapi.json ─► gateway ─► publisher ─► JetStream
//	                                            ├─► verifier (tokens)
//	                                            └─► store (statuses, events, exports)
func (env *environment) addGateway(s *services, site *website, mux *http.ServeMux) error {
	f := site.web.gateway
	if !(f.rate > 0) || math.IsInf(f.rate, 1) || f.concurrent < 1 { // NaN, too, is no rate
		return usageError{fmt.Errorf("--lab-rate %v, --concurrent %d: expected numbers above 0", f.rate, f.concurrent)}
	}
	proxies, err := f.trusted()
	if err != nil {
		return err
	}
	c := env.publisherConfig("gateway")
	c.Attempts, c.Registerer, c.Logger = gatewayAttempts, publisherMetrics(s.registry, "gateway"), s.logger
	publisher, err := producers.New(c)
	if err != nil {
		return usageError{err}
	}
	tokens, err := env.authenticator(s, site)
	if err != nil {
		return err
	}
	reads := &gatewayReads{env: env, store: s.store}
	files := &sheets{labs: &registeredLabs{store: s.store, programme: env.Config.Zone}, ledger: storeLedger{s.store, s.js, ledgerPatience}, turns: newTurns()}
	desk, err := env.desk(s, deskPublisher{publisher.As("periods")})
	if err != nil {
		return err
	}
	g, err := gateway.New(gateway.Config{
		Publisher: publisher, Authenticator: tokens, Statuses: reads, Events: reads, Exporter: reads, Periods: labPeriods{env, desk}, Importer: files,
		Rate: f.rate, Concurrent: f.concurrent, TrustedProxies: proxies, Logger: s.logger, Registerer: s.registry,
	})
	if err != nil {
		return usageError{err}
	}
	mux.Handle("/v1/", g.Handler())
	mux.Handle("/openapi.json", g.Handler())
	if err := env.addForm(s, site, mux, publisher, tokens, reads, files, labPeriods{env, desk}, g.Remote); err != nil {
		return err
	}
	if err := env.addProgramme(s, site, mux, tokens, desk, g.Remote); err != nil {
		return err
	}
	site.close = func() { _ = publisher.Close() } // after the last request
	site.ready = append(site.ready, publisher.Ready)
	site.helpers = append(site.helpers, func(ctx context.Context) error { return connectUntil(ctx, publisher) })
	return nil
}

// connectUntil connects a publisher, for as long as it takes; requests are answered with 503 meanwhile.
func connectUntil(ctx context.Context, p *producers.Publisher) error {
	for {
		err := p.Connect(ctx)
		var away *producers.UnavailableError
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if !errors.As(err, &away) {
			return fmt.Errorf("gateway: %w", err)
		}
	}
}

// publisherMetrics tells the publishers of one process apart.
func publisherMetrics(registry prometheus.Registerer, name string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"publisher": name}, registry)
}

// authenticator checks tokens against the registry of credentials, which it follows while the site is served.
func (env *environment) authenticator(s *services, site *website) (*issuedTokens, error) {
	verifier, err := credentials.NewVerifier(credentials.VerifierConfig{JetStream: s.js, Replicas: env.Config.NATSReplicas, Registerer: s.registry, Logger: s.logger})
	if err != nil {
		return nil, err
	}
	site.helpers = append(site.helpers, verifier.Run)
	site.ready = append(site.ready, verifier.Ready)
	return &issuedTokens{verifier}, nil
}

// issuedTokens is the registry's verifier as the gateway knows it.
type issuedTokens struct{ verifier *credentials.Verifier }

// Verify says whose a token is.
func (t *issuedTokens) Verify(token string) (gateway.Principal, error) {
	p, err := t.verifier.Verify(token)
	switch {
	case errors.Is(err, credentials.ErrNotReady):
		return gateway.Principal{}, fmt.Errorf("%w: %w", gateway.ErrUndecided, err)
	case err != nil:
		return gateway.Principal{}, err
	case p.Programme:
		return gateway.Principal{Programme: true}, nil // its name is no lab's
	}
	return gateway.Principal{Lab: p.Lab}, nil
}
