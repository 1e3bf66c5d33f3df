package agreement

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// Version is an agreement as it was signed or amended once.
type Version struct {
	Seq       uint64    // in VITRINE_EVENTS
	Stored    time.Time // when the stream took it
	Publisher string    // who published it
	Event     *schemas.Event
	Data      schemas.AgreementSigned // zero for a retraction
}

// Versions are all versions of a lab's agreements in the stream's order, retractions among them; lab "" is all labs. What the
// door refuses isn't among them. last is the sequence of the last message under the subject, refused or not; 0: none.
func Versions(ctx context.Context, js jetstream.JetStream, lab string) (list []Version, last uint64, err error) {
	stream, err := js.Stream(ctx, schemas.StreamEvents)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read agreements from %s: %w", schemas.StreamEvents, err)
	}
	for {
		m, err := stream.GetMsg(ctx, last+1, jetstream.WithGetMsgSubject(subjectOf(lab)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return list, last, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read agreements from %s: %w", schemas.StreamEvents, err)
		}
		last = m.Sequence
		event, err := schemas.Decode(m.Data, m.Time)
		if err != nil || event.Kind() != kindName || schemas.Subject(event.Lab(), kindName) != m.Subject {
			continue // `vitrine rejected` has it
		}
		v := Version{Seq: m.Sequence, Stored: m.Time, Publisher: m.Header.Get(schemas.HeaderPublisher), Event: event}
		if len(event.Data) > 0 {
			if err := json.Unmarshal(event.Data, &v.Data); err != nil {
				return nil, 0, fmt.Errorf("message %d of %s: %w", m.Sequence, schemas.StreamEvents, err)
			}
		}
		list = append(list, v)
	}
}

// subjectOf is where a lab's agreements are published; those of all labs for "".
func subjectOf(lab string) string {
	if lab == "" {
		lab = "*"
	}
	return schemas.Subject(lab, kindName)
}

// InForce are the agreements that hold after these versions, by lab and in the order in which they were last signed: the
// latest version of each event, and of two with the same number the later one in the stream, as the view agreements has it.
func InForce(versions []Version) []Version {
	type key struct {
		lab string
		id  uuid.UUID
	}
	latest := map[key]Version{}
	for _, v := range versions {
		k := key{v.Event.Lab(), v.Event.ID}
		if had, known := latest[k]; !known || v.Event.Revision >= had.Event.Revision { // versions are in the stream's order
			latest[k] = v
		}
	}
	type number struct{ lab, agreement string }
	byNumber := map[number]Version{}
	for _, v := range latest {
		n := number{v.Event.Lab(), v.Data.Agreement}
		if had, known := byNumber[n]; !v.Event.Retracted && (!known || v.Seq > had.Seq) {
			byNumber[n] = v
		}
	}
	out := make([]Version, 0, len(byNumber))
	for _, v := range byNumber {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Version) int {
		if a.Event.Lab() != b.Event.Lab() {
			return cmp.Compare(a.Event.Lab(), b.Event.Lab())
		}
		return cmp.Compare(a.Seq, b.Seq)
	})
	return out
}

// Until are the versions that the stream took before a moment.
func Until(versions []Version, moment time.Time) []Version {
	return slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return !v.Stored.Before(moment) })
}

// registered says whether a lab is: that its last registration wasn't retracted.
func registered(ctx context.Context, js jetstream.JetStream, lab string) (bool, error) {
	stream, err := js.Stream(ctx, schemas.StreamEvents)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for lab %s in %s: %w", lab, schemas.StreamEvents, err)
	}
	var last uint64
	live := map[uuid.UUID]*schemas.Event{}
	for {
		m, err := stream.GetMsg(ctx, last+1, jetstream.WithGetMsgSubject(schemas.Subject(lab, "lab.registered")))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return false, fmt.Errorf("look for lab %s in %s: %w", lab, schemas.StreamEvents, err)
		}
		last = m.Sequence
		if e, err := schemas.Decode(m.Data, m.Time); err == nil && e.Lab() == lab {
			if had := live[e.ID]; had == nil || e.Revision >= had.Revision {
				live[e.ID] = e
			}
		}
	}
	for _, e := range live {
		if !e.Retracted {
			return true, nil
		}
	}
	return false, nil
}
