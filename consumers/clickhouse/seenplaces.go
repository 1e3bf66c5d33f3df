package clickhouse

import (
	"cmp"

	"github.com/google/uuid"
)

// seenPlaces are where events stand that were new lately, and have stood nowhere else: what comes to such an event in the same place, a message
// that was sent twice or a correction, needs no look into event_keys. Most of these come soon after the event.
type seenPlaces struct {
	cells            dictionaries         // labs and kinds
	latest, previous map[uuid.UUID]cellID // by the event's id
	room             int                  // in latest, before it becomes the previous; 0 is defaultPlaces
}

// defaultPlaces are some more than a batch holds by default. Twice as many take 15 MB.
const defaultPlaces = 150_000

// place is a row's, in the numbers of the dictionaries.
func (p *seenPlaces) place(row *Row) cellID {
	return cellID{p.cells.labs.number(row.Lab), p.cells.kinds.number(row.Kind), dateOf(row.Place.LocalDay)}
}

// add is for a row whose event is new.
func (p *seenPlaces) add(row *Row) {
	if _, other := p.find(row.ID); other {
		p.remove(row.ID) // another lab's event has the same id: neither is known any more
		return
	}
	if p.latest == nil || len(p.latest) >= cmp.Or(p.room, defaultPlaces) {
		p.previous, p.latest = p.latest, map[uuid.UUID]cellID{}
		if p.cells.many() {
			*p = seenPlaces{latest: p.latest, room: p.room}
		}
	}
	p.latest[row.ID] = p.place(row)
}

// onlyThere says that a row's event has stood in the row's place alone. One that may have stood elsewhere isn't known any more.
func (p *seenPlaces) onlyThere(row *Row) bool {
	stands, known := p.find(row.ID)
	if known && stands == p.place(row) {
		return true
	}
	p.remove(row.ID)
	return false
}

func (p *seenPlaces) find(id uuid.UUID) (cellID, bool) {
	if place, known := p.latest[id]; known {
		return place, true
	}
	place, known := p.previous[id]
	return place, known
}

func (p *seenPlaces) remove(id uuid.UUID) {
	delete(p.latest, id)
	delete(p.previous, id)
}
