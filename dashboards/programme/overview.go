package programme

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"vitrine/internal/pages"
)

type periodsPage struct {
	page
	Rows   []periodRow
	States []stateTally
	Code   string // the only period shown; empty: all
	Codes  []option
	State  string
	// Reports are the programme's on the period chosen.
	Reports []choice
}

type stateTally struct {
	pages.Badge
	N, Href string
	Current bool
}

// periods shows all labs' periods, what wants attention first; ?state= and ?period= narrow it.
func (h *Handler) periods(v *visit) {
	if h.config.Periods == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	read, err := h.readPeriods(v, "")
	if err != nil {
		h.failed(v, err)
		return
	}
	p := periodsPage{page: h.newPage(v, "periods.title"), State: v.r.URL.Query().Get("state"), Code: v.r.URL.Query().Get("period")}
	t := p.texts
	all := slices.Clone(read)
	order := periodStates()
	rank := func(state string) int {
		if i := slices.Index(order, state); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(all, func(a, b Period) int {
		return cmp.Or(cmp.Compare(rank(a.State), rank(b.State)), compareDue(a.Due, b.Due), cmp.Compare(pages.SortKey(a.LabName), pages.SortKey(b.LabName)))
	})
	counts, codes := map[string]int{}, map[string]bool{}
	var taken []*Period
	for i := range all {
		codes[all[i].Code] = true
		if p.Code != "" && all[i].Code != p.Code {
			continue
		}
		counts[all[i].State]++
		if p.State == "" && all[i].State == "upcoming" && p.Code == "" || p.State != "" && all[i].State != p.State {
			continue // what is to come is shown when asked for
		}
		taken = append(taken, &all[i])
	}
	from, to := p.paged(len(taken), maxRows, readPage(v.r.URL.Query()), root+"/periods", "state", p.State, "period", p.Code)
	for _, d := range taken[from:to] {
		p.Rows = append(p.Rows, p.periodRow(d, h.config.Reports))
	}
	for _, state := range order {
		if n := counts[state]; n > 0 {
			to := state
			if p.State == state {
				to = ""
			}
			p.States = append(p.States, stateTally{Badge: t.stateBadge(state), N: t.Lang.Number(float64(n)), Current: p.State == state,
				Href: p.Link(root+"/periods", "state", to, "period", p.Code)})
		}
	}
	if h.config.Reports && codes[p.Code] {
		p.Reports = reportLinks("programme", p.Code)
	}
	for code := range codes {
		p.Codes = append(p.Codes, option{Value: code, Label: t.periodName(code), Selected: code == p.Code})
	}
	slices.SortFunc(p.Codes, func(a, b option) int { return cmp.Compare(b.Value, a.Value) })
	p.Codes = append([]option{{Label: t.Must("filter.all")}}, p.Codes...)
	h.show(v, http.StatusOK, "periods", p)
}

// compareDue puts what is due first first, and last what isn't due at all.
func compareDue(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}

// maxRows is how many rows one page of a list holds, so that it still opens on a phone with a thousand labs.
const maxRows = 500

type qualityPage struct {
	page
	Rows []qualityRow
}

type qualityRow struct {
	Href, Name string
	Cells      []qualityCell
}

// qualityCell is a figure of a lab's data quality; Bad wants attention, and says so with a sign.
type qualityCell struct {
	Text string
	Bad  bool
}

func (h *Handler) quality(v *visit) {
	if h.config.Overview == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	found, err := read(h, v, "quality", h.config.Overview.Quality)
	if err != nil {
		h.failed(v, err)
		return
	}
	p := qualityPage{page: h.newPage(v, "quality.title")}
	all := slices.Clone(found)
	slices.SortFunc(all, func(a, b Quality) int { return cmp.Compare(pages.SortKey(a.Name), pages.SortKey(b.Name)) })
	from, to := p.paged(len(all), maxRows, readPage(v.r.URL.Query()), root+"/quality")
	for i := range all[from:to] {
		p.Rows = append(p.Rows, p.qualityRow(&all[from+i]))
	}
	h.show(v, http.StatusOK, "quality", p)
}

func (p page) qualityRow(q *Quality) qualityRow {
	t := p.texts
	number := func(n uint64) string { return t.Lang.Number(float64(n)) }
	row := qualityRow{Href: p.Link(labPath(q.Lab)), Name: cmp.Or(q.Name, q.Lab)}
	row.Cells = []qualityCell{
		{t.value(q.Freshness, "day"), q.Freshness == nil || *q.Freshness >= silentFrom},
		{t.value(q.Completeness, "%"), q.Completeness != nil && *q.Completeness < 100},
		{t.value(q.Timeliness, "%"), q.Timeliness != nil && *q.Timeliness < 75},
		{number(q.Waiting), q.Waiting > 0},
		{t.withShare(q.Corrected, q.Events), false},
		{number(q.Retracted), false},
		{number(q.Resent), false},
	}
	if q.Adjustments >= 0 {
		row.Cells = append(row.Cells, qualityCell{t.Lang.Number(float64(q.Adjustments)), q.Adjustments > 0})
	} else {
		row.Cells = append(row.Cells, qualityCell{Text: "–"})
	}
	return row
}

// withShare writes a number with its share of all.
func (t texts) withShare(n, all uint64) string {
	text := t.Lang.Number(float64(n))
	if n == 0 || all == 0 {
		return text
	}
	return text + " (" + t.Value(float64(n)/float64(all)*100, "%") + ")"
}

type alertsPage struct {
	page
	Rows  []alertRow
	Count string // of all
}

type alertRow struct {
	Lab, Href  string
	Badge      pages.Badge
	Text       string
	Advice     string
	Since, Day string
}

func (h *Handler) readAlerts(v *visit) ([]Alert, error) {
	return read(h, v, "alerts", func(ctx context.Context) ([]Alert, error) { return h.config.Overview.Alerts(ctx) })
}

func (h *Handler) alerts(v *visit) {
	if h.config.Overview == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	read, err := h.readAlerts(v)
	if err != nil {
		h.failed(v, err)
		return
	}
	p := alertsPage{page: h.newPage(v, "alerts.title")}
	all := slices.Clone(read)
	order := []string{"critical", "warning", "notice"}
	slices.SortStableFunc(all, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity)), b.Since.Compare(a.Since))
	})
	p.Count = p.texts.Lang.Number(float64(len(all)))
	from, to := p.paged(len(all), maxRows, readPage(v.r.URL.Query()), root+"/alerts")
	for _, a := range all[from:to] {
		p.Rows = append(p.Rows, alertRow{Lab: cmp.Or(a.LabName, a.Lab), Href: p.Link(labPath(a.Lab)), Badge: p.texts.severity(a.Severity),
			Text: a.Text.In(p.Lang), Advice: a.Advice.In(p.Lang), Since: p.texts.Date(a.Since), Day: a.Since.Format(time.DateOnly)})
	}
	h.show(v, http.StatusOK, "alerts", p)
}

