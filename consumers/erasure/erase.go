package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rejected"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Store is what an erasure needs of ClickHouse; *clickhouse.Store is one.
type Store interface {
	rejected.Store
	FiguresMade(ctx context.Context) (clickhouse.Made, error)
	CheckMadeWith(ctx context.Context, wanted string) error
	SetFiguresMadeWith(ctx context.Context, made string) error
	Erase(ctx context.Context, rules *rollup.Rules, e clickhouse.Erasure) error
	RejectedBefore(ctx context.Context, before time.Time) ([]uint64, error)
	EraseRejections(ctx context.Context, before time.Time) error
}

// Config says what an [Eraser] works on.
type Config struct {
	// JetStream holds the streams; its connection needs the service's credentials. Required.
	JetStream jetstream.JetStream
	// Store is where the figures are. Required.
	Store Store
	// Catalogue and Zone are those that the figures are made with; where they aren't, nothing is erased. Default: the catalogue
	// that is compiled in, [schemas.DefaultZone].
	Catalogue *schemas.Catalogue
	Zone      *time.Location
	// Hold keeps everybody from writing figures until release is called; held ends if it doesn't any more. nil: nobody else is there.
	Hold func(ctx context.Context) (held context.Context, release func(), err error)
	// Rebuild makes all figures again from the stream and says what they are made with: asked for where an erasure or a rebuild
	// was interrupted before, a lab's registration goes and its other events stay, or what is erased came back since. Required.
	Rebuild func(ctx context.Context) error
	// Logger hears of the steps; nil: nobody does.
	Logger *slog.Logger
	// Clock dates what is erased. nil: [time.Now].
	Clock func() time.Time
}

// Eraser erases for good.
type Eraser struct{ config Config }

// New checks the configuration and starts nothing.
func New(c Config) (*Eraser, error) {
	if c.JetStream == nil || c.Store == nil || c.Rebuild == nil {
		return nil, errors.New("erasure: JetStream, Store and Rebuild are needed")
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			return nil, fmt.Errorf("erasure: %w", err)
		}
		c.Zone = zone
	}
	if c.Hold == nil {
		c.Hold = func(ctx context.Context) (context.Context, func(), error) { return ctx, func() {}, nil }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Eraser{c}, nil
}

// Request is what is to be erased: a lab, one of its events, or rejected events received before a time.
type Request struct {
	Lab    string
	Event  uuid.UUID // [uuid.Nil]: all of the lab
	Before time.Time // with neither lab nor event
	Reason string
}

// Plan says what [Eraser.Do] would erase now, and changes nothing.
func (x *Eraser) Plan(ctx context.Context, r Request) (Entry, error) {
	stream, err := x.config.JetStream.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return Entry{}, fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)
	}
	e := Entry{ID: uuid.New(), What: WhatLab, Lab: r.Lab, UpTo: stream.CachedInfo().State.LastSeq, Reason: r.Reason, Began: x.config.Clock().UTC()}
	switch {
	case r.Lab == "":
		before := r.Before.UTC()
		e.What, e.Before = WhatRejected, &before
	case r.Event != uuid.Nil:
		e.What, e.Event = WhatEvent, &r.Event
	}
	e.UpTo = max(e.UpTo, 1)
	if err := e.check(); err != nil {
		return e, err
	}
	f, err := x.find(ctx, e)
	if err != nil {
		return e, err
	}
	e = f.count(e)
	told, err := List(ctx, x.config.JetStream)
	for _, t := range told {
		if t.Ended == nil && t.same(e) {
			e = e.goingOn(t)
		}
	}
	return e, err
}

// Do erases what a plan says and gives the entry as it was written down. It may be interrupted anywhere; asked for again, it
// erases what is left. Until the figures are right again the database says that they are being made.
func (x *Eraser) Do(ctx context.Context, e Entry) (Entry, error) {
	e.Ended = nil
	return x.whileHeld(ctx, e, func(ctx context.Context) error { return tell(ctx, x.config.JetStream, e) })
}

// Again erases what an entry of the trace says once more, as after a restore, and writes down that it is done.
func (x *Eraser) Again(ctx context.Context, e Entry) (Entry, error) {
	return x.whileHeld(ctx, e, func(context.Context) error { return nil })
}

// whileHeld erases while nobody else writes figures, and calls before when that is so, before anything is changed.
func (x *Eraser) whileHeld(ctx context.Context, e Entry, before func(context.Context) error) (Entry, error) {
	if err := e.check(); err != nil {
		return e, err
	}
	held, release, err := x.config.Hold(ctx)
	if err != nil {
		return e, err
	}
	defer release()
	if err = x.asMade(held); err == nil {
		if err = before(held); err == nil {
			e, err = x.again(held, e)
		}
	}
	return e, claim.Cause(held, err)
}

