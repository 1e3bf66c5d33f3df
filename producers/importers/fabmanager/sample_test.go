package fabmanager_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/schemas"
)

var march = importers.Range{Since: at("2026-03-01T00:00:00+01:00"), Until: at("2026-04-01T00:00:00+02:00")}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func midApril() time.Time { return at("2026-04-15T12:00:00+02:00") }

// newImporter makes an importer with quick retries; change gives it its source.
func newImporter(t testing.TB, change func(*fabmanager.Config)) *fabmanager.Importer {
	t.Helper()
	cfg := fabmanager.Config{Lab: "atelier-nord", Salt: []byte("0123456789abcdef"), Clock: midApril,
		Timeout: 5 * time.Second, Retries: 3, RetryWaitMin: time.Millisecond, RetryWaitMax: 5 * time.Millisecond,
		BuildWait: 20 * time.Millisecond, BuildPoll: 5 * time.Millisecond}
	change(&cfg)
	im, err := fabmanager.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func sample() fs.FS { return os.DirFS("testdata/pages") }

func fromFiles(t testing.TB, files fs.FS) *fabmanager.Importer {
	t.Helper()
	return newImporter(t, func(c *fabmanager.Config) { c.Files = files })
}

// events runs an import; errs are those about single records, err is what ended it.
func events(t testing.TB, im importers.Importer, r importers.Range) (all []*schemas.Event, errs []error, err error) {
	t.Helper()
	for e, problem := range im.Events(t.Context(), r) {
		switch {
		case problem == nil:
			all = append(all, e)
		case importers.Continues(problem):
			errs = append(errs, problem)
		default:
			err = problem
		}
	}
	return all, errs, err
}

func must(t testing.TB, im importers.Importer, r importers.Range) []*schemas.Event {
	t.Helper()
	all, errs, err := events(t, im, r)
	if err != nil || len(errs) > 0 {
		t.Fatalf("%v, %v", errs, err)
	}
	return all
}

// decode is an event as it would be published, and as a consumer would read it.
func decode(t testing.TB, e *schemas.Event) (raw []byte, decoded *schemas.Event) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err = schemas.Decode(raw, midApril())
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return raw, decoded
}

// sums are a month's figures, added up here as the catalogue defines them, without the pipeline.
type sums map[string]float64

func monthOf(t testing.TB, all []*schemas.Event, r importers.Range) sums {
	t.Helper()
	s := sums{}
	for _, e := range all {
		_, d := decode(t, e)
		if d.Retracted {
			continue
		}
		num, code := func(field string) float64 { return numberOf(d.Values, field) }, d.Values.Code
		if kind := d.Kind(); kind == "machine.usage" {
			end, _ := schemas.EndOf(d)
			from, to := d.Time, end
			if from.Before(r.Since) {
				from = r.Since
			}
			if to.After(r.Until) {
				to = r.Until
			}
			hours := to.Sub(from).Hours()
			s["U01"] += hours
			s["U01 machine="+code("machine")] += hours
			s["U01 machine_category="+code("machine_category")] += hours
			s["U01 user_type="+code("user_type")] += hours
			s["U01 origin="+code("origin")] += hours
			if slices.Contains([]string{"self_employed", "sme", "large_company", "startup"}, code("user_type")) {
				s["U03 numerator"] += hours
			}
			if code("user_type") != "" {
				s["U03 denominator"] += hours
			}
		} else if !r.Contains(d.Time) {
			continue
		} else {
			s[kind]++
			switch kind {
			case "training.held":
				end, _ := schemas.EndOf(d)
				s["T02"] += end.Sub(d.Time).Hours() * num("attendees")
				s["T03"] += num("attendees")
				s["T04 denominator"] += num("capacity")
				s["T05"] += num("attendees_company")
				s["C01 training"] += float64(len(d.Values.List("companies")))
			case "discovery.held":
				s["D01 audience="+code("audience")+" type="+code("type")]++
				s["D02"] += num("attendance")
				if _, known := d.Values.Number("attendance"); !known {
					s["D02 unknown"]++
				}
			case "membership.count.reported":
				s["U04"] = num("members")
				for _, part := range d.Values.List("by_user_type") {
					s["U04 user_type="+part.Code("user_type")] = numberOf(part, "members")
				}
			case "finance.period.reported":
				s["E01"] += num("own_revenue")
				s["E03 numerator"] += num("company_revenue")
				for _, part := range d.Values.List("revenues") {
					s["E01 stream="+part.Code("stream")] += numberOf(part, "amount")
				}
			}
		}
	}
	return s
}

func numberOf(v schemas.Values, field string) float64 {
	n, _ := v.Number(field)
	return float64(n.Micros()) / 1e6
}

