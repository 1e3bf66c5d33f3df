package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/claim"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// asVitrine makes this test program behave as vitrine itself: what a process test starts and kills.
const asVitrine = "VITRINE_TEST_AS_VITRINE"

func TestMain(m *testing.M) {
	if os.Getenv(asVitrine) != "" {
		main()
	}
	testkit.Main(m)
}

// process is a vitrine of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...), out: &lockedBuffer{}, done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), asVitrine+"=1", "LANG=C.UTF-8", "NO_COLOR=1")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(args, " "), p.out)
		}
	})
	return p
}

// kill is kill -9; it returns when the process is gone.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatalf("kill: %v (it had ended before)\n%s", err, p.out)
	}
	<-p.done
}

// stop asks the process to stop, which it must do cleanly.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.wait(time.Minute); err != nil {
		p.t.Fatalf("it didn't stop cleanly: %v\n%s", err, p.out)
	}
}

// wait waits for the process to end by itself.
func (p *process) wait(timeout time.Duration) error {
	p.t.Helper()
	select {
	case err := <-p.done:
		return err
	case <-time.After(timeout):
		p.t.Fatalf("still running after %s:\n%s", timeout, p.out)
		return nil
	}
}

// addresses are three free ones, for pages, NATS and ClickHouse. They lie below the ports that the system
// gives to whoever asks for any (32768 and up on Linux): a process that is started again must find them free.
func addresses(t *testing.T) (flags []string, web, natsURL, clickhouseURL string) {
	t.Helper()
	var free []string
	for len(free) < 3 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(20_000)))
		if err != nil {
			continue // taken
		}
		defer l.Close()
		free = append(free, l.Addr().String())
	}
	return []string{"--http-addr", free[0], "--nats-addr", free[1], "--clickhouse-addr", free[2]},
		"http://" + free[0], "nats://" + free[1], "http://" + free[2] + "/vitrine"
}

// consumed is how many messages the consumer of a running vitrine has acknowledged; 0 while it isn't there yet.
func consumed(ctx context.Context, url string) uint64 {
	conn, err := nats.Connect(url)
	if err != nil {
		return 0
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return 0
	}
	consumer, err := js.Consumer(ctx, schemas.StreamEvents, schemas.ConsumerDurable)
	if err != nil {
		return 0
	}
	return consumer.CachedInfo().AckFloor.Stream
}

// awaitReady waits until /readyz of the pages at web answers with a status.
func awaitReady(t *testing.T, web string, status int) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		response, err := http.Get(web + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != status {
			return fmt.Errorf("/readyz answers %s", response.Status)
		}
		return nil
	})
}

func query(t *testing.T, clickhouseURL, sql string) string {
	t.Helper()
	base := strings.TrimSuffix(clickhouseURL, "/vitrine")
	response, err := http.Get(base + "/?database=vitrine&query=" + url.QueryEscape(sql))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", sql, response.Status, err, body)
	}
	return strings.TrimSpace(string(body))
}

