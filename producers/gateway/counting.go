package gateway

import (
	"context"
	"errors"
)

// counting counts what becomes of events; the rest passes through.
type counting struct {
	Service
	metrics *instruments
}

func (c *counting) Accept(ctx context.Context, p Principal, b Batch) (Delivery, error) {
	d, err := c.Service.Accept(ctx, p, b)
	c.metrics.delivered(d)
	return d, err
}

func (c *counting) Import(ctx context.Context, p Principal, f File) (Imported, error) {
	i, err := c.Service.Import(ctx, p, f)
	var fault *Fault
	switch {
	case errors.As(err, &fault) && fault.Delivery != nil:
		c.metrics.delivered(*fault.Delivery)
	case err == nil && !i.DryRun:
		c.metrics.delivered(Delivery{Accepted: make([]int, i.Accepted)})
	}
	return i, err
}
