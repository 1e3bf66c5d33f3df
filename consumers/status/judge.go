package status

import (
	"math"

	"vitrine/consumers/clickhouse"
)

// ranked are the verdicts on a lab, the best one first.
var ranked = [...]string{"achieved", "on_track", "at_risk", "late", "missed"}

// Judge says of labs how their commitments stand, as the view lab_status does: whoever has read both needn't have the engine work out each
// commitment once more. Commitments are as of one day, and all that these labs have.
func Judge(labs []clickhouse.LabStatus, commitments []clickhouse.CommitmentStatus) {
	type verdicts struct {
		clickhouse.LabStatus
		sum, judged uint64
		worst       int // from 1, as ranks are
	}
	byLab := map[string]*verdicts{}
	for _, c := range commitments {
		v := byLab[c.Lab]
		if v == nil {
			v = &verdicts{}
			byLab[c.Lab] = v
		}
		v.Commitments++
		if rank := count(&v.LabStatus, c.Status); rank > 0 {
			v.judged, v.sum, v.worst = v.judged+1, v.sum+uint64(rank), max(v.worst, rank)
		}
	}
	for i := range labs {
		l, v := &labs[i], byLab[labs[i].Lab]
		l.WorstStatus, l.MeanStatus = "no_data", "no_data"
		if v == nil {
			continue
		}
		l.Commitments, l.NoData, l.NotStarted = v.Commitments, v.NoData, v.NotStarted
		l.Achieved, l.OnTrack, l.AtRisk, l.Late, l.Missed = v.Achieved, v.OnTrack, v.AtRisk, v.Late, v.Missed
		switch {
		case v.judged > 0:
			mean := float64(v.sum) / float64(v.judged)
			l.WorstStatus, l.MeanStatus = ranked[v.worst-1], ranked[int(math.Floor(mean+0.5))-1]
		case v.NotStarted == v.Commitments:
			l.WorstStatus, l.MeanStatus = "not_started", "not_started"
		}
	}
}

// count counts a commitment by its status, and says its rank from 1, the best; 0 is no verdict.
func count(l *clickhouse.LabStatus, status string) (rank int) {
	switch status {
	case "achieved", "within":
		l.Achieved++
		return 1
	case "on_track":
		l.OnTrack++
		return 2
	case "at_risk":
		l.AtRisk++
		return 3
	case "late":
		l.Late++
		return 4
	case "missed", "exceeded":
		l.Missed++
		return 5
	case "no_data":
		l.NoData++
	case "not_started":
		l.NotStarted++
	}
	return 0
}
