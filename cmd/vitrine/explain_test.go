package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// discoveryJSON is a version of the n-th event of a lab.
func discoveryJSON(n, revision int, at string, attendance int, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/atelier-nord/agenda","type":"org.vitrine.discovery.held","time":"%s:00+01:00","revision":%d,"data":{"type":"open_lab","audience":"companies","attendance":%d}%s}`,
		schemas.RecordID("atelier-nord", "explain", fmt.Sprint(n)), at, revision, attendance, more)
}

// explained is a simulated programme, and a small lab of our own, counted.
type explained struct {
	store *clickhouse.Store
	url   string
}

func newExplained(t *testing.T) *explained {
	t.Helper()
	x := &explained{url: storekit.URL(t)}
	x.store = storekit.At(t, x.url)
	js := testkit.Streams(t)
	publish := func(subject string, raw []byte) {
		t.Helper()
		if _, err := js.PublishAsync(subject, raw); err != nil {
			t.Fatal(err)
		}
	}
	// Far in the east: what happens late in the evening in Paris happens on the next day there.
	publish("vitrine.programme.atelier-nord.lab.registered", []byte(fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/atelier-nord","type":"org.vitrine.lab.registered","time":"2026-01-01T00:00:00Z","data":{"name":"Atelier Nord","commune":"Saint-Denis","zone":"Indian/Reunion"}}`,
		schemas.RecordID("atelier-nord", "explain", "lab"))))
	for _, raw := range []string{
		discoveryJSON(1, 0, "2026-03-12T18:00", 10, ""),
		discoveryJSON(1, 1, "2026-03-12T18:00", 1200, `,"reason":"faute de frappe"`),
		discoveryJSON(2, 0, "2026-03-20T22:30", 5, ""),
		discoveryJSON(2, 1, "2026-03-20T22:30", 5, `,"retracted":true,"reason":"doublon"`),
		discoveryJSON(3, 0, "2026-03-21T18:00", 7, ""),
	} {
		publish("vitrine.events.atelier-nord.discovery.held", []byte(raw))
	}
	programme, err := simulator.New(simulator.Config{Seed: 7, Until: time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC), Months: 3, Scale: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	for m := range programme.History() {
		publish(m.Subject, m.Raw)
	}
	<-js.PublishAsyncComplete()
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: x.store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	testkit.Eventually(t, time.Minute, func() error {
		return ingest.WaitCounted(t.Context(), js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return x
}

// known gives a figure that was read before: reading a view takes longer than explaining a figure.
type known struct {
	*clickhouse.Store
	figure *clickhouse.Figure
}

func (k known) Figure(context.Context, clickhouse.FigureKey, time.Time) (*clickhouse.Figure, error) {
	return k.figure, nil
}

// Every indicator's figures of a simulated programme, by day, month and quarter: what the contributions
// make is what the view says.
func TestExplainMakesTheFigures(t *testing.T) {
	x := newExplained(t)
	labs, err := x.store.RegisteredLabs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("simulated", func(t *testing.T) { x.makesTheFigures(t, "forge-aux-etincelles") })
	t.Run("printed", x.prints)
	t.Run("json", x.printsJSON)
	t.Run("narrow", func(t *testing.T) { x.fits(t, labs) })
	t.Run("wrong", x.noticesAWrongFigure)
}

func (x *explained) makesTheFigures(t *testing.T, lab string) {
	env := &environment{}
	var err error
	if env.Config.Zone, err = time.LoadLocation(schemas.DefaultZone); err != nil {
		t.Fatal(err)
	}
	rules := rollup.NewRules(schemas.DefaultCatalogue())
	random := rand.New(rand.NewPCG(1, 2))
	explainedRules, former := map[explain.Rule]bool{}, 0
	for _, grain := range []explain.Grain{explain.Day, explain.Month, explain.Quarter} {
		byIndicator := map[string][]clickhouse.Figure{}
		figures, err := x.store.Figures(t.Context(), string(grain), lab)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range figures {
			byIndicator[f.Indicator] = append(byIndicator[f.Indicator], f)
		}
		for _, indicator := range schemas.DefaultCatalogue().Indicators {
			all := byIndicator[indicator.Code]
			if len(all) == 0 {
				continue
			}
			a := x.explain(t, env, rules, &indicator, grain, all[random.IntN(len(all))])
			explainedRules[a.Rule] = true
			former += len(a.Former)
		}
	}
	if len(explainedRules) != 12 || former == 0 {
		t.Errorf("the sample has %d of 12 rules and %d events that no longer count", len(explainedRules), former)
	}
}

// explain holds a figure against what its contributions make.
func (x *explained) explain(t *testing.T, env *environment, rules *rollup.Rules, indicator *schemas.Indicator, grain explain.Grain, f clickhouse.Figure) *explain.Answer {
	t.Helper()
	a, err := explain.Explain(t.Context(), explain.Config{Store: known{x.store, &f}, Rules: rules, Zone: env.Config.Zone},
		explain.Question{Lab: f.Lab, Indicator: indicator, Segment: f.Segment, Period: explain.Period{Grain: grain, Start: f.Period}, AsOf: env.today()})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Exact() {
		t.Errorf("%s %s %s %q: the view says %s ÷ %v, the contributions %s ÷ %s", f.Lab, f.Indicator, a.Period, f.Segment, f.Numerator, f.Denominator, a.Numerator.Total, a.Denominator.Total)
	}
	for _, e := range a.Former {
		for _, v := range e.Versions {
			if v.Unreadable { // its day is cut in the lab's zone, not the programme's
				t.Errorf("%s %s: what revision %d of %s added can't be told", f.Lab, f.Indicator, v.Revision, e.ID)
			}
		}
	}
	return a
}

// command runs explain on the lab of our own.
func (x *explained) command(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	return command(t, "", "", append([]string{"explain", "--clickhouse-url", x.url, "--lab", "atelier-nord"}, args...)...)
}

var horizontal = regexp.MustCompile(`─+`)

var received = regexp.MustCompile(`(r\d) \d{4}-\d\d-\d\d \d\d:\d\d`)

func (x *explained) prints(t *testing.T) {
	id := func(n int) string { return schemas.RecordID("atelier-nord", "explain", fmt.Sprint(n)).String() }
	for lang, want := range map[string]string{
		"en": `D02 Discovery attendances
Atelier Nord (atelier-nord), 2026-Q1, audience=companies (Companies)
Sum of the attendances at discovery events.
The sum of what each event adds. Days counted: from 2026-01-01 to 2026-03-31.

Value: 1,207

2 events
Day         Event                                 Version received             Adds
─
2026-03-12  ` + id(1) + `  r1 2026-11-24 00:31 agenda  1,200
            “faute de frappe”
            ↳ before                              r0 2026-11-24 00:31 agenda   (10)
2026-03-21  ` + id(3) + `  r0 2026-11-24 00:31 agenda      7
─
            Sum                                                               1,207

No longer counted: 1
Day         Event                                 Version received            Added
─
2026-03-21  ` + id(2) + `  r1 2026-11-24 00:31 agenda
            retracted, “doublon”
            ↳ before                              r0 2026-11-24 00:31 agenda    (5)

✔ the sum of contributions is the value: 1,207
`,
		"fr": `D02 Participants aux événements de découverte
Atelier Nord (atelier-nord), 2026-T1, audience=companies (Entreprises)
Somme des participants aux événements de découverte.
Somme de ce qu'apporte chaque événement. Jours comptés : du 2026-01-01 au 2026-03-31.

Valeur : 1 207

2 événements
Jour        Événement                             Version reçue               Apport
─
2026-03-12  ` + id(1) + `  r1 2026-11-24 00:31 agenda   1 200
            « faute de frappe »
            ↳ avant                               r0 2026-11-24 00:31 agenda    (10)
2026-03-21  ` + id(3) + `  r0 2026-11-24 00:31 agenda       7
─
            Somme                                                              1 207

Ne comptent plus : 1
Jour        Événement                             Version reçue               Apportait
─
2026-03-21  ` + id(2) + `  r1 2026-11-24 00:31 agenda
            retiré, « doublon »
            ↳ avant                               r0 2026-11-24 00:31 agenda        (5)

✔ la somme des contributions est la valeur : 1 207
`,
	} {
		status, out, errs := x.command(t, "--lang", lang, "--indicator", "d02", "--period", "2026-T1", "--segment", "audience=companies")
		// When it was received and how long the lines are is left out; a number's groups stand apart by a space.
		got := received.ReplaceAllString(out, "$1 2026-11-24 00:31")
		got = horizontal.ReplaceAllString(strings.ReplaceAll(got, "\u00a0", " "), "─")
		if status != 0 || got != want {
			t.Errorf("%s: exit status %d\n%s%s\nwant\n%s", lang, status, got, errs, want)
		}
	}
	for args, want := range map[string]string{
		"--indicator D02 --period 2026-03 --limit 1 --versions=false": "… 1 more event isn't shown (--limit)\n… 1 older version isn't shown (--versions)\n",
		"--indicator D02 --period 2025-03":                            "✔ nothing counts here, and the figure has no value\n",
	} {
		if status, out, errs := x.command(t, strings.Fields(args)...); status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit status %d, %s%s", args, status, out, errs)
		}
	}
	for args, want := range map[string]string{
		"--indicator U9 --period 2026-03":                                  "2 vitrine: --indicator \"U9\": not in the catalogue, which has\n  U01  Machine hours\n",
		"--indicator D02 --period 2026":                                    "2 vitrine: --period \"2026\": expected a day, month or quarter",
		"--indicator E02 --period 2026-03-12":                              "2 vitrine: an indicator over the last months has no figure by day",
		"--indicator D02 --period 2026-03 --segment audience=x":            "1 vitrine: D02 of atelier-nord has no segment \"audience=x\"; it has\n  audience=companies\n  type=open_lab\n",
		"--indicator D02 --period 2026-03 --lab nulle-part-aux-copeaux":    "1 vitrine: nothing was ever received from lab \"nulle-part-aux-copeaux\"; registered: imagerie-des-copeaux, kaz-copeaux\n",
		"--indicator D02 --period 2026-03 --lab x --lang fr":               "1 vitrine: rien n'a été reçu du fab lab \"x\" ; enregistrés : atelier-du-maripa, ",
		"--indicator K02 --period 2026-03 --segment partner_type=x":        "1 vitrine: K02 is given for the whole only",
		"--period 2026-03 --limit -1 --as-of today --format xml --lang fr": "2 vitrine: --indicator : indiquez",
	} {
		if status, _, errs := x.command(t, strings.Fields(args)...); !strings.HasPrefix(fmt.Sprint(status, " ", errs), want) {
			t.Errorf("%s: exit status %d, %s", args, status, errs)
		}
	}
}

func (x *explained) printsJSON(t *testing.T) {
	status, out, errs := x.command(t, "--indicator", "D02", "--period", "2026-03", "--format", "json")
	var got explanationJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 {
		t.Fatalf("exit status %d, %v: %s%s", status, err, out, errs)
	}
	if !got.Exact || *got.Value != "1207" || len(got.Numerator.Entries) != 2 || len(got.Former) != 1 || got.Former[0].Why != "retracted" ||
		*got.Numerator.Entries[0].Events[0].Versions[0].Numerator != "10" {
		t.Errorf("%s", out)
	}
}

// No line is wider than a terminal of 80 columns, though names are long.
func (x *explained) fits(t *testing.T, labs []string) {
	const width = 80
	for _, code := range []string{"U01", "C01", "K01", "Q01", "T04"} {
		var out bytes.Buffer
		env := &environment{Stdout: &out, Getenv: func(string) string { return "" }}
		env.Config.Lang = schemas.French
		var err error
		if env.Config.Zone, err = time.LoadLocation(schemas.DefaultZone); err != nil {
			t.Fatal(err)
		}
		q, err := env.question(schemas.DefaultCatalogue(), explainOptions{lab: labs[4], indicator: code, period: "2026-Q2", format: "text"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := explain.Explain(t.Context(), explain.Config{Store: known{x.store, nil}, Rules: rollup.NewRules(schemas.DefaultCatalogue()), Zone: env.Config.Zone}, q)
		if err != nil {
			t.Fatal(err)
		}
		explanation{environment: env, Answer: a, explainOptions: explainOptions{versions: true}, width: width}.print()
		for line := range strings.Lines(out.String()) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%s: %d columns: %s", code, n, line)
			}
		}
	}
}

// The cells are gone: the figures are, and explain says so.
func (x *explained) noticesAWrongFigure(t *testing.T) {
	at := strings.LastIndex(x.url, "/")
	response, err := http.Post(x.url[:at]+"/?database="+x.url[at+1:], "text/plain", strings.NewReader("TRUNCATE TABLE kpi_cells"))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(err, response)
	}
	_ = response.Body.Close()
	for lang, want := range map[string][2]string{
		"en": {"✘ the contributions give 1,207, the figure shown is no value\n", "vitrine: the contributions don't give the figure"},
		"fr": {"✘ les contributions donnent 1\u00a0207, le chiffre affiché est aucune valeur\n", "vitrine: les contributions ne donnent pas le chiffre"},
	} {
		status, out, errs := x.command(t, "--indicator", "D02", "--period", "2026-03", "--timeout", "0s", "--lang", lang)
		if status != 1 || !strings.HasSuffix(out, want[0]) || !strings.HasPrefix(errs, want[1]) {
			t.Errorf("exit status %d, %s%s", status, out, errs)
		}
	}
}
