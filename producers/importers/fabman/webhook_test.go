package fabman_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// message is a webhook about an entry.
func message(t testing.TB, kind string, log record) importers.Message {
	t.Helper()
	body, err := json.Marshal(map[string]any{"id": 1, "type": kind, "details": map[string]any{"log": log, "resource": map[string]any{"id": log["resource"]}}})
	if err != nil {
		t.Fatal(err)
	}
	return webhook(body)
}

func TestASecretIsNeeded(t *testing.T) {
	f := serve(t)
	body := sample(t, "webhook_resourceLog_updated")
	im := f.importer(t, nil)
	for name, m := range map[string]importers.Message{
		"none":    {Body: body},
		"wrong":   {Body: body, Query: map[string][]string{"secret": {secret + "x"}}},
		"part":    {Body: body, Query: map[string][]string{"secret": {secret[:8]}}},
		"nothing": {Body: body, Query: map[string][]string{"secret": {""}}},
	} {
		events, err := im.Receive(t.Context(), m)
		if len(events) != 0 || !importers.Continues(err) || importers.IsWarning(err) || strings.Contains(err.Error(), secret[:8]) ||
			!strings.Contains(importers.Say(err, schemas.French), "secret faux ou absent") {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
	header := importers.Message{Body: body, Header: http.Header{fabman.SecretHeader: {secret}}}
	if events := receive(t, im, header); len(events) != 1 {
		t.Errorf("by the header: %v", events)
	}
	open := f.importer(t, func(c *fabman.Config) { c.WebhookSecret = "" })
	if _, err := open.Receive(t.Context(), importers.Message{Body: body, Query: map[string][]string{"secret": {""}}}); !importers.Continues(err) ||
		!strings.Contains(importers.Say(err, schemas.English), "no secret is set") {
		t.Errorf("without a secret: %v", err)
	}
}

func TestMessagesThatSayNothing(t *testing.T) {
	f := serve(t)
	im := f.importer(t, nil)
	log := f.records["resource-logs"][0]
	for name, m := range map[string]importers.Message{
		"a test":       webhook([]byte(`{"id":1,"type":"test","details":{"message":"Jo"}}`)),
		"a new sort":   webhook([]byte(`{"id":1,"type":"spaceship_launched"}`)),
		"a booking":    message(t, "booking_created", log),
		"a denial":     message(t, "resourceLog_created", log.with("type", "denied")),
		"a door":       message(t, "resourceLog_updated", log.with("resource", 250)),
		"still open":   message(t, "resourceLog_created", log.with("stoppedAt", nil)),
		"a reboot end": message(t, "resourceLog_updated", f.records["resource-logs"][3]),
	} {
		if events := receive(t, im, m); len(events) != 0 {
			t.Errorf("%s tells %+v", name, events)
		}
	}
}

func TestMessagesThatCannotBeRead(t *testing.T) {
	f := serve(t)
	im := f.importer(t, nil)
	for name, body := range map[string]string{
		"no JSON":     "<xml>",
		"a list":      "[]",
		"no type":     "{}",
		"no log":      `{"type":"resourceLog_updated","details":{}}`,
		"no number":   `{"type":"resourceLog_updated","details":{"log":{"id":"x"}}}`,
		"too long":    `{"type":"` + strings.Repeat("x", 2<<20) + `"}`,
		"no machine":  `{"type":"resourceLog_updated","details":{"log":{"id":9,"resource":999,"type":"allowed","lockVersion":1,"createdAt":"2026-03-05T09:00:00Z"}}}`,
		"a wrong end": `{"type":"resourceLog_updated","details":{"log":{"id":9,"resource":245,"type":"allowed","lockVersion":1,"createdAt":"2026-03-05T09:00:00Z","stoppedAt":"2026-03-05T08:00:00Z"}}}`,
	} {
		events, err := im.Receive(t.Context(), webhook([]byte(body)))
		if len(events) != 0 || !importers.Continues(err) {
			t.Errorf("%s: %v, %v", name, events, err)
		}
		if fr, en := importers.Say(err, schemas.French), importers.Say(err, schemas.English); fr == en || len(en) > 500 {
			t.Errorf("%s: %s / %s", name, fr, en)
		}
	}
}

// A message that can't be judged for now comes again.
func TestAMessageWhileFabmanIsDown(t *testing.T) {
	f := serve(t)
	down := true
	f.before = func(w http.ResponseWriter, _ *http.Request, _ string, _ int) bool {
		if down {
			w.WriteHeader(500)
		}
		return down
	}
	im := f.importer(t, nil)
	m := webhook(sample(t, "webhook_resourceLog_updated"))
	if _, err := im.Receive(t.Context(), m); !is[*rest.UnavailableError](err) || importers.Continues(err) {
		t.Fatalf("%v", err)
	}
	down = false
	if events := receive(t, im, m); len(events) != 1 {
		t.Errorf("%v", events)
	}
}

func TestAMessageThatComesAgainTellsTheSame(t *testing.T) {
	f, s := serve(t), &state{}
	now := at("2026-03-05T13:00:00+01:00")
	var first []byte
	for range 3 {
		events := receive(t, remembering(t, f, s, &now), webhook(sample(t, "webhook_resourceLog_updated")))
		raw, _ := json.Marshal(events)
		if len(events) != 1 || first != nil && !bytes.Equal(raw, first) {
			t.Errorf("%s, first %s", raw, first)
		}
		first = raw
	}
}

// Fabman documents no message for a deletion; should there be one, the usage is taken back for good.
func TestADeletionByWebhook(t *testing.T) {
	f, s := serve(t), &state{}
	now := at("2026-03-05T13:00:00+01:00")
	im := remembering(t, f, s, &now)
	log := f.records["resource-logs"][0]
	for range 2 {
		events := receive(t, im, message(t, "resourceLog_deleted", log))
		if len(events) != 1 || !events[0].Retracted || events[0].Revision != 3 || events[0].ID != idOf(1) {
			t.Fatalf("%+v", events)
		}
	}
	if late := receive(t, remembering(t, f, s, &now), message(t, "resourceLog_updated", log)); len(late) != 0 {
		t.Errorf("a late message brings it back: %+v", late)
	}
}

// Activity of months ago that is corrected now: messages about it overtake each other as well.
func TestALateMessageAboutOldActivity(t *testing.T) {
	f, s := serve(t), &state{}
	now := at("2026-06-30T13:00:00+02:00")
	poll(t, remembering(t, f, s, &now), importers.Range{Since: at("2026-06-01T00:00:00+02:00")})
	version := func(n int, stopped string) record {
		return f.records["resource-logs"][0].with("lockVersion", n, "stoppedAt", stopped)
	}
	newest := receive(t, remembering(t, f, s, &now), message(t, "resourceLog_updated", version(5, "2026-03-03T16:00:00.000Z")))
	if len(newest) != 1 || newest[0].Revision != 5 {
		t.Fatalf("%+v", newest)
	}
	now = now.Add(time.Hour)
	if late := receive(t, remembering(t, f, s, &now), message(t, "resourceLog_updated", version(4, "2026-03-03T15:00:00.000Z"))); len(late) != 0 {
		t.Errorf("an older version comes after a newer one: %+v", late)
	}
	receive(t, remembering(t, f, s, &now), message(t, "resourceLog_deleted", version(6, "2026-03-03T16:00:00.000Z")))
	now = now.Add(time.Hour)
	if late := receive(t, remembering(t, f, s, &now), message(t, "resourceLog_updated", version(6, "2026-03-03T16:00:00.000Z"))); len(late) != 0 {
		t.Errorf("a late message brings back what was deleted: %+v", late)
	}
	// It isn't remembered for ever.
	now = now.AddDate(0, 2, 0)
	poll(t, remembering(t, f, s, &now), importers.Range{Since: at("2026-06-01T00:00:00+02:00")})
	if raw, _ := s.Get("memory"); strings.Contains(string(raw), `"v":6`) {
		t.Errorf("still remembered: %s", raw)
	}
}

// A renamed machine is asked for anew, so that poll and webhook tell the same.
func TestAMachineThatIsRenamed(t *testing.T) {
	f := serve(t)
	im := f.importer(t, nil)
	receive(t, im, message(t, "resourceLog_updated", f.records["resource-logs"][0]))
	f.edit("resources", 245, "name", "Fraiseuse")
	receive(t, im, message(t, "resource_updated", f.records["resource-logs"][0]))
	got := receive(t, im, message(t, "resourceLog_updated", f.records["resource-logs"][0]))
	if category := decode(t, got[0]).Values.Code("machine_category"); category != "cnc_mill_small" {
		t.Errorf("still a %s", category)
	}
}

// Whatever the order in which polls and messages, late and repeated, tell of the versions of an entry,
// the last version counts, once; restarts in between change nothing.
func TestAnyOrderGivesTheLastVersion(t *testing.T) {
	f := serve(t)
	template := f.records["resource-logs"][0]
	rapid.Check(t, func(rt *rapid.T) {
		s, l, now := &state{}, ledger{}, at("2026-03-05T12:00:00+01:00")
		im := remembering(t, f, s, &now)
		// Every version of the entry: open, or stopped after so many hours; the first one is open.
		lasts := append([]int{0}, rapid.SliceOfN(rapid.IntRange(0, 4), 1, 5).Draw(rt, "hours of each version")...)
		versions := make([]record, len(lasts))
		var late []int
		for i, h := range lasts {
			versions[i] = template.with("lockVersion", json.Number(fmt.Sprint(i+1)), "stoppedAt", nil)
			if h > 0 {
				versions[i]["stoppedAt"] = at("2026-03-03T13:00:00Z").Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
			}
			for range rapid.IntRange(1, 2).Draw(rt, "deliveries") {
				late = append(late, i)
			}
		}
		late = rapid.Permutation(late).Draw(rt, "order of the messages")
		current := 0
		show := func(i int) {
			current = max(current, i)
			f.mu.Lock()
			f.records["resource-logs"] = []record{versions[current]}
			f.mu.Unlock()
		}
		show(0)
		var sent []*schemas.Event
		for _, i := range late {
			switch rapid.IntRange(0, 3).Draw(rt, "before it") {
			case 0:
				show(current + rapid.IntRange(0, len(versions)-1-current).Draw(rt, "edits"))
				sent = append(sent, l.send(t, poll(t, im, all))...)
			case 1:
				im = remembering(t, f, s, &now)
			case 2: // a reading that isn't kept, of a process that ends
				must(t, im, all)
				im = remembering(t, f, s, &now)
			}
			show(i) // a message is never before its edit
			sent = append(sent, l.send(t, receive(t, im, message(t, "resourceLog_updated", versions[i])))...)
			now = now.Add(time.Minute)
		}
		got := slices.Collect(maps.Values(live(t, sent)))
		last := lasts[len(lasts)-1]
		if last == 0 && len(got) != 0 || last > 0 && len(got) != 1 {
			rt.Fatalf("%d usages live, the last version has %d h", len(got), last)
		}
		if last > 0 {
			if end, _ := schemas.EndOf(got[0]); end.Sub(got[0].Time) != time.Duration(last)*time.Hour {
				rt.Fatalf("%s live, the last version has %d h", end.Sub(got[0].Time), last)
			}
		}
	})
}