// severity shows how bad an alert is as statuses are shown.
func (t texts) severity(name string) pages.Badge {
	looks := map[string]Status{"critical": pages.StatusMissed, "warning": pages.StatusAtRisk}
	look, ok := looks[name]
	if !ok {
		look = pages.StatusNotStarted
	}
	text, err := t.Get("severity." + name)
	if err != nil {
		text = name
	}
	return pages.Badge{Status: look, Icon: string(look), Text: text}
}

type callPage struct {
	page
	Rows []phraseRow
}

type phraseRow struct {
	Code, Text string
	Figures    []phraseFigure
}

type phraseFigure struct{ Code, Name, Value, Labs string }

func (h *Handler) call(v *visit) {
	if h.config.Overview == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	found, err := read(h, v, "call", h.config.Overview.Call)
	if err != nil {
		h.failed(v, err)
		return
	}
	p := callPage{page: h.newPage(v, "call.title")}
	t := p.texts
	for _, phrase := range found {
		row := phraseRow{Code: phrase.Code, Text: strings.TrimSpace(phrase.Text.In(p.Lang))}
		for _, f := range phrase.Indicators {
			figure := phraseFigure{Code: f.Code, Name: f.Name.In(p.Lang), Value: t.value(f.Value, f.Unit)}
			if f.Labs > 0 {
				figure.Labs = t.Count("labs.count", f.Labs)
			}
			row.Figures = append(row.Figures, figure)
		}
		p.Rows = append(p.Rows, row)
	}
	h.show(v, http.StatusOK, "call", p)
}
