package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// LabStatus is one row of lab_status. What is said of commitments is empty: package status judges.
type LabStatus struct {
	Lab            string     `json:"lab"`
	Name           string     `json:"name"`
	Commune        string     `json:"commune"`
	Region         string     `json:"region"`
	Latitude       *float64   `json:"latitude"`
	Longitude      *float64   `json:"longitude"`
	WorstStatus    string     `json:"worst_status"`
	MeanStatus     string     `json:"mean_status"`
	Achieved       uint64     `json:"achieved"` // counts `within` too
	OnTrack        uint64     `json:"on_track"`
	AtRisk         uint64     `json:"at_risk"`
	Late           uint64     `json:"late"`
	Missed         uint64     `json:"missed"` // counts `exceeded` too
	NoData         uint64     `json:"no_data"`
	NotStarted     uint64     `json:"not_started"`
	Commitments    uint64     `json:"commitments"`
	LastEvent      *time.Time `json:"last_event"`
	SilentDays     *int64     `json:"silent_days"`
	Events         uint64     `json:"events"`
	OverduePeriods uint64     `json:"overdue_periods"`
}

// CommitmentStatus is one row of commitment_status; docs/statuses.md says how each number is worked out. A nil
// number is one that can't be told or has no meaning for the commitment.
type CommitmentStatus struct {
	Lab            string    `json:"lab"`
	Agreement      string    `json:"agreement"`
	Number         uint32    `json:"number"` // of the commitment in the agreement, from 1
	Indicator      string    `json:"indicator"`
	Segment        string    `json:"segment"`
	Mode           string    `json:"mode"`        // cumulative or periodic
	Every          string    `json:"every"`       // periodic: month, quarter or year
	Direction      string    `json:"direction"`   // up, down or cap; "" if the catalogue hasn't the indicator
	Aggregation    string    `json:"aggregation"` // "" if the catalogue hasn't the indicator
	Target         float64   `json:"target"`
	Baseline       *float64  `json:"baseline"`
	Actual         *float64  `json:"actual"`
	Percent        *float64  `json:"percent"`
	Expected       float64   `json:"expected"`
	Pace           *float64  `json:"pace"`
	Projected      *float64  `json:"projected"`
	ProjectedLow   *float64  `json:"projected_low"`
	ProjectedHigh  *float64  `json:"projected_high"`
	NeededPerMonth *float64  `json:"needed_per_month"`
	Status         string    `json:"status"`
	AsOf           time.Time `json:"as_of"`
	From           time.Time `json:"from_date"`
	Due            time.Time `json:"due_date"`
	Unit           string    `json:"unit"`
	NameFR         string    `json:"name_fr"` // the indicator's code where the catalogue hasn't it
	NameEN         string    `json:"name_en"`
}

// Total is an indicator over all labs since the start.
type Total struct {
	Code   string  `json:"code"`
	NameFR string  `json:"name_fr"`
	NameEN string  `json:"name_en"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
}

// LabSigns are labs as of a day, without what is said of their commitments; lab "" is all, and of one there may be none.
func (s *Store) LabSigns(ctx context.Context, asOf time.Time, lab string) ([]LabStatus, error) {
	return selectAll[LabStatus](ctx, s, "lab_signs", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "lab": lab})
}

// CommitmentStatuses are a lab's commitments as of a day; lab "" is all labs.
func (s *Store) CommitmentStatuses(ctx context.Context, asOf time.Time, lab string) ([]CommitmentStatus, error) {
	return s.CommitmentSeries(ctx, lab, []time.Time{asOf})
}

// CommitmentSeries are a lab's commitments as of each of some days, by day; lab "" is all labs. One query answers all days:
// some dozen month-ends of one lab take as long as one day does. All labs are read in portions, so that it doesn't take more memory the more labs there are.
func (s *Store) CommitmentSeries(ctx context.Context, lab string, days []time.Time) ([]CommitmentStatus, error) {
	if len(days) == 0 {
		return nil, nil
	}
	var dates []string
	for _, day := range days {
		dates = append(dates, day.Format(time.DateOnly))
	}
	slices.Sort(dates)
	dates = slices.Compact(dates)
	portions := []LabRange{{}}
	if lab == "" {
		var err error
		if portions, err = s.portions(ctx, s.config.Portion/uint64(len(dates))); err != nil {
			return nil, err
		}
	}
	var all []CommitmentStatus
	for _, labs := range portions {
		parameters := labs.parameters()
		parameters["days"], parameters["lab"] = arrayOf(dates), lab
		some, err := selectAll[CommitmentStatus](ctx, s, "commitment_status", parameters)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, s.nameAndSort(ctx, all)
}

// nameAndSort gives commitments their indicators' names, and puts them in order: by day and lab as the catalogue has the indicators, those last that
// it doesn't have (any more).
func (s *Store) nameAndSort(ctx context.Context, all []CommitmentStatus) error {
	type indicator struct {
		Code           string
		Position       uint16
		NameFR, NameEN string
	}
	indicators, err := selectAll[indicator](ctx, s, "commitment_names", nil)
	if err != nil {
		return err
	}
	known := map[string]indicator{}
	for _, i := range indicators {
		known[i.Code] = i
	}
	position := func(code string) int {
		if i, ok := known[code]; ok {
			return int(i.Position)
		}
		return math.MaxInt
	}
	for i := range all {
		c := &all[i]
		c.NameFR, c.NameEN = c.Indicator, c.Indicator
		if named, ok := known[c.Indicator]; ok {
			c.NameFR, c.NameEN = named.NameFR, named.NameEN
		}
	}
	slices.SortFunc(all, func(a, b CommitmentStatus) int {
		return cmp.Or(a.AsOf.Compare(b.AsOf), cmp.Compare(a.Lab, b.Lab), cmp.Compare(position(a.Indicator), position(b.Indicator)),
			cmp.Compare(a.Segment, b.Segment), a.Due.Compare(b.Due), cmp.Compare(a.Agreement, b.Agreement), cmp.Compare(a.Number, b.Number))
	})
	return nil
}

// Totals are sums and distinct counts over all labs from the start to a day, in the catalogue's order.
func (s *Store) Totals(ctx context.Context, asOf time.Time, codes ...string) ([]Total, error) {
	return selectAll[Total](ctx, s, "programme_totals", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "codes": arrayOf(codes)})
}

func selectAll[T any](ctx context.Context, s *Store, query string, parameters clickhouse.Parameters) ([]T, error) {
	var out []T
	var err error
	defer s.metrics.observe(strings.ReplaceAll(query, "_", " "), time.Now(), &err)
	if err = s.conn.Select(clickhouse.Context(ctx, clickhouse.WithParameters(parameters)), &out, s.query(query)); err != nil {
		return nil, fmt.Errorf("read %s: %w", strings.ReplaceAll(query, "_", " "), err)
	}
	return out, nil
}
