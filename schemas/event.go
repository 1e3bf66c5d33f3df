package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// TypePrefix begins every event type; the rest of the type is the kind.
const TypePrefix = "org.vitrine."

// MaxRevision is the highest revision of an event: CloudEvents' Integer is a signed 32-bit
// number (CloudEvents 1.0, "Type System"), and the sum of a cell's versions must fit UInt128.
const MaxRevision = 1<<31 - 1

// Event is a CloudEvent 1.0 in its structured JSON form, as labs send it.
// Build one with [NewEvent] or get one from [Decode]; the zero value is not valid.
type Event struct {
	SpecVersion string          `json:"specversion"`
	ID          uuid.UUID       `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Time        time.Time       `json:"time"`
	DataSchema  string          `json:"dataschema,omitempty"`
	Revision    int64           `json:"revision,omitempty"`
	Retracted   bool            `json:"retracted,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`

	// Values are the data as the pipeline reads them. Only [Decode] fills them.
	Values Values `json:"-"`

	// What Decode found out already: when an event that lasts ends (see EndOf), and the lab of a source.
	end    time.Time
	source string
	lab    string
}

// NewEvent builds an event of a lab from its kind's data, with a new UUIDv7 as its id.
// system may be empty; at is when it happened, and keeps its offset.
// The kind follows from data's type; it fails only for a type that is no kind's data.
func NewEvent(lab, system string, at time.Time, data any) (*Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("new event id: %w", err)
	}
	return NewEventWithID(id, lab, system, at, data)
}

// NewEventWithID is [NewEvent] for an event whose id is known: an imported record's ([RecordID]),
// or a correction of an event sent before (with a higher Revision).
func NewEventWithID(id uuid.UUID, lab, system string, at time.Time, data any) (*Event, error) {
	kind, ok := KindOf(data)
	if !ok {
		return nil, fmt.Errorf("new event: %T is not the data of any kind", data)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("new event of kind %s: %w", kind.Name, err)
	}
	return &Event{
		SpecVersion: "1.0", ID: id, Source: SourceOf(lab, system),
		Type: TypePrefix + kind.Name, Time: at, Data: raw,
	}, nil
}

// importNamespace makes the ids of imported records (RFC 9562, UUIDv5): fixed for ever, since a
// second import of the same record must give the same id.
var importNamespace = uuid.MustParse("5d6cf9a5-7a0c-5c55-9d0f-3f0c8d1b7e52")

// RecordID is the id of the event made from a source's record: the same for the same lab, system
// and key, so that importing a file twice changes nothing.
func RecordID(lab, system, key string) uuid.UUID {
	return uuid.NewSHA1(importNamespace, []byte(lab+"\x00"+system+"\x00"+key))
}

// SourceOf is the CloudEvents source of a lab's system; system may be empty.
func SourceOf(lab, system string) string {
	if system == "" {
		return "/labs/" + lab
	}
	return "/labs/" + lab + "/" + system
}

// Lab is the lab that the event is about, from its source: "atelier-nord" for
// "/labs/atelier-nord/fabmanager"; empty if the source isn't of that form.
func (e *Event) Lab() string {
	if e.source != "" && e.source == e.Source {
		return e.lab
	}
	lab, _, _ := splitSource(e.Source)
	return lab
}

// System is the lab's system that the event comes from: "fabmanager" for
// "/labs/atelier-nord/fabmanager"; empty if the source names none.
func (e *Event) System() string {
	_, system, _ := splitSource(e.Source)
	return system
}

// Kind is the event's type without its prefix, e.g. "training.held".
func (e *Event) Kind() string { return strings.TrimPrefix(e.Type, TypePrefix) }

func splitSource(source string) (lab, system string, ok bool) {
	rest, ok := strings.CutPrefix(source, "/labs/")
	if !ok {
		return "", "", false
	}
	lab, system, hasSystem := strings.Cut(rest, "/")
	if !IsSlug(lab) || hasSystem && !IsSlug(system) {
		return "", "", false
	}
	return lab, system, true
}

// IsSlug says whether s may name a lab or a system: 1 to 63 of a–z, 0–9 and "-", not beginning
// or ending with "-" (a DNS label, so that it is also a safe NATS subject token).
func IsSlug(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
