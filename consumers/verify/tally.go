package verify

// tally adds facts up to a figure.
type tally [2]half // by Part

// half is a numerator or a denominator in the making: sums and highest values as they are, and the
// number of different references.
type half struct {
	sum, highest Amount
	any          bool // highest is set
	refs         map[uint32]bool
}

func (t *tally) add(f fact) {
	h := &t[f.part]
	switch f.fn {
	case Sum:
		h.sum = h.sum.plus(f.amount)
	case Max:
		if !h.any || h.highest.less(f.amount) {
			h.highest, h.any = f.amount, true
		}
	case Distinct:
		if h.refs == nil {
			h.refs = map[uint32]bool{}
		}
		h.refs[f.ref] = true
	}
}

func (h half) amount() Amount {
	return h.sum.plus(h.highest).plus(whole(int64(len(h.refs))))
}

func (t *tally) figure() figure { return figure{t[Numerator].amount(), t[Denominator].amount()} }