// The sample's totals were worked out by hand; the import must give each of them.
func TestSampleGivesTheExpectedTotals(t *testing.T) {
	raw, err := os.ReadFile("testdata/expected_2026-03.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Total       float64            `json:"machine_hours_total"`
		BySlug      map[string]float64 `json:"machine_hours_by_slug"`
		Company     float64            `json:"machine_hours_company"`
		Unknown     float64            `json:"machine_hours_user_type_unknown"`
		Held        float64            `json:"training_sessions_held"`
		NotHeld     float64            `json:"training_sessions_not_held"`
		Registered  float64            `json:"training_attendances_registered"`
		Trainee     float64            `json:"trainee_hours_registered"`
		FromCompany float64            `json:"training_company_attendances"`
		Discovery   float64            `json:"discovery_events"`
		Members     float64            `json:"active_subscriptions_at_month_end"`
		Revenue     float64            `json:"own_revenue_excl_vat_eur"`
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]importers.Range{"March alone": march, "everything": {}} {
		t.Run(name, func(t *testing.T) {
			got := monthOf(t, must(t, fromFiles(t, sample()), r), march)
			for figure, value := range map[string]float64{
				"U01": want.Total, "U01 machine=decoupeuse-laser": want.BySlug["decoupeuse-laser"], "U01 machine=imprimante-3d": want.BySlug["imprimante-3d"],
				"U01 machine=decoupeuse-vinyle": want.BySlug["decoupeuse-vinyle"], "U01 user_type=": want.Unknown, "U01 origin=booked": want.Total,
				"U01 machine_category=laser_cutter": want.BySlug["decoupeuse-laser"], "U01 machine_category=printer_3d_fdm": want.BySlug["imprimante-3d"],
				"U01 machine_category=vinyl_cutter": want.BySlug["decoupeuse-vinyle"],
				"U03 numerator":                     want.Company, "U03 denominator": want.Total - want.Unknown,
				"training.held": want.Held, "training.cancelled": want.NotHeld, "T02": want.Trainee, "T03": want.Registered, "T05": want.FromCompany,
				"T04 denominator": 6, "C01 training": 2,
				"discovery.held": want.Discovery, "D02": 5, "D02 unknown": 1,
				"D01 audience=general_public type=open_lab": 1, "D01 audience=companies type=company_discovery": 1,
				"U04": want.Members, "U04 user_type=sme": 1, "U04 user_type=individual": 1,
				"E01": want.Revenue, "E01 stream=memberships": 25, "E01 stream=machine_hours": 40, "E01 stream=trainings": 50, "E03 numerator": 90,
				"membership.count.reported": 1, "finance.period.reported": 1,
			} {
				if got[figure] != value {
					t.Errorf("%s is %v, want %v", figure, got[figure], value)
				}
			}
			if t.Failed() {
				t.Log(got)
			}
		})
	}
}

// Each machine slot is told once, whole; the pipeline cuts it at midnight.
func TestASlotAcrossTheMonthsEndIsToldOnce(t *testing.T) {
	april := importers.Range{Since: march.Until, Until: midApril()}
	inMarch, inApril := must(t, fromFiles(t, sample()), march), must(t, fromFiles(t, sample()), april)
	find := func(all []*schemas.Event) *schemas.Event {
		for _, e := range all {
			if e.Time.Equal(at("2026-03-31T23:00:00+02:00")) && e.Kind() == "machine.usage" {
				return e
			}
		}
		t.Fatal("the slot isn't told")
		return nil
	}
	a, _ := decode(t, find(inMarch))
	b, _ := decode(t, find(inApril))
	if !bytes.Equal(a, b) {
		t.Errorf("told differently: %s, %s", a, b)
	}
	if hours := monthOf(t, inApril, april)["U01"]; hours != 1 {
		t.Errorf("April has %v hours", hours)
	}
}

// 22:00 to 4:00 in the night in which the clocks go forward are five hours.
func TestTheNightOfTheClockChange(t *testing.T) {
	for _, e := range must(t, fromFiles(t, sample()), march) {
		if _, d := decode(t, e); d.Time.Equal(at("2026-03-28T22:00:00+01:00")) {
			if end, _ := schemas.EndOf(d); end.Sub(d.Time) != 5*time.Hour {
				t.Errorf("lasts %s", end.Sub(d.Time))
			}
			return
		}
	}
	t.Error("the slot isn't told")
}

// A cancelled slot may have been told by an import before it was cancelled.
func TestACancelledSlotIsTakenBack(t *testing.T) {
	page2, err := fs.ReadFile(sample(), "reservations_page2.json")
	if err != nil {
		t.Fatal(err)
	}
	before := fstest.MapFS{"reservations.json": {Data: bytes.Replace(page2, []byte(`"canceled_at": "2026-03-03T11:00:00.000+01:00"`), []byte(`"canceled_at": null`), 1)}}
	was := map[string]*schemas.Event{}
	for _, e := range must(t, fromFiles(t, before), march) {
		was[e.ID.String()] = e
	}
	retracted := 0
	for _, e := range must(t, fromFiles(t, sample()), march) {
		if e.Retracted {
			retracted++
			if old := was[e.ID.String()]; old == nil || old.Retracted || old.Kind() != e.Kind() {
				t.Errorf("%s takes back nothing", e.ID)
			}
		}
	}
	if retracted != 1 {
		t.Errorf("%d retracted", retracted)
	}
}

