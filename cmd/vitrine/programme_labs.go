package main

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/status"
	"vitrine/dashboards/programme"
	"vitrine/schemas"
)

// shownLately is how many corrections and rejections of a lab its page shows.
const shownLately = 25

// programmeLabs gives the programme's pages the labs.
type programmeLabs struct {
	env *environment
	*services
}

func (p programmeLabs) day(asOf time.Time) time.Time {
	if asOf.IsZero() {
		return p.env.today()
	}
	return asOf
}

// Portfolio implements [programme.Labs].
func (p programmeLabs) Portfolio(ctx context.Context, asOf time.Time) (*programme.Portfolio, error) {
	return wholeFor(ctx, p.store, programme.ErrRemaking, func() (*programme.Portfolio, error) {
		labs, _, err := p.read(ctx, p.day(asOf), "")
		return &programme.Portfolio{AsOf: p.day(asOf), Labs: labs}, err
	})
}

// read gives the labs, or the one of a slug, with their commitments as of a day.
func (p programmeLabs) read(ctx context.Context, day time.Time, only string) ([]programme.Lab, map[string]clickhouse.LabSheet, error) {
	var (
		labs        []clickhouse.LabStatus
		commitments []clickhouse.CommitmentStatus
		sheets      []clickhouse.LabSheet
	)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { labs, err = p.store.LabSigns(ctx, day, only); return err })
	group.Go(func() (err error) { commitments, err = p.store.CommitmentStatuses(ctx, day, only); return err })
	group.Go(func() (err error) { sheets, err = p.store.LabSheets(ctx, only); return err })
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	status.Judge(labs, commitments)
	byLab, known := map[string][]programme.Commitment{}, map[string]clickhouse.LabSheet{}
	for _, c := range commitments {
		byLab[c.Lab] = append(byLab[c.Lab], shownCommitment(c))
	}
	for _, sheet := range sheets {
		known[sheet.Lab] = sheet
	}
	archetypes := schemas.Taxonomies()["archetypes"]
	var out []programme.Lab
	for _, l := range labs {
		sheet := known[l.Lab]
		lab := programme.Lab{Slug: l.Lab, Name: l.Name, Commune: l.Commune, Region: l.Region, Archetype: sheet.Archetype,
			Worst: programme.Status(l.WorstStatus), Mean: programme.Status(l.MeanStatus), Events: l.Events, OverduePeriods: int(l.OverduePeriods), Commitments: byLab[l.Lab]}
		if sheet.Archetype != "" {
			lab.ArchetypeName = shownText(archetypes.Label(sheet.Archetype))
		}
		if l.LastEvent != nil {
			last := l.LastEvent.In(p.env.Config.Zone)
			lab.LastEvent = &last
		}
		if l.SilentDays != nil {
			days := int(*l.SilentDays)
			lab.SilentDays = &days
		}
		out = append(out, lab)
	}
	return out, known, nil
}

func shownText(t schemas.Text) programme.Text { return programme.Text{FR: t.FR, EN: t.EN} }

func shownCommitment(c clickhouse.CommitmentStatus) programme.Commitment {
	return programme.Commitment{
		Agreement: c.Agreement, Number: int(c.Number), Indicator: c.Indicator, Name: programme.Text{FR: c.NameFR, EN: c.NameEN}, Unit: c.Unit,
		Segment: c.Segment, SegmentName: shownText(schemas.SegmentLabel(c.Segment)), Mode: c.Mode, Every: c.Every, Direction: c.Direction,
		Target: c.Target, Baseline: c.Baseline, Actual: c.Actual, Percent: c.Percent, Pace: c.Pace, Expected: c.Expected,
		Projected: c.Projected, ProjectedLow: c.ProjectedLow, ProjectedHigh: c.ProjectedHigh, NeededPerMonth: c.NeededPerMonth,
		Status: programme.Status(c.Status), From: c.From, Due: c.Due,
	}
}

// Lab implements [programme.Labs].
func (p programmeLabs) Lab(ctx context.Context, lab string, asOf time.Time) (*programme.LabSheet, error) {
	return wholeFor(ctx, p.store, programme.ErrRemaking, func() (*programme.LabSheet, error) { return p.sheet(ctx, lab, asOf) })
}

func (p programmeLabs) sheet(ctx context.Context, lab string, asOf time.Time) (*programme.LabSheet, error) {
	day := p.day(asOf)
	labs, sheets, err := p.read(ctx, day, lab)
	if err != nil {
		return nil, err
	}
	if lab == "" || len(labs) == 0 {
		return nil, programme.ErrUnknown
	}
	out := &programme.LabSheet{Lab: labs[0], AsOf: day, Opened: sheets[lab].Opened, Department: sheets[lab].Department}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.agreements(ctx, out) })
	group.Go(func() error { return p.lines(ctx, out) })
	group.Go(func() error { return p.activity(ctx, out) })
	group.Go(func() error { return p.corrections(ctx, out) })
	group.Go(func() error { return p.rejections(ctx, out) })
	return out, group.Wait()
}

