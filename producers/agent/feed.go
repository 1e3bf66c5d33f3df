package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

const (
	streamMQTT = "AGENT_MQTT"
	// defaultTopics are those of a source that names none in its setting "topics".
	defaultTopics = "machine/+"
	// maxMQTTBytes bounds the messages that wait, and maxMQTTAge how long one may.
	maxMQTTBytes = 64 << 20
	maxMQTTAge   = 30 * 24 * time.Hour
	// feedPause lies between attempts to use a message that couldn't be.
	feedPause = 5 * time.Second
)

// feed turns the machines' MQTT messages into events. The messages hold what must not leave the
// lab (card numbers), and the controllers forget them once they are acknowledged. So they are kept in
// a file of the agent's, and each is overwritten there as soon as its events are in the spool: within
// milliseconds, unless the spool is full. What the server itself keeps of a message that is to be
// "retained" is removed too, within seconds.
type feed struct {
	agent   *Agent
	js      jetstream.JetStream
	stream  jetstream.Stream
	sources []*feedSource
	// retained is up to where the server's retained messages were removed; looked is when that was last looked at.
	retained uint64
	looked   time.Time
}

type feedSource struct {
	*source
	subjects []string
}

// MQTTTopics are the topics that a configuration's sources listen to.
func MQTTTopics(f *File, connectors []importers.Connector) []string {
	var topics []string
	for _, spec := range f.Sources {
		for _, c := range connectors {
			if c.Name == spec.Connector && c.Feed == importers.MQTT {
				topics = append(topics, topicsOf(spec)...)
			}
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

func topicsOf(spec SourceSpec) []string {
	given := spec.Values["topics"]
	if given == "" {
		given = defaultTopics
	}
	var topics []string
	for topic := range strings.SplitSeq(given, ",") {
		if topic = strings.TrimSpace(topic); topic != "" {
			topics = append(topics, topic)
		}
	}
	return topics
}

// usable says whether machines may have a topic: it mustn't reach the agent's own subjects, and NATS
// must be able to map it.
func usable(topic string) bool {
	levels := strings.Split(topic, "/")
	for i, level := range levels {
		wild := level == "+" || level == "#" && i == len(levels)-1
		if level == "" || strings.ContainsAny(level, " .*>$") || !wild && strings.ContainsAny(level, "+#") {
			return false
		}
	}
	first, _, _ := strings.Cut(subjectSpool, ".")
	return levels[0] != "+" && levels[0] != "#" && levels[0] != first
}

// subjectOf is the NATS subject of an MQTT topic or filter, as the server maps them.
func subjectOf(topic string) string {
	return strings.NewReplacer("/", ".", "+", "*", "#", ">").Replace(topic)
}

// openFeed sets up what listens to MQTT; nil where no source does.
func (a *Agent) openFeed(ctx context.Context, js jetstream.JetStream) (*feed, error) {
	f := &feed{agent: a, js: js}
	var subjects []string
	for _, s := range a.sources {
		if s.feed != importers.MQTT {
			continue
		}
		own := &feedSource{source: s}
		for _, topic := range topicsOf(s.spec) {
			own.subjects = append(own.subjects, subjectOf(topic))
		}
		f.sources = append(f.sources, own)
		subjects = append(subjects, own.subjects...)
	}
	if len(f.sources) == 0 {
		return nil, nil
	}
	slices.Sort(subjects)
	var err error
	f.stream, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: streamMQTT, Subjects: slices.Compact(subjects),
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: maxMQTTBytes, MaxAge: maxMQTTAge,
		Description: "machines' messages until they are events"})
	if err != nil {
		return nil, fmt.Errorf("MQTT messages: %w", err)
	}
	return f, nil
}

func (f *feed) run(ctx context.Context) error {
	for ctx.Err() == nil {
		used, err := f.once(ctx)
		if err == nil {
			err = f.removeRetained(ctx)
		}
		pause := 200 * time.Millisecond // a look at the stream costs a tenth of a millisecond
		if err != nil && ctx.Err() == nil {
			f.agent.log.Warn("a machine's message can't be used for now; it waits", "error", err)
			pause = feedPause
		} else if used {
			continue
		}
		wait(ctx, pause, nil)
	}
	return nil
}

// once uses the first message that waits; false if there is none.
func (f *feed) once(ctx context.Context) (bool, error) {
	m, err := f.stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(">"))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("MQTT messages: %w", err)
	}
	message := importers.Message{At: m.Time, Seq: m.Sequence, Topic: strings.ReplaceAll(m.Subject, ".", "/"), Body: m.Data}
	for _, s := range f.sources {
		if !slices.ContainsFunc(s.subjects, func(pattern string) bool { return matches(pattern, m.Subject) }) {
			continue
		}
		if !s.lock(ctx, 0) {
			return false, ctx.Err()
		}
		err := f.agent.receive(ctx, s.source, message)
		s.unlock()
		if err != nil {
			return false, err
		}
	}
	if err := f.stream.SecureDeleteMsg(ctx, m.Sequence); err != nil {
		return false, fmt.Errorf("MQTT messages: %w", err)
	}
	return true, nil
}

const (
	// streamRetained is where NATS keeps each topic's last message that a client wants retained.
	streamRetained = "$MQTT_rmsgs"
	lookRetained   = time.Second
)

// removeRetained removes what the server has retained: nobody is told of it here.
func (f *feed) removeRetained(ctx context.Context) error {
	if time.Since(f.looked) < lookRetained {
		return nil
	}
	f.looked = time.Now()
	stream, err := f.js.Stream(ctx, streamRetained)
	if errors.Is(err, jetstream.ErrStreamNotFound) { // no MQTT client has been here yet
		return nil
	}
	if err == nil && stream.CachedInfo().State.LastSeq != f.retained {
		f.retained = stream.CachedInfo().State.LastSeq
		err = stream.Purge(ctx) // whole, as this alone removes the file
	}
	if err != nil {
		return fmt.Errorf("retained MQTT messages: %w", err)
	}
	return nil
}

// matches says whether a subject fits a pattern with * and >.
func matches(pattern, subject string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(subject, ".")
	for i, token := range p {
		if token == ">" {
			return len(s) > i
		}
		if i >= len(s) || token != "*" && token != s[i] {
			return false
		}
	}
	return len(p) == len(s)
}

// receive tells a source a message, whose lock the caller holds, and spools the events. What is
// wrong with the message alone is noted; an error means that it must come again.
func (a *Agent) receive(ctx context.Context, s *source, m importers.Message) error {
	if a.isFull() {
		return fullError{}
	}
	s.update(func(st *sourceState) { st.Messages, st.LastMessage = st.Messages+1, m.At })
	events, err := s.importer.(importers.Receiver).Receive(ctx, m)
	result := "taken"
	if err != nil && importers.Continues(err) {
		a.note(s, err)
		if !importers.IsWarning(err) {
			result = "unusable"
		}
		err = nil
	}
	if err == nil && len(events) > 0 {
		err = a.take(ctx, s, func(yield func(*schemas.Event, error) bool) {
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		})
	}
	if err != nil {
		result = "failed"
	}
	a.metrics.messages.WithLabelValues(s.spec.Name, result).Inc()
	return err
}
