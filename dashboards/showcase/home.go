package showcase

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vitrine/internal/pages"
)

// How many sessions and news the home page shows of all labs together.
const (
	homeSessions = 6
	homeItems    = 5
)

type homePage struct {
	page
	Lead       string
	Totals     []figure
	Count      string // "14 labs"
	Map        mapView
	Regions    []option
	Archetypes []option
	Filtered   bool
	Explicit   pages.Lang // the language asked for in the address; empty: the browser's
	Cards      []labCard
	Sessions   []sessionRow
	Mentions   []itemRow
	Projects   []itemRow
	Downloads  downloads
}

// figure is a number with its name.
type figure struct {
	Name, Value, Note string
	Masked            bool
}

// option is a choice in a list of a form.
type option struct {
	Value, Label string
	Selected     bool
}

// labCard is a lab in the list.
type labCard struct {
	Href, Name       string
	Place, Archetype string
	Offer            string
	Next, NextDay    string // the next session; empty: none
	NextTitle        string
}

// sessionRow is a session to come.
type sessionRow struct {
	When, At string // At is for machines
	What     string
	Training bool
	Title    string
	Href     string // empty: no page of its own
	Place    string
	Lab      string // empty: on the lab's own page
	LabHref  string
}

// itemRow is a mention or a project.
type itemRow struct {
	Title, Href string
	By          string
	When, Day   string
	Lab         string
	LabHref     string
}

func (h *Handler) homePage(v visitor, programme *Programme) homePage {
	p := homePage{page: h.newPage(v, address{path: "/", region: v.region, archetype: v.archetype}, "")}
	t := p.texts
	p.stamp(programme)
	for _, f := range programme.Totals {
		p.Totals = append(p.Totals, t.figure(f))
	}
	labs := byName(programme.Labs)
	p.Regions, p.Archetypes = choices(labs, v, t)
	p.Explicit = v.explicit()
	p.Filtered = v.region != "" || v.archetype != ""
	labs = slices.DeleteFunc(labs, func(l *Lab) bool { return !v.wants(l) })
	p.Count = t.Count("labs.count", len(labs))
	if len(programme.Labs) > 0 {
		p.Lead = t.Count("home.lead", len(programme.Labs))
	}
	p.Map = h.drawMap(t, labs, v)
	for _, lab := range labs {
		p.Cards = append(p.Cards, t.card(lab, h.labHref(v, lab)))
	}
	p.Sessions, p.Mentions, p.Projects = h.news(t, v, labs)
	p.Downloads = t.downloads(programme.OpenData)
	return p
}

func (h *Handler) labHref(v visitor, lab *Lab) string {
	return address{path: labPath(lab.Slug), lang: v.explicit()}.String()
}

// figure says a figure, or that it is masked, and why.
func (t texts) figure(f Figure) figure {
	out := figure{Name: cmp.Or(f.Name.in(t.Lang), f.Code), Masked: f.Masked, Value: t.Value(f.Value, f.Unit)}
	if f.Masked {
		out.Value, out.Note = t.Must("masked.word"), t.why(f.Measure)
	} else if f.MaskedLabs > 0 {
		out.Note = t.Count("masked.labs", f.MaskedLabs)
	}
	return out
}

// why says why a figure is masked.
func (t texts) why(m Measure) string {
	switch {
	case m.About == "companies" && m.Threshold > 0:
		return t.Count("masked.companies", m.Threshold)
	case m.About == "people" && m.Threshold > 0:
		return t.Count("masked.people", m.Threshold)
	}
	return t.Must("masked.few")
}

// wants says whether a lab is among those asked for.
func (v visitor) wants(l *Lab) bool {
	return (v.region == "" || l.Region == v.region) && (v.archetype == "" || l.Archetype == v.archetype)
}

