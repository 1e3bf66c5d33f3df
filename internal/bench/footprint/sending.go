package main

import (
	"context"
	"errors"
	"time"

	"vitrine/internal/bench/load"
	"vitrine/internal/bench/running"
)

// labs are those of a programme.
const labs = 14

// sendUntil sends a load in the background for as long as it takes or until stop; sending tells how that went.
func sendUntil(ctx context.Context, up *running.Up, rate float64, during time.Duration) (sending <-chan error, stop context.CancelFunc, err error) {
	conn, js, err := up.Connect()
	if err != nil {
		return nil, nil, err
	}
	events, err := load.New(load.Config{Labs: labs, Events: int(rate*during.Seconds()) + 1, Seed: uint64(time.Now().UnixNano()), Until: time.Now()})
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	ctx, stop = context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer conn.Close()
		err := running.Send(ctx, js, events, 0, 2*labs, 0)
		if err == nil {
			err = running.Send(ctx, js, events, 2*labs, events.Events, rate)
		}
		if errors.Is(err, context.Canceled) {
			err = nil // asked to
		}
		ended <- err
	}()
	return ended, stop, nil
}
