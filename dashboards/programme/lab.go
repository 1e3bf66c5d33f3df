package programme

import (
	"context"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/internal/pages"
)

type labPage struct {
	page
	asOf
	Slug         string
	Place        string
	Badge        pages.Badge
	Mean         string
	Notes        []string
	Facts        []fact
	Agreements   []agreementView
	Commitments  []commitmentView
	Calendar     *calendar // nil: no activity
	Corrections  []correctionView
	Rejections   []rejectionView
	Waiting      string // how many more wait than are shown; empty: none
	Periods      []periodRow
	PeriodsKnown bool
	Reports      bool
}

// fact is a value with its name.
type fact struct{ Name, Value, Day, Href string }

type agreementView struct {
	Name  string
	Facts []fact
}

type commitmentView struct {
	Anchor        string
	Name, Segment string
	Badge         pages.Badge
	Actual        string
	Target        string
	Percent       string
	Chart         template.HTML // empty: there is no line yet
	Needed        string        // what it takes a month; empty: nothing
	Facts         []fact
}

type correctionView struct {
	When, WhenDay string
	What          string
	Event         string // its day
	Retracted     bool
	Restored      bool
	Changes       []changeView
	Reason, From  string
}

type changeView struct{ Field, Old, New string }

type rejectionView struct{ When, WhenDay, Kind, Field, Reason, Command string }

func (h *Handler) lab(v *visit) {
	day, ok := readDay(v.r.URL.Query().Get("as-of"))
	if !ok {
		h.problem(v, http.StatusBadRequest, "day")
		return
	}
	slug := v.r.PathValue("lab")
	sheet, err := read(h, v, "lab "+slug+" "+dayParameter(day), func(ctx context.Context) (*LabSheet, error) {
		return h.config.Labs.Lab(ctx, slug, day)
	})
	if err != nil {
		h.failed(v, err)
		return
	}
	p := h.labPage(v, sheet, day)
	if h.config.Periods != nil {
		periods, err := h.readPeriods(v, slug)
		if err != nil {
			h.failed(v, err)
			return
		}
		p.PeriodsKnown, p.Periods = true, p.periodRows(periods)
	}
	h.show(v, http.StatusOK, "lab", p)
}

func (h *Handler) labPage(v *visit, s *LabSheet, asked time.Time) labPage {
	p := labPage{page: h.newPage(v, "portfolio.title"), Slug: s.Slug, Place: s.place(), Reports: h.config.Reports}
	t := p.texts
	p.named(s.title())
	p.asOf = h.dayOf(&p.page, s.AsOf, labPath(s.Slug), nil)
	p.Home = p.Link(root, "as-of", dayParameter(asked))
	p.Badge, p.Notes = t.Badge(s.Worst), t.notes(&s.Lab)
	if s.Mean != s.Worst && s.Mean != "" {
		p.Mean = t.Must("labs.mean", "status", t.Badge(s.Mean).Text)
	}
	p.Facts = p.labFacts(s)
	for _, a := range s.Agreements {
		p.Agreements = append(p.Agreements, p.agreement(a))
	}
	for i := range s.Commitments {
		var line Line
		if i < len(s.Lines) {
			line = s.Lines[i]
		}
		p.Commitments = append(p.Commitments, t.commitment(&s.Commitments[i], line, s.AsOf))
	}
	slices.SortStableFunc(p.Commitments, func(a, b commitmentView) int { return a.Badge.Status.Rank() - b.Badge.Status.Rank() })
	p.Calendar = t.calendar(s.Activity, s.AsOf)
	for _, c := range s.Corrections {
		p.Corrections = append(p.Corrections, t.correction(c))
	}
	for _, r := range s.Rejections {
		p.Rejections = append(p.Rejections, rejectionView{When: t.Moment(r.At), WhenDay: r.At.Format(time.DateOnly), Kind: r.Kind.In(p.Lang), Field: r.Field,
			Reason: r.Reason.In(p.Lang), Command: "vitrine rejected show " + strconv.FormatUint(r.Sequence, 10)})
	}
	if more := s.Waiting - len(s.Rejections); more > 0 {
		p.Waiting = t.Count("rejected.more", more)
	}
	return p
}