// choices are what labs can be narrowed to: the regions and archetypes that there are.
func choices(labs []*Lab, v visitor, t texts) (regions, archetypes []option) {
	seen := map[string]bool{}
	for _, l := range labs {
		if r := l.Region; r != "" && !seen["r"+r] {
			seen["r"+r] = true
			regions = append(regions, option{r, r, r == v.region})
		}
		if a := l.Archetype; a != "" && !seen["a"+a] {
			seen["a"+a] = true
			archetypes = append(archetypes, option{a, cmp.Or(l.ArchetypeName.in(t.Lang), a), a == v.archetype})
		}
	}
	byLabel := func(a, b option) int { return cmp.Compare(pages.SortKey(a.Label), pages.SortKey(b.Label)) }
	slices.SortFunc(regions, byLabel)
	slices.SortFunc(archetypes, byLabel)
	return regions, archetypes
}

// offered is how many services a card names.
const offered = 3

func (t texts) card(lab *Lab, href string) labCard {
	c := labCard{Href: href, Name: lab.title(), Place: lab.place(), Archetype: lab.ArchetypeName.in(t.Lang)}
	var words []string
	for _, s := range lab.Services {
		if name := s.Name.in(t.Lang); name != "" && !slices.Contains(words, name) && len(words) < offered {
			words = append(words, name)
		}
	}
	machines := 0
	for _, m := range lab.Machines {
		machines += m.Count
	}
	if machines > 0 {
		words = append(words, t.Count("labs.machines", machines))
	}
	c.Offer = strings.Join(words, " · ")
	if len(lab.Sessions) > 0 {
		next := lab.Sessions[0]
		c.Next, c.NextDay, c.NextTitle = t.Moment(next.Starts), next.Starts.Format(time.RFC3339), next.Title
	}
	return c
}

// news are the next sessions and the latest mentions and projects of several labs.
func (h *Handler) news(t texts, v visitor, labs []*Lab) (sessions []sessionRow, mentions, projects []itemRow) {
	type session struct {
		Session
		lab *Lab
	}
	type item struct {
		Item
		lab *Lab
	}
	var next []session
	var said, made []item
	for _, l := range labs {
		for _, s := range l.Sessions {
			next = append(next, session{s, l})
		}
		for _, i := range l.Mentions {
			said = append(said, item{i, l})
		}
		for _, i := range l.Projects {
			made = append(made, item{i, l})
		}
	}
	slices.SortStableFunc(next, func(a, b session) int { return a.Starts.Compare(b.Starts) })
	latest := func(a, b item) int { return b.Day.Compare(a.Day) }
	slices.SortStableFunc(said, latest)
	slices.SortStableFunc(made, latest)
	for _, s := range next[:min(len(next), homeSessions)] {
		row := t.session(s.Session)
		row.Lab, row.LabHref = s.lab.title(), h.labHref(v, s.lab)
		sessions = append(sessions, row)
	}
	rows := func(items []item) (out []itemRow) {
		for _, i := range items[:min(len(items), homeItems)] {
			row := t.item(i.Item)
			row.Lab, row.LabHref = i.lab.title(), h.labHref(v, i.lab)
			out = append(out, row)
		}
		return out
	}
	return sessions, rows(said), rows(made)
}

func (t texts) session(s Session) sessionRow {
	row := sessionRow{When: t.Moment(s.Starts), At: s.Starts.Format(time.RFC3339), Training: s.Training, Title: s.Title, Place: s.Place, Href: outside(s.URL)}
	row.What = t.Must("session.discovery")
	if s.Training {
		row.What = t.Must("session.training")
	}
	return row
}

func (t texts) item(i Item) itemRow {
	row := itemRow{Title: cmp.Or(i.Title, i.By, t.Must("item.untitled")), Href: outside(i.URL), When: t.Date(i.Day), Day: i.Day.Format(time.DateOnly)}
	by := i.By
	if row.Title == by {
		by = ""
	}
	row.By = strings.Trim(by+" · "+i.Licence.in(t.Lang), " ·")
	return row
}

// byName gives the labs in order without touching the slice, which other requests read.
func byName(labs []Lab) []*Lab {
	keys, all := map[*Lab]string{}, make([]*Lab, len(labs))
	for i := range labs {
		all[i] = &labs[i]
		keys[all[i]] = pages.SortKey(labs[i].title())
	}
	slices.SortStableFunc(all, func(a, b *Lab) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(a.Slug, b.Slug))
	})
	return all
}
