package icalendar

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
)

// toldKey is the key of the state.
const toldKey = "told"

// keepTold is how long an instance is remembered after it was.
const keepTold = 3 * 365 * 24 * time.Hour

// told are the instances that stand as held, or as cancelled trainings, by their event's id: no title, no UID.
type told map[uuid.UUID]held

// held is what a retraction must repeat, and the series that it belongs to.
type held struct {
	Series uuid.UUID `json:"series"`
	Kind   string    `json:"kind"`
	Time   time.Time `json:"time"`
}

func loadTold(state importers.State) (told, error) {
	all := told{}
	raw, err := state.Get(toldKey)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("icalendar: what was told before: %w", err)
	}
	return all, nil
}

func (t told) save(state importers.State, now time.Time) error {
	maps.DeleteFunc(t, func(_ uuid.UUID, h held) bool { return now.Sub(h.Time) > keepTold })
	raw, err := json.Marshal(t)
	if err == nil {
		err = state.Put(toldKey, raw)
	}
	if err != nil {
		return fmt.Errorf("icalendar: remember what was told: %w", err)
	}
	return nil
}