func (x *Eraser) again(ctx context.Context, e Entry) (Entry, error) {
	made, err := x.config.Store.FiguresMade(ctx)
	if err != nil {
		return e, err
	}
	f, err := x.find(ctx, e)
	if err != nil {
		return e, err
	}
	if err := x.config.Store.SetFiguresMadeWith(ctx, clickhouse.Rebuilding); err != nil {
		return e, err
	}
	if err := x.erase(ctx, e, f); err != nil {
		return e, err
	}
	if made.With == clickhouse.Rebuilding || f.remake {
		err = x.config.Rebuild(ctx)
	} else {
		err = x.config.Store.SetFiguresMadeWith(ctx, made.With)
	}
	if err != nil {
		return e, err
	}
	ended := x.config.Clock().UTC()
	if e.Ended == nil {
		e.Ended = &ended
	}
	return e, tell(ctx, x.config.JetStream, e)
}

// asMade is nil if the cells of an erasure's lab may be computed anew, by the catalogue that all others were made with, and what is rejected
// is so by that. Figures that are being made, or whose making was interrupted, are made again as a whole.
func (x *Eraser) asMade(ctx context.Context) error {
	if made, err := x.config.Store.FiguresMade(ctx); err != nil || made.With == clickhouse.Rebuilding {
		return err
	}
	return x.config.Store.CheckMadeWith(ctx, clickhouse.MadeWith(x.config.Catalogue, x.config.Zone))
}

// erase is the streams first: whatever is interrupted, the figures can then be made again without what is erased.
func (x *Eraser) erase(ctx context.Context, e Entry, f found) error {
	for _, part := range []struct {
		stream string
		seqs   []uint64
	}{{schemas.StreamEvents, f.events}, {schemas.StreamRejected, f.rejected}, {schemas.StreamAlerts, f.alerts}} {
		x.config.Logger.InfoContext(ctx, "erasing", "stream", part.stream, "messages", len(part.seqs))
		if err := overwrite(ctx, x.config.JetStream, part.stream, part.seqs); err != nil {
			return err
		}
	}
	var err error
	if e.What == WhatRejected {
		err = x.config.Store.EraseRejections(ctx, *e.Before)
	} else {
		err = x.config.Store.Erase(ctx, rollup.NewRules(x.config.Catalogue), e.StoreErasure())
	}
	if err != nil {
		return err
	}
	if err := x.config.Store.ClearResolutions(ctx); err != nil {
		return err
	}
	return rejected.Sync(ctx, x.config.JetStream, x.config.Store)
}

// found are the messages that an entry means, by stream.
type found struct {
	events, rejected, alerts []uint64
	remake                   bool // all figures, from the stream
}

// count notes in the entry how much was found.
func (f found) count(e Entry) Entry {
	e.Events, e.Rejected, e.Alerts = len(f.events), len(f.rejected), len(f.alerts)
	if len(f.events) > 0 {
		e.From = slices.Min(f.events)
	}
	return e
}

func (x *Eraser) find(ctx context.Context, e Entry) (f found, err error) {
	js := x.config.JetStream
	if e.What == WhatRejected {
		if f.events, err = x.oldRejected(ctx, *e.Before); err != nil {
			return f, err
		}
		f.rejected, err = ofRejected(ctx, js, e, setOf(f.events))
		return f, err
	}
	if f.events, f.remake, err = ofEvents(ctx, js, e); err != nil {
		return f, err
	}
	if e.What == WhatEvent {
		f.rejected, err = ofRejected(ctx, js, e, setOf(f.events))
		return f, err
	}
	if f.rejected, err = ofRejected(ctx, js, e, nil); err != nil {
		return f, err
	}
	f.alerts, err = ofAlerts(ctx, js, e.Lab)
	return f, err
}

func setOf(seqs []uint64) map[uint64]bool {
	out := make(map[uint64]bool, len(seqs))
	for _, s := range seqs {
		out[s] = true
	}
	return out
}

// Left is how many messages the stream of events still has of what an ended erasure says is gone.
func Left(ctx context.Context, js jetstream.JetStream, e Entry) (int, error) {
	if e.What == WhatRejected || e.Ended == nil {
		return 0, nil
	}
	seqs, _, err := ofEvents(ctx, js, e)
	return len(seqs), err
}
