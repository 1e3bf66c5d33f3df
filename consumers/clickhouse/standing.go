package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// StandingLab is a lab with what says whether its silence means anything.
type StandingLab struct {
	Lab, Name string
	Opened    *time.Time // as registered
	Start     *time.Time // of the first agreement; nil while none is in force
	Opening   bool       // an agreement plans an opening that wasn't reported yet
	LastDay   *time.Time // of its last event
}

// StandingMilestone is a milestone that is past its due day.
type StandingMilestone struct {
	Lab, Agreement, Milestone string
	Due                       time.Time
	Reached                   *time.Time
	End                       time.Time // of the agreement
}

// StandingDeadline is a period that waits for its lab.
type StandingDeadline struct {
	Lab, Agreement, Period string
	Due                    time.Time
	End                    time.Time // of the agreement
	SentBack               bool      // it was submitted, and the programme asks for more
}

// StandingRejections are a lab's rejected events that wait.
type StandingRejections struct {
	Lab    string
	Open   uint64
	Oldest time.Time
}

// Paces are the lowest paces that still count as on_track and at_risk.
type Paces struct{ OnTrack, AtRisk float64 }

// StandingLabs are all labs as of a day.
func (s *Store) StandingLabs(ctx context.Context, asOf time.Time) ([]StandingLab, error) {
	return selectAll[StandingLab](ctx, s, "standing_labs", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly)})
}

// StandingMilestones are the milestones that were due before a day.
func (s *Store) StandingMilestones(ctx context.Context, asOf time.Time) ([]StandingMilestone, error) {
	return selectAll[StandingMilestone](ctx, s, "standing_milestones", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly)})
}

// StandingDeadlines are the periods that weren't submitted by a day though they are due by another.
func (s *Store) StandingDeadlines(ctx context.Context, asOf, until time.Time) ([]StandingDeadline, error) {
	return selectAll[StandingDeadline](ctx, s, "standing_deadlines",
		clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "until": until.Format(time.DateOnly)})
}

// StandingRejections are the rejected events that wait, by lab.
func (s *Store) StandingRejections(ctx context.Context) ([]StandingRejections, error) {
	return selectAll[StandingRejections](ctx, s, "standing_rejections", clickhouse.Parameters{})
}

// Paces reads the thresholds of the statuses.
func (s *Store) Paces(ctx context.Context) (p Paces, err error) {
	type rule struct {
		Rule   string `ch:"rule"`
		Number string `ch:"number"`
	}
	rules, err := selectAll[rule](ctx, s, "status_rules", clickhouse.Parameters{})
	if err != nil {
		return p, err
	}
	for _, r := range rules {
		value, err := strconv.ParseFloat(r.Number, 64)
		if err != nil {
			return p, fmt.Errorf("status rule %s: %w", r.Rule, err)
		}
		switch r.Rule {
		case "on_track":
			p.OnTrack = value
		case "at_risk":
			p.AtRisk = value
		}
	}
	return p, nil
}
