package clickhouse

// itemIndex finds the items of one cell. A cell's items are few, and rows of a cell follow each other: an index of one cell
// stays near the processor, where one of all the cells of a batch is fetched from memory for every contribution.
type itemIndex struct {
	slots []itemSlot // a power of two of them
	used  int
	round uint32 // slots of other rounds are empty
}

type itemSlot struct {
	round uint32
	item  int32
}

// empty forgets all items.
func (x *itemIndex) empty() {
	x.used = 0
	if x.round++; x.round == 0 || len(x.slots) == 0 {
		x.round = 1
		x.slots = make([]itemSlot, max(64, len(x.slots)))
	}
}

// find is the item of a key, or -1.
func (x *itemIndex) find(items *paged[cellItem], key itemKey) int32 {
	mask := uint32(len(x.slots) - 1)
	for at := key.hash() & mask; x.slots[at].round == x.round; at = (at + 1) & mask {
		if n := x.slots[at].item; items.at(n).itemKey == key {
			return n
		}
	}
	return -1
}

// add takes an item that isn't there yet.
func (x *itemIndex) add(items *paged[cellItem], item int32) {
	if 2*x.used >= len(x.slots) {
		x.grow(items)
	}
	x.used++
	mask := uint32(len(x.slots) - 1)
	at := items.at(item).hash() & mask
	for x.slots[at].round == x.round {
		at = (at + 1) & mask
	}
	x.slots[at] = itemSlot{x.round, item}
}

func (x *itemIndex) grow(items *paged[cellItem]) {
	before, round := x.slots, x.round
	x.slots = make([]itemSlot, 2*len(before))
	x.used = 0
	for _, s := range before {
		if s.round == round {
			x.add(items, s.item)
		}
	}
}

// hash spreads keys over the slots; its factors are large odd numbers (of Knuth's multiplicative hashing and its like).
func (k *itemKey) hash() uint32 {
	h := uint32(k.indicator)*0x9e3779b1 ^ uint32(k.segment)*0x85ebca6b ^ uint32(k.ref)*0xc2b2ae35 ^ uint32(k.day)*0x27d4eb2f ^ uint32(k.part)<<8 ^ uint32(k.fn)
	h ^= h >> 15
	h *= 0x2c1b3c6d
	return h ^ h>>13
}
