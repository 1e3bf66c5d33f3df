package gateway

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Service is what the gateway does, whatever carries the requests. Each method holds its caller to what
// it may do. Errors are *[Fault].
type Service interface {
	// Accept publishes events, each in CloudEvents' structured JSON.
	Accept(ctx context.Context, p Principal, b Batch) (Delivery, error)
	// Import publishes what a file holds.
	Import(ctx context.Context, p Principal, f File) (Imported, error)
	// LabStatus and ProgrammeStatus say how labs stand today.
	LabStatus(ctx context.Context, p Principal, lab string) (LabStatus, error)
	ProgrammeStatus(ctx context.Context, p Principal) (ProgrammeStatus, error)
	// Versions are all of an event's; lab "" is the caller's.
	Versions(ctx context.Context, p Principal, lab string, id uuid.UUID) ([]EventVersion, error)
	// Recent are a lab's events, see [EventReader].
	Recent(ctx context.Context, p Principal, lab string, limit int, before uint64) ([]EventVersion, error)
	// Periods are a lab's reporting periods; SubmitPeriod tells that one is complete.
	Periods(ctx context.Context, p Principal, lab string) ([]Period, error)
	SubmitPeriod(ctx context.Context, p Principal, lab, period string) error
	// Export writes out what the caller may see of a relation. The caller closes it.
	Export(ctx context.Context, p Principal, relation, format string) (io.ReadCloser, error)
}

// service is the [Service] over JetStream and the readers.
type service struct{ cfg Config }

func (s *service) LabStatus(ctx context.Context, p Principal, lab string) (LabStatus, error) {
	if !p.reads(lab) {
		return LabStatus{}, notYourLab(p, lab)
	}
	all, err := s.statuses(ctx)
	if err != nil {
		return LabStatus{}, err
	}
	for _, l := range all.Labs {
		if l.Lab == lab {
			l.AsOf = all.AsOf
			return l, nil
		}
	}
	return LabStatus{}, notFound(fmt.Sprintf("aucun laboratoire %s n'est enregistré", lab), fmt.Sprintf("no lab %s is registered", lab))
}

func (s *service) ProgrammeStatus(ctx context.Context, p Principal) (ProgrammeStatus, error) {
	if !p.Programme {
		return ProgrammeStatus{}, forbidden("l'état de tous les laboratoires est réservé au programme ; le vôtre : /v1/labs/"+p.Lab+"/status",
			"the status of all labs is the programme's alone; yours is at /v1/labs/"+p.Lab+"/status")
	}
	return s.statuses(ctx)
}

func (s *service) statuses(ctx context.Context) (ProgrammeStatus, error) {
	if s.cfg.Statuses == nil {
		return ProgrammeStatus{}, notWired("status")
	}
	all, err := s.cfg.Statuses.Programme(ctx)
	if err != nil {
		return ProgrammeStatus{}, unreadable(err)
	}
	return all, nil
}

func (s *service) Versions(ctx context.Context, p Principal, lab string, id uuid.UUID) ([]EventVersion, error) {
	if lab == "" {
		lab = p.Lab
	}
	switch {
	case lab == "":
		return nil, badRequest("lab_missing", "précisez le laboratoire : ?lab=", "say which lab's: ?lab=")
	case !p.reads(lab):
		return nil, notYourLab(p, lab)
	case s.cfg.Events == nil:
		return nil, notWired("events")
	}
	versions, err := s.cfg.Events.Versions(ctx, lab, id)
	if err != nil {
		return nil, unreadable(err)
	}
	if len(versions) == 0 {
		return nil, notFound(fmt.Sprintf("aucun événement %s de %s n'est compté (encore : un instant peut passer entre l'accord et le calcul)", id, lab),
			fmt.Sprintf("no event %s of %s is counted (yet: a moment may pass between acceptance and counting)", id, lab))
	}
	return versions, nil
}

func (s *service) Recent(ctx context.Context, p Principal, lab string, limit int, before uint64) ([]EventVersion, error) {
	if !p.reads(lab) {
		return nil, notYourLab(p, lab)
	}
	if s.cfg.Events == nil {
		return nil, notWired("events")
	}
	events, err := s.cfg.Events.Recent(ctx, lab, limit, before)
	if err != nil {
		return nil, unreadable(err)
	}
	return events, nil
}

func (s *service) Export(ctx context.Context, p Principal, relation, format string) (io.ReadCloser, error) {
	relations, formats := ExportRelations(), ExportFormats()
	if _, known := formats[format]; !known || !slices.Contains(relations, relation) {
		list := strings.Join(relations, ", ")
		return nil, notFound("export inconnu ; attendu : /v1/export/{relation}.{csv|json|parquet}, avec relation parmi "+list,
			"no such export; expected /v1/export/{relation}.{csv|json|parquet}, with a relation of "+list)
	}
	if s.cfg.Exporter == nil {
		return nil, notWired("export")
	}
	lab := p.Lab
	if p.Programme {
		lab = ""
	} else if !schemas.IsSlug(lab) {
		return nil, forbidden("ces identifiants ne sont ceux d'aucun laboratoire", "these credentials are no lab's") // "" would be all labs
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ExportTimeout)
	rows, err := s.cfg.Exporter.Export(ctx, relation, format, lab)
	if err != nil {
		cancel()
		return nil, unreadable(err)
	}
	return &cancelOnClose{rows, cancel}, nil
}

// cancelOnClose ends an export's context with it.
type cancelOnClose struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelOnClose) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
