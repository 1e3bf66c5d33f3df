package fabmanager_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

func files(pages map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, body := range pages {
		all[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return all
}

func TestABadRecordIsNamedAndTheOthersAreTold(t *testing.T) {
	good := `{"id": 1, "reservable_id": 1, "reservable_type": "Machine", "reserved_slots": [{"start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T15:00:00+01:00"}]}`
	for bad, want := range map[string]string{
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "reserved_slots": [{"start_at": "hier", "end_at": "2026-03-03T15:00:00+01:00"}]}`: `reservations.json, reservations id 7, reserved_slots[0].start_at: found "hier", expected a time such as`,
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "reserved_slots": [{"end_at": "2026-03-03T15:00:00+01:00"}]}`:                     `reservations.json, reservations id 7, reserved_slots[0].start_at: missing`,
		`{"id": "x", "reservable_type": "Machine", "reservable_id": 1}`:                                                                                `reservations.json, reservations #2, id: found string`,
		`{"reservable_type": "Machine", "reservable_id": 1}`:                                                                                           `reservations.json, reservations #2, id: missing`,
		`{"id": 7, "reservable_id": 1}`: `reservations.json, reservations id 7, reservable_type: missing`,
		`null`:                          `reservations.json, reservations #2, id: missing`,
		`{"id": 7, "reservable_type": "Training", "reservable_id": 1, "reserved_slots": [{"start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T15:00:00+01:00"}]}`:                                                   `reservations.json, reservations id 7, reserved_slots[0].availability_id: missing`,
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "reserved_slots": [{"start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T13:00:00+01:00"}]}`:                                                    `reservations.json, reservation 7, slot 2026-03-03 14:00: data.end: inconsistent`,
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "reserved_slots": [{"start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-13T13:00:00+01:00"}]}`:                                                    `reservations.json, reservation 7, slot 2026-03-03 14:00: data.end: implausible`,
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "user": 3, "reserved_slots": [{"start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-13T13:00:00+01:00"}]}`:                                         `reservations.json, reservations id 7, user: found number`,
		`{"id": 7, "reservable_type": "Machine", "reservable_id": 1, "reserved_slots": [{"canceled_at": null, "start_at": "` + strings.Repeat("a@example.org", 20) + `", "end_at": "2026-03-13T13:00:00+01:00"}], "user": {}}`: `reservations.json, reservations id 7, reserved_slots[0].start_at: found "***@***@`,
	} {
		all, errs, err := events(t, fromFiles(t, files(map[string]string{"reservations.json": `{"reservations": [` + good + `,` + bad + `]}`})), importers.Range{})
		if err != nil || len(all) != 1 || len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%s:\n%d events, %v, %v", bad, len(all), errs, err)
		}
	}
}

func TestAMalformedPageIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		``:                          "reservations_page2.json: unreadable page",
		`{"reservations": [`:        "reservations_page2.json: unreadable page (unexpected end of JSON input, byte 18)",
		`[]`:                        "reservations_page2.json: unreadable page",
		`{"events": []}`:            `reservations_page2.json: field "reservations" is missing`,
		`{"reservations": {}}`:      "reservations_page2.json: unreadable page",
		`{"errors": ["Not found"]}`: `reservations_page2.json: field "reservations" is missing`,
	} {
		_, _, err := events(t, fromFiles(t, files(map[string]string{"reservations_page1.json": `{"reservations": []}`, "reservations_page2.json": body})), importers.Range{})
		var page *rest.PageError
		if !errors.As(err, &page) || !strings.HasPrefix(err.Error(), want) || !strings.HasPrefix(importers.Say(err, schemas.French), "reservations_page2.json : ") {
			t.Errorf("%q: got %v, want %s", body, err, want)
		}
	}
	_, _, err := events(t, fromFiles(t, files(map[string]string{"notes.txt": ""})), importers.Range{})
	if err == nil || !strings.Contains(err.Error(), "no saved page") {
		t.Errorf("an empty folder: %v", err)
	}
}

// lines are accounting lines of March.
func lines(all ...string) map[string]string {
	return map[string]string{"accounting.json": `{"status": "built", "lines": [` + strings.Join(all, ",") + `]}`}
}

func item(id int, account, label string, debit, credit string) string {
	return fmt.Sprintf(`{"id": %d, "line_type": "item", "date": "2026-03-31T23:30:00.000+02:00", "account_code": %q, "account_label": %q, "currency": "EUR", "debit": %s, "credit": %s, "user": {"invoicing_profile_id": 1}}`, id, account, label, debit, credit)
}