func (p page) labFacts(s *LabSheet) []fact {
	t := p.texts
	facts := []fact{}
	if name := s.ArchetypeName.In(p.Lang); name != "" {
		facts = append(facts, fact{Name: t.Must("lab.archetype"), Value: name})
	}
	if s.Opened != nil {
		facts = append(facts, fact{Name: t.Must("lab.opened"), Value: t.Date(*s.Opened), Day: s.Opened.Format(time.DateOnly)})
	}
	last := fact{Name: t.Must("lab.last"), Value: t.Must("labs.noevent")}
	if s.LastEvent != nil {
		last.Value, last.Day = t.Ago(*s.LastEvent, s.AsOf), s.LastEvent.Format(time.DateOnly)
	}
	facts = append(facts, last, fact{Name: t.Must("lab.events"), Value: t.Lang.Number(float64(s.Events))})
	return append(facts, fact{Name: t.Must("lab.public"), Value: t.Must("lab.see"), Href: p.Link("/labs/" + s.Slug)})
}

func (p page) agreement(a Agreement) agreementView {
	t := p.texts
	out := agreementView{Name: t.Must("agreement.title", "number", a.Number)}
	out.Facts = append(out.Facts, fact{Name: t.Must("agreement.dates"), Value: t.Must("fromto", "from", t.Date(a.Starts), "to", t.Date(a.Ends))})
	for _, money := range []struct {
		key, unit string
		value     *float64
	}{{"agreement.grant", "EUR", a.Grant}, {"agreement.budget", "EUR", a.Budget}, {"agreement.cap", "%", a.AidRateCap}} {
		if money.value != nil {
			out.Facts = append(out.Facts, fact{Name: t.Must(money.key), Value: t.Value(*money.value, money.unit)})
		}
	}
	if a.Amendments > 0 {
		out.Facts = append(out.Facts, fact{Name: t.Must("agreement.amendments"), Value: t.Lang.Number(float64(a.Amendments))})
	}
	return out
}

func (t texts) commitment(c *Commitment, line Line, today time.Time) commitmentView {
	out := commitmentView{Anchor: c.anchor(), Name: c.Name.In(t.Lang), Segment: c.SegmentName.In(t.Lang), Badge: t.Badge(c.Status),
		Actual: t.value(c.Actual, c.Unit), Target: t.Must("commitment.target", "target", t.Value(c.Target, c.Unit))}
	if c.Direction == "cap" {
		out.Target = t.Must("commitment.undercap", "target", t.Value(c.Target, c.Unit))
	} else if c.Percent != nil {
		out.Percent = t.Must("commitment.percent", "percent", t.Percent(*c.Percent))
	}
	out.Chart = t.paceLine(c, line, today)
	add := func(key, value string) { out.Facts = append(out.Facts, fact{Name: t.Must(key), Value: value}) }
	if c.Direction != "cap" && c.Status != pages.StatusNotStarted {
		add("commitment.expected", t.Value(c.Expected, c.Unit))
	}
	if c.Pace != nil {
		add("commitment.pace", t.Must("commitment.pacevalue", "percent", t.Percent(math.Round(1000**c.Pace)/10))) // it has three decimals; 100 × 0.57 is less than 57
	}
	open := c.Status != pages.StatusAchieved && c.Status != pages.StatusMissed && c.Direction != "cap"
	if c.Projected != nil && !today.After(c.Due) {
		value := t.Value(*c.Projected, c.Unit)
		if c.ProjectedLow != nil && c.ProjectedHigh != nil && *c.ProjectedLow < *c.ProjectedHigh {
			value = t.Must("commitment.range", "value", value, "low", t.Value(*c.ProjectedLow, c.Unit), "high", t.Value(*c.ProjectedHigh, c.Unit))
		}
		add("commitment.projected", value)
	}
	if c.NeededPerMonth != nil && *c.NeededPerMonth > 0 && open {
		out.Needed = t.Must("commitment.needed", "value", t.Value(*c.NeededPerMonth, c.Unit))
	}
	if c.Baseline != nil {
		add("commitment.baseline", t.Value(*c.Baseline, c.Unit))
	}
	period := t.Must("fromto", "from", t.Date(c.From), "to", t.Date(c.Due))
	if every, err := t.Get("every." + c.Every); c.Mode == "periodic" && err == nil {
		period += ", " + every
	}
	add("commitment.period", period)
	return out
}

func (t texts) correction(c Correction) correctionView {
	out := correctionView{When: t.Moment(c.At), WhenDay: c.At.Format(time.DateOnly), What: c.Kind.In(t.Lang), Event: t.Date(c.EventDay),
		Retracted: c.Retracted, Restored: c.Restored, Reason: t.Lang.Pick(c.Reason.FR, c.Reason.EN), From: t.system(c.System)}
	for _, change := range c.Changes {
		out.Changes = append(out.Changes, changeView{Field: change.Field.In(t.Lang), Old: orNone(change.Old.In(t.Lang)), New: orNone(change.New.In(t.Lang))})
	}
	return out
}

// maxShown bounds a value in a list of changes, in characters.
const maxShown = 120

func orNone(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "–"
	}
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}
