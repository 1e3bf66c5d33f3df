package clickhouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine/schemas"
)

// Rebuilding is what figures are made with while a rebuild is under way, or after one was interrupted.
const Rebuilding = "rebuilding"

// ErrMadeOtherwise says that the figures were made with another catalogue or zone, or are being made
// again: nothing may be added to them, and nothing proved.
var ErrMadeOtherwise = errors.New("the figures in ClickHouse were made otherwise")

// MadeWith names what figures depend on besides the events: the catalogue, and the zone that days are
// cut in for labs without one of their own.
func MadeWith(c *schemas.Catalogue, zone *time.Location) string { return madeWith(c, zone.String()) }

func madeWith(c *schemas.Catalogue, zone string) string {
	return "catalogue " + c.Hash + madeInZone + zone
}

// madeInZone stands before the zone in what [MadeWith] gives.
const madeInZone = ", zone "

// protocol stands behind what figures were made with, in the database alone (whose figures_made.made_of leaves it out): what the consumers that may add to them agree on. Since 2 they tell each
// other what they store. Those from before compare the whole text, so that they add nothing once the database says so.
const protocol = ", protocol 2"

// Made is what all figures were made with, and since when: another time says that they were made again in between.
type Made struct {
	With string // what [MadeWith] gave, or [Rebuilding]; "" in a database that isn't migrated yet
	At   time.Time
}

// FiguresMade says what all figures are made with.
func (s *Store) FiguresMade(ctx context.Context) (Made, error) {
	made, _, err := s.figuresMade(ctx)
	return made, err
}

// figuresMade says besides whether only consumers of today's protocol add to them.
func (s *Store) figuresMade(ctx context.Context) (made Made, todays bool, err error) {
	err = s.conn.QueryRow(ctx, s.query("made_with")).Scan(&made.With, &made.At)
	if isMissing(err) || errors.Is(err, sql.ErrNoRows) {
		return Made{}, false, nil
	}
	if err != nil {
		return Made{}, false, fmt.Errorf("read what the figures were made with: %w", err)
	}
	made.With, todays = strings.CutSuffix(made.With, protocol)
	return made, todays || made.With == Rebuilding, nil
}

// Codes of ClickHouse's exceptions.
const (
	codeUnknownIdentifier = 47
	codeUnknownTable      = 60
	codeUnknownDatabase   = 81
)

// CheckMadeWith is nil if all figures were made with what [MadeWith] gave.
func (s *Store) CheckMadeWith(ctx context.Context, wanted string) error {
	_, err := s.FiguresMadeWith(ctx, wanted)
	return err
}

// FiguresMadeWith is [Store.FiguresMade], and an [ErrMadeOtherwise] unless all figures were made with what [MadeWith] gave.
func (s *Store) FiguresMadeWith(ctx context.Context, wanted string) (Made, error) {
	made, todays, err := s.figuresMade(ctx)
	if err == nil {
		err = made.check(wanted, todays)
	}
	return made, err
}

// WhileMadeWith has read ask for figures that are made with what [MadeWith] gave all the while. Where they are made again meanwhile its error is
// an [ErrMadeOtherwise]: what was read may be half of them.
func (s *Store) WhileMadeWith(ctx context.Context, wanted string, read func() error) error {
	made, err := s.FiguresMadeWith(ctx, wanted)
	if err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	return StillMade(ctx, s.FiguresMade, made)
}

// FiguresWhole is [Store.FiguresMade], and an [ErrMadeOtherwise] while they are being made again, or after that was interrupted: some are missing
// then, whatever they are made with. [StillMade] says afterwards whether that began meanwhile.
func (s *Store) FiguresWhole(ctx context.Context) (Made, error) {
	made, err := s.FiguresMade(ctx)
	if err == nil && made.With == Rebuilding {
		err = made.check("", false)
	}
	return made, err
}

// WhileWhole has read ask for figures, or for events, that are whole all the while: its error is an [ErrMadeOtherwise] where they are being made
// again, or were meanwhile. That costs two small statements.
func (s *Store) WhileWhole(ctx context.Context, read func() error) error {
	made, err := s.FiguresWhole(ctx)
	if err != nil {
		return err
	}
	err = read()
	// Half of what is there may not be readable at all, or be refused.
	if over := StillMade(ctx, s.FiguresMade, made); errors.Is(over, ErrMadeOtherwise) || err == nil {
		return over
	}
	return err
}

// StillMade is nil if figures are still what they were before, as ask has it, which is [Store.FiguresMade]. Where they have been made again, or are
// being made, it is an [ErrMadeOtherwise]: what was read since may be half of them.
func StillMade(ctx context.Context, ask func(context.Context) (Made, error), before Made) error {
	now, err := ask(ctx)
	if err == nil && now != before {
		err = fmt.Errorf("%w while they were read", ErrMadeOtherwise)
	}
	return err
}

func (made Made) check(wanted string, todays bool) error {
	switch {
	case made.With == wanted && todays:
		return nil
	case made.With == wanted:
		return fmt.Errorf("%w: consumers of an earlier version may add to them (run `vitrine migrate`)", ErrMadeOtherwise)
	case made.With == Rebuilding:
		return fmt.Errorf("%w: a rebuild is under way, or was interrupted (then run `vitrine rebuild`)", ErrMadeOtherwise)
	case made.With == "":
		return fmt.Errorf("%w: the database isn't migrated (run `vitrine migrate`)", ErrMadeOtherwise)
	}
	return fmt.Errorf("%w: with %s, and this process uses %s (give it the same, or run `vitrine migrate` and `vitrine rebuild` with its own)", ErrMadeOtherwise, made.With, wanted)
}

// SetFiguresMadeWith says what all figures are made with from now on, by consumers of today's protocol. Whoever said it before may have had a clock that
// was ahead: what is said last counts all the same.
func (s *Store) SetFiguresMadeWith(ctx context.Context, made string) error {
	before, err := s.FiguresMade(ctx)
	if err != nil {
		return err
	}
	at := time.Now()
	if !at.After(before.At) {
		at = before.At.Add(time.Nanosecond)
	}
	return s.setFiguresMade(ctx, Made{made, at})
}

func (s *Store) setFiguresMade(ctx context.Context, made Made) error {
	if made.With != Rebuilding {
		made.With += protocol
	}
	batch, err := s.conn.PrepareBatch(ctx, s.query("made_with_insert"))
	if err == nil {
		defer batch.Close()
		if err = batch.Append(made.With, made.At); err == nil {
			err = batch.Send()
		}
	}
	if err != nil {
		return fmt.Errorf("note what the figures are made with: %w", err)
	}
	return nil
}
