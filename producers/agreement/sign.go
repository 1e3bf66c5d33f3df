package agreement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/schemas"
)

// ErrNotRegistered says that nobody has registered the lab: `vitrine lab add` does.
var ErrNotRegistered = errors.New("the lab isn't registered")

// ErrNoReason says that an amendment needs a reason.
var ErrNoReason = errors.New("an amendment needs a reason")

// Plan is what signing a file would change.
type Plan struct {
	File *File
	// Before is the version in force of the agreement of that number; nil if there is none.
	Before *Version
	// Others are the lab's other agreements in force.
	Others []Version
	// Changes are what the file changes; none: there is nothing to publish.
	Changes []Change
	// Revision is that of the event to publish.
	Revision int64

	last uint64
	zone *time.Location
}

// Prepare reads what is in force from the stream and compares the file with it. zone is the programme's: the day that an
// agreement starts on is taken there. Its errors are [ErrNotRegistered] and what reading gave.
func Prepare(ctx context.Context, js jetstream.JetStream, f *File, catalogue *schemas.Catalogue, zone *time.Location) (*Plan, error) {
	known, err := registered(ctx, js, f.Lab)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fmt.Errorf("%s: %w", f.Lab, ErrNotRegistered)
	}
	versions, last, err := Versions(ctx, js, f.Lab)
	if err != nil {
		return nil, err
	}
	p := &Plan{File: f, last: last, zone: zone}
	id := idOf(f.Lab, f.Data.Agreement)
	for _, v := range InForce(versions) {
		if v.Data.Agreement == f.Data.Agreement {
			p.Before, id = &v, v.Event.ID
		} else {
			p.Others = append(p.Others, v)
		}
	}
	for _, v := range versions { // one that was retracted goes on too
		if v.Event.ID == id {
			p.Revision = max(p.Revision, v.Event.Revision+1)
		}
	}
	var before *schemas.AgreementSigned
	if p.Before != nil {
		before = &p.Before.Data
	}
	p.Changes = Diff(before, &f.Data, catalogue)
	return p, nil
}

// Amends says that the agreement was signed before.
func (p *Plan) Amends() bool { return p.Before != nil }

// Event is what signing publishes. An agreement that is to begin later counts from now on: an event doesn't lie in the
// future. reason is why it is amended, and may be empty for one that wasn't signed before.
func (p *Plan) Event(reason string, now time.Time) (*schemas.Event, error) {
	reason = strings.TrimSpace(reason)
	if p.Amends() && reason == "" {
		return nil, ErrNoReason
	}
	f := p.File
	at := day(f.Data.Start)
	// At noon it is the same day in all of the programme's zones.
	at = time.Date(at.Year(), at.Month(), at.Day(), 12, 0, 0, 0, p.zone)
	id := idOf(f.Lab, f.Data.Agreement)
	if p.Before != nil {
		id = p.Before.Event.ID
		if p.Before.Data.Start == f.Data.Start {
			at = p.Before.Event.Time
		}
	}
	if at.After(now) {
		at = now.In(p.zone).Truncate(time.Second)
	}
	data, err := json.Marshal(f.Data)
	if err != nil {
		return nil, fmt.Errorf("agreement %s of %s: %w", f.Data.Agreement, f.Lab, err)
	}
	return &schemas.Event{SpecVersion: "1.0", ID: id, Source: schemas.SourceOf(f.Lab, ""), Type: schemas.TypePrefix + kindName,
		Time: at, Revision: p.Revision, Reason: reason, Data: data}, nil
}

// Sign publishes the event, unless the lab's agreements were changed since the plan was made: then its error is a
// *[producers.MovedError]. Its others are [ErrNoReason] and those of [producers.Publisher.Publish].
func (p *Plan) Sign(ctx context.Context, to *producers.Publisher, reason string, now time.Time) (producers.Receipt, error) {
	event, err := p.Event(reason, now)
	if err != nil {
		return producers.Receipt{}, err
	}
	return to.PublishIfUnmoved(ctx, event, subjectOf(p.File.Lab), p.last)
}
