package fabmanager

import (
	"fmt"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// maxEventLength is above what the contract allows an event to last; a longer one is told without its end.
const maxEventLength = 7 * 24 * time.Hour

// discoveries tells the events that are over. The attendance is the number of places taken: a
// reservation may be for several. Where places aren't limited Fab-manager counts none, and the
// attendance stays unknown.
func (s *session) discoveries() error {
	events, err := walk(s.ctx, s.source, "events", nil, func() *event { return &event{} })
	if err != nil {
		return err
	}
	if err := s.report(events.broken...); err != nil {
		return err
	}
	var drafts []draft
	for _, e := range events.records {
		if e.end.After(s.now) || e.start.After(s.now) || !s.r.Contains(e.start) {
			continue
		}
		eventType, audience, wanted := s.cfg.Mapping.discovery(e.Category, e.Title)
		if !wanted {
			continue
		}
		data := schemas.DiscoveryHeld{Type: eventType, Audience: audience, Title: importers.Title(e.Title, 200)}
		if e.end.Sub(e.start) <= maxEventLength {
			end := e.end.In(s.cfg.Zone)
			data.End = &end
		}
		if e.Places != nil && e.FreePlaces != nil && *e.FreePlaces <= *e.Places {
			taken := *e.Places - *e.FreePlaces
			data.Attendance = &taken
		}
		d, err := s.draft(fmt.Sprintf("event/%d", e.key()), e.start, data, events.origin(e.key()), fmt.Sprintf("event %d", e.key()))
		if err != nil {
			return err
		}
		drafts = append(drafts, d)
	}
	return s.emit(drafts)
}
