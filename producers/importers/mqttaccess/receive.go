package mqttaccess

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// maxAdrift bounds the warnings kept until somebody asks.
const maxAdrift = 100

// Receive implements [importers.Receiver]: a stop gives its usage, each time that it is delivered
// the same one. A usage whose time is only known roughly is given all the same; the warning about
// it comes with the next [Importer.Events].
func (im *Importer) Receive(_ context.Context, m importers.Message) ([]*schemas.Event, error) {
	h, err := im.hear(im.cfg.State, m)
	if err != nil || h.event == nil {
		return nil, err
	}
	if h.warning != nil {
		if err := im.keep(h.warning.Record); err != nil {
			return nil, err
		}
	}
	return []*schemas.Event{h.event}, nil
}

// heard is what a message gave: no event where it says nothing that counts.
type heard struct {
	event      *schemas.Event
	start, end time.Time
	// warning goes with an event whose time is only known roughly.
	warning *importers.Warning
}

// hear takes a message into a state.
func (im *Importer) hear(state importers.State, m importers.Message) (heard, error) {
	id, ok := im.machine(m.Topic)
	if !ok {
		return heard{}, nil
	}
	record := "machine " + id + ", " + m.At.In(im.cfg.Zone).Format("2006-01-02 15:04:05")
	s, ok, wrong := decode(m.Body)
	if wrong != nil {
		return heard{}, &importers.RecordError{Origin: System, Record: record, Field: wrong.field, What: wrong.what}
	}
	if !ok {
		return heard{}, nil
	}
	told, err := im.recall(state, id, m.At, s, record)
	if err != nil || told == nil || told.Length == 0 {
		return heard{}, err // a card that was held twice isn't a usage
	}
	machine := im.cfg.Machines.of(id)
	// Not from the start, which differs by the network's delay each time that it is computed.
	key := fmt.Sprintf("%s/%s/%d", id, told.At.UTC().Format(time.RFC3339Nano), int64(told.Length/time.Second))
	e, err := schemas.NewEventWithID(schemas.RecordID(im.cfg.Lab, System, key), im.cfg.Lab, System, told.Start.In(im.cfg.Zone), schemas.MachineUsage{
		Machine: machine.Name, Category: machine.Category, End: told.End.In(im.cfg.Zone), Origin: "measured"})
	if err == nil {
		err = importers.Check(e, later(im.cfg.Clock(), m.At), System, record)
	}
	if err != nil {
		return heard{}, err
	}
	h := heard{event: e, start: told.Start, end: told.End}
	if told.Adrift {
		h.warning = adrift(record)
	}
	return h, nil
}

// recall is a message in the light of what is known of its machine.
func (im *Importer) recall(state importers.State, id string, at time.Time, s said, record string) (*usage, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	var m memory
	if err := load(state, memoryKey+id, &m); err != nil {
		return nil, err
	}
	told, ok := m.hear(at, s)
	if !ok {
		return nil, &importers.RecordError{Origin: System, Record: record, Field: "duration", What: schemas.Text{
			FR: "arrêt sans durée, et sans début connu : la durée d'usage manque", EN: "a stop without a duration, and without a known start: how long the machine ran is missing"}}
	}
	return told, remember(state, id, m)
}

func adrift(record string) *importers.Warning {
	return &importers.Warning{Origin: System, Record: record, What: schemas.Text{
		FR: "arrêt renvoyé plus tard par le contrôleur, dont le début n'est pas connu : la durée est comptée comme si elle finissait à la réception",
		EN: "a stop that the controller sent again later and whose start isn't known: its time is counted as if it had ended when it was received"}}
}

// keep keeps a record's name until somebody asks for the warnings.
func (im *Importer) keep(record string) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	var records []string
	if err := load(im.cfg.State, adriftKey, &records); err != nil || slices.Contains(records, record) {
		return err
	}
	records = append(records, record)
	return save(im.cfg.State, adriftKey, records[max(0, len(records)-maxAdrift):])
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
