package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/schemas"
)

// The week of a lab that TestEveryWayInGivesTheSameFigures sends by every way: two machine usages, a
// training, an open lab and a service to a company. A way that knows less carries a part of it.
var weekFigures = map[string]string{"U01": "3.5", "T01": "1", "T02": "6", "T03": "2", "D01": "1", "D02": "23", "C04": "1", "C01": "1"}

var (
	everything = []string{"U01", "T01", "T02", "T03", "D01", "D02", "C04", "C01"}
	machines   = []string{"U01"}
	agenda     = []string{"D01", "D02"}
	bookings   = []string{"U01", "T01", "T02", "T03", "D01", "D02"}
)

func weekEvents(t *testing.T, lab string) []*schemas.Event {
	t.Helper()
	day := func(d, hour, minute int) time.Time {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 3, d, hour, minute, 0, 0, zone)
	}
	attendance, end := int64(23), day(5, 22, 0)
	var events []*schemas.Event
	for i, e := range []struct {
		at   time.Time
		data any
	}{
		{day(2, 14, 0), schemas.MachineUsage{Machine: "laser", Category: "laser_cutter", Origin: "measured", End: day(2, 16, 30)}},
		{day(3, 9, 0), schemas.MachineUsage{Machine: "laser", Category: "laser_cutter", Origin: "measured", End: day(3, 10, 0)}},
		{day(4, 14, 0), schemas.TrainingHeld{Topic: "machine_laser_vinyl", Audience: "general_public", Attendees: 2, End: day(4, 17, 0)}},
		{day(5, 18, 0), schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &attendance, End: &end}},
		{day(6, 12, 0), schemas.CompanyServiceDelivered{ServiceType: "prototyping", Companies: []schemas.Company{{SIREN: "732829320"}}}},
	} {
		event, err := schemas.NewEventWithID(schemas.RecordID(lab, "week", fmt.Sprint(i)), lab, "", e.at, e.data)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// wayIn is one way in, with a lab of its own.
type wayIn struct {
	name, lab string
	carries   []string // indicators
	// send sends the week; it is called twice, unless it sets again: then that sends it the second time.
	send  func(t *testing.T, r *running, w *wayIn)
	again func(t *testing.T)
	// token and creds are the lab's.
	token, creds string
}

// running is a whole Vitrine in a process of its own.
type running struct {
	web, nats, clickhouse, data string
}

func startAllInOne(t *testing.T) *running {
	t.Helper()
	addrs, web, natsURL, clickhouseURL := addresses(t)
	r := &running{web: web, nats: natsURL, clickhouse: clickhouseURL, data: t.TempDir()}
	start(t, append([]string{"up", "--data", r.data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	return r
}

// addLab registers a lab and gives it its credentials.
func (r *running) addLab(t *testing.T, lab string) (token, creds string) {
	t.Helper()
	creds = filepath.Join(t.TempDir(), lab+".creds")
	status, out, errs := command(t, "", r.nats, "lab", "add", lab, "--name", "Atelier "+lab, "--commune", "Lille", "--data", r.data, "--creds-out", creds)
	if status != 0 {
		t.Fatalf("lab add exits %d: %s%s", status, out, errs)
	}
	for line := range strings.Lines(out) {
		if rest, is := strings.CutPrefix(line, "token: "); is {
			token = strings.TrimSpace(rest)
		}
	}
	if token == "" {
		t.Fatalf("lab add shows no token:\n%s", out)
	}
	r.waitKnown(t, lab, token)
	return token, creds
}

// waitKnown waits until the gateway knows a lab's token: it follows the credentials, and hears of one a moment after it was made. It asks
// rarely: whoever asks twenty times with a wrong token is refused for a minute.
func (r *running) waitKnown(t *testing.T, lab, token string) {
	t.Helper()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for range 20 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.web+"/v1/labs/"+lab+"/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			return
		}
		<-again.C
	}
	t.Fatal("the gateway doesn't know the token")
}

// figures are a lab's, over all months: what a machine tells by MQTT happens when it is told.
func (r *running) figures(t *testing.T, lab string) map[string]string {
	t.Helper()
	out := map[string]string{}
	rows := query(t, r.clickhouse, fmt.Sprintf("SELECT indicator, toFloat64(sum(value)) FROM kpi_monthly WHERE lab = '%s' AND segment = '' GROUP BY indicator ORDER BY indicator", lab))
	for line := range strings.Lines(rows) {
		indicator, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out[indicator] = value
	}
	return out
}

// TestEveryWayInGivesTheSameFigures sends one week of activity by each way in, twice.
func TestEveryWayInGivesTheSameFigures(t *testing.T) {
	r := startAllInOne(t)
	ways := []*wayIn{
		{name: "gateway (HTTP batch)", carries: everything, send: sendByGateway},
		{name: "SDK, NATS with credentials", carries: everything, send: sendBySDK},
		{name: "SDK, HTTP", carries: everything, send: sendByClient},
		{name: "vitrine publish", carries: everything, send: sendByCommand},
		{name: "form in a browser", carries: everything, send: sendByForm},
		{name: "XLSX, uploaded", carries: everything, send: sendByWorkbook},
		{name: "CSV, vitrine import", carries: everything, send: sendByCSV},
		{name: "Fab-manager", carries: bookings, send: sendByFabManager},
		{name: "Fabman, polled", carries: machines, send: sendByFabman},
		{name: "Fabman, webhooks to the agent", carries: machines, send: sendByWebhook},
		{name: "iCalendar", carries: agenda, send: sendByCalendar},
		{name: "MQTT to the agent", carries: machines, send: sendByMQTT},
		{name: "agent, a file on a schedule", carries: everything, send: sendByAgent},
	}
	for i, w := range ways {
		w.lab = fmt.Sprintf("way-%d", i+1)
		w.token, w.creds = r.addLab(t, w.lab)
	}
	var table bytes.Buffer
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "way in\t%s\tsent twice\n", strings.Join(everything, "\t"))
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			w.send(t, r, w)
			waitCounted(t, r.nats)
			once := r.figures(t, w.lab)
			if w.again != nil {
				w.again(t)
			} else {
				w.send(t, r, w)
			}
			waitCounted(t, r.nats)
			twice := r.figures(t, w.lab)
			fmt.Fprint(out, w.name)
			for _, indicator := range everything {
				cell := "·"
				if slices.Contains(w.carries, indicator) {
					if cell = once[indicator]; cell != weekFigures[indicator] {
						t.Errorf("%s is %q, want %s", indicator, cell, weekFigures[indicator])
					}
				} else if got := once[indicator]; got != "" && got != "0" {
					t.Errorf("%s is %s: this way doesn't carry it", indicator, got)
				}
				fmt.Fprintf(out, "\t%s", cell)
			}
			same := "changes nothing"
			if !maps.Equal(once, twice) {
				same = "CHANGES FIGURES"
				t.Errorf("sent twice, the figures are\n%v, not\n%v", twice, once)
			}
			fmt.Fprintf(out, "\t%s\n", same)
		})
	}
	_ = out.Flush()
	t.Logf("\n%s", table.String())
	t.Run("the examples in the documents", func(t *testing.T) { examplesRun(t, r) })
	t.Run("what a lab may not do over HTTP", func(t *testing.T) { refusedOverHTTP(t, r) })
	if status, printed, errs := command(t, "", r.nats, "verify", "--clickhouse-url", r.clickhouse); status != 0 {
		t.Errorf("verify exits %d: %s%s", status, printed, errs)
	}
}