func TestASecondImportGivesTheSameBytes(t *testing.T) {
	encode := func() (lines []string) {
		for _, e := range must(t, fromFiles(t, sample()), march) {
			raw, _ := decode(t, e)
			lines = append(lines, string(raw))
		}
		return lines
	}
	first := encode()
	ids := map[string]bool{}
	for _, e := range must(t, fromFiles(t, sample()), march) {
		ids[e.ID.String()] = true
	}
	if again := encode(); !slices.Equal(first, again) || len(ids) != len(first) {
		t.Errorf("%d events with %d ids; again %d events", len(first), len(ids), len(again))
	}
}

// Whatever of the samples is about a person must not be in any event: names, addresses, e-mails,
// gender, the ids of persons and of what is invoiced to them.
func TestNoPersonalDataGetsOut(t *testing.T) {
	personal := map[string]bool{}
	ids := map[string]bool{}
	var collect func(v any, inPerson bool)
	collect = func(v any, inPerson bool) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				collect(item, inPerson)
			}
		case map[string]any:
			_, isPerson := v["email"]
			for key, value := range v {
				switch s, isString := value.(string); {
				case key == "user_id" || key == "invoicing_profile_id" || isPerson && key == "id":
					if n, ok := value.(float64); ok {
						ids[strconv.Itoa(int(n))] = true
					}
				case isString && (isPerson && key != "created_at" || key == "summary" || key == "label" || key == "reference"):
					personal[s] = true
				default:
					collect(value, key == "group")
				}
			}
		}
	}
	for _, dir := range []fs.FS{opening(t)} {
		names, err := fs.Glob(dir, "*.json")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			collect(v, false)
		}
	}
	for _, must := range []string{"alix.essai@example.org", "Dany Fictif", "Elia", "1 rue de l'Exemple, 00000 Exempleville", "woman"} {
		if !personal[must] {
			t.Fatalf("the test doesn't know %q as personal", must)
		}
	}
	if !ids["104"] || !ids["9104"] {
		t.Fatalf("the test doesn't know the persons' ids: %v", ids)
	}
	number := regexp.MustCompile(`[0-9]+`)
	for _, e := range must(t, fromFiles(t, opening(t)), importers.Range{}) {
		raw, _ := decode(t, e)
		for s := range personal {
			// As words: "man" is in "fabmanager".
			if regexp.MustCompile(`(?i)(^|\PL)` + regexp.QuoteMeta(s) + `($|\PL)`).Match(raw) {
				t.Errorf("%s holds %q", raw, s)
			}
		}
		for _, n := range number.FindAllString(string(e.Data), -1) { // in the id any number may occur
			if ids[n] {
				t.Errorf("%s holds the id %s", e.Data, n)
			}
		}
	}
}

// The companies' codes are the same at each import, and can't be had without the salt.
func TestCompanyCodesNeedTheSalt(t *testing.T) {
	refs := func(salt, lab string) (all []string) {
		im := newImporter(t, func(c *fabmanager.Config) { c.Files, c.Salt, c.Lab = sample(), []byte(salt), lab })
		for _, e := range must(t, im, march) {
			_, d := decode(t, e)
			for _, c := range d.Values.List("companies") {
				all = append(all, c.Code("ref"))
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	a := refs("0123456789abcdef", "atelier-nord")
	if len(a) != 3 { // the merchant and the two of the SMEs
		t.Errorf("companies %v", a)
	}
	for _, other := range [][]string{refs("fedcba9876543210", "atelier-nord"), refs("0123456789abcdef", "atelier-sud")} {
		if len(other) != 3 || slices.ContainsFunc(a, func(ref string) bool { return slices.Contains(other, ref) }) {
			t.Errorf("the codes %v and %v aren't independent", a, other)
		}
	}
}

func TestWhatIsNotOverIsNotTold(t *testing.T) {
	early := newImporter(t, func(c *fabmanager.Config) {
		c.Files, c.Clock = sample(), func() time.Time { return at("2026-03-10T12:30:00+01:00") }
	})
	got := map[string]int{}
	for _, e := range must(t, early, importers.Range{}) {
		got[e.Kind()]++
		if e.Time.After(at("2026-03-10T12:30:00+01:00")) {
			t.Errorf("%s at %s is not over", e.Kind(), e.Time)
		}
	}
	// Four usages of 3 March and the one that is taken back; the session of 10 March.
	if got["machine.usage"] != 5 || got["training.held"] != 1 || got["training.cancelled"] != 0 || got["discovery.held"] != 0 || got["finance.period.reported"] != 0 {
		t.Errorf("told %v", got)
	}
	if got["membership.count.reported"] != 2 { // January, February
		t.Errorf("told %v", got)
	}
}
