package gateway

import (
	"context"
	"io"

	"github.com/go-kit/kit/endpoint"
	"github.com/google/uuid"
)

// endpoints are the service's methods as go-kit's transports call them: each request comes as the type
// below, and its sender stands in the context's call.
type endpoints struct {
	accept, file, labStatus, programmeStatus, versions, recent, export, periods, submitPeriod endpoint.Endpoint
}

type (
	labRequest      struct{ lab string }
	versionsRequest struct {
		lab string
		id  uuid.UUID
	}
	recentRequest struct {
		lab    string
		limit  int
		before uint64
	}
	exportRequest  struct{ relation, format string }
	exportResponse struct {
		exportRequest
		rows io.ReadCloser
	}
	eventsResponse struct {
		Events []EventVersion `json:"events"`
		// Before is what to ask for the events before these with; absent at the end.
		Before string `json:"before,omitempty"`
	}
)

func (g *Gateway) newEndpoints(s Service) endpoints {
	return endpoints{
		accept: g.limitRate(func(ctx context.Context, r any) (any, error) {
			return s.Accept(ctx, callOf(ctx).principal, r.(Batch))
		}),
		file: g.limitRate(func(ctx context.Context, r any) (any, error) {
			return s.Import(ctx, callOf(ctx).principal, r.(File))
		}),
		labStatus: func(ctx context.Context, r any) (any, error) {
			return s.LabStatus(ctx, callOf(ctx).principal, r.(labRequest).lab)
		},
		programmeStatus: func(ctx context.Context, _ any) (any, error) {
			return s.ProgrammeStatus(ctx, callOf(ctx).principal)
		},
		versions: func(ctx context.Context, r any) (any, error) {
			q := r.(versionsRequest)
			versions, err := s.Versions(ctx, callOf(ctx).principal, q.lab, q.id)
			return eventsResponse{Events: versions}, err
		},
		recent: recentEndpoint(s),
		periods: func(ctx context.Context, r any) (any, error) {
			return periodsOf(ctx, s, r.(labRequest).lab)
		},
		submitPeriod: g.limitRate(func(ctx context.Context, r any) (any, error) {
			q := r.(periodRequest)
			if err := s.SubmitPeriod(ctx, callOf(ctx).principal, q.lab, q.period); err != nil {
				return nil, err
			}
			return periodsOf(ctx, s, q.lab) // what has become of it
		}),
		export: func(ctx context.Context, r any) (any, error) {
			q := r.(exportRequest)
			rows, err := s.Export(ctx, callOf(ctx).principal, q.relation, q.format)
			return exportResponse{q, rows}, err
		},
	}
}

func periodsOf(ctx context.Context, s Service, lab string) (any, error) {
	all, err := s.Periods(ctx, callOf(ctx).principal, lab)
	if all == nil {
		all = []Period{} // never null in JSON
	}
	return periodsResponse{all}, err
}

func recentEndpoint(s Service) endpoint.Endpoint {
	return func(ctx context.Context, r any) (any, error) {
		q := r.(recentRequest)
		events, err := s.Recent(ctx, callOf(ctx).principal, q.lab, q.limit, q.before)
		if err != nil {
			return nil, err
		}
		out := eventsResponse{Events: events}
		if len(events) == q.limit {
			out.Before = formatSeq(events[len(events)-1].StreamSeq)
		}
		if out.Events == nil {
			out.Events = []EventVersion{} // never null in JSON
		}
		return out, nil
	}
}
