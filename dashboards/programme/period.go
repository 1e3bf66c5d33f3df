package programme

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/internal/pages"
)

// periodRow is a period in a list.
type periodRow struct {
	Href, Lab, LabHref string
	Name, Code         string
	State              pages.Badge
	Due, DueDay        string // DueDay is empty where there is none
	Story              string // what happened last
	Reports            []choice
}

// The states of a period, in the order in which they want attention.
func periodStates() []string {
	return []string{"overdue", "submitted", "reopened", "sent_back", "open", "approved", "upcoming"}
}

// stateBadge shows a period's state as statuses are shown: with an icon, a word and a colour.
func (t texts) stateBadge(state string) pages.Badge {
	looks := map[string]Status{"overdue": pages.StatusLate, "submitted": pages.StatusOnTrack, "reopened": pages.StatusAtRisk, "sent_back": pages.StatusAtRisk,
		"open": pages.StatusNotStarted, "approved": pages.StatusAchieved, "upcoming": pages.StatusNotStarted}
	look, ok := looks[state]
	if !ok {
		look = pages.StatusNoData
	}
	text, err := t.Get("state." + state)
	if err != nil {
		text = state // newer than this program
	}
	return pages.Badge{Status: look, Icon: string(look), Text: text}
}

// periodName writes 2026-Q1 and 2026-03 as people say them.
func (t texts) periodName(code string) string {
	if year, quarter, ok := strings.Cut(code, "-Q"); ok {
		if t.Lang == pages.French {
			quarter += map[bool]string{true: "er", false: "e"}[quarter == "1"]
		}
		return t.Must("quarter", "q", quarter, "year", year)
	}
	if month, err := time.Parse("2006-01", code); err == nil {
		return strings.Fields(t.Must("months"))[month.Month()-1] + pages.NBSP + month.Format("2006")
	}
	return code
}

func (h *Handler) readPeriods(v *visit, lab string) ([]Period, error) {
	return read(h, v, "periods "+lab, func(ctx context.Context) ([]Period, error) {
		return h.config.Periods.Periods(ctx, lab)
	})
}

// periodRows are a lab's periods, the latest first.
func (p labPage) periodRows(all []Period) []periodRow {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Period) int { return cmp.Or(b.Starts.Compare(a.Starts), cmp.Compare(a.Code, b.Code)) })
	var rows []periodRow
	for i := range all {
		rows = append(rows, p.periodRow(&all[i], p.Reports))
	}
	return rows
}

func (p page) periodRow(d *Period, reports bool) periodRow {
	t := p.texts
	row := periodRow{Href: p.Link(periodPath(d.Lab, d.Code)), Lab: cmp.Or(d.LabName, d.Lab), LabHref: p.Link(labPath(d.Lab)), Name: t.periodName(d.Code), Code: d.Code,
		State: t.stateBadge(d.State)}
	row.Due, row.DueDay = t.due(d.Due)
	if entries := t.story(d); len(entries) > 0 {
		last := entries[len(entries)-1]
		row.Story = last.Text
	}
	if reports && d.State != "upcoming" {
		row.Reports = reportLinks(d.Lab, d.Code)
	}
	return row
}

// due writes a due date, with the day for machines; a period that is no longer asked for has none.
func (t texts) due(d *time.Time) (text, day string) {
	if d == nil {
		return "–", ""
	}
	return t.Date(*d), d.Format(time.DateOnly)
}

// reportLinks are a period's report in each format and language.
func reportLinks(lab, period string) []choice {
	var all []choice
	for _, l := range pages.Langs() {
		for _, format := range []string{"html", "pdf", "xlsx"} {
			all = append(all, choice{Label: strings.ToUpper(format + " " + string(l)), Lang: l,
				Href: fmt.Sprintf("%s/reports/%s/%s.%s?lang=%s", root, lab, period, format, l)})
		}
	}
	return all
}

// storyEntry is something that happened to a period.
type storyEntry struct{ Text, Why string }

// story is what happened to a period, the first thing first.
func (t texts) story(d *Period) []storyEntry {
	type dated struct {
		at time.Time
		storyEntry
	}
	var all []dated
	if at := d.SubmittedAt; at != nil {
		key := "story.submitted"
		if d.OnTime != nil {
			key = map[bool]string{true: "story.intime", false: "story.late"}[*d.OnTime]
		}
		all = append(all, dated{*at, storyEntry{Text: t.Must(key, "moment", t.Moment(*at))}})
	}
	if at := d.ApprovedAt; at != nil {
		all = append(all, dated{*at, storyEntry{Text: t.Must("story.approved", "moment", t.Moment(*at)), Why: d.Comment}})
	}
	if at := d.ReopenedAt; at != nil {
		key := "story.reopened"
		if d.State == "sent_back" {
			key = "story.sentback"
		}
		all = append(all, dated{*at, storyEntry{Text: t.Must(key, "moment", t.Moment(*at)), Why: d.Reason}})
	}
	slices.SortStableFunc(all, func(a, b dated) int { return a.at.Compare(b.at) })
	out := make([]storyEntry, len(all))
	for i, e := range all {
		out[i] = e.storyEntry
	}
	return out
}

type periodPage struct {
	page
	Crumb       choice // to the lab
	Name        string
	State       pages.Badge
	Facts       []fact
	Story       []storyEntry
	Frozen      bool
	Figures     []figureRow // the whole of each indicator
	Segments    []figureRow
	Adjustments []adjustmentView
	AllEvents   string // the command that lists those that the page leaves out; empty: it lists all
	Reports     []choice
	Error, Done string
	Digest      string
	// What can be done, each with the address that its form posts to; empty: not now.
	Approve, SendBack, Reopen string
	Typed                     string // what was typed when it went wrong
	Wrong                     string // the form that it was typed in
}

