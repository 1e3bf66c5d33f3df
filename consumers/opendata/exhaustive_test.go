package opendata

import (
	"fmt"
	"strings"
	"testing"

	"vitrine/schemas"
)

// The strongest attacker knows the whole procedure and every table that could be: a table is possible for him if it gives the same
// publication. Over all small tables, each small cell must have as many possible values as its threshold has small ones.

// worlds walks through all tables of so many cells from 0 to most.
func worlds(cells int, most int64, visit func([]int64)) {
	table := make([]int64, cells)
	for {
		visit(table)
		i := 0
		for ; i < cells && table[i] == most; i++ {
			table[i] = 0
		}
		if i == cells {
			return
		}
		table[i]++
	}
}

// possible groups tables by their publication and gathers what each cell can have been.
type possible struct {
	values map[string][]map[int64]bool // by publication, by cell
}

func (p *possible) note(publication string, cells []int64) {
	if p.values == nil {
		p.values = map[string][]map[int64]bool{}
	}
	have := p.values[publication]
	if have == nil {
		have = make([]map[int64]bool, len(cells))
		for i := range have {
			have[i] = map[int64]bool{}
		}
		p.values[publication] = have
	}
	for i, v := range cells {
		have[i][v] = true
	}
}

// narrow counts cells that are small in a possible world and have fewer possible values than wanted, in publications that keep away
// from the edge of what was tried.
func (p *possible) narrow(threshold func(cell int) int64, edge int64) (bad []string, tried int) {
	for publication, cells := range p.values {
		atEdge := false
		for _, values := range cells {
			for v := range values {
				atEdge = atEdge || v >= edge
			}
		}
		if atEdge {
			continue
		}
		for i, values := range cells {
			for v := range values {
				if t := threshold(i); 0 < v && v < t {
					if tried++; int64(len(values)) < t-1 {
						bad = append(bad, fmt.Sprintf("cell %d may be %d, of %v only: %s", i, v, values, publication))
					}
					break
				}
			}
		}
	}
	return bad, tried
}

func show(b *strings.Builder, t *track) {
	for _, s := range t.spans {
		fmt.Fprintf(b, "%d-%d:%d ", s.from, s.to, s.value/one)
	}
	fmt.Fprintf(b, "=%d; ", t.total/one)
}

func sinceOf(cells []int64) func(Quarter) int64 {
	return func(q Quarter) (sum int64) {
		for i := 0; i <= int(q) && i < len(cells); i++ {
			sum += cells[i] * one
		}
		return sum
	}
}

// successive publishes quarter by quarter, as releases do, and writes down all that each release says.
func successive(until Quarter, step func(until Quarter), say func(*strings.Builder)) string {
	var b strings.Builder
	for q := Quarter(1); q <= until; q++ { // the last quarters' releases; the first one holds two
		step(q)
		say(&b)
		b.WriteString("| ")
	}
	return b.String()
}

func TestNoSmallCountFollowsFromSums(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ threshold, quarters, most int }{{FewestCompanies, 5, 6}, {FewestPeople, 4, 10}} {
		var p possible
		worlds(c.quarters, int64(c.most), func(cells []int64) {
			var a track
			p.note(successive(Quarter(c.quarters-1), func(q Quarter) { publishAdded(&a, 0, q, c.threshold, sinceOf(cells)) },
				func(b *strings.Builder) { show(b, &a) }), cells)
		})
		bad, tried := p.narrow(func(int) int64 { return int64(c.threshold) }, int64(c.most))
		report(t, bad, tried)
	}
}

