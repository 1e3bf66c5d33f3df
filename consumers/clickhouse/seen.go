package clickhouse

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go/bloom"
)

// Seen remembers which events were ever stored, in some bits each: one that it doesn't know is new, and can't have moved. Without it
// all ids of a batch are looked up in event_keys, and since those of imported records lie anywhere in it, that is reading most of it. Of the latest
// new ones it remembers where they stand, too: one that comes again in the same place hasn't moved either.
//
// It may only where nobody else stores events. Whoever stored a batch adds a random number to a sum in the database, and then
// looks at the sum. Of two who store an event, add their numbers and look, one at least finds the other's, and then looks for the event in
// event_keys, where the other has it. Who was killed before it added its number is given its messages again. Several goroutines may use it.
type Seen struct {
	key      writeKey // of the sum
	mu       sync.Mutex
	filter   bloom.SplitBlockFilter // nil: nothing is known
	places   seenPlaces             // of some that are in it
	ids      int                    // in the filter
	room     int                    // how many it is for
	expected uint64                 // the sum if nobody else stored anything
	patience patience
}

// The filter of a [Seen]: of ids that are new at most one in some hundred is looked up all the same. It is made for half as many again as there are, and
// made anew when it is full; so it takes 12 to 18 bits an id, 22 MB for ten millions.
const (
	seenBits  = 12        // an id that there is room for
	seenLeast = 1_000_000 // ids that there is room for at least, in 1.5 MB
)

// NewSeen knows nothing yet. All who may store the same events must be of the same group, as all who store into a database are: their sum is a row of
// cell_writes, on a day that no event is on.
func NewSeen(group string) *Seen {
	return &Seen{key: writeKey{day: math.MaxUint16, cell: max(1, xxhash.Sum64String(group))}} // 0 is allNoted
}

// Foresee reads all ids if nothing is known and that is worth while for a batch of so many: before it is stored, or it would be among them. It fails with
// its context alone: what isn't known can be looked up.
func (s *Store) Foresee(ctx context.Context, batch int, seen *Seen) error {
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if seen.filter != nil || batch == 0 {
		return nil
	}
	if err := seen.fill(ctx, s, batch); err != nil {
		seen.patience.lost()
	}
	return ctx.Err()
}

// Recall says which events of a batch that is stored may have been stored in another place, too: those that [Store.Settle] is for. All of its rows are
// asked about, so that an event that the batch itself has in two places is found. It may be repeated: then they may be more.
func (s *Store) Recall(ctx context.Context, rows []Row, seen *Seen) (doubtful []EventID, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	defer s.metrics.observe("recall", time.Now(), &err)
	if doubtful, err = seen.recall(ctx, s, rows); err != nil {
		return nil, fmt.Errorf("recall %d events: %w", len(rows), err)
	}
	s.metrics.ids.WithLabelValues("looked up").Add(float64(len(doubtful)))
	s.metrics.ids.WithLabelValues("known").Add(float64(len(rows) - len(doubtful)))
	return doubtful, nil
}

func (h *Seen) recall(ctx context.Context, s *Store, rows []Row) ([]EventID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sum, there, err := h.tell(ctx, s)
	if err != nil { // whether the number is there after all, the next sum says
		return nil, err
	}
	switch {
	case h.filter == nil:
	case !there || sum != h.expected:
		h.filter = nil
		h.patience.lost()
	case h.ids > h.room:
		h.filter = nil
	}
	var doubtful []EventID
	if h.filter == nil {
		h.places = seenPlaces{}
		for i := range rows {
			doubtful = append(doubtful, rows[i].event())
		}
		return doubtful, nil
	}
	for i := range rows {
		row := &rows[i]
		hash := seenHash(xxhash.Sum64String(row.Lab), row.ID)
		switch {
		case !h.filter.Check(hash):
			h.filter.Insert(hash)
			h.ids++
			h.places.add(row)
		case !h.places.onlyThere(row):
			doubtful = append(doubtful, row.event())
		}
	}
	h.patience.served += len(rows)
	return doubtful, nil
}

// tell adds a number to the sum, and gives the sum, if it is there.
func (h *Seen) tell(ctx context.Context, s *Store) (sum uint64, there bool, err error) {
	token := rand.Uint64()
	if err := s.insertWrites(ctx, []writeKey{h.key}, token); err != nil {
		return 0, false, err
	}
	h.expected += token
	sums, _, err := s.writes(ctx, []writeKey{h.key})
	sum, there = sums[h.key]
	return sum, there, err
}

// fill reads all ids, if that is worth while for as many as will be asked for. The sum is from before that, and a number of our own is in it: if
// somebody empties the table, what comes after doesn't add up to it.
func (h *Seen) fill(ctx context.Context, s *Store, asked int) (err error) {
	defer s.metrics.observe("foresee", time.Now(), &err)
	count, err := s.Count(ctx, "event_keys")
	stored := int(count)
	if err != nil || !h.patience.over(asked, stored) {
		return err
	}
	sum, there, err := h.tell(ctx, s)
	if err != nil || !there { // somebody emptied the table in between
		return err
	}
	room := max(seenLeast, stored+stored/2)
	filter, ids := make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(room), seenBits)), 0
	var (
		lab    proto.ColUInt64
		id     proto.ColUUID
		hashes []uint64
	)
	err = s.selectNative(ctx, "seen", nil, nil, proto.Results{{Name: "lab", Data: &lab}, {Name: "id", Data: &id}}, func() error {
		hashes = hashes[:0]
		for i := range id {
			hashes = append(hashes, seenHash(lab[i], id[i]))
		}
		filter.InsertBulk(hashes)
		ids += len(hashes)
		return nil
	})
	if err != nil {
		return err
	}
	h.filter, h.ids, h.room, h.expected = filter, ids, room, sum
	return nil
}

// seenHash is an event in the filter; the lab is a hash of it, from seen.sql too.
func seenHash(lab uint64, id uuid.UUID) uint64 { return lab*31 ^ xxhash.Sum64(id[:]) }

// patience says when reading all ids is worth while: it takes about as long as looking up a thousandth of them, which lie anywhere. Where that
// was in vain, since others store too, it asks for twice as many the next time.
type patience struct {
	asked  int // ids that were looked up since nothing is known
	needed int // how many it took the last time
	served int // ids that were asked for since
	vain   int // how often it was in vain, one time after the other
}

// over says whether to read all of so many stored ids, now that some more were asked for.
func (p *patience) over(asked, stored int) bool {
	p.asked += asked
	p.needed = (stored / 1000) << min(p.vain, 10) // after as many as there are it is always worth while
	if p.asked < p.needed {
		return false
	}
	p.asked, p.served = 0, 0
	return true
}

// lost: what was read is known no more, or could not be read.
func (p *patience) lost() {
	if p.served < p.needed {
		p.vain++
	} else {
		p.vain = 0
	}
}
