package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Rejected events from the first to the last: listed, shown, refused again, mended and counted once
// whatever is repeated or cut short, discarded, and all of it still there after a rebuild.
func TestRejectedEvents(t *testing.T) {
	addrs, web, natsURL, clickhouseURL := addresses(t)
	start(t, append([]string{"up", "--data", t.TempDir()}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	js := testkit.JetStream(t, natsURL)
	const subject = "vitrine.events.atelier-nord.discovery.held"
	send := func(subject, raw string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), subject, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	last := func() uint64 {
		t.Helper()
		stream, err := js.Stream(t.Context(), schemas.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		return stream.CachedInfo().State.LastSeq
	}
	// vitrine runs `vitrine rejected …` and checks the exit status and what must be printed.
	vitrine := func(status int, stdin, args string, want ...string) string {
		t.Helper()
		got, out, errs := command(t, stdin, natsURL, append([]string{"rejected", "--clickhouse-url", clickhouseURL}, strings.Fields(args)...)...)
		if got != status {
			t.Errorf("rejected %s: exit status %d, want %d\n%s%s", args, got, status, out, errs)
		}
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("rejected %s: %q isn't in\n%s%s", args, w, out, errs)
			}
		}
		return out
	}
	states := func() string {
		return query(t, clickhouseURL, "SELECT stream_seq, state, replayed_as, resolution_reason, resolved_at FROM rejections ORDER BY stream_seq")
	}
	// attendance checks what the live events add up to, and figure the KPI as well.
	attendance := func(want string) {
		t.Helper()
		waitCounted(t, natsURL)
		if got := query(t, clickhouseURL, "SELECT sum(measures['attendance']) FROM events WHERE lab = 'atelier-nord'"); got != want {
			t.Errorf("the events' attendance is %q, want %q", got, want)
		}
	}
	figure := func(want string) {
		t.Helper()
		attendance(want)
		if got := query(t, clickhouseURL, "SELECT value FROM kpi_monthly WHERE lab = 'atelier-nord' AND indicator = 'D02' AND segment = ''"); got != want {
			t.Errorf("D02 is %q, want %q", got, want)
		}
	}
	registration := func(id, zone string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/atelier-nord","type":"org.vitrine.lab.registered","time":"2026-01-05T09:00:00+01:00","data":{"name":"Atelier Nord","commune":"Lille","zone":"%s"}}`,
			schemas.RecordID("atelier-nord", "test", id), zone)
	}

	vitrine(0, "", "list", "open 0, replayed 0, discarded 0\n")
	bad := []string{1: eventJSON(1, "-3"), 2: strings.Replace(eventJSON(2, `"many"`), `"attendance"`, `"title":"écrire à jo@example.org","attendance"`, 1)}
	send(subject, bad[1])
	send(subject, bad[2])
	send("vitrine.events.x", "{\x1b[31m")
	send("vitrine.programme.atelier-nord.lab.registered", registration("a", "Europe/Paris"))
	send("vitrine.programme.atelier-nord.lab.registered", registration("b", "Indian/Reunion"))
	waitCounted(t, natsURL)

	vitrine(0, "", "list", "│   1 │", "discovery.held │ data.attendance │ implausible value (found -3; expected an integer from 0 to 50000)", "○ open", "open 4, replayed 0, discarded 0\n")
	vitrine(0, "", "list --lang fr --limit 2", "incohérent (reçu Indian/Reunion ; attendu : Europe/Paris, fixé au premier enregistrement)", "○ à traiter",
		"à traiter : 4, republiés : 0, écartés : 0\nLes 2 derniers de 4 sont affichés")
	vitrine(0, "", "list --by code --lang fr", "valeur invraisemblable (implausible)", "incohérent (inconsistent)", "à traiter : 4")
	vitrine(0, "", "list --by field", "data.zone", "(the whole event)")
	vitrine(0, "", "list --by lab --json", `"by": "lab"`, `"key": "atelier-nord"`, `"open": 3`)
	for _, c := range []struct {
		filter string
		want   []uint64
	}{
		{"", []uint64{1, 2, 3, 5}},
		{"--limit 1", []uint64{5}},
		{"3 1", []uint64{1, 3}},
		{"--lab x", []uint64{3}},
		{"--kind lab.registered", []uint64{5}},
		{"--code implausible", []uint64{1}},
		{"--field data.attendance", []uint64{1, 2}},
		{"--field data", []uint64{1, 2, 5}},
		{"--field data.att", nil},
		{"--state replayed", nil},
		{"--state open --lab atelier-nord --field data.zone", []uint64{5}},
		{"--since 2020", nil},
		{"--since 2020-01 --until 2020-12", nil},
		{"--since 2020-01", []uint64{1, 2, 3, 5}},
	} {
		if c.filter == "--since 2020" {
			vitrine(2, "", "list "+c.filter, "expected a day or a month")
			continue
		}
		var listed struct{ Rejections []clickhouse.RejectedEvent }
		if err := json.Unmarshal([]byte(vitrine(0, "", "list --json "+c.filter)), &listed); err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, r := range listed.Rejections {
			got = append(got, r.StreamSeq)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("list %s: %v, want %v", c.filter, got, c.want)
		}
	}

	vitrine(0, "", "show 1", "seq 1  ○ open", "subject: "+subject, "  - data.attendance: implausible value (found -3", "    \"attendance\": -3\n")
	shown := vitrine(0, "", "show 2 --lang fr", "n° 2  ○ à traiter", "  - data.title : donnée personnelle refusée", `data.attendance : type incorrect (reçu "many"`, "écrire à ***")
	if strings.Contains(shown, "jo@example.org") {
		t.Errorf("show tells an e-mail address:\n%s", shown)
	}
	if shown := vitrine(0, "", "show 3", `{�[31m`); strings.Contains(shown, "\x1b") {
		t.Errorf("show prints an escape sequence: %q", shown)
	}
	vitrine(0, "", "show 5 --json", `"code": "inconsistent"`, `"erased": false`, `"state": "open"`)
	if raw := vitrine(0, "", "show 2 --raw"); raw != bad[2] {
		t.Errorf("--raw gives %q", raw)
	}
	vitrine(1, "", "show 4", "seq 4: no rejected event has this number")

	// What is still bad is refused again, and nothing is published.
	untouched, before := states(), last()
	vitrine(1, "", "replay 1", "seq 1: refused: data.attendance: implausible value (found -3", "replayed 0, refused 1, replayed before 0", "events refused: 1")
	vitrine(1, "", "replay --all --lang fr", "n° 5 : refusé : data.zone : incohérent", "n° 3 : refusé : JSON illisible", "republiés : 0, refusés : 4, déjà republiés : 0")
	mended := eventJSON(1, "3")
	vitrine(1, eventJSON(7, "3"), "replay 1 --file -", "refused: id: value not allowed", "as the rejected event")
	vitrine(1, strings.ReplaceAll(mended, "atelier-nord", "lab-sud"), "replay 1 --file -", "refused: source: value not allowed")
	vitrine(1, bad[1], "replay 1 --file -", "refused: data.attendance")
	vitrine(1, " \n", "replay 1 --file -", "is empty")
	vitrine(1, "", "replay 1 4", "seq 4: no rejected event")
	vitrine(0, mended, "replay 1 --file - --dry-run", "seq 1: would be accepted, discovery.held", "would be replayed 1, refused 0")
	if states() != untouched || last() != before {
		t.Errorf("something was published or marked: %s", states())
	}

	// Mended, it counts once, however often it is replayed.
	vitrine(0, mended, "replay 1 --file -", "seq 1: accepted, seq 6, discovery.held", "replayed 1, refused 0")
	attendance("3")
	vitrine(0, mended, "replay 1 --file -", "seq 1: replayed before, seq 6: nothing to do", "replayed 0, refused 0, replayed before 1")
	vitrine(0, "", "replay 1 --lang fr", "n° 1 : déjà republié, n° 6 : rien à faire")
	vitrine(0, "", "show 1", "seq 1  ✔ replayed → 6", "replayed on: ")
	// A replay that was killed between publishing and marking leaves this, and once more for good measure.
	for range 2 {
		m := nats.NewMsg(subject)
		m.Data = []byte(eventJSON(2, "4"))
		m.Header.Set(schemas.HeaderPublisher, "rejected/2")
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	vitrine(0, eventJSON(2, "4"), "replay 2 --file -", "seq 2: accepted, seq 8")
	figure("7") // once
	if n := last(); n != 8 {
		t.Errorf("the stream reaches to %d: something was published again", n)
	}

	// An event that its lab sent again since isn't put back, in whatever order things are replayed.
	send(subject, eventJSON(3, "-1")) // 9
	send(subject, eventJSON(3, "-2")) // 10
	if status, out, errs := command(t, eventJSON(4, "5"), natsURL, "publish", "-"); status != 0 {
		t.Fatalf("publish exits %d: %s%s", status, out, errs)
	}
	attendance("12")
	vitrine(0, eventJSON(3, "20"), "replay 10 --file -", "seq 10: accepted, seq 12")
	attendance("32")
	vitrine(1, eventJSON(3, "10"), "replay 9 --file -", "seq 9: its lab has sent this event again since (seq 12, revision 0)")
	send(subject, eventJSON(4, "-9")) // 13, after 11: newer, so it may replace it
	waitCounted(t, natsURL)
	vitrine(0, eventJSON(4, "6"), "replay 13 --file -", "seq 13: accepted, seq 14")
	attendance("33")

	// Nor is one whose lab sent the very same again: were that taken for a replay, it would count as sent as early as the first.
	send(subject, eventJSON(5, "-1")) // 15
	send(subject, eventJSON(5, "-2")) // 16
	send(subject, eventJSON(5, "7"))  // 17
	attendance("40")
	for range 2 {
		vitrine(1, eventJSON(5, "7"), "replay 15 --file -", "seq 15: its lab has sent this event again since (seq 17, revision 0)")
		vitrine(1, eventJSON(5, "8"), "replay 16 --file -", "seq 16: its lab has sent this event again since (seq 17, revision 0)")
	}
	vitrine(0, "", "discard 15 16 --reason=renvoyé")

	vitrine(2, "", "discard 3", "--reason: say why")
	vitrine(2, "", "discard 3 --reason=jo@example.org", "no e-mail address")
	vitrine(1, "", "discard 1 9 --reason=renvoyé --lang fr", "n° 1 : republié sous le n° 6", "n° 9 : écarté", "écartés : 1")
	vitrine(0, "", "discard 9 --reason=renvoyé", "seq 9: discarded before: nothing to do")
	vitrine(0, "", "discard --all --lab x --reason=essai", "seq 3: discarded")
	vitrine(0, "", "list", "✘ discarded", "✔ replayed → 6", "open 1, replayed 4, discarded 4")

	// All of it stands in the streams.
	settled := states()
	if status, out, errs := command(t, "", natsURL, "rebuild", "--from-stream", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Fatalf("rebuild exits %d: %s%s", status, out, errs)
	}
	if got := states(); got != settled {
		t.Errorf("after the rebuild:\n%s\nbefore:\n%s", got, settled)
	}
	figure("40")
	// In the middle of a rebuild it can't be told what was sent again since: nothing is replayed.
	store, err := clickhouse.Open(clickhouse.Config{URL: clickhouseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	made, err := store.FiguresMade(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	vitrine(1, "", "replay 3", "a rebuild is under way")
	if err := store.SetFiguresMadeWith(t.Context(), made.With); err != nil {
		t.Fatal(err)
	}
	// A discarded event is reopened by a replay; until it can be accepted it stays discarded.
	vitrine(1, "", "replay 3", "seq 3: refused: not readable as JSON")
	vitrine(0, strings.ReplaceAll(eventJSON(5, "1"), "atelier-nord", "x"), "replay 3 --file -", "seq 3: accepted, seq 18")
	vitrine(0, "", "list --state discarded --json", `"stream_seq": 9`, `"discarded": 3`)
	// Should the rules change and 19 be accepted at its place, the mended one must still win.
	send(subject, strings.Replace(eventJSON(6, "-1"), `"source"`, `"revision":2,"source"`, 1))
	waitCounted(t, natsURL)
	vitrine(1, eventJSON(6, "1"), "replay 19 --file -", "refused: revision: value not allowed (found 0; expected ≥ 2, as the rejected event)")
	if status, out, errs := command(t, "", natsURL, "verify", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Errorf("verify exits %d: %s%s", status, out, errs)
	}

	// Personal data can be erased from the stream; what became of the event stays, and it says so.
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SecureDeleteMsg(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	vitrine(0, "", "show 5", "was erased from the stream", "Indian/Reunion")
	vitrine(1, "", "show 5 --raw", "the original bytes are gone")
	vitrine(1, "", "replay 5", "erased from the stream: nothing to replay")
}

func TestRejectedIsUsedWrongly(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "expected one of discard, list, replay, show"},
		{"--lang fr", 2, "quelle commande ?"},
		{"erase", 2, `Found "erase"`},
		{"list zero", 2, "expected the sequence number"},
		{"list --state closed", 2, "expected open, replayed or discarded"},
		{"list --by weather", 2, "expected lab, code or field"},
		{"list --until yesterday", 2, "expected a day or a month"},
		{"list --clickhouse-url http://127.0.0.1:1/vitrine", 1, "is it running?"},
		{"show", 2, "expected one sequence number"},
		{"show 1 2", 2, "expected one sequence number"},
		{"show 0", 2, "expected the sequence number"},
		{"show 1 --raw --json", 2, "not both"},
		{"replay", 2, "which ones?"},
		{"replay 1 --all", 2, "which ones?"},
		{"replay 1 --lab x", 2, "--lab goes with --all"},
		{"replay 1 2 --file x", 2, "--file: expected one sequence number"},
		{"replay --all --file x", 2, "--file: expected one sequence number"},
		{"replay 1 --timeout 0s", 2, "--timeout"},
		{"replay 1 --file /nowhere", 1, "/nowhere"},
		{"replay 1", 1, "is it running? see --nats-url"},
		{"discard 1", 2, "--reason: say why"},
		{"discard 1 --reason " + strings.Repeat("x", 501), 2, "at most 500"},
		{"discard --reason x", 2, "which ones?"},
	} {
		status, out, errs := command(t, "", "nats://127.0.0.1:1", append([]string{"rejected"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(errs, c.want) {
			t.Errorf("rejected %s: exit status %d, %s%s; want %d and %q", c.args, status, out, errs, c.status, c.want)
		}
	}
}

// The list fits the terminal, whatever was sent, and is no way to tell the terminal things.
func TestTheListOfRejectedEventsFits(t *testing.T) {
	as := uint64(18_446_744)
	rows := []clickhouse.RejectedEvent{
		{StreamSeq: 1_234_567, Lab: "atelier-nord", Kind: "discovery.held", Field: "data.attendance", ReceivedAt: time.Unix(1_770_000_000, 0), State: clickhouse.StateReplayed, ReplayedAs: &as,
			ReasonFR: "data.attendance : valeur invraisemblable (reçu -3 ; attendu : un entier de 0 à 50000)", ReasonEN: "data.attendance: implausible value (found -3; expected an integer from 0 to 50000)"},
		{StreamSeq: 2, Lab: strings.Repeat("l", 63), Kind: strings.Repeat("genre.", 30), Field: strings.Repeat("démesuré日本", 2000), State: clickhouse.StateOpen,
			ReasonFR: strings.Repeat("É", 5000) + " \x1b[2J", ReasonEN: strings.Repeat("mot ", 5000) + "\x1b[2J"},
		{StreamSeq: 3, State: clickhouse.StateDiscarded, ReasonFR: "a\x1b]0;x\x07\nb\tc\u202ed", ReasonEN: "a\x1b]0;x\x07\nb\tc\u202ed"},
	}
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		for _, columns := range []int{70, 80, 120, 160, 200, 300} {
			var out bytes.Buffer
			env := &environment{Stdout: &out, Config: config{Lang: lang, Zone: time.UTC}, Getenv: func(name string) string {
				return map[string]string{"COLUMNS": fmt.Sprint(columns)}[name]
			}}
			env.printRejections(rows)
			for line := range strings.Lines(out.String()) {
				if w := text.StringWidth(strings.TrimSuffix(line, "\n")); w > columns {
					t.Errorf("%s, %d columns: a line of %d:\n%s", lang, columns, w, line)
				}
			}
			if strings.ContainsAny(out.String(), "\x1b\x07\t\u202e") {
				t.Errorf("%s, %d columns: control characters are printed", lang, columns)
			}
			for _, want := range []string{"1234567", "18446744", "atelier-nord", "…", env.say("écarté", "discarded")} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s, %d columns: no %q in\n%s", lang, columns, want, &out)
				}
			}
		}
	}
}
