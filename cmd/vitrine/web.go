package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/ingest"
	"vitrine/dashboards/showcase"
)

// webFlags are those of the commands that serve over HTTP.
type webFlags struct {
	addr      string
	cert, key string // files; empty: no TLS
	clientCA  string // file; empty: no certificate is asked for
	gateway   *gatewayFlags
	openData  openDataFlags
}

// bind declares the flags; gateway says that labs' programs are served as well.
func (f *webFlags) bind(flags *pflag.FlagSet, gateway bool) {
	flags.StringVar(&f.addr, "http-addr", "127.0.0.1:8080", "where the pages are served")
	flags.StringVar(&f.cert, "tls-cert", "", "certificate file (PEM): serve HTTPS; with --tls-key")
	flags.StringVar(&f.key, "tls-key", "", "the certificate's private key (PEM)")
	flags.StringVar(&f.clientCA, "tls-client-ca", "", "CAs of clients (PEM): each client, browsers and Prometheus too, needs a certificate that one of them signed")
	f.openData.bind(flags)
	if gateway {
		f.gateway = &gatewayFlags{}
		f.gateway.bind(flags)
	}
}

// website is an HTTP server and what works for it.
type website struct {
	*http.Server
	web     webFlags
	helpers []func(context.Context) error // run until the server has stopped
	close   func()
	ready   []func() error
	// patience is how long requests may take to finish once the server is asked to stop; 0: stopWithin.
	patience time.Duration
}

// webServer serves the pages, the gateway where the flags say so, /healthz, /readyz and /metrics. consumer may
// be nil: then there is none in this process.
func (env *environment) webServer(s *services, web webFlags, consumer *ingest.Consumer, loading func() *showcase.Progress) (*website, error) {
	public := &publicSource{store: s.store, zone: env.Config.Zone, loading: loading}
	pages, err := showcase.New(showcase.Config{Source: public, Logger: s.logger})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	site := &website{web: web, close: func() {}, Server: &http.Server{
		Handler: guarded(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		// Above the longest wait for a turn; the gateway sets its own from there.
		WriteTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}}
	if err := site.encrypt(s); err != nil {
		return nil, err
	}
	if web.gateway != nil {
		if err := env.addGateway(s, site, mux); err != nil {
			return nil, err
		}
	}
	if public.keeper, err = env.addOpenData(s, site, mux, pages, func() bool { return loading() != nil }); err != nil {
		return nil, err
	}
	mux.Handle("/", pages)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		var problems []error
		if web.gateway == nil || !web.gateway.alone {
			problems = append(problems, s.ready(r.Context(), consumer))
		}
		for _, ready := range site.ready {
			problems = append(problems, ready())
		}
		if err := errors.Join(problems...); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return site, nil
}

// listen takes the address before anything slow begins, so that a taken port is told at once.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if wrong := (&net.AddrError{}); errors.As(err, &wrong) {
		return nil, usageError{fmt.Errorf("--http-addr %q: %s (expected an address and a port, such as 127.0.0.1:8080)", addr, wrong.Err)}
	}
	if err != nil {
		return nil, fmt.Errorf("the pages can't be served at %s (choose another address with --http-addr): %w", addr, err)
	}
	return l, nil
}

// stopWithin is above the time that the gateway gives JetStream.
const stopWithin = 15 * time.Second

// serveUntil serves until ctx ends, then lets requests finish.
func serveUntil(ctx context.Context, site *website, l net.Listener) error {
	defer site.close()
	helping, stopHelpers := context.WithCancel(context.WithoutCancel(ctx))
	helpers, helping := errgroup.WithContext(helping)
	for _, help := range site.helpers {
		helpers.Go(func() error { return help(helping) })
	}
	err := site.serve(ctx, helping, l)
	stopHelpers()
	return errors.Join(err, helpers.Wait())
}

// serve serves until ctx or helping ends.
func (site *website) serve(ctx, helping context.Context, l net.Listener) error {
	stopped := make(chan error, 1)
	ended, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(helping, end)()
	stop := context.AfterFunc(ended, func() { stopped <- site.finish(context.WithoutCancel(ctx)) })
	defer stop()
	var err error
	if site.TLSConfig != nil {
		err = site.ServeTLS(l, "", "")
	} else {
		err = site.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve pages: %w", err)
	}
	return <-stopped
}

// finish lets requests finish. A long import or export, or somebody's slow connection, is cut off after a while: that is
// no failure of the server's, and whoever has no answer sends the same again.
func (site *website) finish(ctx context.Context) error {
	patience := cmp.Or(site.patience, stopWithin)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := site.Shutdown(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if site.ErrorLog != nil {
		site.ErrorLog.Printf("stopping: requests that took longer than %s were cut off", patience)
	}
	return site.Close()
}