// TestNoSmallCountFollowsFromItsBound: of those who came, so many were company staff.
func TestNoSmallCountFollowsFromItsBound(t *testing.T) {
	t.Parallel()
	const threshold, quarters, most = 3, 3, 5
	var p possible
	worlds(2*quarters, most, func(cells []int64) {
		whole, part := cells[:quarters], cells[quarters:]
		f := &Facts{First: 0, Catalogue: schemas.DefaultCatalogue(), Labs: []Entry{{Lab: "a"}}}
		for q := range quarters {
			if part[q] > whole[q] {
				return
			}
			f.Raw = append(f.Raw, Raw{Lab: "a", Indicator: "T03", Quarter: Quarter(q), Value: micros(whole[q] * one)},
				Raw{Lab: "a", Indicator: "T05", Quarter: Quarter(q), Value: micros(part[q] * one)})
		}
		rule, _ := policyOf("T05")
		rule.threshold = threshold
		var a track
		var before []Figure
		x := indexed(&Facts{Raw: f.Raw, Until: quarters})
		p.note(successive(quarters-1, func(q Quarter) {
			publishAdded(&a, 0, q, threshold, sinceOf(whole))
			f.Until = q
			pub := &publication{facts: f, index: x, before: map[key][]Figure{{"a", "T05"}: before}}
			before = pub.beside("a", rule, Indicator{Aggregation: "sum"}, 0, &a)
		}, func(s *strings.Builder) {
			show(s, &a)
			for _, g := range before {
				if g.Masked {
					s.WriteString("? ")
				} else {
					fmt.Fprintf(s, "%s ", g.Value)
				}
			}
		}), cells)
	})
	bad, tried := p.narrow(func(int) int64 { return threshold }, most)
	report(t, bad, tried)
}

// TestNoSmallNumberOfCompaniesFollows: different companies, and the new ones among them, by who came in which quarter.
func TestNoSmallNumberOfCompaniesFollows(t *testing.T) {
	t.Parallel()
	const threshold, quarters, companies = 3, 3, 7
	var p possible
	worlds(companies, 1<<quarters-1, func(who []int64) { // each company's quarters, as bits
		for i := 1; i < companies; i++ {
			if who[i] < who[i-1] {
				return // the same with other names
			}
		}
		s := sets{}
		var cells [2 * quarters]int64 // active by quarter, new by quarter
		for c, bits := range who {
			known := false
			for q := range quarters {
				if bits&(1<<q) != 0 {
					s[Quarter(q)] = append(s[Quarter(q)], fmt.Sprint(c))
					cells[q]++
					if !known {
						cells[quarters+q]++
					}
					known = true
				}
			}
		}
		var a, b track
		p.note(successive(quarters-1, func(q Quarter) { publishUnited(&a, &b, 0, q, threshold, s) },
			func(w *strings.Builder) { show(w, &a); show(w, &b) }), cells[:])
	})
	bad, tried := p.narrow(func(int) int64 { return threshold }, companies)
	report(t, bad, tried)
}

// TestTheAttackFindsWhatIsOnlyLeftBlank is the same attack on what is often done: small cells are left blank, and everything else is
// published, with the true sums.
func TestTheAttackFindsWhatIsOnlyLeftBlank(t *testing.T) {
	t.Parallel()
	const threshold, quarters, most = 3, 4, 5
	var p possible
	worlds(quarters, most, func(cells []int64) {
		p.note(leftBlank(cells, threshold), cells)
	})
	bad, tried := p.narrow(func(int) int64 { return threshold }, most)
	if tried == 0 || len(bad) < tried/10 {
		t.Errorf("the attack found %d of %d small cells", len(bad), tried)
	}
	t.Logf("without joining quarters, %d of %d small cells follow from the rest", len(bad), tried)
}

func leftBlank(cells []int64, threshold int) string {
	var b strings.Builder
	var sum int64
	for _, v := range cells {
		sum += v
		if small(v*one, threshold) {
			b.WriteString("? ")
		} else {
			fmt.Fprintf(&b, "%d ", v)
		}
	}
	fmt.Fprintf(&b, "= %d", sum)
	return b.String()
}

func report(t *testing.T, bad []string, tried int) {
	t.Helper()
	if tried == 0 {
		t.Fatal("no small cell was tried")
	}
	for i, b := range bad {
		if i == 5 {
			break
		}
		t.Error(b)
	}
	t.Logf("%d small cells in different publications, %d of them too narrow", tried, len(bad))
}
