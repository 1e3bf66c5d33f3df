package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Each mutation still finds its place in the code, so that none is forgotten when the code changes.
func TestMutationsApply(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutations() {
		sound, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.find(sound); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if m.old == m.new || names[m.name] {
			t.Errorf("%s changes nothing, or is there twice", m.name)
		}
		names[m.name] = true
	}
	if len(names) < 5 {
		t.Errorf("%d mutations, want the five of the protocol at least", len(names))
	}
}

func TestReadVerdict(t *testing.T) {
	var v verdict
	v.read("    property_test.go:38: caught after 13 schedules and 2.4 s: kpi_cells: lab s1-a: expected 1, found 2\n" +
		"--- FAIL: TestAnyScheduleIsExact (2.5s)\n--- FAIL: TestKnownSchedules (1s)\n    --- FAIL: TestKnownSchedules/cents (0.00s)\n    --- PASS: TestKnownSchedules/other (0.00s)\n")
	if v.caught() != "TestAnyScheduleIsExact, TestKnownSchedules (1: cents …)" || v.schedules != "13, 2.4" || v.first != "kpi_cells: lab s1-a: expected 1, found 2" {
		t.Errorf("got %s of %+v", v.caught(), v)
	}
	v = verdict{}
	v.read("    property_test.go:44: after 25 schedules, and by none of them: freeze 2025-03 of 2 labs: 2 rows are there, expected none\n" +
		"    property_test.go:28: schedules: 25, events: 0\n--- FAIL: TestAnyScheduleIsExact (9.5s)\n")
	if v.schedules != "25" || v.first != "freeze 2025-03 of 2 labs: 2 rows are there, expected none" {
		t.Errorf("got %+v", v)
	}
	v = verdict{}
	v.read("--- PASS: TestAnyScheduleIsExact (2.5s)\n        schedules: 100, events: 900\n")
	if len(v.failed) != 0 || v.schedules != "schedules: 100, events: 900" {
		t.Errorf("got %+v", v)
	}
}
