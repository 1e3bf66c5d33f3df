package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine/consumers/ingest"
	"vitrine/consumers/status"
	"vitrine/dashboards/showcase"
	"vitrine/schemas"
)

// webServer serves the pages, /healthz, /readyz and /metrics. consumer may be nil: then there is
// none in this process.
func (env *environment) webServer(s *services, consumer *ingest.Consumer, loading func() *showcase.Progress) (*http.Server, error) {
	pages, err := showcase.New(showcase.Config{Source: &programmeSource{env: env, services: s, loading: loading}, Logger: s.logger})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.ready(r.Context(), consumer); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, nil
}

// listen takes the address before anything slow begins, so that a taken port is told at once.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the pages can't be served at %s (choose another address with --http-addr): %w", addr, err)
	}
	return l, nil
}

// serveUntil serves until ctx ends, then lets requests finish for five seconds.
func serveUntil(ctx context.Context, server *http.Server, l net.Listener) error {
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(deadline)
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve pages: %w", err)
	}
	return <-stopped
}

// programmeSource gives the pages what status reads.
type programmeSource struct {
	env      *environment
	services *services
	loading  func() *showcase.Progress
}

func (p *programmeSource) Programme(ctx context.Context) (showcase.Programme, error) {
	read, err := status.Read(ctx, p.services.store, p.env.today())
	if err != nil {
		return showcase.Programme{}, err
	}
	out := showcase.Programme{AsOf: read.AsOf, UpdatedAt: time.Now().In(p.env.Config.Zone)}
	if p.loading != nil {
		out.Loading = p.loading()
	}
	for _, t := range read.Totals {
		out.Totals = append(out.Totals, showcase.Total{Code: t.Code, NameFR: t.NameFR, NameEN: t.NameEN, Unit: t.Unit, Value: t.Value})
	}
	for _, l := range read.Labs {
		out.Labs = append(out.Labs, p.lab(l))
	}
	return out, nil
}

func (p *programmeSource) lab(l status.Lab) showcase.Lab {
	out := showcase.Lab{
		Slug: l.Lab, Name: l.Name, Commune: l.Commune, Region: l.Region, Latitude: l.Latitude, Longitude: l.Longitude,
		WorstStatus: showcase.Status(l.WorstStatus), MeanStatus: showcase.Status(l.MeanStatus), Counts: map[showcase.Status]int{},
		Events: l.Events, OverduePeriods: int(l.OverduePeriods),
	}
	if l.LastEvent != nil {
		last := l.LastEvent.In(p.env.Config.Zone)
		out.LastEvent = &last
	}
	if l.SilentDays != nil {
		days := int(*l.SilentDays)
		out.SilentDays = &days
	}
	for _, c := range l.Promises {
		label := schemas.SegmentLabel(c.Segment)
		out.Counts[showcase.Status(c.Status)]++
		out.Commitments = append(out.Commitments, showcase.Commitment{
			Indicator: c.Indicator, NameFR: c.NameFR, NameEN: c.NameEN, Unit: c.Unit,
			Segment: c.Segment, SegmentFR: label.FR, SegmentEN: label.EN,
			Target: c.Target, Actual: c.Actual, Percent: c.Percent, Expected: c.Expected, Pace: c.Pace, Projected: c.Projected,
			Status: showcase.Status(c.Status), From: c.From, Due: c.Due,
		})
	}
	return out
}