// kill -9 in the middle of a demo's history, three times, then a normal start: everything is counted
// exactly once, and verify proves it.
func TestDemoSurvivesKills(t *testing.T) {
	const months = 4
	until := "2026-05-13"
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		t.Fatal(err)
	}
	programme, err := simulator.New(simulator.Config{Seed: 1, Until: day, Months: months, Scale: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	want := programme.Count()
	data := t.TempDir()
	addrs, web, natsURL, clickhouseURL := addresses(t)
	demo := append([]string{"demo", "--once", "--data", data, "--until", until, "--months", fmt.Sprint(months), "--scale", "0.5", "--batch-size", "500", "--ack-wait", "2s"}, addrs...)
	for _, share := range []float64{0.05, 0.35, 0.65} {
		p := start(t, demo...)
		testkit.Eventually(t, 2*time.Minute, func() error {
			if n := consumed(t.Context(), natsURL); float64(n) < share*float64(want.Messages) {
				return fmt.Errorf("%d of %d messages are consumed", n, want.Messages)
			}
			return nil
		})
		p.kill()
		if strings.Contains(p.out.String(), "messages in the history") {
			t.Fatalf("killed at %.0f %%, but it had finished", 100*share)
		}
	}
	last := start(t, demo...)
	if err := last.wait(3 * time.Minute); err != nil {
		t.Fatalf("the start after the kills: %v", err)
	}
	if !strings.Contains(last.out.String(), "Status on") {
		t.Errorf("no status was printed:\n%s", last.out)
	}

	up := start(t, append([]string{"up", "--data", data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	var out bytes.Buffer
	env := &environment{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	if status := run(t.Context(), env, []string{"verify", "--nats-url", natsURL, "--clickhouse-url", clickhouseURL}); status != 0 {
		t.Errorf("verify exits %d:\n%s", status, &out)
	}
	for sql, n := range map[string]int{
		"SELECT count() FROM events":                           want.Live,
		"SELECT uniqExact(lab, id) FROM event_history":         want.Events,
		"SELECT count() FROM rejections":                       want.Invalid,
		"SELECT count() FROM labs":                             len(programme.Labs()),
		"SELECT count() FROM lab_status WHERE commitments = 0": 0,
	} {
		if got := query(t, clickhouseURL, sql); got != fmt.Sprint(n) {
			t.Errorf("%s: %s, want %d", sql, got, n)
		}
	}
	for _, page := range []string{"/?lang=fr", "/labs/" + programme.Labs()[0].Slug, "/metrics", "/healthz"} {
		response, err := http.Get(web + page)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s", page, response.Status)
		}
	}
	up.stop()
}

// kill -9 of a rebuild leaves a database that says so: readiness fails, consumers refuse, and the next
// start of up makes the figures again.
func TestAKilledRebuildIsNoticedAndHealed(t *testing.T) {
	data := t.TempDir()
	addrs, web, natsURL, clickhouseURL := addresses(t)
	// Before the first quarter is approved: freezing has tests of its own.
	load := start(t, append([]string{"demo", "--once", "--data", data, "--until", "2026-04-05", "--months", "3", "--scale", "0.3"}, addrs...)...)
	if err := load.wait(3 * time.Minute); err != nil {
		t.Fatal(err)
	}
	up := start(t, append([]string{"up", "--data", data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	events := query(t, clickhouseURL, "SELECT count() FROM events")
	rejected := query(t, clickhouseURL, "SELECT count() FROM rejections")

	rebuild := start(t, "rebuild", "--from-stream", "--nats-url", natsURL, "--clickhouse-url", clickhouseURL)
	testkit.Eventually(t, time.Minute, func() error {
		if got := query(t, clickhouseURL, "SELECT argMax(made_with, made_at) FROM figures_made"); got != "rebuilding" {
			return errors.New(got)
		}
		return nil
	})
	rebuild.kill()
	dropClaim(t, natsURL)
	awaitReady(t, web, http.StatusServiceUnavailable)
	if status, _, errs := command(t, "", natsURL, "consume", "--clickhouse-url", clickhouseURL, "--http-addr", "127.0.0.1:0"); status != 1 || !strings.Contains(errs, "vitrine rebuild") {
		t.Errorf("consume on a half-made database: exit status %d, %s", status, errs)
	}
	up.stop()
	start(t, append([]string{"up", "--data", data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	if got := query(t, clickhouseURL, "SELECT count() FROM events"); got != events {
		t.Errorf("%s events after healing, %s before", got, events)
	}
	if got := query(t, clickhouseURL, "SELECT count() FROM rejections"); got != rejected {
		t.Errorf("%s rejections after healing, %s before", got, rejected)
	}
	// Two rebuilds at once, of which one waits for the other.
	first := start(t, "rebuild", "--from-stream", "--nats-url", natsURL, "--clickhouse-url", clickhouseURL)
	if status, out, errs := command(t, "", natsURL, "rebuild", "--from-stream", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Errorf("rebuild beside another one exits %d: %s%s", status, out, errs)
	}
	if err := first.wait(time.Minute); err != nil {
		t.Errorf("rebuild: %v: %s", err, first.out)
	}
	// A rebuild of the cells on the running system, beside its consumer.
	if status, out, errs := command(t, "", natsURL, "rebuild", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Errorf("rebuild exits %d: %s%s", status, out, errs)
	}
	if status, out, errs := command(t, "", natsURL, "verify", "--clickhouse-url", clickhouseURL); status != 0 {
		t.Errorf("verify exits %d: %s%s", status, out, errs)
	}
}

// expectedMarch are the hand-checked totals that come with the samples.
type expectedMarch struct {
	Hours           float64            `json:"machine_hours_total"`
	HoursBySlug     map[string]float64 `json:"machine_hours_by_slug"`
	CompanyHours    float64            `json:"machine_hours_company"`
	UnknownHours    float64            `json:"machine_hours_user_type_unknown"`
	Held            float64            `json:"training_sessions_held"`
	NotHeld         float64            `json:"training_sessions_not_held"`
	Attendances     float64            `json:"training_attendances_registered"`
	TraineeHours    float64            `json:"trainee_hours_registered"`
	FromCompanies   float64            `json:"training_company_attendances"`
	DiscoveryEvents float64            `json:"discovery_events"`
	Members         float64            `json:"active_subscriptions_at_month_end"`
	Revenue         float64            `json:"own_revenue_excl_vat_eur"`
}

// The Fab-manager samples, through NATS and the consumer, give exactly the hand-checked totals; a
// second import changes nothing.
func TestFabManagerSamplesGiveTheHandCheckedTotals(t *testing.T) {
	raw, err := os.ReadFile("../../producers/importers/fabmanager/testdata/expected_2026-03.json")
	if err != nil {
		t.Fatal(err)
	}
	var want expectedMarch
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	addrs, web, natsURL, clickhouseURL := addresses(t)
	start(t, append([]string{"up", "--data", t.TempDir()}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	importAll := func() {
		t.Helper()
		status, out, errs := command(t, "", natsURL, "import", "fabmanager", "--lab", "atelier-nord", "--dir", samplePages, "--since", "2026-03", "--until", "2026-03-31")
		if status != 0 {
			t.Fatalf("import exits %d: %s%s", status, out, errs)
		}
		waitCounted(t, natsURL)
	}
	importAll()
	value := func(indicator, segment, column string) string {
		return query(t, clickhouseURL, fmt.Sprintf("SELECT toFloat64(%s) FROM kpi_monthly WHERE lab = 'atelier-nord' AND month = '2026-03-01' AND indicator = '%s' AND segment = '%s'", column, indicator, segment))
	}
	check := func(what, got string, want float64) {
		t.Helper()
		if got != fmt.Sprint(want) {
			t.Errorf("%s: %s, want %v", what, got, want)
		}
	}
	check("machine hours", value("U01", "", "value"), want.Hours)
	for slug, hours := range want.HoursBySlug {
		check("hours of "+slug, value("U01", "machine="+slug, "value"), hours)
	}
	check("company hours", value("U03", "", "numerator / 3600"), want.CompanyHours)
	check("hours with a known user type", value("U03", "", "denominator / 3600"), want.Hours-want.UnknownHours)
	check("hours of an unknown user type", value("U01", "user_type=unknown", "value"), want.UnknownHours)
	check("trainings held", value("T01", "", "value"), want.Held)
	check("trainings not held", query(t, clickhouseURL, "SELECT count() FROM events WHERE kind = 'training.cancelled' AND toYYYYMM(local_day) = 202603"), want.NotHeld)
	check("training attendances", value("T03", "", "value"), want.Attendances)
	check("trainee hours", value("T02", "", "value"), want.TraineeHours)
	check("company staff trained", value("T05", "", "value"), want.FromCompanies)
	check("discovery events", value("D01", "", "value"), want.DiscoveryEvents)
	check("discovery attendances: the 5 seats of event 300", value("D02", "", "value"), 5)
	check("members", value("U04", "", "value"), want.Members)
	check("own revenue", value("E01", "", "value"), want.Revenue)

	// What `vitrine status` says of all labs from the start is read by another query than programme_figures.
	status, out, errs := command(t, "", natsURL, "status", "--json", "--clickhouse-url", clickhouseURL)
	var programme struct {
		Totals []struct {
			Code  string
			Value float64
		}
	}
	if err := json.Unmarshal([]byte(out), &programme); status != 0 || err != nil || len(programme.Totals) < 3 {
		t.Fatalf("status exits %d (%v): %s%s", status, err, out, errs)
	}
	for _, total := range programme.Totals {
		figure := query(t, clickhouseURL, fmt.Sprintf("SELECT toFloat64(value) FROM programme_figures WHERE indicator = '%s' AND segment = ''", total.Code))
		check(total.Code+" of the programme", figure, total.Value)
	}

	const everything = "SELECT lab, indicator, month, segment, value, numerator, denominator FROM kpi_monthly ORDER BY ALL"
	before := query(t, clickhouseURL, everything)
	importAll()
	if after := query(t, clickhouseURL, everything); after != before {
		t.Errorf("the second import changed figures:\n%s\n%s", before, after)
	}
}

// What the publisher refuses is refused for the same reason when it comes straight over NATS, and
// the pipeline goes on.
func TestAnInvalidEventIsRefusedAtBothDoors(t *testing.T) {
	addrs, web, natsURL, clickhouseURL := addresses(t)
	start(t, append([]string{"up", "--data", t.TempDir()}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	bad := eventJSON(1, "-3")
	status, out, errs := command(t, bad, natsURL, "publish", "-")
	if status != 1 || !strings.Contains(out+errs, "data.attendance: implausible value (found -3; expected an integer from 0 to 50000)") {
		t.Errorf("publish exits %d: %s%s", status, out, errs)
	}
	js := testkit.JetStream(t, natsURL)
	if _, err := js.Publish(t.Context(), "vitrine.events.atelier-nord.discovery.held", []byte(bad)); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := command(t, eventJSON(2, "4"), natsURL, "publish", "-"); status != 0 {
		t.Errorf("publish exits %d: %s%s", status, out, errs)
	}
	waitCounted(t, natsURL)
	if got := query(t, clickhouseURL, "SELECT field, reason FROM rejections"); !strings.HasPrefix(got, "data.attendance\tdata.attendance: implausible value (found -3; expected an integer from 0 to 50000)") {
		t.Errorf("rejections: %s", got)
	}
	if got := query(t, clickhouseURL, "SELECT value FROM kpi_monthly WHERE indicator = 'D02' AND segment = ''"); got != "4" {
		t.Errorf("D02 is %s, want 4", got)
	}
}

// A programme adds an indicator of its own by editing the catalogue: no Go. A consumer with another
// catalogue than the figures were made with refuses to add to them.
func TestAProgrammeAddsItsOwnIndicator(t *testing.T) {
	raw, err := os.ReadFile("../../schemas/indicators.yaml")
	if err != nil {
		t.Fatal(err)
	}
	catalogue := filepath.Join(t.TempDir(), "indicators.yaml")
	own := "  - {code: X01, name: {fr: Visiteurs hors les murs, en: Visitors reached elsewhere}, definition: {fr: a, en: b}, level: output, unit: attendance, direction: up, aggregation: sum, period: month, numerator: [{kinds: [discovery.held], when: {place: [off_site]}, value: [attendance]}]}\n"
	if err := os.WriteFile(catalogue, append(raw, own...), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	addrs, web, natsURL, clickhouseURL := addresses(t)
	up := start(t, append([]string{"up", "--data", data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	event := strings.Replace(eventJSON(1, "12"), `"attendance"`, `"place":"off_site","attendance"`, 1)
	if status, out, errs := command(t, event, natsURL, "publish", "-"); status != 0 {
		t.Fatalf("publish exits %d: %s%s", status, out, errs)
	}
	waitCounted(t, natsURL)
	status, _, errs := command(t, "", natsURL, "consume", "--catalogue", catalogue, "--clickhouse-url", clickhouseURL, "--http-addr", "127.0.0.1:0")
	if status != 1 || !strings.Contains(errs, "vitrine migrate") {
		t.Errorf("a consumer with another catalogue: exit status %d, %s", status, errs)
	}
	for _, args := range []string{"migrate", "rebuild"} {
		if status, out, errs := command(t, "", natsURL, args, "--catalogue", catalogue, "--clickhouse-url", clickhouseURL); status != 0 {
			t.Fatalf("%s exits %d: %s%s", args, status, out, errs)
		}
	}
	const sql = "SELECT value FROM kpi_monthly WHERE indicator = 'X01' AND segment = ''"
	if got := query(t, clickhouseURL, sql); got != "12" {
		t.Errorf("X01 is %q, want 12", got)
	}
	if status, out, errs := command(t, "", natsURL, "verify", "--catalogue", catalogue, "--clickhouse-url", clickhouseURL); status != 0 {
		t.Errorf("verify exits %d: %s%s", status, out, errs)
	}
	up.stop()
	// Back to the call's own: up makes the figures again by itself.
	start(t, append([]string{"up", "--data", data}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	if got := query(t, clickhouseURL, sql); got != "" {
		t.Errorf("X01 is %q, though the catalogue has it no more", got)
	}
	if got := query(t, clickhouseURL, "SELECT value FROM kpi_monthly WHERE indicator = 'D02' AND segment = ''"); got != "12" {
		t.Errorf("D02 is %q, want 12", got)
	}
}

func waitCounted(t *testing.T, natsURL string) {
	t.Helper()
	js := testkit.JetStream(t, natsURL)
	testkit.Eventually(t, time.Minute, func() error {
		return ingest.WaitCounted(t.Context(), js, schemas.ConsumerDurable, nil)
	})
}

// dropClaim ends the claim of a command that was killed, which half a minute would end (consumers/claim waits for that).
func dropClaim(t *testing.T, natsURL string) {
	t.Helper()
	claims, err := testkit.JetStream(t, natsURL).KeyValue(t.Context(), claim.Bucket)
	if err == nil {
		err = claims.Purge(t.Context(), "figures")
	}
	if err != nil {
		t.Fatal(err)
	}
}