func (p programmeLabs) agreements(ctx context.Context, out *programme.LabSheet) error {
	sheets, err := p.store.AgreementSheets(ctx, out.Slug)
	for _, a := range sheets {
		agreement := programme.Agreement{Number: a.Agreement, Programme: a.Programme, Starts: a.Starts, Ends: a.Ends, Amendments: int(a.Revision)}
		agreement.Grant, agreement.Budget, agreement.AidRateCap = floatOf(a.Grant), floatOf(a.PlannedBudget), floatOf(a.AidRateCap)
		out.Agreements = append(out.Agreements, agreement)
	}
	return err
}

// floatOf is a decimal as the pages show it.
func floatOf(d *decimal.Decimal) *float64 {
	if d == nil {
		return nil
	}
	v := d.InexactFloat64()
	return &v
}

// linesWithin is how long the curves may take.
const linesWithin = 15 * time.Second

// maxMonths bounds a commitment's line: six years.
const maxMonths = 72

// lines reads how the commitments stood at the end of each month from the first one's first to the last one's last: what is to
// come has an expectation alone.
func (p programmeLabs) lines(ctx context.Context, out *programme.LabSheet) error {
	if len(out.Commitments) == 0 {
		return nil
	}
	from, due := out.Commitments[0].From, out.Commitments[0].Due
	for _, c := range out.Commitments {
		if c.From.Before(from) {
			from = c.From
		}
		if c.Due.After(due) {
			due = c.Due
		}
	}
	var days []time.Time
	for month := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC); !month.After(due) && len(days) < maxMonths; month = month.AddDate(0, 1, 0) {
		end := month.AddDate(0, 1, -1)
		if !out.AsOf.Before(month) && out.AsOf.Before(end) {
			end = out.AsOf // this month, as far as it has come
		}
		days = append(days, end)
	}
	// The page is worth showing without its curves.
	within, cancel := context.WithTimeout(ctx, linesWithin)
	defer cancel()
	series, err := p.store.CommitmentSeries(within, out.Slug, days)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		p.logger.WarnContext(ctx, "a lab's curves took too long and are left out", "lab", out.Slug, "days", len(days))
		return nil
	}
	if err != nil {
		return err
	}
	type promise struct {
		agreement string
		number    int
	}
	at := map[promise]int{}
	out.Lines = make([]programme.Line, len(out.Commitments))
	for i, c := range out.Commitments {
		at[promise{c.Agreement, c.Number}] = i
	}
	for _, c := range series {
		i, ok := at[promise{c.Agreement, int(c.Number)}]
		if !ok || c.AsOf.Before(out.Commitments[i].From) || c.AsOf.After(lastOfMonth(out.Commitments[i].Due)) {
			continue
		}
		point := programme.LinePoint{Day: c.AsOf, Expected: &c.Expected}
		if !c.AsOf.After(out.AsOf) {
			point.Actual = c.Actual
		}
		out.Lines[i] = append(out.Lines[i], point)
	}
	return nil
}

func lastOfMonth(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC)
}

func (p programmeLabs) activity(ctx context.Context, out *programme.LabSheet) error {
	days, err := p.store.Activity(ctx, out.Slug, out.AsOf.AddDate(-1, 0, -7), out.AsOf)
	for _, d := range days {
		out.Activity = append(out.Activity, programme.DayCount{Day: d.Day, Events: int(d.Events)})
	}
	return err
}

func (p programmeLabs) rejections(ctx context.Context, out *programme.LabSheet) error {
	waiting, err := p.store.FindRejections(ctx, clickhouse.RejectionFilter{Lab: out.Slug, State: clickhouse.StateOpen})
	if err != nil {
		return err
	}
	out.Waiting = len(waiting)
	for i := len(waiting) - 1; i >= 0 && len(out.Rejections) < shownLately; i-- {
		r := waiting[i]
		out.Rejections = append(out.Rejections, programme.Rejection{At: r.ReceivedAt.In(p.env.Config.Zone), Sequence: r.StreamSeq, Kind: kindName(r.Kind),
			Field: r.Field, Reason: programme.Text{FR: r.ReasonFR, EN: r.ReasonEN}})
	}
	return nil
}

// kindName is what a kind is called; one that isn't known is its own name.
func kindName(kind string) programme.Text {
	if k, ok := schemas.KindByName(kind); ok {
		return shownText(k.Title)
	}
	return programme.Text{FR: kind, EN: kind}
}
