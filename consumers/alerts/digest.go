package alerts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Digest is what changed between two messages of the stream, as a destination is told it.
type Digest struct {
	// ID is the same whenever the same digest is sent: a receiver that has it already may drop it.
	ID uuid.UUID `json:"id"`
	// At is when it was made up.
	At   time.Time    `json:"at"`
	Lang schemas.Lang `json:"lang"`
	// Text is the whole digest as plain text, for whatever shows messages.
	Text   string `json:"text"`
	Raised int    `json:"raised"` // how many alerts are new
	Over   int    `json:"over"`   // how many are over
	Labs   []Lab  `json:"labs"`
	// Test is set where nothing happened and only the way is tried.
	Test bool `json:"test,omitempty"`
}

// Lab is what changed about one lab, the gravest first.
type Lab struct {
	Lab    string  `json:"lab"`
	Name   string  `json:"name"`
	Raised []Alert `json:"raised"` // new, and those that were new and are over already
	Over   []Alert `json:"over"`   // told before
}

// replaced says that another alert of this digest took an alert's place.
func (l Lab) replaced(a Alert) bool {
	return a.Became != "" && slices.ContainsFunc(l.Raised, func(r Alert) bool { return r.Key == a.Key })
}

// digestID follows from whom it is for and up to which message it tells.
func digestID(destination string, created time.Time, from, through uint64) uuid.UUID {
	return schemas.RecordID(unknownLab, "alerts", fmt.Sprintf("digest\x00%s\x00%d\x00%d\x00%d", destination, created.UnixNano(), from, through))
}

// gather makes a digest's labs from the messages between two sequences, both included. Each alert stands once: as raised, with
// the moment when it was cleared if it was, or as over. The first digest of a destination leaves out what was over before it.
func (l *Log) gather(ctx context.Context, from, through uint64, first bool) ([]Lab, error) {
	raised, over := map[uuid.UUID]Alert{}, map[uuid.UUID]Alert{}
	err := l.read(ctx, from, through, func(e entry) {
		a := e.alert
		_, here := raised[a.ID]
		switch {
		case e.foreign:
		case a.Cleared == nil || here && !first:
			raised[a.ID] = a
		case first:
			delete(raised, a.ID)
		default:
			over[a.ID] = a
		}
	})
	if err != nil {
		return nil, err
	}
	labs := map[string]*Lab{}
	of := func(a Alert) *Lab {
		if labs[a.Lab] == nil {
			labs[a.Lab] = &Lab{Lab: a.Lab, Raised: []Alert{}, Over: []Alert{}}
		}
		labs[a.Lab].Name = max(labs[a.Lab].Name, a.LabName) // one of them, should it have been renamed
		return labs[a.Lab]
	}
	for _, a := range raised {
		lab := of(a)
		lab.Raised = append(lab.Raised, a)
	}
	for _, a := range over {
		lab := of(a)
		lab.Over = append(lab.Over, a)
	}
	var all []Lab
	for _, lab := range labs {
		slices.SortFunc(lab.Raised, inDigest)
		slices.SortFunc(lab.Over, inDigest)
		all = append(all, *lab)
	}
	slices.SortFunc(all, func(a, b Lab) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Lab, b.Lab)) })
	return all, nil
}

func inDigest(a, b Alert) int {
	return cmp.Or(byUrgency(a, b), a.Raised.Compare(b.Raised), strings.Compare(a.ID.String(), b.ID.String()))
}

// newDigest puts the labs' changes into words.
func newDigest(id uuid.UUID, at time.Time, labs []Lab, letterhead Letterhead) Digest {
	d := Digest{ID: id, At: at.UTC(), Lang: letterhead.Lang, Labs: labs}
	for _, l := range labs {
		d.Raised += len(l.Raised)
		for _, a := range l.Over {
			if !l.replaced(a) {
				d.Over++
			}
		}
	}
	d.Text = letterhead.plain(d)
	return d
}
