package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/producers/importers"
)

// Streams and subjects of the agent's own server.
const (
	streamSpool  = "AGENT_SPOOL"
	streamParked = "AGENT_PARKED"
	subjectSpool = "agent.spool."
	subjectPark  = "agent.parked."
	// headerReason says why an event was parked, in French and English.
	headerReason, headerRaison = "Vitrine-Reason", "Vitrine-Raison"
)

// errSpoolFull says that the spool's bound is reached. Nothing is lost: the sources are asked again later.
var errSpoolFull = errors.New("the spool is full")

// spool keeps events until the programme has them. Its head is where forwarding goes on; one
// goroutine forwards, any number appends.
type spool struct {
	js              jetstream.JetStream
	waiting, parked jetstream.Stream
	maxBytes        int64
	// mark remembers how far the head has come: a removal may be lost with the power, and an old
	// event must not be forwarded behind newer ones.
	mark  importers.State
	added chan struct{} // holds a token once something was appended
	// came is how far the head has come: all up to that sequence is done with.
	came atomic.Uint64
}

// waitingEvent is an event in the spool.
type waitingEvent struct {
	seq    uint64
	source string
	parcel producers.Parcel
	at     time.Time
}

// apiTimeout bounds a request to the agent's own server.
const apiTimeout = 30 * time.Second

func openSpool(ctx context.Context, js jetstream.JetStream, spec SpoolSpec, mark importers.State) (*spool, error) {
	s := &spool{js: js, maxBytes: spec.MaxBytes, mark: mark, added: make(chan struct{}, 1)}
	// An event takes about as much again in headers and the store's own record.
	config := jetstream.StreamConfig{Name: streamSpool, Subjects: []string{subjectSpool + "*"}, Storage: jetstream.FileStorage,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: spec.MaxBytes, MaxMsgs: spec.MaxEvents,
		AllowDirect: true, // reading an event costs half as much
		Description: "events that the programme doesn't have yet"}
	var err error
	if s.waiting, err = js.CreateOrUpdateStream(ctx, config); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	config.Name, config.Subjects, config.Description = streamParked, []string{subjectPark + "*"}, "events that the programme refused"
	if s.parked, err = js.CreateOrUpdateStream(ctx, config); err != nil {
		return nil, fmt.Errorf("spool: refused events: %w", err)
	}
	if err := s.findHead(ctx); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return s, nil
}

// append keeps events durably, in order. It returns how many of the first ones it has; less than
// all of them comes with an error, errSpoolFull among them.
func (s *spool) append(ctx context.Context, source string, raws [][]byte) (int, error) {
	for i, raw := range raws {
		id, err := producers.NewParcelID()
		if err != nil {
			return i, err
		}
		if err := s.put(ctx, &nats.Msg{Subject: subjectSpool + source, Header: nats.Header{jetstream.MsgIDHeader: {id}}, Data: raw}); err != nil {
			return i, err
		}
	}
	return len(raws), nil
}

// codeStoreFailed is JetStream's for a message that its limits, or the disk, leave no room for.
const codeStoreFailed jetstream.ErrorCode = 10077

func (s *spool) put(ctx context.Context, m *nats.Msg) error {
	_, err := s.js.PublishMsg(ctx, m)
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == codeStoreFailed || api.Code == 503) {
		return fmt.Errorf("%w (%s)", errSpoolFull, api.Description)
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	select {
	case s.added <- struct{}{}:
	default:
	}
	return nil
}

// marked is how far the head has come: everything up to seq of the stream made then is done with.
type marked struct {
	Created time.Time
	Seq     uint64
}

const keyMark = "head"

// findHead learns from the mark how far the head had come. A stream that isn't flushed at once may end before its mark after
// a power cut: then the mark is taken back, as the sequences in between are given to new events.
func (s *spool) findHead(ctx context.Context) error {
	raw, err := s.mark.Get(keyMark)
	if err != nil || raw == nil {
		return err
	}
	var m marked
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	info, err := s.waiting.Info(ctx)
	if err != nil {
		return err
	}
	if !m.Created.Equal(info.Created) {
		return nil // another stream: its folder was removed
	}
	if m.Seq > info.State.LastSeq {
		m.Seq = info.State.LastSeq
		if err := s.remember(m); err != nil {
			return err
		}
	}
	s.came.Store(m.Seq)
	return nil
}

func (s *spool) remember(m marked) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.mark.Put(keyMark, raw)
}

