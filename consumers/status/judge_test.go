package status

import (
	"fmt"
	"testing"

	"vitrine/consumers/clickhouse"
)

func TestLabsAreJudgedByTheirCommitments(t *testing.T) {
	for _, c := range []struct {
		statuses                  []string
		worst, mean               string
		achieved, missed, neither uint64
	}{
		{nil, "no_data", "no_data", 0, 0, 0},
		{[]string{"not_started", "not_started"}, "not_started", "not_started", 0, 0, 0},
		{[]string{"not_started", "no_data"}, "no_data", "no_data", 0, 0, 1},
		{[]string{"within", "achieved", "no_data"}, "achieved", "achieved", 2, 0, 1},
		{[]string{"achieved", "on_track"}, "on_track", "on_track", 1, 0, 0}, // 1.5 is rounded up
		{[]string{"exceeded", "achieved", "on_track"}, "missed", "at_risk", 1, 1, 0},
		{[]string{"late", "at_risk", "at_risk"}, "late", "at_risk", 0, 0, 0},
	} {
		labs := []clickhouse.LabStatus{{Lab: "a"}, {Lab: "b"}}
		commitments := []clickhouse.CommitmentStatus{{Lab: "b", Status: "missed"}}
		for _, s := range c.statuses {
			commitments = append(commitments, clickhouse.CommitmentStatus{Lab: "a", Status: s})
		}
		Judge(labs, commitments)
		got := labs[0]
		if got.WorstStatus != c.worst || got.MeanStatus != c.mean || got.Commitments != uint64(len(c.statuses)) ||
			got.Achieved != c.achieved || got.Missed != c.missed || got.NoData != c.neither || labs[1].WorstStatus != "missed" {
			t.Errorf("%s: %+v", fmt.Sprint(c.statuses), got)
		}
	}
}
