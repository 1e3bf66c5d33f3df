package main

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/status"
	"vitrine/producers/gateway"
)

const (
	// statusFor is how long a status is answered again before it is read anew: 1,000 labs that ask at once cost one reading.
	statusFor = 2 * time.Second
	// statusWithin bounds one reading.
	statusWithin = time.Minute
)

// gatewayReads gives the gateway what the store holds.
type gatewayReads struct {
	env   *environment
	store *clickhouse.Store

	reading singleflight.Group
	mu      sync.Mutex
	last    *status.Programme
	until   time.Time // last holds until then
}

// Programme is all labs' status today.
func (g *gatewayReads) Programme(ctx context.Context) (gateway.ProgrammeStatus, error) {
	read, err := g.programme(ctx)
	if err != nil {
		return gateway.ProgrammeStatus{}, remaking(err, gateway.ErrRemaking)
	}
	return gatewayStatus(read), nil
}

func (g *gatewayReads) programme(ctx context.Context) (*status.Programme, error) {
	g.mu.Lock()
	last, until := g.last, g.until
	g.mu.Unlock()
	if time.Now().Before(until) {
		return last, nil
	}
	// Whoever asks first may go; the others still want it.
	result := g.reading.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusWithin)
		defer cancel()
		read, err := whole(ctx, g.store, func() (*status.Programme, error) { return status.Read(ctx, g.store, g.env.today()) })
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		g.last, g.until = read, time.Now().Add(statusFor)
		g.mu.Unlock()
		return read, nil
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*status.Programme), nil
	}
}

func gatewayStatus(p *status.Programme) gateway.ProgrammeStatus {
	asOf := p.AsOf.Format(time.DateOnly)
	out := gateway.ProgrammeStatus{AsOf: asOf, Labs: make([]gateway.LabStatus, 0, len(p.Labs))}
	for _, l := range p.Labs {
		lab := gateway.LabStatus{
			AsOf: asOf, Lab: l.Lab, Name: l.Name, Commune: l.Commune, Region: l.Region, WorstStatus: l.WorstStatus, MeanStatus: l.MeanStatus,
			Events: l.Events, LastEvent: l.LastEvent, SilentDays: l.SilentDays, OverduePeriods: l.OverduePeriods,
			Commitments: make([]gateway.Commitment, 0, len(l.Promises)),
		}
		for _, c := range l.Promises {
			lab.Commitments = append(lab.Commitments, gateway.Commitment{
				Indicator: c.Indicator, NameFR: c.NameFR, NameEN: c.NameEN, Unit: c.Unit, Segment: c.Segment,
				Target: c.Target, Baseline: c.Baseline, Actual: c.Actual, Percent: c.Percent, Expected: c.Expected, Pace: c.Pace, Projected: c.Projected,
				ProjectedLow: c.ProjectedLow, ProjectedHigh: c.ProjectedHigh, NeededPerMonth: c.NeededPerMonth, Direction: c.Direction, Aggregation: c.Aggregation,
				Status: c.Status, From: c.From.Format(time.DateOnly), Due: c.Due.Format(time.DateOnly),
			})
		}
		out.Labs = append(out.Labs, lab)
	}
	return out
}

// Versions are all versions of an event.
func (g *gatewayReads) Versions(ctx context.Context, lab string, id uuid.UUID) ([]gateway.EventVersion, error) {
	read, err := wholeFor(ctx, g.store, gateway.ErrRemaking, func() ([]clickhouse.EventVersion, error) { return g.store.Versions(ctx, lab, id) })
	out := make([]gateway.EventVersion, len(read))
	for i, v := range read {
		out[i] = gatewayVersion(lab, id, v)
	}
	return out, err
}

// Recent are a lab's events by their latest versions.
func (g *gatewayReads) Recent(ctx context.Context, lab string, limit int, before uint64) ([]gateway.EventVersion, error) {
	read, err := wholeFor(ctx, g.store, gateway.ErrRemaking, func() ([]clickhouse.VersionOf, error) { return g.store.RecentEvents(ctx, lab, limit, before) })
	out := make([]gateway.EventVersion, len(read))
	for i, v := range read {
		out[i] = gatewayVersion(lab, v.ID, v.EventVersion)
	}
	return out, err
}

// Export is a relation's rows. They are sent as they are read: where the figures are made again meanwhile it breaks off, as where the connection does.
func (g *gatewayReads) Export(ctx context.Context, relation, format, lab string) (io.ReadCloser, error) {
	made, err := g.store.FiguresWhole(ctx)
	if err != nil {
		return nil, remaking(err, gateway.ErrRemaking)
	}
	rows, err := g.store.Export(ctx, relation, format, lab)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{checkedAtEnd{rows, func() error { return clickhouse.StillMade(ctx, g.store.FiguresMade, made) }}, rows}, nil
}

func gatewayVersion(lab string, id uuid.UUID, v clickhouse.EventVersion) gateway.EventVersion {
	out := gateway.EventVersion{Lab: lab, ID: id, Revision: v.Revision, StreamSeq: v.StreamSeq, Kind: v.Kind, Source: v.Source,
		OccurredAt: v.OccurredAt.UTC(), Retracted: v.Retracted, Reason: v.Reason, ReceivedAt: v.ReceivedAt.UTC()}
	if json.Valid([]byte(v.Data)) {
		out.Data = json.RawMessage(v.Data)
	}
	return out
}
