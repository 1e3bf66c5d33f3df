package opendata

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"
)

// ReadFacts reads what a release up to a quarter is worked out from.
func ReadFacts(ctx context.Context, s Store, catalogue *schemas.Catalogue, until Quarter) (*Facts, error) {
	f := &Facts{Until: until, First: until, Catalogue: catalogue}
	var plain, companies []string
	for _, rule := range policies() {
		if rule.how == united {
			companies = append(companies, rule.code)
		} else {
			plain = append(plain, rule.code)
		}
	}
	var (
		labs      []clickhouse.PublicLab
		figures   []clickhouse.Figure
		refs      []clickhouse.PublicCompanies
		standings []clickhouse.CommitmentStatus
	)
	group, reading := errgroup.WithContext(ctx)
	group.Go(func() (err error) { labs, err = s.PublicLabs(reading); return err })
	group.Go(func() (err error) { figures, err = s.PublicFigures(reading, until.First(), plain...); return err })
	group.Go(func() (err error) { refs, err = s.PublicCompanies(reading, until.Last(), companies...); return err })
	group.Go(func() (err error) { standings, err = s.CommitmentStatuses(reading, until.Last(), ""); return err })
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("open data of %s: %w", until, err)
	}
	for _, l := range labs {
		f.Labs = append(f.Labs, entryOf(l))
	}
	for _, r := range refs {
		f.Companies = append(f.Companies, Companies{Lab: r.Lab, Indicator: r.Indicator, Quarter: QuarterOf(r.Quarter), Refs: r.Refs})
		f.First = min(f.First, QuarterOf(r.Quarter))
	}
	for _, row := range figures {
		r, err := rawOf(row)
		if err != nil {
			return nil, fmt.Errorf("open data of %s: %s of %s in %s: %w", until, row.Indicator, row.Lab, QuarterOf(row.Period), err)
		}
		f.Raw = append(f.Raw, r)
		f.First = min(f.First, r.Quarter)
	}
	for _, row := range standings {
		s, err := standingOf(row)
		if err != nil {
			return nil, fmt.Errorf("open data of %s: commitment of %s on %s: %w", until, row.Lab, row.Indicator, err)
		}
		f.Standings = append(f.Standings, s)
	}
	return f, nil
}

func rawOf(row clickhouse.Figure) (r Raw, err error) {
	r = Raw{Lab: row.Lab, Indicator: row.Indicator, Quarter: QuarterOf(row.Period)}
	if r.Value, err = exact(row.Value); err != nil {
		return r, err
	}
	numerator, err := exact(&row.Numerator)
	if err != nil {
		return r, err
	}
	r.Numerator = *numerator
	denominator, err := exact(row.Denominator)
	if denominator != nil {
		r.Denominator = *denominator
	}
	return r, err
}

// exact is a figure of the store's: both have six decimals.
func exact(d *decimal.Decimal) (*schemas.Decimal, error) {
	if d == nil {
		return nil, nil
	}
	out, err := schemas.ParseDecimal(d.Round(6).String())
	return &out, err
}

func standingOf(row clickhouse.CommitmentStatus) (Standing, error) {
	s := Standing{Lab: row.Lab, Commitment: Commitment{Indicator: row.Indicator, Segment: row.Segment, SegmentLabel: schemas.SegmentLabel(row.Segment),
		From: row.From.Format(time.DateOnly), Due: row.Due.Format(time.DateOnly), Status: row.Status}}
	target, err := inexact(&row.Target)
	if err != nil {
		return s, err
	}
	s.Target = *target
	for to, from := range map[**schemas.Decimal]*float64{&s.Baseline: row.Baseline, &s.Actual: row.Actual, &s.Percent: row.Percent} {
		if *to, err = inexact(from); err != nil {
			return s, err
		}
	}
	return s, nil
}

func inexact(f *float64) (*schemas.Decimal, error) {
	if f == nil {
		return nil, nil
	}
	d, err := schemas.ParseDecimal(strconv.FormatFloat(*f, 'f', 6, 64))
	return &d, err
}

func entryOf(l clickhouse.PublicLab) Entry {
	e := Entry{Lab: l.Lab, Name: l.Name, Commune: l.Commune, INSEE: l.INSEE, Department: l.Department, Region: l.Region, Archetype: l.Archetype,
		Zone: l.Zone, Latitude: l.Latitude, Longitude: l.Longitude, Website: l.Website}
	if l.Archetype != "" {
		e.Label = schemas.Taxonomies()["archetypes"].Label(l.Archetype)
	}
	if l.Opened != nil {
		e.Opened = l.Opened.Format(time.DateOnly)
	}
	return e
}
