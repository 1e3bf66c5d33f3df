package showcase

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vitrine/internal/pages"
)

// The values of ?sort=; empty is the default, worst first.
const sortByName = "name"

// silentFrom is after how many days without activity the list says so: a month
// is longer than the summer closing of most labs.
const silentFrom = 31

type homePage struct {
	page
	Totals  []figure
	Count   string // "14 labs"
	Summary []tally
	Sorts   []choice
	Labs    []labRow
}

// figure is a number with its name.
type figure struct{ Name, Value string }

// tally is how many stand so.
type tally struct {
	pages.Badge
	N string
}

// labRow is a lab in the list.
type labRow struct {
	Href, Name string
	Place      string
	Badge      pages.Badge
	Mean       string // empty: as Badge
	Total      string // "9 commitments"; empty: none signed
	Bar        []segment
	Counts     string
	Last       string
	LastDay    string // for machines
	Notes      []string
}

// segment is a part of a bar, in shares of its width.
type segment struct {
	Status   Status
	X, Width string
}

func (h *Handler) homePage(v visitor, programme *Programme) homePage {
	p := homePage{page: h.newPage(v, address{path: "/", sort: v.sort}, "")}
	t := p.texts
	today := h.today(programme)
	p.stamp(programme, today)
	for _, total := range programme.Totals {
		name := cmp.Or(v.lang.Pick(total.NameFR, total.NameEN), total.Code)
		p.Totals = append(p.Totals, figure{Name: name, Value: t.Value(total.Value, total.Unit)})
	}
	p.Count = t.Count("labs.count", len(programme.Labs))
	p.Summary = t.summary(programme.Labs)
	for _, by := range []string{"", sortByName} {
		p.Sorts = append(p.Sorts, choice{
			Label:   t.Must("sort." + cmp.Or(by, "status")),
			Href:    address{path: "/", lang: v.explicit(), sort: by}.String(),
			Current: by == v.sort,
		})
	}
	for _, lab := range sorted(programme.Labs, v.sort) {
		href := address{path: labPath(lab.Slug), lang: v.explicit()}.String()
		p.Labs = append(p.Labs, t.labRow(lab, href, today))
	}
	return p
}

func (t texts) labRow(lab *Lab, href string, today time.Time) labRow {
	row := labRow{
		Href:   href,
		Name:   lab.title(),
		Place:  lab.place(),
		Badge:  t.Badge(lab.WorstStatus),
		Bar:    bar(lab.Counts),
		Mean:   t.mean(lab),
		Counts: t.counts(lab.Counts),
		Last:   t.Must("labs.noevent"),
	}
	if n := lab.promises(); n > 0 {
		row.Total = t.Count("labs.commitments", n)
	}
	if at := lab.LastEvent; at != nil {
		row.Last, row.LastDay = t.Ago(*at, today), at.Format(time.DateOnly)
	}
	if d := lab.SilentDays; d != nil && *d >= silentFrom {
		row.Notes = append(row.Notes, t.Count("labs.silent", *d))
	}
	if lab.OverduePeriods > 0 {
		row.Notes = append(row.Notes, t.Count("labs.overdue", lab.OverduePeriods))
	}
	return row
}

// mean says how the lab stands overall, where that differs from its worst commitment.
func (t texts) mean(lab *Lab) string {
	if lab.MeanStatus == "" || lab.MeanStatus == lab.WorstStatus {
		return ""
	}
	return t.Must("labs.mean", "status", strings.ReplaceAll(strings.ToLower(t.Badge(lab.MeanStatus).Text), " ", pages.NBSP))
}

// title is the lab's name, or what else it can be called.
func (l *Lab) title() string { return cmp.Or(strings.TrimSpace(l.Name), l.Slug) }

// place is the commune and the region, as far as they are known.
func (l *Lab) place() string {
	return strings.Trim(l.Commune+" · "+l.Region, " ·")
}

// promises is the number of commitments in the counts.
func (l *Lab) promises() int {
	n := 0
	for _, c := range l.Counts {
		n += max(c, 0)
	}
	return n
}

// summary counts the labs by their worst status.
func (t texts) summary(labs []Lab) []tally {
	counts := map[pages.Status]int{}
	for i := range labs {
		counts[labs[i].WorstStatus]++
	}
	var all []tally
	for _, s := range pages.WorstFirst() {
		if n := counts[s]; n > 0 {
			all = append(all, tally{Badge: t.Badge(s), N: t.Lang.Number(float64(n))})
		}
	}
	return all
}

// counts says in words what bar draws.
func (t texts) counts(counts map[pages.Status]int) string {
	var words []string
	for _, s := range pages.BestFirst() {
		if n := counts[s]; n > 0 {
			words = append(words, strings.ReplaceAll(t.Count("count."+string(s), n), " ", pages.NBSP))
		}
	}
	return strings.Join(words, ", ")
}

// bar is the shares of the statuses, side by side over the whole width.
func bar(counts map[pages.Status]int) []segment {
	total := 0
	for _, s := range pages.BestFirst() {
		total += max(counts[s], 0)
	}
	var segments []segment
	x := 0.0
	for _, s := range pages.BestFirst() {
		if n := counts[s]; n > 0 {
			width := 100 * float64(n) / float64(total)
			segments = append(segments, segment{Status: s, X: svgPercent(x), Width: svgPercent(width)})
			x += width
		}
	}
	return segments
}

// sorted gives the labs in order without touching the slice, which other requests read.
func sorted(labs []Lab, by string) []*Lab {
	type keyed struct {
		lab *Lab
		key string
	}
	all := make([]keyed, len(labs))
	for i := range labs {
		all[i] = keyed{lab: &labs[i], key: pages.SortKey(labs[i].title())}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		byName := cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.lab.Slug, b.lab.Slug))
		if by == sortByName {
			return byName
		}
		return cmp.Or(
			cmp.Compare(a.lab.WorstStatus.Rank(), b.lab.WorstStatus.Rank()),
			cmp.Compare(a.lab.MeanStatus.Rank(), b.lab.MeanStatus.Rank()),
			byName,
		)
	})
	out := make([]*Lab, len(all))
	for i := range all {
		out[i] = all[i].lab
	}
	return out
}