// next are the first events waiting, at most n and about maxBytes.
func (s *spool) next(ctx context.Context, n, maxBytes int) ([]waitingEvent, error) {
	after := s.came.Load()
	var events []waitingEvent
	for size := 0; len(events) < n && size < maxBytes; {
		m, err := s.waiting.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subjectSpool+"*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("spool: %w", err)
		}
		events = append(events, waitingEvent{seq: m.Sequence, source: m.Subject[len(subjectSpool):], at: m.Time,
			parcel: producers.Parcel{ID: m.Header.Get(jetstream.MsgIDHeader), Raw: m.Data}})
		after, size = m.Sequence, size+len(m.Data)
	}
	return events, nil
}

// purgeFrom is how many events that are done with may take room: to remove them rewrites a file.
const purgeFrom = 2000

// done says that everything up to seq is done with: the programme has it, or it is parked.
func (s *spool) done(ctx context.Context, seq uint64) error {
	if err := s.remember(marked{Created: s.waiting.CachedInfo().Created, Seq: seq}); err != nil {
		return err
	}
	s.came.Store(seq)
	info, err := s.waiting.Info(ctx)
	if err == nil && (seq >= info.State.LastSeq || seq-min(seq, info.State.FirstSeq) >= purgeFrom ||
		2*info.State.Msgs >= uint64(info.Config.MaxMsgs) || 2*info.State.Bytes >= uint64(info.Config.MaxBytes)) {
		err = s.waiting.Purge(ctx, jetstream.WithPurgeSequence(seq+1))
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// park puts an event that the programme refuses aside, with the reason.
func (s *spool) park(ctx context.Context, e waitingEvent, fr, en string) error {
	m := &nats.Msg{Subject: subjectPark + e.source, Data: e.parcel.Raw,
		Header: nats.Header{jetstream.MsgIDHeader: {e.parcel.ID}, headerRaison: {oneLine(fr)}, headerReason: {oneLine(en)}}}
	if _, err := s.js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("spool: put a refused event aside: %w", err)
	}
	return nil
}

// parkedEvent is an event that the programme refused.
type parkedEvent struct {
	seq    uint64
	source string
	fr, en string
	raw    []byte
	at     time.Time
}

// refused are the first n parked events from seq on.
func (s *spool) refused(ctx context.Context, from uint64, n int) ([]parkedEvent, error) {
	var events []parkedEvent
	for len(events) < n {
		m, err := s.parked.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subjectPark+"*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("spool: refused events: %w", err)
		}
		events = append(events, parkedEvent{seq: m.Sequence, source: m.Subject[len(subjectPark):], at: m.Time, raw: m.Data,
			fr: m.Header.Get(headerRaison), en: m.Header.Get(headerReason)})
		from = m.Sequence + 1
	}
	return events, nil
}

// unpark puts all refused events back to the spool's end, to be tried again.
func (s *spool) unpark(ctx context.Context) (n int, err error) {
	info, err := s.parked.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("spool: refused events: %w", err)
	}
	for from := uint64(1); from <= info.State.LastSeq; {
		events, err := s.refused(ctx, from, 1)
		if err != nil || len(events) == 0 || events[0].seq > info.State.LastSeq {
			return n, err // those refused since are left alone
		}
		if _, err := s.append(ctx, events[0].source, [][]byte{events[0].raw}); err != nil {
			return n, err
		}
		if err := s.parked.DeleteMsg(ctx, events[0].seq); err != nil {
			return n, fmt.Errorf("spool: refused events: %w", err)
		}
		n, from = n+1, events[0].seq+1
	}
	return n, nil
}

// fill is how much is in the spool.
type fill struct {
	waiting, parked uint64
	held, bytes     uint64 // those done with and not removed yet included
	oldest          time.Time
}

func (s *spool) fill(ctx context.Context) (f fill, err error) {
	info, err := s.waiting.Info(ctx)
	if err != nil {
		return f, fmt.Errorf("spool: %w", err)
	}
	came := s.came.Load()
	// No sequence is missing: the stream only loses its head, and only grows at its end.
	f.waiting, f.held, f.bytes = info.State.LastSeq-min(info.State.LastSeq, max(came, info.State.FirstSeq-1)), info.State.Msgs, info.State.Bytes
	if f.waiting > 0 {
		oldest, err := s.waiting.GetMsg(ctx, came+1, jetstream.WithGetMsgSubject(subjectSpool+"*"))
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return f, fmt.Errorf("spool: %w", err)
		}
		if err == nil {
			f.oldest = oldest.Time
		}
	}
	parked, err := s.parked.Info(ctx)
	if err != nil {
		return f, fmt.Errorf("spool: refused events: %w", err)
	}
	f.parked = parked.State.Msgs
	return f, nil
}
