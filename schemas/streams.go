package schemas

import "time"

// Headers on NATS messages, besides JetStream's Nats-Msg-Id.
const (
	// HeaderContentType marks an event as CloudEvents' structured JSON (CloudEvents NATS binding 1.0.2, 3.2).
	HeaderContentType = "content-type"
	// HeaderPublisher says which program or account published the message, e.g. "gateway/atelier-nord".
	HeaderPublisher = "Vitrine-Publisher"

	ContentTypeEvent = "application/cloudevents+json"
	ContentTypeBatch = "application/cloudevents-batch+json"
)

// Stream is how a JetStream stream must be set up. Storage is on file, retention by limits with
// none set (messages are kept for good), and a full store refuses new messages instead of dropping
// old ones. Whoever comes first creates the streams: publishers and consumers must agree on them.
type Stream struct {
	Name     string
	Subjects []string
	// Description is shown by NATS's own tools.
	Description string
	// MaxMessageBytes bounds a message with its headers; 0 leaves it to the server's max_payload.
	MaxMessageBytes int32
	// DuplicateWindow is how long the server remembers message ids. It spares duplicates when an
	// acknowledgement got lost; no figure depends on it.
	DuplicateWindow time.Duration
	// DenyPurge refuses to empty the stream through the API. Single messages can still be erased,
	// should personal data have slipped in.
	DenyPurge bool
}

// maxHeaderBytes is room for a message's headers; ours take about 200 bytes.
const maxHeaderBytes = 4 << 10

// Streams are the streams that Vitrine runs on.
func Streams() []Stream {
	return []Stream{
		{
			Name:            StreamEvents,
			Subjects:        []string{SubjectsOfLabs, SubjectsOfProgramme},
			Description:     "Vitrine: every event accepted, in CloudEvents 1.0 JSON",
			MaxMessageBytes: MaxEventBytes + maxHeaderBytes,
			DuplicateWindow: 2 * time.Minute, // the server's default
			DenyPurge:       true,
		},
		{
			// A rejected event may be larger than an acceptable one: its reason comes on top.
			Name:            StreamRejected,
			Subjects:        []string{SubjectsOfRejected},
			Description:     "Vitrine: events that were rejected after they had been stored, with the reason, and what became of them",
			DuplicateWindow: 2 * time.Minute,
			DenyPurge:       true, // what became of them stands nowhere else
		},
		{
			Name:            StreamAlerts,
			Subjects:        []string{SubjectsOfAlerts},
			Description:     "Vitrine: alerts about labs, raised and cleared, in CloudEvents 1.0 JSON",
			DuplicateWindow: 2 * time.Minute,
			DenyPurge:       true, // it is the memory of what was raised: emptied, everything would be raised again
		},
		{
			Name:            StreamErasures,
			Subjects:        []string{SubjectsOfErasures},
			Description:     "Vitrine: what was erased for good, when and why, as JSON; no content",
			DuplicateWindow: 2 * time.Minute,
			DenyPurge:       true, // it says why messages are missing, and what a restored backup must lose again
		},
	}
}