// figureTable is a table of figures with its headings.
type figureTable struct {
	page
	Rows []figureRow
}

// Whole and Parts are the two tables.
func (p periodPage) Whole() figureTable { return figureTable{p.page, p.Figures} }
func (p periodPage) Parts() figureTable { return figureTable{p.page, p.Segments} }

type figureRow struct{ Code, Name, Segment, Value string }

type adjustmentView struct {
	figureRow
	Now, Difference string
	Events          []adjustingRow
	Count           string // of all events
	More            string // empty: all are listed
}

type adjustingRow struct{ Kind, Day, When, Then, Now, Reason, From, ID string }

func (h *Handler) period(v *visit) { h.showPeriod(v, http.StatusOK, "", "") }

// showPeriod shows the period of the address; problem is what went wrong with the action act.
func (h *Handler) showPeriod(v *visit, status int, act, problem string) {
	if h.config.Periods == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	lab, code := v.r.PathValue("lab"), v.r.PathValue("period")
	f, err := read(h, v, "period "+lab+" "+code, func(ctx context.Context) (*PeriodFigures, error) {
		return h.config.Periods.Figures(ctx, lab, code)
	})
	if err != nil {
		h.failed(v, err)
		return
	}
	p := h.periodPage(v, f)
	if problem != "" {
		p.Error, p.Wrong, p.Typed = v.texts.Must(problem), act, v.r.PostForm.Get("reason")+v.r.PostForm.Get("comment")
	} else if done := v.r.URL.Query().Get("done"); done != "" {
		p.Done, _ = v.texts.Get("done." + done) // another word than ours says nothing
	}
	h.show(v, status, "period", p)
}

func (h *Handler) periodPage(v *visit, f *PeriodFigures) periodPage {
	p := periodPage{page: h.newPage(v, "periods.title"), Digest: f.Digest, State: v.texts.stateBadge(f.State), Frozen: f.State == "approved"}
	t := p.texts
	lab := cmp.Or(f.LabName, f.Lab)
	p.Name = t.periodName(f.Code)
	p.named(p.Name + " – " + lab)
	p.Crumb = choice{Label: lab, Href: p.Link(labPath(f.Lab))}
	due, dueDay := t.due(f.Due)
	p.Facts = []fact{
		{Name: t.Must("period.days"), Value: t.Must("fromto", "from", t.Date(f.Starts), "to", t.Date(f.Ends))},
		{Name: t.Must("period.due"), Value: due, Day: dueDay},
	}
	if f.Reopenings > 0 {
		p.Facts = append(p.Facts, fact{Name: t.Must("period.reopenings"), Value: t.Lang.Number(float64(f.Reopenings))})
	}
	p.Story = t.story(&f.Period)
	for _, g := range f.Figures {
		row := figureRow{Code: g.Indicator, Name: g.Name.In(p.Lang), Segment: g.SegmentName.In(p.Lang), Value: t.value(g.Value, g.Unit)}
		if row.Segment == "" {
			p.Figures = append(p.Figures, row)
		} else {
			p.Segments = append(p.Segments, row)
		}
	}
	for _, a := range f.Adjustments {
		p.Adjustments = append(p.Adjustments, t.adjustment(a))
		if !a.Apart || a.MoreEvents > 0 {
			p.AllEvents = "vitrine period adjustments " + f.Lab + " " + f.Code + " --segments"
		}
	}
	if h.config.Reports && f.State != "upcoming" {
		p.Reports = reportLinks(f.Lab, f.Code)
	}
	if h.config.Actions != nil {
		at := periodPath(f.Lab, f.Code)
		switch f.State {
		case "submitted":
			p.Approve, p.SendBack = p.Link(at+"/approve"), p.Link(at+"/send-back")
		case "approved":
			p.Reopen = p.Link(at + "/reopen")
		}
	}
	return p
}

func (t texts) adjustment(a Adjustment) adjustmentView {
	was, is, difference := exactly(a.Approved), exactly(a.Now), exactly(a.Difference)
	places := pages.Compared(0, was, is, difference)
	if a.Unit == "EUR" && places == 1 {
		places = 2 // cents
	}
	write := func(v *decimal.Decimal, unit string) string {
		if v == nil {
			return "–"
		}
		return t.ValueTo(v.Round(places).InexactFloat64(), unit, int(places))
	}
	out := adjustmentView{figureRow: figureRow{Code: a.Indicator, Name: a.Name.In(t.Lang), Segment: a.SegmentName.In(t.Lang), Value: write(was, a.Unit)},
		Now: write(is, a.Unit), Difference: write(difference, pages.UnitOfDifference(a.Unit)), Count: t.Lang.Number(float64(len(a.Events) + a.MoreEvents))}
	if a.MoreEvents > 0 {
		out.More = t.Count("adjust.more", a.MoreEvents)
	}
	if a.Difference != nil && *a.Difference > 0 {
		out.Difference = "+" + out.Difference
	}
	for _, e := range a.Events {
		out.Events = append(out.Events, adjustingRow{Kind: e.Kind.In(t.Lang), Day: t.Date(e.Day), When: t.Moment(e.At), Then: t.value(e.Then, ""), Now: t.value(e.Now, ""),
			Reason: t.Lang.Pick(e.Reason.FR, e.Reason.EN), From: t.system(e.System), ID: e.ID})
	}
	return out
}

// exactly is a figure as the contract has it, with six decimals.
func exactly(v *float64) *decimal.Decimal {
	if v == nil {
		return nil
	}
	return new(decimal.NewFromFloat(*v).Round(6))
}
