package opendata

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// An attacker who has everything that was published writes down each figure as an equation over the true quarters of the labs, adds what
// he knows of the procedure (counts aren't negative, a masked run was small until it was closed), eliminates exactly, and narrows
// each unknown as far as the equations go.

// itself says that a masked quarter is in the totals of its own quarter, as the careless publisher has it.
const itself = "itself"

// claim is one figure as it stands in a file: the sum of some quarters of some labs.
type claim struct {
	cells []int
	lo    float64
	hi    float64
}

// attack holds the unknowns: lab by quarter.
type attack struct {
	quarters int
	claims   []claim
	lo, hi   []float64
}

func newAttack(labs, quarters int) *attack {
	a := &attack{quarters: quarters, lo: make([]float64, labs*quarters), hi: make([]float64, labs*quarters)}
	for i := range a.hi {
		a.hi[i] = math.Inf(1)
	}
	return a
}

func (a *attack) is(cells []int, value float64) {
	a.claims = append(a.claims, claim{cells, value, value})
}

func (a *attack) between(cells []int, lo, hi float64) {
	a.claims = append(a.claims, claim{cells, lo, hi})
}

// read takes what a release's table says of an indicator that adds up.
func (a *attack) read(rows []Row, code string, labs []string, first Quarter, threshold int) {
	cell := func(lab string, q Quarter) int {
		for i, l := range labs {
			if l == lab {
				return i*a.quarters + int(q-first)
			}
		}
		return -1
	}
	countedIn := map[Quarter][]int{} // the cells that a programme's quarter counts
	var everything []int
	run := map[string][]int{} // masked quarters so far, by lab
	for _, row := range rows {
		if row.Record == "commitment" && row.Indicator == code && row.Value != nil { // as of the release
			release, _ := ParseQuarter(row.Release)
			var cells []int
			for q := first; q <= release; q++ {
				cells = append(cells, cell(row.Lab, q))
			}
			a.is(cells, *row.Value)
		}
		if row.Record != "figure" || row.Indicator != code || row.Lab == "" {
			continue
		}
		from, to := quarterOf(row.FromDate), quarterOf(row.ToDate)
		var cells []int
		for q := from; q <= to; q++ {
			cells = append(cells, cell(row.Lab, q))
		}
		switch {
		case row.Scope == "since_start" && row.Value != nil:
			a.is(cells, *row.Value)
			everything = append(everything, cells...)
		case row.Scope == "since_start":
		case row.Masked: // it and the masked ones before it together were small
			run[row.Lab] = append(run[row.Lab], cells...)
			a.between(append([]int(nil), run[row.Lab]...), 1, float64(threshold-1))
			if row.CountedIn == itself {
				countedIn[to] = append(countedIn[to], cells...)
				run[row.Lab] = nil
			}
		default:
			a.is(cells, *row.Value)
			countedIn[to] = append(countedIn[to], cells...)
			run[row.Lab] = nil
		}
	}
	for _, row := range rows {
		if row.Record != "figure" || row.Indicator != code || row.Lab != "" || row.Value == nil {
			continue
		}
		if row.Scope == "since_start" {
			a.is(everything, *row.Value)
		} else {
			a.is(countedIn[quarterOf(row.ToDate)], *row.Value)
		}
	}
}

func quarterOf(date string) Quarter {
	var y, m, d int
	_, _ = fmt.Sscanf(date, "%d-%d-%d", &y, &m, &d)
	return Quarter(y*4 + (m-1)/3)
}

// solve eliminates and narrows, until nothing moves.
func (a *attack) solve() {
	rows := a.eliminated()
	for range 50 {
		moved := false
		for _, r := range rows {
			moved = a.narrow(r) || moved
		}
		if !moved {
			return
		}
	}
}

// equation says that the weighted sum of unknowns lies between lo and hi.
type equation struct {
	weights map[int]float64
	lo, hi  float64
}

// eliminated are the claims, and what exact Gaussian elimination makes of the equalities among them.
func (a *attack) eliminated() []equation {
	n := len(a.lo)
	var matrix [][]*big.Rat
	var out []equation
	for _, c := range a.claims {
		e := equation{map[int]float64{}, c.lo, c.hi}
		row := make([]*big.Rat, n+1)
		for i := range row {
			row[i] = new(big.Rat)
		}
		for _, i := range c.cells {
			e.weights[i]++
			row[i].Add(row[i], big.NewRat(1, 1))
		}
		out = append(out, e)
		if c.lo == c.hi {
			row[n].SetFloat64(c.lo)
			matrix = append(matrix, row)
		}
	}
	at := 0
	for column := 0; column < n && at < len(matrix); column++ {
		pivot := at
		for pivot < len(matrix) && matrix[pivot][column].Sign() == 0 {
			pivot++
		}
		if pivot == len(matrix) {
			continue
		}
		matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
		inverse := new(big.Rat).Inv(matrix[at][column])
		for i := column; i <= n; i++ {
			matrix[at][i].Mul(matrix[at][i], inverse)
		}
		for r := range matrix {
			if r == at || matrix[r][column].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Set(matrix[r][column])
			for i := column; i <= n; i++ {
				matrix[r][i].Sub(matrix[r][i], new(big.Rat).Mul(factor, matrix[at][i]))
			}
		}
		at++
	}
	for _, row := range matrix[:at] {
		e := equation{weights: map[int]float64{}}
		for i := range n {
			if row[i].Sign() != 0 {
				e.weights[i], _ = row[i].Float64()
			}
		}
		e.lo, _ = row[n].Float64()
		e.hi = e.lo
		out = append(out, e)
	}
	return out
}

