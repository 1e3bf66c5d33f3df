package periods_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// A period closed, and what comes later: the approved figures stay, and each adjustment has its events.
func TestAnApprovedPeriodStaysAsItWas(t *testing.T) {
	c := newClosing(t)
	known := schemas.Company{SIREN: "732829320"}
	served := schemas.CompanyServiceDelivered{ServiceType: "design", Companies: []schemas.Company{known}}
	c.send("d1", 0, "2026-03-12", discovery(12))
	c.send("d2", 0, "2026-03-20", discovery(5))
	c.send("d3", 0, "2026-03-25", discovery(7))
	c.send("d5", 1, "2026-03-26", discovery(1), because("corrected before"))
	c.send("d5", 0, "2026-03-26", discovery(100)) // late and overtaken already
	c.send("d6", 0, "2026-03-29", discovery(2))
	c.send("c1", 0, "2026-03-15", served)
	c.send("o1", 0, "2026-01-10", schemas.PremisesChanged{Area: schemas.Int(100)})
	c.send("submitted", 0, "2026-04-10", schemas.PeriodSubmitted{Period: quarter})
	c.approve("approved", 0, "")
	// What comes later: corrected, retracted, moved to another quarter, arrived late, and sent again unchanged.
	c.send("d1", 1, "2026-03-12", discovery(20), because("miscounted"))
	c.send("d2", 1, "2026-03-20", discovery(5), retracted("twice in the list"))
	c.send("d3", 1, "2026-04-02", discovery(7))
	c.send("d4", 0, "2026-03-28", discovery(9))
	c.send("d5", 0, "2026-03-26", discovery(100)) // overtaken still
	c.send("d6", 0, "2026-03-29", discovery(2))
	c.send("d7", 0, "2026-04-28", discovery(50)) // of the next quarter
	c.send("c0", 0, "2025-11-10", served)        // the company was no new one
	c.send("u1", 0, "2026-03-30", schemas.MachineUsage{Machine: "laser-1", Category: "laser_cutter", Origin: "measured", End: time.Date(2026, 3, 30, 13, 30, 0, 0, zone(t))})
	c.send("o2", 0, "2026-03-03", schemas.PremisesChanged{Area: schemas.Int(150)})
	c.send("agreement", 1, "2026-01-01", schemas.AgreementSigned{Agreement: "A1", Start: "2026-01-01", End: "2026-12-31",
		Commitments: []schemas.Commitment{{Indicator: "D02", Target: schemas.Int(9), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"}}})
	c.consume()
	approvals, err := c.store.Approvals(t.Context(), closedLab)
	if err != nil || len(approvals) != 1 || approvals[0].FrozenAt != nil || approvals[0].Period != quarter {
		t.Fatalf("the approval before it is frozen: %+v, %v", approvals, err)
	}
	if got := c.figures(); len(got) > 0 {
		t.Errorf("before it is frozen, there are %v", got)
	}
	c.freeze(1)
	check := func(when string, figures, adjustments map[string]string) {
		t.Helper()
		have := c.figures()
		for indicator, want := range figures {
			if got := have[indicator]; got != want {
				t.Errorf("%s, the approved %s is %q, want %q", when, indicator, got, want)
			}
		}
		if adjustments == nil {
			return
		}
		differs := c.adjustments()
		for indicator, want := range adjustments {
			if got := differs[indicator]; got != want {
				t.Errorf("%s, %s:\n got %s\nwant %s", when, indicator, got, want)
			}
		}
	}
	first, later := map[string]string{"D02": "27", "C02": "1", "C01": "1", "O04": "100"}, map[string]string{
		"D02": "27 → 32 (5): d1 corrected 12→20 (miscounted) d2 retracted 5→nothing (twice in the list) d3 corrected 7→nothing d4 arrived nothing→9",
		"C02": "1 → none (-1): c0 arrived nothing→1",
		"C01": "", // one company either way
		"O04": "100 → 150 (50): o2 arrived nothing→150",
		"U01": "none → 1.5 (1.5): u1 arrived nothing→1.5", // hours, as the figure
		"Q01": "2 → 1 (-1): c0 arrived nothing→141 o2 arrived nothing→28 d2 retracted 11→nothing (twice in the list) d3 corrected 6→nothing d4 arrived nothing→3 u1 arrived nothing→1",
	}
	check("frozen", first, later)
	approvals, err = c.store.Approvals(t.Context(), "")
	if err != nil || len(approvals) != 1 || approvals[0].FrozenAt == nil || approvals[0].CatalogueChanged || approvals[0].Seq == 0 {
		t.Errorf("the approval once it is frozen: %+v, %v", approvals, err)
	}
	commitments, err := c.store.SnapshotCommitments(t.Context(), closedLab, quarter)
	if err != nil || len(commitments) != 1 || commitments[0].Target != 52 || commitments[0].Actual == nil || *commitments[0].Actual != 27 ||
		commitments[0].AsOf.Format(time.DateOnly) != "2026-03-31" {
		t.Errorf("the commitments as approved: %+v, %v", commitments, err)
	}

	c.approve("approved", 0, "")
	c.freeze(0)
	check("the approval was sent again", first, nil)

	c.approve("approved", 1, "with what came later")
	c.freeze(1)
	check("the approval was amended", map[string]string{"D02": "32", "C02": "", "O04": "150"}, map[string]string{"D02": "", "C02": "", "O04": ""})

	c.send("approved", 2, "2026-04-20", schemas.PeriodApproved{}, retracted("too early"))
	c.freeze(0)
	check("the approval was retracted", map[string]string{"D02": ""}, map[string]string{"D02": ""})

	c.approve("approved again", 0, "")
	c.send("d8", 0, "2026-03-30", discovery(1))
	c.freeze(1)
	check("approved anew", map[string]string{"D02": "32"}, map[string]string{"D02": "32 → 33 (1): d8 arrived nothing→1"})

	c.reopen("reopened", "an invoice is missing")
	c.freeze(0)
	check("reopened", map[string]string{"D02": ""}, nil)

	c.approve("approved at last", 0, "")
	c.approve("and said again", 0, "")
	c.freeze(2)
	check("approved after it was reopened", map[string]string{"D02": "33"}, nil)
	if got := c.ask("SELECT count() FROM snapshot_marks FINAL"); got != "5" {
		t.Errorf("%s approvals were ever frozen, want 5", got)
	}

	// All is made again from the stream: what is approved is kept, and what differs is found again.
	c.send("d9", 0, "2026-03-30", discovery(2))
	c.consume()
	made := clickhouse.MadeWith(schemas.DefaultCatalogue(), zone(t))
	steps := []error{
		c.store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding), c.store.Clear(t.Context()),
	}
	if _, err := c.freezer.Once(t.Context()); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Errorf("during a rebuild, freezing says %v", err)
	}
	steps = append(steps, ingest.Replay(t.Context(), ingest.Config{JetStream: c.js, Store: c.store}, nil), c.store.SetFiguresMadeWith(t.Context(), made))
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	c.freeze(0)
	check("after a rebuild", map[string]string{"D02": "33"}, map[string]string{"D02": "33 → 35 (2): d9 arrived nothing→2"})

	if err := c.store.SetFiguresMadeWith(t.Context(), "catalogue of another programme"); err != nil {
		t.Fatal(err)
	}
	approvals, err = c.store.Approvals(t.Context(), closedLab)
	if err != nil || len(approvals) != 1 || !approvals[0].CatalogueChanged {
		t.Errorf("with another catalogue: %+v, %v", approvals, err)
	}
	check("with another catalogue", map[string]string{"D02": "33"}, nil)
}

// An approval that can't be frozen, since a former version of an event can't be read any more, keeps neither other labs' nor later
// periods waiting, and is frozen once it can be.
func TestAnApprovalThatCannotBeFrozenWaitsAlone(t *testing.T) {
	c := newClosing(t)
	registry := prometheus.NewRegistry()
	c.freezer = c.newFreezer(registry)
	c.send("d1", 0, "2025-11-12", discovery(12))
	for _, lab := range []string{closedLab, "atelier-nord", "atelier-ouest"} {
		for _, period := range []string{"2025-Q4", quarter} {
			c.sendAs(lab, "approved "+period, 0, "2026-04-20", schemas.PeriodApproved{Period: period})
		}
	}
	c.send("d1", 1, "2025-11-12", discovery(20), because("miscounted"))
	c.send("d2", 0, "2026-04-12", discovery(1)) // it stands behind all approvals
	c.consume()
	spoil := func(version string) {
		t.Helper()
		c.ask("INSERT INTO event_versions SELECT * REPLACE ('" + version + "' AS data) FROM event_versions FINAL WHERE kind = 'discovery.held' AND local_day = '2025-11-12' AND revision = 0")
	}
	spoil(`{"type":"of an earlier contract"}`)
	waits := func(want ...string) {
		t.Helper()
		waiting, err := c.store.WaitingApprovals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, w := range waiting {
			have = append(have, w.Lab+" "+w.Period)
		}
		if !slices.Equal(have, want) {
			t.Errorf("%q wait, want %q", have, want)
		}
		metrics := fmt.Sprintf("# HELP vitrine_period_approvals_failing Approvals that couldn't be frozen in the last round though each was tried alone; the log names them.\n"+
			"# TYPE vitrine_period_approvals_failing gauge\nvitrine_period_approvals_failing %d\n", len(want))
		if err := testutil.GatherAndCompare(registry, strings.NewReader(metrics), "vitrine_period_approvals_failing"); err != nil {
			t.Error(err)
		}
	}
	stuck := []string{closedLab + " 2025-Q4", closedLab + " " + quarter}
	for i, want := range []int{4, 0} { // the second round finds only those that can't be frozen
		n, err := c.freezer.Once(t.Context())
		if err == nil || n != want || strings.Count(err.Error(), "of "+closedLab+", approved by message") != 2 || strings.Contains(err.Error(), "atelier-nord") {
			t.Errorf("round %d froze %d approvals, want %d: %v", i, n, want, err)
		}
		waits(stuck...)
	}
	if n := c.ask("SELECT count() FROM snapshot_marks FINAL WHERE lab != '" + closedLab + "'"); n != "4" {
		t.Errorf("%s approvals of the other labs are frozen", n)
	}
	spoil(`{"type":"open_day","audience":"general_public","attendance":12}`)
	c.freeze(2)
	waits()
}

// Killed between any two steps, or with others at the same work, freezing writes the same.
func TestFreezingMayDieAnywhere(t *testing.T) {
	c := newClosing(t)
	for i := range 20 {
		c.send(fmt.Sprintf("d%d", i), 0, "2026-02-12", discovery(int64(i)))
	}
	c.approve("approved", 0, "")
	c.send("d19", 1, "2026-02-12", discovery(0), because("nobody came"))
	c.consume()
	waiting, err := c.store.WaitingApprovals(t.Context())
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v wait, %v", waiting, err)
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := clickhouse.FrozenPeriod{Name: quarter, Grain: "quarter", Starts: start, Ends: start.AddDate(0, 3, -1), MadeWith: clickhouse.MadeWith(schemas.DefaultCatalogue(), zone(t))}
	// One died before it knew what d19 had been, and wrote: its rows aren't marked, and are overwritten.
	scratch, err := c.store.NewScratch(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scratch.Fill(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(scratch.Add(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil), scratch.Freeze(t.Context(), waiting, p)); err != nil {
		t.Fatal(err)
	}
	if got := c.figures()["D02"]; got != "" {
		t.Errorf("half frozen, D02 is %q", got)
	}
	// Its database is left behind, and so is an older one.
	old := c.database() + "_scratch_1700000000_aa"
	c.ask("CREATE DATABASE " + old)

	var group sync.WaitGroup
	for range 2 {
		freezer := c.newFreezer(nil)
		group.Go(func() {
			if _, err := freezer.Once(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := c.figures()["D02"]; got != "190" {
		t.Errorf("D02 is %q, want 190", got)
	}
	if got := c.adjustments()["D02"]; got != "190 → 171 (-19): d19 corrected 19→0 (nobody came)" {
		t.Errorf("the adjustment is %s", got)
	}
	if rows, different := c.ask("SELECT count() FROM period_snapshots"), c.ask("SELECT uniqExact(lab, period, indicator, segment) FROM period_snapshots"); rows != different {
		t.Errorf("%s rows, %s different", rows, different)
	}
	const scratches = "SELECT name FROM system.databases WHERE name LIKE '%\\_scratch\\_%' AND startsWith(name, currentDatabase())"
	if left := c.ask(scratches); strings.Contains(left, old) || strings.Count(left, "\n") != 0 || left == "" {
		t.Errorf("left are %q; want that of the one who may still be at work", left)
	}
	if err := scratch.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := c.ask(scratches); left != "" {
		t.Errorf("left are %q", left)
	}
}

func zone(t *testing.T) *time.Location {
	t.Helper()
	paris, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	return paris
}
