package periods_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/schemas"
)

// looked is the store, and counts how often all that a lab has told since is read.
type looked struct {
	*clickhouse.Store
	times int
}

func (l *looked) VersionsSince(ctx context.Context, lab string, kinds []string, seq uint64, to time.Time) ([]clickhouse.PastVersion, error) {
	l.times++
	return l.Store.VersionsSince(ctx, lab, kinds, seq, to)
}

// A lab that told most of its quarter late has dozens of adjustments, each read on its own: a page that takes them all
// apart isn't there in time.
func TestTakingApartIsBounded(t *testing.T) {
	c := newClosing(t)
	const more = 3
	c.approve("approved", 0, "")
	for i := range periods.MostEventsBehind + more {
		c.send(fmt.Sprintf("d%d", i), 0, "2026-03-12", discovery(1))
	}
	day := time.Date(2026, 3, 12, 10, 0, 0, 0, time.UTC)
	c.send("t", 0, "2026-03-12", schemas.TrainingHeld{End: day.Add(3 * time.Hour), Topic: "robotics", Audience: "youth", Attendees: 5})
	c.send("u", 0, "2026-03-12", schemas.MachineUsage{End: day.Add(time.Hour), Machine: "laser", Category: "laser_cutter", Origin: "measured"})
	c.send("s", 0, "2026-03-12", schemas.CompanyServiceDelivered{ServiceType: "design", Companies: []schemas.Company{{SIREN: "732829320"}}})
	c.send("o", 0, "2026-03-12", schemas.PremisesChanged{Area: schemas.Int(100)})
	c.freeze(1)
	all, err := c.store.Adjustments(t.Context(), closedLab, quarter)
	if err != nil {
		t.Fatal(err)
	}
	store := &looked{Store: c.store}
	apart, err := periods.Archive{Store: store, Catalogue: schemas.DefaultCatalogue(), Zone: zone(t)}.TakeApart(t.Context(), all)
	if err != nil || len(apart) != len(all) {
		t.Fatalf("%d of %d adjustments, %v", len(apart), len(all), err)
	}
	whole := 0
	for i, a := range apart {
		if a.Indicator != all[i].Indicator || a.Segment != all[i].Segment {
			t.Errorf("%s %s stands in the place of %s %s", a.Indicator, a.Segment, all[i].Indicator, all[i].Segment)
		}
		if a.Segment == "" {
			whole++
		}
		if want := a.Segment == "" && whole <= periods.MostTakenApart; a.Taken != want || (len(a.Behind) > 0) != want {
			t.Errorf("%s %q: taken apart: %t, into %d events; want %t", a.Indicator, a.Segment, a.Taken, len(a.Behind), want)
		}
		if a.Indicator == "D02" && a.Segment == "" && (len(a.Behind) != periods.MostEventsBehind || a.More != more) {
			t.Errorf("D02: %d events and %d more", len(a.Behind), a.More)
		}
	}
	if whole <= periods.MostTakenApart || whole == len(all) || store.times != periods.MostTakenApart {
		t.Errorf("%d adjustments, %d of them of whole figures; looked %d times", len(all), whole, store.times)
	}
}
