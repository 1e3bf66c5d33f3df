package fabman_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/schemas"
)

// The totals are those checked by hand in testdata/expected_2026-03.json.
func TestSample(t *testing.T) {
	f := serve(t)
	im := f.importer(t, nil)
	got := read(t, im, march)
	if got.err != nil || len(got.broken) > 0 {
		t.Fatal(got.broken, got.err)
	}
	wantHours(t, got.events, map[string]float64{"fabman-245": 2.5, "fabman-246": 12})
	for _, e := range got.events {
		d := decode(t, e)
		if d.Values.Code("origin") != "measured" || e.Revision != 2 || e.Source != "/labs/"+lab+"/fabman" {
			t.Errorf("%+v", d)
		}
		if want := map[string]string{"fabman-245": "laser_cutter", "fabman-246": "printer_3d_fdm"}[d.Values.Code("machine")]; d.Values.Code("machine_category") != want {
			t.Errorf("%s is a %s", d.Values.Code("machine"), d.Values.Code("machine_category"))
		}
	}
	if len(got.warnings) != 1 {
		t.Fatalf("warnings: %v", got.warnings)
	}
	for lang, want := range map[schemas.Lang]string{
		schemas.French:  "resource-log 3, stopType : arrêt automatique, personne n'a éteint la machine : 12,0 h comptées, dont 11,0 h sans activité",
		schemas.English: "resource-log 3, stopType: stopped automatically, nobody switched the machine off: 12.0 h are counted, 11.0 h of them idle"} {
		if said := importers.Say(got.warnings[0], lang); !strings.HasSuffix(said, want) {
			t.Errorf("%s", said)
		}
	}
}

// Session 5 is still open in the sample; the webhooks tell how it ends.
func TestSampleWebhooks(t *testing.T) {
	f := serve(t)
	im := f.importer(t, func(c *fabman.Config) { c.State = &state{} })
	all := poll(t, im, march)
	for _, name := range []string{"webhook_resourceLog_created", "webhook_memberTraining_created"} {
		if events := receive(t, im, webhook(sample(t, name))); len(events) != 0 {
			t.Errorf("%s tells %v", name, events)
		}
	}
	updated := receive(t, im, webhook(sample(t, "webhook_resourceLog_updated")))
	if len(updated) != 1 || updated[0].Revision != 3 || updated[0].ID != idOf(5) {
		t.Fatalf("%+v", updated)
	}
	wantHours(t, append(all, updated...), map[string]float64{"fabman-245": 2.5, "fabman-246": 14})
	// A poll finds the same: the same bytes.
	f.edit("resource-logs", 5, "stoppedAt", "2026-03-05T11:00:00.000Z", "stopType", "takeover")
	polls := must(t, f.importer(t, nil), march)
	for _, e := range polls {
		if e.ID == idOf(5) {
			polled, _ := json.Marshal(e)
			received, _ := json.Marshal(updated[0])
			if !bytes.Equal(polled, received) {
				t.Errorf("poll and webhook differ:\n%s\n%s", polled, received)
			}
		}
	}
	wantHours(t, polls, map[string]float64{"fabman-245": 2.5, "fabman-246": 14})
}

func TestASecondImportChangesNothing(t *testing.T) {
	f := serve(t)
	first, second := must(t, f.importer(t, nil), march), must(t, f.importer(t, nil), march)
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if len(first) != 2 || !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
	l := ledger{}
	if n := len(l.send(t, first)); n != 2 {
		t.Errorf("%d sent", n)
	}
	if again := l.send(t, second); len(again) != 0 {
		t.Errorf("sent again: %v", again)
	}
}

// Whatever else is in the records, nothing about members gets out.
func TestNothingAboutMembersGetsOut(t *testing.T) {
	f := serve(t)
	f.edit("resource-logs", 1, "notes", "appeler jo@example.org", "metadata", map[string]string{"name": "Jo Exemple"})
	s := &state{}
	im := f.importer(t, func(c *fabman.Config) { c.State = s })
	got := read(t, im, march)
	if err := im.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got.events = append(got.events, receive(t, im, webhook(sample(t, "webhook_resourceLog_updated")))...)
	var said strings.Builder
	for _, e := range got.events {
		raw, _ := json.Marshal(e)
		said.Write(raw)
	}
	for _, err := range append(got.warnings, got.broken...) {
		said.WriteString(err.Error())
	}
	for _, raw := range s.values {
		said.Write(raw)
	}
	if said.Len() < 500 {
		t.Fatalf("too little to look through: %s", said.String())
	}
	for _, personal := range []string{"2999", "Jo", "Exemple", "example.org", `"9"`, token, secret} {
		if strings.Contains(said.String(), personal) {
			t.Errorf("%q is in %s", personal, said.String())
		}
	}
	if f.count("members") > 0 {
		t.Error("members were asked for")
	}
}

func TestMachinesAreMapped(t *testing.T) {
	f := serve(t)
	mapping, err := fabman.ParseMapping([]byte("machines: {Ultimaker: skip, '245': vinyl_cutter, Laser: other}\nrefs: {Laser: laser-1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	events := must(t, f.importer(t, func(c *fabman.Config) { c.Mapping = mapping }), march)
	wantHours(t, events, map[string]float64{"laser-1": 2.5})
	if category := decode(t, events[0]).Values.Code("machine_category"); category != "vinyl_cutter" {
		t.Errorf("a %s: the number says more than the name", category)
	}
	for _, bad := range []string{"machines: {a: b}", "refs: {a: 'b c'}", "machine: {a: other}", "{"} {
		if _, err := fabman.ParseMapping([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestOneSpaceOfSeveral(t *testing.T) {
	f := serve(t)
	f.edit("resources", 246, "space", 2)
	wantHours(t, must(t, f.importer(t, func(c *fabman.Config) { c.Space = 2 }), march), map[string]float64{"fabman-246": 12})
}

func TestRange(t *testing.T) {
	f := serve(t)
	f.log(10, "2026-02-28T20:00:00.000Z", "2026-03-01T02:00:00.000Z")
	for r, want := range map[string]float64{"2026-03-04": 0, "2026-03-03": 2.5, "2026-03-01": 8.5} {
		since := at(r + "T00:00:00+01:00")
		events := must(t, f.importer(t, nil), importers.Range{Since: since, Until: at("2026-03-04T00:00:00+01:00")})
		if got := hours(t, events)["fabman-245"]; got != want {
			t.Errorf("from %s: %v h, want %v: a session that lasts into the range is told whole", r, got, want)
		}
	}
}