func TestRevenueLeavesOutWhatIsNone(t *testing.T) {
	all := must(t, fromFiles(t, files(lines(
		item(1, "7061", "Abonnements", "0.0", "11.67"), item(2, "7061", "Abonnements", "0.0", "0.1"), item(3, "7061", "Abonnements", "0.0", "0.2"),
		item(4, "740", "Subvention", "0", "5000"), item(5, "4191", "Wallet", "0", "10"), item(6, "709", "Porte-monnaie", "0", "10")))), march)
	s := monthOf(t, all, march)
	if s["E01"] != 11.97 || s["E01 stream=memberships"] != 11.97 || s["finance.period.reported"] != 1 {
		t.Errorf("%v", s)
	}
	if _, d := decode(t, all[0]); len(maps.Collect(d.Values.Numbers())) != 1 {
		t.Errorf("the company share is told of an unknown customer: %s", d.Data)
	}
}

func TestRevenueIsNotToldWrong(t *testing.T) {
	for name, c := range map[string]struct {
		pages map[string]string
		want  string
	}{
		"a line that can't be read": {lines(item(1, "7061", "a", "0", "1"), item(2, "7061", "a", "0", `"x"`)), "accounting.json, accounting id 2"},
		"another currency":          {lines(strings.Replace(item(1, "7061", "a", "0", "1"), "EUR", "CHF", 1)), "accounting.json, accounting id 1, currency"},
		"accounts of another plan":  {lines(item(1, "SALES-1", "a", "0", "1")), "accounting, account_code: no account begins with 7"},
		"being rebuilt":             {map[string]string{"accounting.json": `{"status": "building", "lines": []}`}, "accounting, status: Fab-manager is rebuilding"},
	} {
		all, errs, err := events(t, fromFiles(t, files(c.pages)), march)
		if err != nil || len(all) > 0 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), c.want) {
			t.Errorf("%s: %d events, %v, %v", name, len(all), errs, err)
		}
	}
}

// session is the page of a training session of 10 March 9:00 to 12:00 with one booking.
func session(validatedAt string) map[string]string {
	pages := map[string]string{"reservations.json": `{"reservations": [
		{"id": 1, "reservable_id": 2, "reservable_type": "Training", "user_id": 5, "reserved_slots": [{"availability_id": 10, "start_at": "2026-03-10T09:00:00+01:00", "end_at": "2026-03-10T12:00:00+01:00"}]},
		{"id": 2, "reservable_id": 2, "reservable_type": "Training", "user_id": 5, "reserved_slots": [{"availability_id": 11, "start_at": "2026-03-14T09:00:00+01:00", "end_at": "2026-03-14T12:00:00+01:00"}]}]}`}
	if validatedAt != "" {
		pages["user_trainings.json"] = `{"user_trainings": [{"id": 1, "training_id": 2, "user_id": 5, "created_at": "` + validatedAt + `"}]}`
	}
	return pages
}

func TestASessionIsHeldIfSomebodyWasValidated(t *testing.T) {
	for _, c := range []struct{ validatedAt, now, want string }{
		{"2026-03-10T12:05:00+01:00", "2026-04-01T00:00:00+02:00", "10 held, 14 not_validated"},
		{"2026-03-10T08:00:00+01:00", "2026-04-01T00:00:00+02:00", "10 held, 14 not_validated"},
		{"2026-03-12T08:00:00+01:00", "2026-04-01T00:00:00+02:00", "10 held, 14 not_validated"},
		{"2026-03-15T08:00:00+01:00", "2026-04-01T00:00:00+02:00", "10 not_validated, 14 held"},
		{"2026-03-30T08:00:00+02:00", "2026-04-01T00:00:00+02:00", "10 not_validated, 14 not_validated"},
		{"2026-03-09T08:00:00+01:00", "2026-04-01T00:00:00+02:00", "10 not_validated, 14 not_validated"},
		{"", "2026-03-15T00:00:00+01:00", ""},                 // they may still be validated
		{"", "2026-03-18T12:00:00+01:00", "10 not_validated"}, // a week later for the first one
	} {
		im := newImporter(t, func(cfg *fabmanager.Config) {
			cfg.Files, cfg.Clock = files(session(c.validatedAt)), func() time.Time { return at(c.now) }
		})
		var got []string
		for _, e := range must(t, im, importers.Range{}) {
			_, d := decode(t, e)
			what := d.Values.Code("cause")
			if d.Kind() == "training.held" {
				what = "held"
			}
			got = append(got, fmt.Sprintf("%d %s", d.Time.Day(), what))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("validated %q, now %s: %s, want %s", c.validatedAt, c.now, s, c.want)
		}
	}
}

// Slots moved, added in another order or listed otherwise keep the reservation's ids and hours.
func TestTheOrderOfSlotsDoesNotMatter(t *testing.T) {
	const a, b = `{"availability_id": 1, "start_at": "2026-03-03T14:00:00+01:00", "end_at": "2026-03-03T15:00:00+01:00"}`, `{"availability_id": 2, "start_at": "2026-03-03T16:00:00+01:00", "end_at": "2026-03-03T17:00:00+01:00"}`
	page := func(slots string) fs.FS {
		return files(map[string]string{"reservations.json": `{"reservations": [{"id": 1, "reservable_id": 1, "reservable_type": "Machine", "reserved_slots": [` + slots + `]}]}`})
	}
	x, y := must(t, fromFiles(t, page(a+","+b)), importers.Range{}), must(t, fromFiles(t, page(b+","+a)), importers.Range{})
	for i := range x {
		rx, _ := decode(t, x[i])
		ry, _ := decode(t, y[i])
		if string(rx) != string(ry) {
			t.Errorf("%s, %s", rx, ry)
		}
	}
}

