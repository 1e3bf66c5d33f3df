package verify

import (
	"fmt"
	"testing"
	"time"
)

// Schedules that once failed, or that a wrong protocol fails: each is small and has its reason.
// TestAnyScheduleIsExact prints what it finds in this form.
func TestKnownSchedules(t *testing.T) {
	const (
		march, april  = "2025-03-31T10:00:00Z", "2025-04-02T10:00:00Z"
		item, another = `'scope': 'local', 'medium': 'press'`, `'scope': 'national', 'medium': 'web'`
		published     = "visibility.item.published"
	)
	spent := func(id int, amount string) sent {
		return sent{id: id, kind: "expenditure.recorded", time: march, data: `'category': 'staff', 'eligible': true, 'status': 'paid', 'amount_excl_vat': ` + amount}
	}
	used := func(id int, from, to string) sent {
		e := usage(from, to, "")
		e.id = id
		return e
	}
	var alone []sent // four events in a cell
	for id := range 4 {
		alone = append(alone, sent{id: id + 1, kind: published, time: march, data: item})
	}
	moving := []sent{
		{id: 1, kind: published, time: march, data: item},
		{id: 1, kind: published, time: april, data: item, revision: 1},
	}
	type known struct {
		name string
		schedule
	}
	cases := []known{
		{"equal revisions A, B, A", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: march, data: item},
			{id: 1, kind: published, time: march, data: another},
			{id: 1, kind: published, time: march, data: item},
		}}},
		{"moved away and back", schedule{free: 1, events: append(moving[:2:2],
			sent{id: 1, kind: published, time: march, data: item, revision: 2},
			sent{id: 2, kind: published, time: april, data: item},
		)}},
		// 0 remembers the cell that the event leaves; 1 is killed before it announces that, and the event comes to 2. Then 0 adds to what it remembers.
		{"moved, and killed before that was announced", schedule{free: 1, events: append(moving[:2:2],
			sent{id: 2, kind: published, time: march, data: another},
		), steps: []step{
			{0, stepFetch, 1}, {0, stepGoOn, 9}, {1, stepFetch, 1}, {1, stepVanish, 3}, {1, stepExpire, 0}, {2, stepFetch, 1}, {2, stepGoOn, 9},
			{0, stepFetch, 1}, {0, stepGoOn, 9},
		}}},
		{"moved in one batch", schedule{free: 9, events: moving}},
		{"moved at equal revision", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: april, data: item},
			{id: 1, kind: published, time: march, data: item},
		}}},
		{"moved to another kind", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: march, data: item},
			{id: 1, kind: "showcase.visit.hosted", time: march, data: `'visitor_type': 'school'`, revision: 1},
		}}},
		{"the move comes before what it corrects", schedule{free: 1, events: []sent{moving[1], moving[0]}}},
		{"retracted after it moved", schedule{free: 1, events: append(moving[:2:2],
			sent{id: 1, kind: published, time: april, retracted: true, revision: 2},
		)}},
		{"retracted where it stood before it moved", schedule{free: 1, events: append(moving[:2:2],
			sent{id: 1, kind: published, time: march, retracted: true, revision: 2},
		)}},
		{"retracted, and then not", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: march, data: item},
			{id: 1, kind: published, time: march, retracted: true, revision: 1},
			{id: 1, kind: published, time: march, data: another, revision: 2},
		}}},
		{"a retraction that comes first", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: march, retracted: true, revision: 1},
			{id: 1, kind: published, time: march, data: item},
		}}},
		// The first has the higher revision, so the highest version is the same before and after the second.
		{"a slow writer with the same highest version", schedule{events: []sent{
			{id: 1, kind: published, time: march, data: item, revision: 3},
			{id: 2, kind: published, time: march, data: item},
		}, steps: []step{
			{0, stepFetch, 1}, {0, stepRead, 1}, // the first reads the cell
			{1, stepFetch, 1}, {1, stepGoOn, 9}, // the second reads and writes it
			{0, stepGoOn, 9}, // and now the first writes
		}}},
		{"a slow settle", schedule{events: append(moving[:2:2],
			sent{id: 1, kind: published, time: march, data: another, revision: 2},
		), steps: []step{
			{0, stepFetch, 1}, {0, stepGoOn, 9}, {0, stepFetch, 1}, {0, stepRead, 0},
			{1, stepFetch, 1}, {1, stepGoOn, 9}, {0, stepGoOn, 9},
		}}},
		// 0 has seen all there is, and then 1 stores where an event stood that 0 is given next.
		{"stored by another since it was looked", schedule{free: 1, events: append([]sent{{id: 2, kind: published, time: april, data: item}, {id: 3, kind: published, time: april, data: item}}, moving[:2:2]...), steps: []step{
			{0, stepFetch, 1}, {0, stepGoOn, 9}, {0, stepFetch, 1}, {0, stepGoOn, 9},
			{1, stepFetch, 1}, {1, stepGoOn, 9}, {0, stepFetch, 1}, {0, stepGoOn, 9},
		}}},
		{"dead when half of the batch is stored", schedule{events: alone, steps: []step{
			{0, stepFetch, 4}, {0, stepTear, 1},
		}}},
		{"dead when half of the batch is acknowledged", schedule{events: alone, steps: []step{
			{0, stepFetch, 4}, {0, stepTear, 7},
		}}},
		{"two work on the same messages", schedule{events: alone, steps: []step{
			{0, stepFetch, 4}, {0, stepGoOn, 2}, {0, stepExpire, 0}, {1, stepFetch, 4}, {1, stepGoOn, 4}, {0, stepGoOn, 9}, {1, stepGoOn, 9},
		}}},
		{"replayed while a slow one waits to write", schedule{events: alone, steps: []step{
			{0, stepFetch, 2}, {0, stepRead, 1}, {1, stepFetch, 2}, {1, stepGoOn, 9}, {0, stepReplay, 2}, {0, stepGoOn, 9},
		}}},
		// In floating point, 0.7 + 0.1 is a little less than 0.8.
		{"cents", schedule{free: 9, events: []sent{spent(1, "0.7"), spent(2, "0.1")}}},
		{"nights on which clocks change", schedule{free: 9, events: []sent{
			{lab: "b", kind: kindRegistered, time: march, data: registered + `, 'zone': 'Indian/Reunion'`},
			used(1, "2025-03-29T22:30:00Z", "2025-03-30T02:30:00Z"), used(2, "2025-10-25T21:30:00Z", "2025-10-26T02:30:00Z"),
			func() sent { e := used(3, "2025-03-29T19:30:00Z", "2025-03-30T20:30:00Z"); e.lab = "b"; return e }(),
			func() sent { e := used(4, "2025-10-25T19:30:00Z", "2025-10-26T20:30:00Z"); e.lab = "b"; return e }(),
		}}},
		{"registered elsewhere later", schedule{free: 1, events: []sent{
			{id: 3, kind: published, time: "2025-04-01T01:00:00Z", data: item},
			{kind: kindRegistered, time: march, data: registered + `, 'zone': 'America/Cayenne'`},
			{id: 1, kind: published, time: "2025-04-01T01:00:00Z", data: item},
			{kind: kindRegistered, time: march, data: registered + `, 'zone': 'Pacific/Noumea'`},
			{id: 2, kind: published, time: "2025-04-01T01:00:00Z", data: item},
		}}},
		{"two agreements, one amended under another id", schedule{free: 2, events: []sent{
			{id: 1, kind: "agreement.signed", time: "2025-01-01T00:00:00+01:00", data: `'agreement': 'c1', 'start': '2025-01-01', 'end_date': '2026-12-31',
				'commitments': [{'indicator': 'V01', 'target': 4, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'cumulative'}]`},
			{id: 2, kind: "agreement.signed", time: "2025-01-01T00:00:00+01:00", data: `'agreement': 'c2', 'start': '2025-01-01', 'end_date': '2026-12-31',
				'commitments': [{'indicator': 'V01', 'target': 1.5, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'periodic', 'every': 'quarter'}]`},
			{id: 3, kind: published, time: march, data: item},
			{id: 4, kind: "agreement.signed", time: "2025-01-01T00:00:00+01:00", data: `'agreement': 'c1', 'start': '2025-01-01', 'end_date': '2026-12-31',
				'commitments': [{'indicator': 'V01', 'segment': 'scope=local', 'target': 9, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'cumulative'}]`},
		}}},
		{"not for this lab", schedule{free: 1, events: []sent{
			{id: 1, kind: published, time: march, data: item, astray: true},
			{id: 2, kind: published, time: march, data: `'nonsense': 1`},
			{id: 3, kind: published, time: march, data: item},
		}}},
	}
	// A move, and the consumer dies at each step of it; the batch comes again to another one.
	for n := range protocolMax {
		for _, how := range []string{stepDie, stepVanish} {
			cases = append(cases, known{fmt.Sprintf("%s after %d steps", how, n), schedule{events: moving, steps: []step{
				{0, stepFetch, 1}, {0, stepGoOn, 9}, {0, stepFetch, 1}, {0, how, n}, {0, stepExpire, 0}, {1, stepFetch, 1}, {1, stepGoOn, 9},
			}}})
		}
	}
	r := newRig(t)
	lot := make(schedules, len(cases))
	for i, c := range cases {
		lot[i] = c.schedule
	}
	wrong, err := r.try(t.Context(), time.Date(2025, 12, 10, 0, 0, 0, 0, time.UTC), lot)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(&r.tally)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if wrong[i] != "" {
				t.Errorf("not exact:\n%s", wrong[i])
			}
		})
	}
	if r.tally.late.Load() != 3 {
		t.Errorf("%d steps were written late, want 3: the schedules don't do what they say", r.tally.late.Load())
	}
	for _, step := range []string{"decide", "store", gateSettle, gateRecompute, "reject", gateAck} {
		if r.tally.crashes[howDie+" "+step] == 0 || r.tally.crashes[howVanish+" "+step] == 0 {
			t.Errorf("nobody died before and after %s: the schedules don't do what they say (%v)", step, r.tally.crashes)
		}
	}
}
