package fabmanager_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/schemas"
)

// opening is the sample with its availabilities and machines.
func opening(t testing.TB) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	for _, dir := range []fs.FS{sample(), os.DirFS("testdata/opening")} {
		names, err := fs.Glob(dir, "*.json")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = &fstest.MapFile{Data: raw}
		}
	}
	return all
}

// openHours are the hours within a range in which each machine could be used.
func openHours(t testing.TB, all []*schemas.Event, r importers.Range) map[string]float64 {
	t.Helper()
	hours := map[string]float64{}
	for _, e := range all {
		_, d := decode(t, e)
		if d.Kind() != "machine.availability" {
			continue
		}
		from := d.Time
		to, _ := schemas.EndOf(d)
		if from.Before(r.Since) {
			from = r.Since
		}
		if to.After(r.Until) {
			to = r.Until
		}
		n := to.Sub(from).Hours() - numberOf(d.Values, "downtime_s")/3600
		hours[d.Values.Code("machine")] += n
		hours["category "+d.Values.Code("machine_category")] += n
	}
	return hours
}

// By hand: availability 500 opens three machines for 3 h, 501 the printer for the 5 h of the night of the
// clock change, 502 the laser for 2 h, of which 1 h in March.
func TestOpeningTimesOfTheSample(t *testing.T) {
	all := must(t, fromFiles(t, opening(t)), march)
	got := openHours(t, all, march)
	for what, want := range map[string]float64{"decoupeuse-laser": 4, "imprimante-3d": 8, "decoupeuse-vinyle": 3,
		"category laser_cutter": 4, "category printer_3d_fdm": 8, "category vinyl_cutter": 3} {
		if got[what] != want {
			t.Errorf("%s is open %v h, want %v", what, got[what], want)
		}
	}
	if len(got) != 6 {
		t.Errorf("open: %v", got)
	}
	// The rest is told as without them.
	if s := monthOf(t, all, march); s["U01"] != 10 || s["machine.availability"] != 4+1 || s["training.cancelled"] != 1 {
		t.Errorf("%v", s)
	}
	// Whoever is open is named as when it is used.
	used := map[string]bool{}
	for _, e := range all {
		if _, d := decode(t, e); d.Kind() == "machine.usage" && !d.Retracted {
			used[d.Values.Code("machine")+d.Values.Code("machine_category")] = true
		} else if d.Kind() == "machine.availability" && !used[d.Values.Code("machine")+d.Values.Code("machine_category")] {
			t.Errorf("%s is open under another name than it is used", d.Values.Code("machine"))
		}
	}
}

func TestOpeningTimes(t *testing.T) {
	const head = `{"id": 7, "available_type": "Machine", "start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T18:20:00+01:00", `
	slot := func(from, to string) string {
		return `{"start_at": "2026-03-03T` + from + `:00+01:00", "end_at": "2026-03-03T` + to + `:00+01:00"}`
	}
	for name, c := range map[string]struct {
		availability string
		want         float64
	}{
		"slots end before the availability": {`"slots": [` + slot("14:00", "15:00") + "," + slot("15:00", "16:00") + `], "available_ids": [5]}`, 2},
		"slots with a gap, in no order":     {`"slots": [` + slot("16:30", "17:30") + "," + slot("14:00", "15:00") + `], "available_ids": [5]}`, 2},
		"no slots":                          {`"slots": [], "available_ids": [5]}`, 4 + 1.0/3},
		"a machine that stands twice":       {`"slots": [` + slot("14:00", "15:00") + `], "available_ids": [5, 5]}`, 1},
		"no machine":                        {`"slots": [` + slot("14:00", "15:00") + `], "available_ids": []}`, 0},
	} {
		all := must(t, fromFiles(t, files(map[string]string{"availabilities.json": `{"availabilities": [` + head + c.availability + `]}`})), march)
		if got := openHours(t, all, march)["machine-5"]; got != c.want {
			t.Errorf("%s: %v h, want %v", name, got, c.want)
		}
	}
}

func TestABrokenOpeningTimeIsReported(t *testing.T) {
	all, errs, err := events(t, fromFiles(t, files(map[string]string{"availabilities.json": `{"availabilities": [
		{"id": 7, "available_type": "Machine", "start_at": "hier", "end_at": "2026-03-03T18:00:00+01:00", "slots": [], "available_ids": [5]},
		{"id": 8, "available_type": "Machine", "start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T18:00:00+01:00", "slots": [], "available_ids": [5]}]}`})), march)
	if err != nil || len(all) != 1 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), `availabilities.json, availabilities id 7, start_at: found "hier"`) {
		t.Errorf("%d events, %v, %v", len(all), errs, err)
	}
}

// Older versions of Fab-manager have no list of availabilities; all else is imported.
func TestAFabManagerWithoutAvailabilities(t *testing.T) {
	var log bytes.Buffer
	f := serve(t, nil)
	wantSample(t, f.importer(t, func(c *fabmanager.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
	if !strings.Contains(log.String(), "doesn't list its availabilities") {
		t.Errorf("nobody is told: %s", log.String())
	}
}