func TestMappingOverridesTheWords(t *testing.T) {
	m, err := fabmanager.ParseMapping([]byte(`
machines: {decoupeuse-laser: other}
trainings: {formation-laser-vinyle: safety}
groups: {standard: startup}
events: {Openlab: skip, Entreprises: conference}
audiences: {Entreprises: institutions}
accounts: {"7602": skip, "4191": other}
`))
	if err != nil {
		t.Fatal(err)
	}
	im := newImporter(t, func(c *fabmanager.Config) { c.Files, c.Mapping = sample(), m })
	s := monthOf(t, must(t, im, march), march)
	for figure, want := range map[string]float64{
		"U01 machine_category=other": 3, "U01 user_type=startup": 1, "discovery.held": 1, "D01 audience=institutions type=conference": 1, "E01": 75 + 10, "E01 stream=other": 10,
	} {
		if s[figure] != want {
			t.Errorf("%s is %v, want %v", figure, s[figure], want)
		}
	}
	_, err = fabmanager.ParseMapping([]byte("machines: {a: nonsense}\ngroups: {b: nonsense}\n"))
	if err == nil || !strings.Contains(err.Error(), `machines, "a"`) || !strings.Contains(err.Error(), `groups, "b"`) {
		t.Errorf("got %v", err)
	}
	if _, err := fabmanager.ParseMapping([]byte("machine: {a: other}\n")); err == nil {
		t.Error("a mistyped section is accepted")
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  fabmanager.Config
		want string
	}{
		"nothing":     {fabmanager.Config{}, `lab ""`},
		"no source":   {fabmanager.Config{Lab: "a", Salt: make([]byte, 16)}, "none is given"},
		"both":        {fabmanager.Config{Lab: "a", Salt: make([]byte, 16), URL: "https://a.example.org", Token: "t", Files: sample()}, "only one of them"},
		"plain http":  {fabmanager.Config{Lab: "a", Salt: make([]byte, 16), URL: "http://a.example.org", Token: "t"}, "not https"},
		"no address":  {fabmanager.Config{Lab: "a", Salt: make([]byte, 16), URL: "a.example.org", Token: "t"}, "not an address"},
		"no token":    {fabmanager.Config{Lab: "a", Salt: make([]byte, 16), URL: "https://a.example.org", Token: " \n"}, "setting token: empty"},
		"short salt":  {fabmanager.Config{Lab: "a", Salt: []byte("short"), Files: sample()}, "at least 16"},
		"a bad pause": {fabmanager.Config{Lab: "a", Salt: make([]byte, 16), Files: sample(), Timeout: -1}, "Timeout"},
	} {
		if _, err := fabmanager.New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Whatever stands in a page: no panic, and nothing but valid events.
func FuzzPages(f *testing.F) {
	lists := []string{"reservations", "trainings", "user_trainings", "events", "subscriptions", "plans", "accounting", "availabilities"}
	for name, file := range opening(f) {
		for i, list := range lists {
			if strings.HasPrefix(name, list) {
				f.Add(uint8(i), file.Data)
			}
		}
	}
	f.Add(uint8(7), []byte(`{"availabilities":[{"id":1,"available_type":"Machine","available_ids":[1,null,-1],"start_at":"2026-03-01T00:00:00Z","end_at":"2000-01-01T00:00:00Z","slots":[{"start_at":"2148-01-01T00:00:00Z","end_at":"2000-01-01T00:00:00Z"}]}]}`))
	f.Add(uint8(0), []byte(`{"reservations":[{"id":1,"reservable_id":-1,"reservable_type":"Training","reserved_slots":[{"availability_id":0,"start_at":"2000-01-01T00:00:00Z","end_at":"2000-01-01T00:00:00Z","canceled_at":""}]}]}`))
	f.Add(uint8(6), []byte(`{"lines":[{"id":1,"line_type":"item","date":"2026-03-01T00:00:00Z","account_code":"7","debit":9e12,"credit":-9e12}]}`))
	f.Fuzz(func(t *testing.T, list uint8, raw []byte) {
		im := fromFiles(t, fstest.MapFS{lists[int(list)%len(lists)] + ".json": {Data: raw}})
		for e, err := range im.Events(t.Context(), march) {
			if err != nil {
				_ = importers.Say(err, schemas.French)
				continue
			}
			decode(t, e)
		}
	})
}
