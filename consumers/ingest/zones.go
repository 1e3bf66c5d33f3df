package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// zones knows each lab's time zone: the one of its first valid registration in the stream, for the
// events after it; the programme's before that, and for labs without one. It asks the stream, not
// its own memory of what it consumed, so that the answer is the same for every consumer and delivery.
type zones struct {
	js        jetstream.JetStream
	stream    jetstream.Stream
	programme *time.Location
	first     map[string]registration
	// until is the newest message that is known to be in the stream, none are the labs that have no registration up to some
	// message.
	until uint64
	none  map[string]uint64
	named map[string]*time.Location // one for each name: a calendar knows a zone by its address
}

type registration struct {
	seq  uint64
	zone *time.Location
}

func newZones(js jetstream.JetStream, programme *time.Location) *zones {
	return &zones{js: js, programme: programme, first: map[string]registration{}, none: map[string]uint64{}, named: map[string]*time.Location{}}
}

// ZoneOf is the zone that events of a lab are cut in from now on, and whether the lab is registered: where it isn't, it is the
// programme's.
func ZoneOf(ctx context.Context, js jetstream.JetStream, lab string, programme *time.Location) (*time.Location, bool, error) {
	r, registered, err := newZones(js, programme).registration(ctx, lab, endOfStream)
	if err != nil || !registered {
		return programme, false, err
	}
	return r.zone, true, nil
}

// of is the zone that an event is cut in. A later registration with another zone is a
// *schemas.Invalid: days that were cut can't be cut anew.
func (z *zones) of(ctx context.Context, e *schemas.Event, seq uint64) (*time.Location, error) {
	r, registered, err := z.registration(ctx, e.Lab(), seq)
	if err != nil {
		return nil, err
	}
	if e.Kind() == kindRegistered && !e.Retracted {
		own, err := z.zoneOf(e)
		if err != nil {
			return nil, err
		}
		if registered && r.seq < seq && own.String() != r.zone.String() {
			return nil, wrong(e, schemas.Problem{Field: "data.zone", Code: schemas.CodeOrder, Found: own.String(),
				Expected: schemas.Text{FR: r.zone.String() + ", fixé au premier enregistrement", EN: r.zone.String() + ", fixed when the lab was first registered"}})
		}
		return own, nil
	}
	if registered && r.seq < seq {
		return r.zone, nil
	}
	return z.programme, nil
}

const kindRegistered = "lab.registered"

// upTo says that the stream has a message, so that one question answers for all events up to there.
func (z *zones) upTo(seq uint64) { z.until = max(z.until, seq) }

// registration is a lab's first valid one, if there is one up to the message seq; of one that isn't there the stream is asked
// again at an event behind what it was asked for.
func (z *zones) registration(ctx context.Context, lab string, seq uint64) (registration, bool, error) {
	if r, known := z.first[lab]; known {
		return r, true, nil
	}
	if seq <= z.none[lab] {
		return registration{}, false, nil
	}
	if seq != endOfStream {
		seq = max(seq, z.until)
	}
	if z.stream == nil {
		stream, err := z.js.Stream(ctx, streamEvents)
		if err != nil {
			return registration{}, false, fmt.Errorf("stream %s: %w", streamEvents, err)
		}
		z.stream = stream
	}
	subject := schemas.Subject(lab, kindRegistered)
	for from, seen := uint64(1), uint64(0); ; seen++ {
		m, err := z.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			if err := z.complete(ctx, subject, seen, seq); err != nil {
				return registration{}, false, err
			}
			if seq != endOfStream {
				z.none[lab] = seq
			}
			return registration{}, false, nil
		}
		if err != nil {
			return registration{}, false, fmt.Errorf("registration of %s: %w", lab, err)
		}
		from = m.Sequence + 1
		e, err := schemas.Decode(m.Data, m.Time)
		if err != nil || schemas.Subject(e.Lab(), e.Kind()) != subject || e.Retracted {
			continue // rejected, or no registration
		}
		zone, err := z.zoneOf(e)
		if err != nil {
			return registration{}, false, err
		}
		z.first[lab] = registration{seq: m.Sequence, zone: zone}
		return z.first[lab], true, nil
	}
}

// errStale says that the server that answered doesn't have all of the stream yet.
var errStale = errors.New("the server that answers lags behind the stream")

// complete fails unless whoever answers has the stream up to the message seq, and seen messages of a subject in it. In a
// cluster it may be a leader of yesterday that doesn't know yet that it is cut off, or a new one that hasn't read
// everything again: that it knows of no registration then says nothing. Each server has a beginning of the same
// log, so what one knows is true, and what it lacks comes after its last message.
func (z *zones) complete(ctx context.Context, subject string, seen, seq uint64) error {
	info, err := z.stream.Info(ctx, jetstream.WithSubjectFilter(subject)) // one answer holds both
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	if seq != endOfStream && info.State.LastSeq < seq || info.State.Subjects[subject] != seen {
		return fmt.Errorf("%w: it ends with message %d and has %d of %s, of which %d were read, for message %d", errStale,
			info.State.LastSeq, info.State.Subjects[subject], subject, seen, seq)
	}
	return nil
}

func (z *zones) zoneOf(e *schemas.Event) (*time.Location, error) {
	name := e.Values.Code("zone")
	if name == "" {
		return z.programme, nil
	}
	if zone, known := z.named[name]; known {
		return zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // the door lets no unknown zone in; this machine's zone data must be older
		return nil, fmt.Errorf("time zone of %s: %w", e.Lab(), err)
	}
	z.named[name] = zone
	return zone, nil
}
