package fabman

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// The records as far as they are read. Members are left out, their ids too: what isn't read can't
// get out. Fields that must be there are pointers.

// resource is a piece of equipment: a machine, a door, a till.
type resource struct {
	ID          *int64  `json:"id"`
	Name        string  `json:"name"`
	Space       int64   `json:"space"`
	ControlType *string `json:"controlType"`
}

// entry is one of the activity log.
type entry struct {
	ID          *int64   `json:"id"`
	Resource    *int64   `json:"resource"`
	Type        *string  `json:"type"`
	CreatedAt   *string  `json:"createdAt"`
	StoppedAt   *string  `json:"stoppedAt"`
	StopType    *string  `json:"stopType"`
	Idle        *float64 `json:"idleDurationSeconds"`
	LockVersion *int64   `json:"lockVersion"`

	start   time.Time
	end     time.Time // zero while it runs
	version int64
	origin  string
}

// name is the entry's for people.
func (e *entry) name() string { return fmt.Sprintf("resource-log %d", *e.ID) }

// allowed says whether somebody was let use the equipment.
func (e *entry) allowed() bool { return *e.Type == "allowed" }

func decodePage(a rest.Answer) ([]json.RawMessage, error) {
	var records []json.RawMessage
	if err := json.Unmarshal(a.Body, &records); err != nil || records == nil {
		return nil, &rest.PageError{Origin: a.URL, What: schemas.Text{
			FR: "page illisible, attendu : une liste en JSON", EN: "unreadable page, expected a list in JSON"}}
	}
	return records, nil
}

// decodeEntry reads an entry. The error is a [importers.RecordError].
func decodeEntry(raw []byte, origin, record string) (*entry, error) {
	e := &entry{origin: origin}
	bad := func(field, fr, en string) error {
		return &importers.RecordError{Origin: origin, Record: record, Field: field, What: schemas.Text{FR: fr, EN: en}}
	}
	if err := unmarshal(raw, e); err != nil {
		return nil, bad(err.Error(), "absent ou inattendu", "missing or unexpected")
	}
	if e.ID == nil || *e.ID < 0 {
		return nil, bad("id", "absent, attendu : un nombre", "missing, expected a number")
	}
	record = e.name()
	if e.Resource == nil {
		return nil, bad("resource", "absent, attendu : un nombre", "missing, expected a number")
	}
	if e.Type == nil {
		return nil, bad("type", "absent, attendu : allowed, denied, …", "missing, expected allowed, denied, …")
	}
	if e.LockVersion == nil || *e.LockVersion < 0 || *e.LockVersion > maxVersion {
		return nil, bad("lockVersion", "absent ou hors limites, attendu : un nombre", "missing or out of bounds, expected a number")
	}
	e.version = *e.LockVersion
	if e.CreatedAt == nil {
		return nil, bad("createdAt", "absent, attendu : "+aMoment, "missing, expected "+aMoment)
	}
	var err error
	if e.start, err = moment(*e.CreatedAt); err != nil {
		return nil, bad("createdAt", found(*e.CreatedAt)+", attendu : "+aMoment, found(*e.CreatedAt)+", expected "+aMoment)
	}
	if e.StoppedAt == nil {
		return e, nil
	}
	if e.end, err = moment(*e.StoppedAt); err != nil {
		return nil, bad("stoppedAt", found(*e.StoppedAt)+", attendu : "+aMoment, found(*e.StoppedAt)+", expected "+aMoment)
	}
	return e, nil
}

// maxVersion leaves room above it for revisions that are raised.
const maxVersion = schemas.MaxRevision - 1<<16

const aMoment = "2026-03-12T18:00:00.000Z"

func moment(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err == nil && (t.Year() < 2000 || t.Year() > 2148) {
		err = errors.New("out of bounds")
	}
	return t, err
}

func found(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", schemas.Redact(s))
}

// unmarshal reads JSON; its error is the name of the field that doesn't fit.
func unmarshal(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return errors.New(wrong.Field)
	}
	return errors.New("JSON")
}

// recordName names a record that couldn't be read: by its number if that can be.
func recordName(list string, raw json.RawMessage, index int) string {
	var r struct {
		ID json.Number `json:"id"`
	}
	if json.Unmarshal(raw, &r) == nil && r.ID != "" {
		return fmt.Sprintf("%s %.20s", list, r.ID.String())
	}
	return unnamed(list, index)
}

func unnamed(list string, index int) string { return fmt.Sprintf("%s #%d", list, index+1) }