// narrow draws the bounds of each unknown of an equation from the others'.
func (a *attack) narrow(e equation) (moved bool) {
	const exact = 1e-9
	for i, w := range e.weights {
		lo, hi := e.lo, e.hi
		for j, v := range e.weights {
			if j == i {
				continue
			}
			least, most := v*a.lo[j], v*a.hi[j]
			if v < 0 {
				least, most = most, least
			}
			lo, hi = lo-most, hi-least
		}
		lo, hi = lo/w, hi/w
		if w < 0 {
			lo, hi = hi, lo
		}
		if lo = math.Ceil(lo - exact); lo > a.lo[i] {
			a.lo[i], moved = lo, true
		}
		if hi = math.Floor(hi + exact); hi < a.hi[i] {
			a.hi[i], moved = hi, true
		}
	}
	return moved
}

// caught are the small cells of which the attacker knows too much: fewer values are possible than there are small ones.
func (a *attack) caught(truth []int64, threshold int) (caught, tried int) {
	for i, v := range truth {
		if v <= 0 || v >= int64(threshold) {
			continue
		}
		if tried++; a.hi[i]-a.lo[i]+1 < float64(threshold-1) {
			caught++
		}
	}
	return caught, tried
}

// attacked are the indicators that add up.
func attacked() map[string]int {
	return map[string]int{"D02": FewestPeople, "T03": FewestPeople, "C04": FewestCompanies, "C05": FewestCompanies}
}

func (w *world) truth(code string) []int64 {
	var all []int64
	for _, lab := range w.labs {
		all = append(all, w.counts[code][lab]...)
	}
	return all
}

// TestNoMaskedFigureIsRecovered attacks all that two successive releases publish.
func TestNoMaskedFigureIsRecovered(t *testing.T) {
	t.Parallel()
	sum := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		releases := w.releases(t)
		for code, threshold := range attacked() {
			a := newAttack(len(w.labs), w.quarters)
			for _, r := range releases {
				a.read(Rows(r), code, w.labs, w.first, threshold)
			}
			a.solve()
			for i, v := range w.truth(code) {
				if float64(v) < a.lo[i] || float64(v) > a.hi[i] {
					t.Fatalf("the attacker is wrong of cell %d of %s: %d isn't within %v to %v", i, code, v, a.lo[i], a.hi[i])
				}
			}
			caught, tried := a.caught(w.truth(code), threshold)
			if sum += tried; caught > 0 {
				t.Errorf("%d of %d small figures of %s are recovered", caught, tried, code)
			}
		}
	})
	if sum == 0 {
		t.Error("there was no small figure")
	}
	t.Logf("%d small figures attacked", sum)
}

// careless is what is often published: small figures are left blank, and all sums are the true ones. Nothing is joined.
func (w *world) careless(code string, threshold int) []Row {
	var rows []Row
	byQuarter := make([]float64, w.quarters)
	var all float64
	from, to := day(w.first.First()), day((w.first + Quarter(w.quarters) - 1).Last())
	for _, lab := range w.labs {
		var sum float64
		for i, v := range w.counts[code][lab] {
			q, f := w.first+Quarter(i), float64(v)
			row := Row{Record: "figure", Lab: lab, Indicator: code, Scope: "quarter", FromDate: day(q.First()), ToDate: day(q.Last()), Value: &f}
			if small(v*one, threshold) {
				row.Value, row.Masked, row.CountedIn = nil, true, itself
			}
			rows = append(rows, row)
			sum, byQuarter[i], all = sum+f, byQuarter[i]+f, all+f
		}
		rows = append(rows, Row{Record: "figure", Lab: lab, Indicator: code, Scope: "since_start", FromDate: from, ToDate: to, Value: &sum})
	}
	for i := range byQuarter {
		q := w.first + Quarter(i)
		rows = append(rows, Row{Record: "figure", Indicator: code, Scope: "quarter", FromDate: day(q.First()), ToDate: day(q.Last()), Value: &byQuarter[i]})
	}
	return append(rows, Row{Record: "figure", Indicator: code, Scope: "since_start", FromDate: from, ToDate: to, Value: &all})
}

// TestTheAttackRecoversWhatIsOnlyLeftBlank: the same attack finds masked figures where quarters aren't joined.
func TestTheAttackRecoversWhatIsOnlyLeftBlank(t *testing.T) {
	t.Parallel()
	var caught, tried int
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for code, threshold := range attacked() {
			a := newAttack(len(w.labs), w.quarters)
			a.read(w.careless(code, threshold), code, w.labs, w.first, threshold)
			a.solve()
			c, n := a.caught(w.truth(code), threshold)
			caught, tried = caught+c, tried+n
		}
	})
	if caught < tried/4 {
		t.Errorf("only %d of %d small figures are recovered", caught, tried)
	}
	t.Logf("%d of %d small figures are recovered where they are only left blank", caught, tried)
}
