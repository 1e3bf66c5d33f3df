package verify

import (
	"encoding/binary"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"
)

// lab is what is known of one lab. It holds few pointers, and grows without being copied: a programme's
// ten million events fit a small machine.
type lab struct {
	zone     *time.Location       // fixed by the first registration; nil before
	ids      map[uuid.UUID]uint32 // the version of each event that came last, in versions
	versions [][]version          // in the stream's order, by pages
	packed   [][]byte             // contributions, by pages
	charters map[uint64]charter   // events of the programme's kinds by sequence
}

// version is one accepted message, in 48 bytes.
type version struct {
	seq       uint64
	at        int64  // milliseconds
	content   uint64 // of sums, taken apart to leave no gap
	derived   uint32
	before    uint32 // the same event's version before it, counted from 1; 0: none
	adds      uint32 // where its contributions begin in packed: page and place; 0: none
	revision  uint32
	day       Day
	kind      uint16 // in Oracle.kinds
	retracted bool
}

func (v *version) newer(o *version) bool {
	return v.revision > o.revision || v.revision == o.revision && v.seq > o.seq
}

const (
	versionsPage = 1 << 12
	packedBits   = 20 // of a place in a page of contributions
	packedPages  = 1 << (32 - packedBits)
)

var errLabTooLarge = errors.New("more than 4 GiB of contributions, which is more than the oracle is made for")

func newLab() *lab { return &lab{ids: map[uuid.UUID]uint32{}, charters: map[uint64]charter{}} }

// add enters a version with its packed contributions.
func (l *lab) add(id uuid.UUID, v version, adds []byte) error {
	if head, known := l.ids[id]; known {
		v.before = head + 1
	}
	if len(adds) > 0 {
		last := len(l.packed) - 1
		if last < 0 || len(l.packed[last])+len(adds) > cap(l.packed[last]) {
			if last++; last == packedPages {
				return errLabTooLarge
			}
			page := make([]byte, 1, max(1<<packedBits, 1+len(adds))) // place 0 of page 0 stands for none
			l.packed = append(l.packed, page)
		}
		v.adds = uint32(last<<packedBits | len(l.packed[last]))
		l.packed[last] = append(l.packed[last], adds...)
	}
	last := len(l.versions) - 1
	if last < 0 || len(l.versions[last]) == versionsPage {
		l.versions = append(l.versions, make([]version, 0, versionsPage))
		last++
	}
	l.ids[id] = uint32(last*versionsPage + len(l.versions[last]))
	l.versions[last] = append(l.versions[last], v)
	return nil
}

func (l *lab) version(n uint32) *version { return &l.versions[n/versionsPage][n%versionsPage] }

// size is how many versions there are.
func (l *lab) size() int {
	if len(l.versions) == 0 {
		return 0
	}
	return (len(l.versions)-1)*versionsPage + len(l.versions[len(l.versions)-1])
}

// chain gives an event's versions, the one that came last first.
func (l *lab) chain(head uint32) iter.Seq2[*version, uint32] {
	return func(yield func(*version, uint32) bool) {
		for n := head; ; {
			v := l.version(n)
			if !yield(v, n) || v.before == 0 {
				return
			}
			n = v.before - 1
		}
	}
}

// latest is the version of an event that holds.
func (l *lab) latest(head uint32) uint32 {
	latest := head
	for v, n := range l.chain(head) {
		if v.newer(l.version(latest)) {
			latest = n
		}
	}
	return latest
}

// live gives the versions that hold and don't retract, in no order.
func (l *lab) live() iter.Seq[*version] {
	return func(yield func(*version) bool) {
		for _, head := range l.ids {
			if v := l.version(l.latest(head)); !v.retracted && !yield(v) {
				return
			}
		}
	}
}

// addition is a contribution, compactly.
type addition struct {
	slot, ref uint32 // in Oracle.slots and refs
	day       Day
	micros    int64
}

// What differs from the addition before: an event's have mostly the same amount, day and reference.
const (
	otherRef = 1 << iota
	otherDay
	otherAmount
)

// pack writes the contributions of an event that lies on a day. What it gives is overwritten by the next call.
func (o *Oracle) pack(day Day, all []contribution) []byte {
	out := o.packing[:0]
	if len(all) > 0 {
		out = binary.AppendUvarint(out, uint64(len(all)))
	}
	before := addition{day: day}
	for i := range all {
		c := &all[i]
		next := addition{
			slot: o.slots.number(slot{c.indicator, c.part, c.fn, c.segment}), ref: before.ref, day: c.day, micros: c.amount.Micros(),
		}
		if i == 0 || c.ref != all[i-1].ref {
			next.ref = o.refs.number(c.ref)
		}
		at, differs := len(out), byte(0)
		out = append(out, 0)
		out = binary.AppendUvarint(out, uint64(next.slot))
		if next.ref != before.ref {
			differs |= otherRef
			out = binary.AppendUvarint(out, uint64(next.ref))
		}
		if next.day != before.day {
			differs |= otherDay
			out = binary.AppendVarint(out, int64(next.day-before.day))
		}
		if next.micros != before.micros {
			differs |= otherAmount
			out = binary.AppendVarint(out, next.micros)
		}
		out[at] = differs
		before = next
	}
	o.packing = out
	return out
}

// additions gives a version's contributions.
func (l *lab) additions(v *version) iter.Seq[addition] {
	return func(yield func(addition) bool) {
		if v.adds == 0 {
			return
		}
		in := l.packed[v.adds>>packedBits][v.adds&(1<<packedBits-1):]
		unsigned := func() uint64 {
			n, size := binary.Uvarint(in)
			in = in[size:]
			return n
		}
		signed := func() int64 {
			n, size := binary.Varint(in)
			in = in[size:]
			return n
		}
		a := addition{day: v.day}
		for range unsigned() {
			differs := in[0]
			in = in[1:]
			a.slot = uint32(unsigned())
			if differs&otherRef != 0 {
				a.ref = uint32(unsigned())
			}
			if differs&otherDay != 0 {
				a.day += Day(signed())
			}
			if differs&otherAmount != 0 {
				a.micros = signed()
			}
			if !yield(a) {
				return
			}
		}
	}
}
