package opendata_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/opendata"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

func TestMain(m *testing.M) { testkit.MainInMemory(m) }

// programme is a small programme between the real engines.
type programme struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
}

func newProgramme(t *testing.T) *programme {
	t.Helper()
	store := storekit.Open(t)
	return &programme{t: t, js: testkit.Streams(t), store: store}
}

func (p *programme) send(lab, name string, revision int64, at string, data any, change ...func(*schemas.Event)) {
	p.t.Helper()
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		p.t.Fatal(err)
	}
	e, err := schemas.NewEventWithID(schemas.RecordID(lab, "test", name), lab, "", when, data)
	if err != nil {
		p.t.Fatal(err)
	}
	e.Revision = revision
	for _, c := range change {
		c(e)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.js.Publish(p.t.Context(), schemas.Subject(lab, e.Kind()), raw); err != nil {
		p.t.Fatal(err)
	}
}

func retracted(e *schemas.Event) { e.Retracted, e.Reason, e.Data = true, "annulée", nil }

func (p *programme) consume() {
	p.t.Helper()
	c, err := ingest.New(ingest.Config{JetStream: p.js, Store: p.store, BatchSize: 50, BatchAge: 20 * time.Millisecond})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	testkit.Eventually(p.t, time.Minute, func() error { return ingest.WaitCounted(p.t.Context(), p.js, schemas.ConsumerDurable, nil) })
	cancel()
	if err := <-done; err != nil {
		p.t.Fatal(err)
	}
	if rejections, err := p.store.Rejections(p.t.Context()); err != nil || len(rejections) > 0 {
		p.t.Fatalf("rejected: %+v, %v", rejections, err)
	}
}

func (p *programme) register(lab, name, zone string) {
	p.send(lab, "registration", 0, "2025-01-02T09:00:00+01:00", schemas.LabRegistered{Name: name, Commune: "Sète", Region: "Occitanie", Archetype: "2", Zone: zone})
}

func (p *programme) training(lab, name, at string, attendees int64, companies ...string) {
	start, err := time.Parse(time.RFC3339, at)
	if err != nil {
		p.t.Fatal(err)
	}
	data := schemas.TrainingHeld{End: start.Add(2 * time.Hour), Topic: "safety", Audience: "general_public", Attendees: attendees}
	for _, c := range companies {
		data.Companies = append(data.Companies, schemas.Company{Ref: c})
	}
	p.send(lab, name, 0, at, data)
}

func (p *programme) session(lab, name string, revision int64, starts, title string, change ...func(*schemas.Event)) {
	begin, err := time.Parse(time.RFC3339, starts)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(lab, name, revision, "2025-10-20T09:00:00+02:00", schemas.SessionAnnounced{Activity: "training", Title: title, Starts: begin, Audience: "members", Topic: "safety"}, change...)
}

