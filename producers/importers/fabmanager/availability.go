package fabmanager

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// maxOpening is the longest that the contract lets a machine be available at a stretch, and a day:
// what began earlier doesn't reach into a range.
const maxOpening = 8 * 24 * time.Hour

// openings tells when machines could be booked: each availability of each of its machines, from the
// first slot's begin to the last one's end. Time between that no slot covers counts as downtime.
//
// An availability counts as it was opened. That a machine was disabled or an availability locked
// meanwhile can't be told: Fab-manager says only whether a machine is disabled today.
func (s *session) openings() error {
	since := s.r.Since
	if s.before != nil && since.Before(s.before.At) {
		since = s.before.At
	}
	query := url.Values{"available_type": {"Machine"}, "before": {s.now.Format(time.RFC3339)}}
	if !since.IsZero() {
		query.Set("after", since.Add(-maxOpening).Format(time.RFC3339))
	}
	availabilities, err := walk(s.ctx, s.source, "availabilities", query, func() *availability { return &availability{} })
	if missing(err) {
		s.cfg.Logger.Warn("this Fab-manager doesn't list its availabilities: when machines are open isn't imported", "address", s.cfg.URL)
		return nil
	}
	if err != nil {
		return err
	}
	machines, err := s.machines(availabilities.records)
	if err != nil {
		return err
	}
	if err := s.report(availabilities.broken...); err != nil {
		return err
	}
	var drafts []draft
	for _, a := range availabilities.records {
		start, end, gaps := a.open()
		if a.Type != "Machine" || end.After(s.now) || !s.r.Overlaps(start, end) {
			continue
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(a.IDs))) {
			m, known := machines[id]
			if !known && s.before != nil {
				continue // a machine that was removed; its name stands in bookings that weren't read this time
			}
			slug := cmp.Or(m.Slug, "machine-"+itoa(id))
			data := schemas.MachineAvailability{Machine: machineRef(slug, id), Category: s.cfg.Mapping.machine(slug, m.Name), End: end.In(s.cfg.Zone)}
			if downtime := int64(gaps / time.Second); downtime > 0 {
				data.Downtime = &downtime
			}
			d, err := s.draft(fmt.Sprintf("availability/%d/machine/%d", a.key(), id), start, data,
				availabilities.origin(a.key()), fmt.Sprintf("availability %d, machine %d", a.key(), id))
			if err != nil {
				return err
			}
			drafts = append(drafts, d)
		}
	}
	return s.emit(drafts)
}

// machines are the machines by id: those listed, and removed ones that were booked.
func (s *session) machines(wanted []*availability) (map[int64]named, error) {
	machines := map[int64]named{}
	if len(wanted) == 0 {
		return machines, nil
	}
	for _, r := range s.reservations.records {
		if r.Type == "Machine" && r.Reservable != nil {
			machines[*r.ReservableID] = *r.Reservable
		}
	}
	listed, err := walk(s.ctx, s.source, "machines", nil, func() *machine { return &machine{} })
	if missing(err) {
		return machines, nil
	}
	if err != nil {
		return nil, err
	}
	for _, m := range listed.records {
		machines[m.key()] = m.named
	}
	return machines, s.report(listed.broken...)
}

// missing says that a list isn't there: older versions of Fab-manager have fewer.
func missing(err error) bool {
	var address *rest.AddressError
	return errors.As(err, &address) && address.Code == http.StatusNotFound
}

// open is from when to when a machine could be booked, and for how long in between it couldn't.
// Without slots it is the availability itself.
func (a *availability) open() (start, end time.Time, gaps time.Duration) {
	if len(a.Slots) == 0 {
		return a.start, a.end, 0
	}
	slots := slices.SortedFunc(slices.Values(a.Slots), func(x, y opening) int { return x.start.Compare(y.start) })
	start, end = slots[0].start, slots[0].end
	for _, slot := range slots[1:] {
		if slot.start.After(end) {
			gaps += slot.start.Sub(end)
		}
		if slot.end.After(end) {
			end = slot.end
		}
	}
	return start, end, gaps
}

// machineRef names a machine as the contract's references are: by its slug if that can be.
func machineRef(slug string, id int64) string {
	if refPattern.MatchString(slug) {
		return slug
	}
	return "machine-" + itoa(id)
}
