package fabmanager

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine/producers/importers"
)

// stateKey is where the resume point stands in the source's state.
const stateKey = "resume"

// resumeFormat is raised when a new version tells more of the same records: then everything is read once.
const resumeFormat = 1

// resume says what was read before. Fab-manager's API finds bookings by when they were made and has
// no list of changes; a slot that is cancelled doesn't even touch its booking's updated_at. So most
// readings are short: what was booked since the last one, and every booking that wasn't settled
// then. From time to time everything is read, which finds changes of older records.
type resume struct {
	Format int `json:"format"`
	// Source tells configurations apart under which records would be told otherwise.
	Source string `json:"source"`
	// At is when the last reading began, Full when the last one of everything did.
	At   time.Time `json:"at"`
	Full time.Time `json:"full"`
	// Since is from when on everything was read then; zero: from the beginning.
	Since time.Time `json:"since"`
	// Pending is when the oldest booking was made that wasn't settled at the last reading; zero: none was.
	Pending time.Time `json:"pending"`
}

var _ importers.Resumer = (*Importer)(nil)

// Commit implements [importers.Resumer].
func (im *Importer) Commit(context.Context) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.reached == nil {
		return nil
	}
	raw, err := json.Marshal(im.reached)
	if err != nil {
		return fmt.Errorf("fabmanager: resume point: %w", err)
	}
	if err := im.cfg.State.Put(stateKey, raw); err != nil {
		return fmt.Errorf("fabmanager: resume point: %w", err)
	}
	im.reached = nil
	return nil
}

// resumes is where a reading goes on; nil: it reads everything.
func (im *Importer) resumes(r importers.Range, now time.Time) (*resume, error) {
	if im.cfg.Whole || !im.resumable(r, now) {
		return nil, nil
	}
	raw, err := im.cfg.State.Get(stateKey)
	if err != nil {
		return nil, fmt.Errorf("fabmanager: resume point: %w", err)
	}
	var before resume
	if raw == nil || json.Unmarshal(raw, &before) != nil {
		return nil, nil // at worst everything is read again
	}
	switch {
	case before.Format != resumeFormat, before.Source != im.fingerprint():
		return nil, nil
	case r.Since.Before(before.Since): // a zero Since is before any other
		return nil, nil
	case now.Before(before.At), !now.Before(before.Full.Add(im.cfg.FullEvery)):
		return nil, nil
	}
	return &before, nil
}

// resumable says whether a reading reaches up to now, so that another one can go on from it.
func (im *Importer) resumable(r importers.Range, now time.Time) bool {
	return im.source.live() && (r.Until.IsZero() || !r.Until.Before(now))
}

// fingerprint is of what the events depend on besides the records.
func (im *Importer) fingerprint() string {
	raw, _ := json.Marshal([]any{im.cfg.Lab, im.cfg.URL, im.cfg.Zone.String(), im.cfg.Mapping, im.cfg.ValidationWindow, im.cfg.BookingHorizon,
		im.coder.Company(System, "")}) // strings, maps of them and durations: no error
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// reach remembers, once everything was handed over, where the next reading may go on.
func (s *session) reach() {
	var reached *resume
	if s.resumable(s.r, s.now) {
		reached = &resume{Format: resumeFormat, Source: s.fingerprint(), At: s.now, Full: s.now, Since: s.r.Since, Pending: s.pending()}
		if s.before != nil {
			reached.Full, reached.Since = s.before.Full, s.before.Since
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = reached
}

// pending is when the oldest booking was made that isn't settled yet.
func (s *session) pending() (oldest time.Time) {
	for _, r := range s.reservations.records {
		if !slices.ContainsFunc(r.Slots, func(slot slot) bool { return !s.settles(r, slot).Before(s.now) }) {
			continue
		}
		made := r.made()
		if made.IsZero() { // not told: as long ago as bookings are looked for
			made = s.now.Add(-s.cfg.BookingHorizon)
		}
		if oldest.IsZero() || made.Before(oldest) {
			oldest = made
		}
	}
	return oldest
}

// settles is until when time alone may change what a booked slot gives.
func (s *session) settles(r *reservation, slot slot) time.Time {
	switch r.Type {
	case "Machine":
		return slot.end
	case "Training":
		return s.windowEnd(slot.end)
	}
	return time.Time{} // nothing is told of it
}

// bookedSince is since when the bookings that are to be read were made; zero: since ever.
func (s *session) bookedSince() time.Time {
	var since time.Time
	if !s.r.Since.IsZero() {
		since = s.r.Since.Add(-s.cfg.BookingHorizon)
	}
	if s.before == nil {
		return since
	}
	resumed := s.before.At.Add(-s.cfg.Overlap)
	if p := s.before.Pending; !p.IsZero() && p.Before(resumed) {
		resumed = p
	}
	if resumed.After(since) {
		return resumed
	}
	return since
}
