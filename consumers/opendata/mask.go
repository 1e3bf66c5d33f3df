package opendata

// A figure about people or companies that is above 0 and below its threshold is small. A small quarter isn't published by itself:
// it is joined to the quarters that follow, until the run of them is no longer small. What is published of an indicator of a lab
// is therefore a sequence of runs, each 0 or at least the threshold, and everything else (what a lab reached since the start, the
// programme's figures, percentages) is worked out from those runs alone. An indicator that another one bounds (of the people trained,
// the company staff) is published for single quarters only, where the other one is, or never: joined, its runs together with the
// other's single quarters would tell small ones. docs/open-data.md has the proof.

// span is a run of quarters published as one figure.
type span struct {
	from, to Quarter
	value    int64 // millionths
}

// track is what is published of one indicator of one lab: runs without gaps, beginning with the lab's first quarter.
type track struct {
	spans []span
	total int64 // since the start, as far as it is published; millionths
}

// one is a count of 1 in millionths.
const one = 1_000_000

// next is the first quarter that isn't published yet.
func (t *track) next(first Quarter) Quarter {
	if len(t.spans) == 0 {
		return first
	}
	return t.spans[len(t.spans)-1].to + 1
}

func (t *track) add(s span, increase int64) {
	t.spans = append(t.spans, s)
	t.total += increase
}

// small says that a count must not be published: above 0 and below the threshold, or below 0, as corrections may make it.
func small(v int64, threshold int) bool { return v != 0 && v < int64(threshold)*one }

// publishAdded goes on with a count that adds up. since is the count since the start to a quarter's end, as it is known now: what
// corrections changed in quarters that are published already counts in the next one.
func publishAdded(t *track, first, until Quarter, threshold int, since func(Quarter) int64) {
	from := t.next(first)
	for q := from; q <= until; q++ {
		if v := since(q) - t.total; !small(v, threshold) {
			t.add(span{from, q, v}, v)
			from = q + 1
		}
	}
}

// companyCount counts different companies: those of a run of quarters, and those up to a quarter.
type companyCount interface {
	over(from, to Quarter) int64
	until(to Quarter) int64
}

// publishUnited goes on with a count of different companies and with how many of them are new, which add up to the different ones since
// the start. Both are published over the same quarters.
func publishUnited(t, fresh *track, first, until Quarter, threshold int, count companyCount) {
	from := t.next(first)
	for q := from; q <= until; q++ {
		v, more := count.over(from, q), count.until(q)-t.total
		if small(v, threshold) || small(more, threshold) {
			continue
		}
		t.add(span{from, q, v}, more)
		fresh.add(span{from, q, more}, more)
		from = q + 1
	}
}