func sendByGateway(t *testing.T, r *running, w *wayIn) {
	body, err := json.Marshal(weekEvents(t, w.lab))
	if err != nil {
		t.Fatal(err)
	}
	r.post(t, "/v1/events", w.token, schemas.ContentTypeBatch, body, `{"accepted":5,"rejected":[]}`)
}

// post sends a body with a lab's token and wants it accepted.
func (r *running) post(t *testing.T, path, token, mediaType string, body []byte, want string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.web+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", mediaType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(response.Body); err != nil || response.StatusCode != http.StatusAccepted || !strings.Contains(got.String(), want) {
		t.Fatalf("%s: %s, %v: %s", path, response.Status, err, got.String())
	}
}

func sendBySDK(t *testing.T, r *running, w *wayIn) {
	p, err := producers.New(producers.Config{URL: r.nats, CredentialsFile: w.creds})
	if err == nil {
		err = p.Connect(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	totals, err := p.PublishAll(t.Context(), slices.Values(weekEvents(t, w.lab)), producers.Options{})
	if err != nil || totals.Accepted != 5 {
		t.Fatalf("%+v, %v", totals, err)
	}
}

func sendByClient(t *testing.T, r *running, w *wayIn) {
	c, err := client.New(client.Config{URL: r.web, Token: w.token})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := c.PublishAll(t.Context(), slices.Values(weekEvents(t, w.lab)), producers.Options{})
	if err != nil || totals.Accepted != 5 {
		t.Fatalf("%+v, %v", totals, err)
	}
}

func sendByCommand(t *testing.T, r *running, w *wayIn) {
	var lines bytes.Buffer
	for _, e := range weekEvents(t, w.lab) {
		if err := json.NewEncoder(&lines).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, errs := command(t, lines.String(), r.nats, "publish", "--quiet", "-", "--nats-creds", w.creds); status != 0 || !strings.Contains(out, "accepted 5, refused 0") {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
}

// weekCSV is the week as somebody types it, in French.
const weekCSV = "Type;Date;Heure début;Heure fin;Intitulé;Machine;Catégorie de machine;Mesure;Thème;Public;Participants;Type de service;SIREN des entreprises\n" +
	"Utilisation d'une machine;02/03/2026;14h00;16h30;;laser;Découpeuse laser;Mesurée;;;;;\n" +
	"Utilisation d'une machine;03/03/2026;9h;10h;;laser;Découpeuse laser;Mesurée;;;;;\n" +
	"Formation;04/03/2026;14h00;17h00;Laser;;;;Formation Laser / Vinyle;Grand public;2;;\n" +
	"Découverte;05/03/2026;18h00;22h00;Open Lab;;;;;Grand public;23;;\n" +
	"Prestation livrée à une entreprise;06/03/2026;;;;;;;;;;Prototypage;732 829 320\n"

func sendByCSV(t *testing.T, r *running, w *wayIn) {
	file := write(t, "semaine.csv", weekCSV)
	status, out, errs := command(t, "", r.nats, "import", "spreadsheet", "--lab", w.lab, "--file", file, "--nats-creds", w.creds)
	if status != 0 || !strings.Contains(out, "accepted 5, refused 0") {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
