package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// The types of the CloudEvents in VITRINE_ALERTS.
const (
	TypeRaised  = schemas.TypePrefix + "alert.raised"
	TypeCleared = schemas.TypePrefix + "alert.cleared"
)

// message is a CloudEvent of the stream in its structured JSON form. Its data is the alert as it is then.
type message struct {
	SpecVersion string    `json:"specversion"`
	ID          uuid.UUID `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Time        time.Time `json:"time"`
	Data        Alert     `json:"data"`
}

// alertID is the id of the n-th time, counted from 1, that something was raised under a key of a lab's. Whichever
// process raises it, the id is the same.
func alertID(lab, key string, n int) uuid.UUID {
	return schemas.RecordID(lab, "alerts", key+"\x00"+strconv.Itoa(n))
}

// encode writes the message that says that an alert was raised, or cleared where it has a moment for that.
func encode(a Alert) ([]byte, error) {
	m := message{SpecVersion: "1.0", ID: a.ID, Source: schemas.SourceOf(a.Lab, ""), Type: TypeRaised, Time: a.Raised, Data: a}
	if a.Cleared != nil {
		// Another event than the raising, with an id that follows from it.
		m.ID, m.Type, m.Time = uuid.NewSHA1(a.ID, []byte("cleared")), TypeCleared, *a.Cleared
	}
	return json.Marshal(m)
}

// errForeign is a message that isn't one of ours: it is passed over.
var errForeign = errors.New("not an alert")

// decode reads a message of the stream. What doesn't read as an alert is errForeign: whoever may publish here may
// publish anything, and it mustn't stop the alerts.
func decode(raw []byte) (Alert, error) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return Alert{}, fmt.Errorf("%w: %w", errForeign, err)
	}
	a := m.Data
	switch {
	case m.Type != TypeRaised && m.Type != TypeCleared:
		return Alert{}, fmt.Errorf("%w: type %q", errForeign, m.Type)
	case a.ID == uuid.Nil || a.Key == "" || a.Sort == "" || a.Raised.IsZero():
		return Alert{}, fmt.Errorf("%w: no id, key, sort or moment", errForeign)
	case (m.Type == TypeCleared) != (a.Cleared != nil):
		return Alert{}, fmt.Errorf("%w: %s, but cleared at %v", errForeign, m.Type, a.Cleared)
	}
	return a, nil
}
