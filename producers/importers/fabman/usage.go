package fabman

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// kind is that of all events of this package.
const kind = "machine.usage"

// Reasons of retractions; they are the same at each import.
const (
	reasonDeleted = schemas.ReasonDeletedInFabman
	reasonChanged = schemas.ReasonUnfinishedInFabman
)

func (im *Importer) retraction(id int64, start time.Time, revision int64, reason string) *schemas.Event {
	e := importers.Retraction(recordID(im.cfg.Lab, id), im.cfg.Lab, System, kind, start.In(im.cfg.Zone), reason)
	e.Revision = revision
	return e
}

// tell gives the event of an entry; nil if there is nothing to tell. heard is when a message came, zero for a list.
func (im *Importer) tell(ctx context.Context, e *entry, heard time.Time) (*schemas.Event, error) {
	event, fits, err := im.event(ctx, e)
	if err != nil {
		return nil, err
	}
	switch v, revision := im.memory.settle(*e.ID, e.version, e.start, fits, heard); v {
	case usage:
		event.Revision = revision
		return event, nil
	case retraction:
		return im.retraction(*e.ID, e.start, revision, reasonChanged), nil
	}
	return nil, nil
}

// event is the usage that an entry is, if it is one and over.
func (im *Importer) event(ctx context.Context, e *entry) (*schemas.Event, fit, error) {
	if !e.allowed() {
		return nil, never, nil
	}
	machine, err := im.one(ctx, *e.Resource)
	if err != nil {
		return nil, never, err
	}
	if machine == nil {
		return nil, never, &importers.RecordError{Origin: e.origin, Record: e.name(), Field: "resource", What: schemas.Text{
			FR: fmt.Sprintf("équipement %d inconnu de Fabman : machine ou porte ?", *e.Resource),
			EN: fmt.Sprintf("Fabman doesn't know the equipment %d: a machine or a door?", *e.Resource)}}
	}
	category, wanted := im.cfg.Mapping.category(*machine.ID, machine.Name)
	if *machine.ControlType != "machine" || !wanted || im.cfg.Space != 0 && machine.Space != im.cfg.Space {
		return nil, never, nil
	}
	if e.end.IsZero() {
		return nil, running, nil
	}
	event, err := schemas.NewEventWithID(recordID(im.cfg.Lab, *e.ID), im.cfg.Lab, System, e.start.In(im.cfg.Zone), schemas.MachineUsage{
		Machine: im.cfg.Mapping.ref(*machine.ID, machine.Name), Category: category, End: e.end.In(im.cfg.Zone), Origin: "measured"})
	if err != nil {
		return nil, never, err
	}
	event.Revision = e.version
	return event, finished, importers.Check(event, im.cfg.Clock(), e.origin, e.name())
}

// doubt is what a person should look at in an entry whose event is told; nil if nothing.
func doubt(e *entry) error {
	if e.StopType == nil {
		return nil
	}
	hours := e.end.Sub(e.start).Hours()
	var what schemas.Text
	switch *e.StopType {
	case "automatic":
		what = schemas.Text{
			FR: fmt.Sprintf("arrêt automatique, personne n'a éteint la machine : %s h comptées", french(hours)),
			EN: fmt.Sprintf("stopped automatically, nobody switched the machine off: %.1f h are counted", hours)}
	case "offline":
		what = schemas.Text{
			FR: fmt.Sprintf("arrêt pendant que la machine était hors ligne, l'heure de fin est approximative : %s h comptées", french(hours)),
			EN: fmt.Sprintf("stopped while the machine was offline, the end is approximate: %.1f h are counted", hours)}
	default:
		return nil
	}
	if e.Idle != nil && *e.Idle > 0 {
		what.FR += fmt.Sprintf(", dont %s h sans activité", french(*e.Idle/3600))
		what.EN += fmt.Sprintf(", %.1f h of them idle", *e.Idle/3600)
	}
	return &importers.Warning{Origin: e.origin, Record: e.name(), Field: "stopType", What: what}
}

func french(hours float64) string {
	return strings.Replace(strconv.FormatFloat(hours, 'f', 1, 64), ".", ",", 1)
}