// TestFromEventsToFiles publishes two quarters of two labs, and looks at what everybody gets.
func TestFromEventsToFiles(t *testing.T) {
	t.Parallel()
	p := newProgramme(t)
	p.register("a", "Atelier A; B, \"C\"", "")
	p.register("b", "Atelier de l'océan", "Indian/Reunion")
	p.training("a", "t1", "2025-05-06T18:00:00+02:00", 2, "x")
	p.training("a", "t2", "2025-08-06T18:00:00+02:00", 7, "x", "y", "z")
	p.training("b", "t1", "2025-05-07T18:00:00+04:00", 9)
	p.send("a", "s1", 0, "2025-06-01T09:00:00+02:00", schemas.ServiceLaunched{Service: "proto", ServiceType: "prototyping", Title: "Prototype"})
	for i, machine := range []string{"laser-1", "laser-2", "laser-1"} {
		p.send("a", "m"+string(rune('0'+i)), 0, "2025-06-01T09:00:00+02:00", schemas.MachineCommissioned{Machine: machine, Category: "laser_cutter", Nature: "new"})
	}
	p.send("b", "v1", 0, "2025-06-01T09:00:00+04:00", schemas.VisibilityItemPublished{Scope: "local", Medium: "press", Title: "Au fab lab", URL: "https://example.org/1"})
	p.send("b", "p1", 0, "2025-06-02T09:00:00+04:00", schemas.ProjectPublished{Project: "ruche", Licence: "cc_by_sa", Title: "Ruche"})
	p.session("a", "n1", 0, "2025-12-04T18:00:00+01:00", "Laser, niveau 1; prise en main")
	p.session("a", "n1", 1, "2025-12-05T18:00:00+01:00", "Laser, niveau 1; prise en main")
	p.session("b", "n2", 0, "2025-12-06T18:00:00+04:00", "Couture")
	p.session("b", "n2", 1, "2025-12-06T18:00:00+04:00", "Couture", retracted)
	p.session("b", "n3", 0, "2025-10-21T18:00:00+04:00", "Passée")
	p.consume()

	now := time.Date(2025, 8, 1, 12, 0, 0, 0, time.UTC)
	folder := filepath.Join(t.TempDir(), "open-data")
	keeper := newKeeper(t, p.store, folder, &now)
	server := httptest.NewServer(opendata.NewHandler(keeper))
	defer server.Close()
	if status, _, _ := get(t, server.URL+"/open-data", ""); status != http.StatusServiceUnavailable {
		t.Errorf("before the first release: %d", status)
	}
	p.halfMade(keeper.Release, folder, now)
	update(t, keeper, "2025-Q2")
	now = now.AddDate(0, 3, 0)
	update(t, keeper, "2025-Q3")
	update(t, newKeeper(t, p.store, folder, &now), "2025-Q3") // another process finds it
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}

	_, body, header := get(t, server.URL+"/open-data/vitrine-2025-Q3.csv", "")
	for _, line := range []string{
		"2025-Q3,figure,a,\"Atelier A; B, \"\"C\"\"\",Sète,Occitanie,T03,Stagiaires (présences),Training attendances,attendance,,quarter,2025-04-01,2025-06-30,,true,2025-Q3,,",
		",T03,Stagiaires (présences),Training attendances,attendance,,quarter,2025-04-01,2025-09-30,9,false,",
		",T02,Heures-stagiaires,Trainee hours,trainee.hour,,since_start,2025-04-01,2025-09-30,18,false,,1,", // the lab b's; the lab a's never
		",C01,Entreprises utilisatrices actives,Active company users,company,,since_start,2025-04-01,2025-09-30,3,false,",
		",T01,Sessions de formation tenues,Training sessions held,session,,since_start,2025-04-01,2025-09-30,3,false,",
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no line %s", line)
		}
	}
	if header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(header.Get("Link"), "license") || header.Get("ETag") == "" {
		t.Errorf("headers: %v", header)
	}
	if status, _, _ := get(t, server.URL+"/open-data/vitrine-2025-Q3.csv", header.Get("ETag")); status != http.StatusNotModified {
		t.Errorf("unchanged: %d", status)
	}
	for path, want := range map[string]int{"/open-data": 200, "/open-data/iati.json": 200, "/open-data/vitrine-2025-Q3.json": 200, "/open-data/vitrine-2025-Q3.parquet": 200,
		"/open-data/vitrine-2025-Q2.csv": 404, "/open-data/..%2fsecret": 404, "/labs/a/agenda.ics": 200, "/labs/none/agenda.ics": 404} {
		if status, _, _ := get(t, server.URL+path, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if _, body, _ := get(t, server.URL+"/open-data/vitrine-2025-Q2.csv", ""); !strings.Contains(body, "n'existe pas") || !strings.Contains(body, "no such file") {
		t.Errorf("of an old file: %q", body)
	}
	p.directory(keeper, now)
	p.agenda(server.URL, now)
}

// halfMade: of figures that are made again while they are read nothing is published.
func (p *programme) halfMade(published func() *opendata.Release, folder string, now time.Time) {
	p.t.Helper()
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		p.t.Fatal(err)
	}
	with := clickhouse.MadeWith(schemas.DefaultCatalogue(), zone)
	k, err := opendata.New(opendata.Config{Store: p.store, Folder: folder, Clock: func() time.Time { return now }, Whole: func(ctx context.Context, read func() error) error {
		return p.store.WhileMadeWith(ctx, with, func() error { return errors.Join(p.store.SetFiguresMadeWith(ctx, with), read()) })
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := k.Update(p.t.Context())
	if !errors.Is(err, clickhouse.ErrMadeOtherwise) || r != nil || published() != nil {
		p.t.Errorf("published %v of figures that were made again, %v", r, err)
	}
	if entries, err := os.ReadDir(folder); len(entries) > 0 {
		p.t.Errorf("%v, %v", entries, err)
	}
}

func newKeeper(t *testing.T, store opendata.Store, folder string, now *time.Time) *opendata.Keeper {
	t.Helper()
	k, err := opendata.New(opendata.Config{Store: store, Folder: folder, Clock: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func update(t *testing.T, k *opendata.Keeper, want string) {
	t.Helper()
	r, err := k.Update(t.Context())
	if err != nil || r == nil || r.Quarter.String() != want {
		t.Fatalf("published %v, %v; want %s", r, err, want)
	}
}

func get(t *testing.T, url, known string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if known != "" {
		req.Header.Set("If-None-Match", known)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.String(), resp.Header
}

func (p *programme) directory(k *opendata.Keeper, now time.Time) {
	p.t.Helper()
	d, err := k.Directory(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	a, b := d.Labs[0], d.Labs[1]
	if len(a.Services) != 1 || len(a.Machines) != 1 || a.Machines[0].Count != 2 || a.Machines[0].Label.EN == "" || len(b.Mentions) != 1 || len(b.Projects) != 1 || b.Label.FR == "" {
		p.t.Errorf("directory: %+v", d.Labs)
	}
	// While everything is made again, the last one stays, and who has none is given none.
	later := now
	own := newKeeper(p.t, p.store, p.t.TempDir(), &later)
	before, err := own.Directory(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	later = later.Add(time.Hour)
	made, err := p.store.FiguresMade(p.t.Context())
	if err == nil {
		err = p.store.SetFiguresMadeWith(p.t.Context(), clickhouse.Rebuilding)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := newKeeper(p.t, p.store, p.t.TempDir(), &later).Directory(p.t.Context()); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		p.t.Errorf("a directory of half the labs: %v", err)
	}
	if kept, err := own.Directory(p.t.Context()); kept != before || err != nil {
		p.t.Errorf("the directory from before: %v, %v", kept, err)
	}
	if err := p.store.SetFiguresMadeWith(p.t.Context(), made.With); err != nil {
		p.t.Fatal(err)
	}
	if next := d.Upcoming("", now); len(next) != 1 || next[0].Title != "Laser, niveau 1; prise en main" || next[0].Starts.Day() != 5 {
		p.t.Errorf("upcoming: %+v", next)
	}
}

func (p *programme) agenda(server string, now time.Time) {
	p.t.Helper()
	_, body, header := get(p.t, server+"/agenda.ics?lang=en", "")
	if !strings.HasPrefix(header.Get("Content-Type"), "text/calendar") || strings.Count(body, "\r\n") != strings.Count(body, "\n") {
		p.t.Errorf("%v\n%s", header, body)
	}
	for line := range strings.SplitSeq(body, "\r\n") {
		if len(line) > 75 {
			p.t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	cal, err := ical.ParseCalendar(strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	uids := map[string]bool{}
	for _, e := range cal.Events() {
		starts, err := e.GetStartAt()
		if err != nil {
			p.t.Fatal(err)
		}
		value := func(property ical.ComponentProperty) string { return ical.FromText(e.GetProperty(property).Value) }
		got = append(got, starts.UTC().Format(time.RFC3339)+" "+value(ical.ComponentPropertySummary)+" "+value(ical.ComponentPropertyStatus)+" "+value(ical.ComponentPropertySequence)+" "+value(ical.ComponentPropertyLocation))
		uids[e.Id()] = true
	}
	want := []string{
		"2025-10-21T14:00:00Z Passée CONFIRMED 0 Atelier de l'océan, Sète",
		"2025-12-05T17:00:00Z Laser, niveau 1; prise en main CONFIRMED 1 Atelier A; B, \"C\", Sète",
		"2025-12-06T14:00:00Z Couture CANCELLED 1 Atelier de l'océan, Sète",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(uids) != 3 {
		p.t.Errorf("agenda:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	_, body, _ = get(p.t, server+"/labs/a/agenda.ics", "")
	if strings.Count(body, "BEGIN:VEVENT") != 1 || !strings.Contains(body, "X-WR-TIMEZONE:Europe/Paris") {
		p.t.Errorf("the lab's own:\n%s", body)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := opendata.New(opendata.Config{Folder: t.TempDir()}); err == nil {
		t.Error("no store, and no error")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "vitrine-2026-Q1.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := opendata.New(opendata.Config{Store: &clickhouse.Store{}, Folder: folder}); err == nil {
		t.Error("a broken release, and no error: the next one would begin anew")
	}
}
