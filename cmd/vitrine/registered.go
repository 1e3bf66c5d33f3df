package main

import (
	"context"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/producers/form"
)

// registeredLabs reads the registry for what is told on a lab's behalf.
type registeredLabs struct {
	store     *clickhouse.Store
	programme *time.Location
}

// Lab implements [form.Labs]: the zone is that of the first registration, the name that of the last.
func (r *registeredLabs) Lab(ctx context.Context, lab string) (form.Lab, error) {
	// A lab that isn't there because everything is read from the stream again has a zone all the same.
	registrations, err := wholeFor(ctx, r.store, form.ErrRemaking, func() ([]clickhouse.Registration, error) { return r.store.Registrations(ctx, lab) })
	if err != nil || len(registrations) == 0 {
		return form.Lab{}, err
	}
	return form.Lab{Name: registrations[len(registrations)-1].Name, Zone: registrations[0].Zone}, nil
}

// zone is that in which a lab's dates and times are understood.
func (r *registeredLabs) zone(ctx context.Context, lab string) (*time.Location, error) {
	l, err := r.Lab(ctx, lab)
	if err != nil || l.Zone == "" {
		return r.programme, err
	}
	return time.LoadLocation(l.Zone)
}
