package erasure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/readout"
	"vitrine/schemas"
)

// each calls f with the messages of a stream under some subjects, in their order. One that is missed would stay: so a server
// that lags behind is an error.
func each(ctx context.Context, js jetstream.JetStream, stream string, subjects []string, headersOnly bool, f func(m jetstream.Msg, seq uint64) error) error {
	return readout.Messages(ctx, js, stream, jetstream.ConsumerConfig{FilterSubjects: subjects, HeadersOnly: headersOnly}, 0,
		func(m jetstream.Msg, at *jetstream.MsgMetadata) error { return f(m, at.Sequence.Stream) })
}

const (
	// deleteAtOnce is how many requests to erase a message are on their way.
	deleteAtOnce = 16
	// headerRejectedSeq is the header in which VITRINE_REJECTED names the message that a rejection is about.
	headerRejectedSeq = "Vitrine-Stream-Seq"
)

// ofEvents are the messages of the stream of events that an entry means, and whether what stays can't be told from the tables then, but
// has to be made from the stream: where the lab or the event came back, the tables may have kept of what came twice the version that goes; and without
// a lab's registration its other events fall on days of another zone.
func ofEvents(ctx context.Context, js jetstream.JetStream, e Entry) (seqs []uint64, remake bool, err error) {
	whole := e.What == WhatLab
	registration := schemas.Subject(e.Lab, "lab.registered")
	err = each(ctx, js, schemas.StreamEvents, schemas.SubjectsOfLab(e.Lab), whole, func(m jetstream.Msg, seq uint64) error {
		switch {
		case !whole && !isEvent(m.Data(), *e.Event):
		case seq > e.UpTo:
			remake = true
		default:
			seqs = append(seqs, seq)
			remake = remake || !whole && m.Subject() == registration
		}
		return nil
	})
	return seqs, remake, err
}

// isEvent says whether a message is a version of an event. One that is no JSON, and was rejected, is if the id stands in it.
func isEvent(raw []byte, id uuid.UUID) bool {
	var event struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &event); err != nil {
		return bytes.Contains(bytes.ToLower(raw), []byte(id.String()))
	}
	return strings.EqualFold(event.ID, id.String())
}

// ofRejected are the messages of the stream of rejected events that are about some messages; all of a lab's where about is nil.
func ofRejected(ctx context.Context, js jetstream.JetStream, e Entry, about map[uint64]bool) (seqs []uint64, err error) {
	subject := schemas.SubjectsOfRejected
	if e.Lab != "" {
		subject = schemas.SubjectRejected(e.Lab)
	}
	err = each(ctx, js, schemas.StreamRejected, []string{subject}, true, func(m jetstream.Msg, seq uint64) error {
		of, err := strconv.ParseUint(m.Headers().Get(headerRejectedSeq), 10, 64)
		if err == nil && (about == nil && of <= e.UpTo || about[of]) {
			seqs = append(seqs, seq)
		}
		return nil
	})
	return seqs, err
}

// oldRejected are the messages, of the stream of events, that are rejected and were received before a time, and those
// that a run that was interrupted has erased already: their accounts are left. The store says which are rejected, not the accounts: what was rejected once may
// count since a rebuild.
func (x *Eraser) oldRejected(ctx context.Context, before time.Time) ([]uint64, error) {
	seqs, err := x.config.Store.RejectedBefore(ctx, before)
	if err != nil {
		return nil, err
	}
	isGone, err := gone(ctx, x.config.JetStream)
	if err != nil {
		return nil, err
	}
	seen := setOf(seqs)
	err = each(ctx, x.config.JetStream, schemas.StreamRejected, []string{schemas.SubjectsOfRejected}, true, func(m jetstream.Msg, _ uint64) error {
		of, err := strconv.ParseUint(m.Headers().Get(headerRejectedSeq), 10, 64)
		if err == nil && !seen[of] && isGone(of) {
			seen[of] = true
			seqs = append(seqs, of)
		}
		return nil
	})
	return seqs, err
}

// gone says of messages whether the stream of events lacks them. The stream tells at once which it lacks: asked for one after the other, those of all
// rejections kept the consumers held.
func gone(ctx context.Context, js jetstream.JetStream) (func(seq uint64) bool, error) {
	events, err := js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)
	}
	info, err := events.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return nil, fmt.Errorf("which messages stream %s lacks: %w", schemas.StreamEvents, err)
	}
	state, deleted := info.State, setOf(info.State.Deleted)
	return func(seq uint64) bool { return seq < state.FirstSeq || seq > state.LastSeq || deleted[seq] }, nil
}

// ofAlerts are the alerts about a lab.
func ofAlerts(ctx context.Context, js jetstream.JetStream, lab string) (seqs []uint64, err error) {
	err = each(ctx, js, schemas.StreamAlerts, []string{schemas.SubjectAlerts(lab)}, true, func(_ jetstream.Msg, seq uint64) error {
		seqs = append(seqs, seq)
		return nil
	})
	return seqs, err
}

// overwrite erases messages: JetStream writes over their bytes. Those that are gone already are no error.
func overwrite(ctx context.Context, js jetstream.JetStream, stream string, seqs []uint64) error {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deleteAtOnce)
	for _, seq := range seqs {
		group.Go(func() error {
			err := s.SecureDeleteMsg(ctx, seq)
			if err == nil {
				return nil
			}
			if _, gone := s.GetMsg(ctx, seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
				return nil
			}
			return fmt.Errorf("erase message %d of stream %s: %w", seq, stream, err)
		})
	}
	return group.Wait()
}
