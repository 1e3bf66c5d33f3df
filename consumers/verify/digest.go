package verify

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
)

// digest is how many rows a lab has in a relation, and the sum of their xxHash64 (modulo 2⁶⁴), which no order changes. Other rows have
// another digest, but for one chance in 2⁶⁴, or in as many as what a row holds of hashes itself.
type digest struct {
	rows int
	sum  uint64
}

// digester makes digests. A row is written column by column, as the digest_*.sql files do it with the rows of the verify_*.sql files, by
// which they are read too; TestDigestsTellEachColumn would miss a column that is left out.
type digester struct {
	digest
	row []byte
}

func (d *digester) text(s string) {
	d.row = append(d.row, s...)
	d.row = append(d.row, between...)
}

func (d *digester) number(n int64) {
	d.row = strconv.AppendInt(d.row, n, 10)
	d.row = append(d.row, between...)
}

func (d *digester) unsigned(n uint64) {
	d.row = strconv.AppendUint(d.row, n, 10)
	d.row = append(d.row, between...)
}

func (d *digester) flag(is bool) {
	if is {
		d.number(1)
	} else {
		d.number(0)
	}
}

func (d *digester) amount(a Amount) {
	d.row = a.append(d.row)
	d.row = append(d.row, between...)
}

// end adds the row that was written.
func (d *digester) end() {
	d.sum += xxhash.Sum64(d.row)
	d.rows++
	d.row = d.row[:0]
}

// sieve holds a relation's labs against what is expected of them by digests: those that agree need no second look.
type sieve struct {
	check           Check
	expected, found map[string]digest
	apart           []string // labs that don't agree, in order
}

func newSieve(name string) *sieve {
	return &sieve{check: Check{Name: name}, expected: map[string]digest{}, found: map[string]digest{}}
}

// expect enters what a lab should have; one without rows isn't found.
func (s *sieve) expect(lab string, d digest) {
	if d.rows > 0 {
		s.expected[lab] = d
	}
}

// find enters what a lab has, in a part or in all. It may be called beside expect.
func (s *sieve) find(lab string, rows, sum uint64) {
	d := s.found[lab]
	s.found[lab] = digest{d.rows + int(rows), d.sum + sum}
}

// settle counts the labs that agree, and keeps the others apart.
func (s *sieve) settle() {
	for lab, found := range s.found {
		if s.expected[lab] == found {
			s.check.Expected += found.rows
			s.check.Found += found.rows
		} else {
			s.apart = append(s.apart, lab)
		}
		delete(s.expected, lab)
	}
	s.apart = slices.AppendSeq(s.apart, maps.Keys(s.expected))
	slices.Sort(s.apart)
}

// keeps says whether a lab is apart.
func (s *sieve) keeps(lab string) bool {
	_, apart := slices.BinarySearch(s.apart, lab)
	return apart
}

// sift holds a whole relation against what of says of each lab, which is worked out while the store reads.
func (c *comparison) sift(ctx context.Context, name string, read clickhouse.Digested, of func(lab string) digest) (*sieve, error) {
	s := newSieve(name)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.store.EachDigest(ctx, read, clickhouse.LabRange{}, "", time.Time{}, s.find) })
	group.Go(func() error {
		for _, lab := range c.oracle.Labs() {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.expect(lab, of(lab))
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.settle()
	return s, nil
}

// among compares row by row the labs that a sieve kept apart: expect enters a lab's things into the ledger and says how much memory
// they take, in rows; read finds the store's, of which it must leave out those of labs that aren't apart.
func (l *ledger[K, V]) among(s *sieve, expect func(lab string) int, read func(clickhouse.LabRange) error) error {
	l.check, l.blamed = s.check, map[string]bool{}
	size, first := 0, 0
	for i, lab := range s.apart {
		size += max(expect(lab), l.comparison.events(lab))
		if size < l.comparison.batch && i < len(s.apart)-1 {
			continue
		}
		next := lab + "\x00" // in the order of bytes
		if err := read(clickhouse.LabRange{From: s.apart[first], To: next}); err != nil {
			return err
		}
		l.settle()
		size, first = 0, i+1
	}
	for _, lab := range s.apart {
		if !l.blamed[lab] { // then one of the two looks is wrong
			l.tell(Difference{Lab: lab, What: "its rows together", Expected: "another digest", Found: "each row as it should be"})
		}
	}
	return nil
}
