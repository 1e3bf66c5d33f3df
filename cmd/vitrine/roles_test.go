package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vitrine/consumers/alerts"
	"vitrine/consumers/claim"
	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// TestRolesAreEnough runs a gateway and a consumer with their own credentials: an event comes in and is counted,
// a bad one is rejected, pages are read, and the server refuses nothing.
func TestRolesAreEnough(t *testing.T) {
	f := newFortress(t, false)
	clickhouseURL := testkit.ClickHouse(t)
	flags, web, _, _ := addresses(t)
	common := []string{"--nats-url", f.url, "--clickhouse-url", clickhouseURL}
	if status, out, errs := command(t, "", f.url, append([]string{"migrate", "--nats-creds", f.keys.ServiceCredentials()}, common...)...); status != 0 {
		t.Fatalf("migrate exits %d: %s%s", status, out, errs)
	}
	counts := start(t, append([]string{"consume", "--http-addr", "127.0.0.1:0", "--nats-creds", f.keys.RoleCredentials(credentials.RoleConsumer)}, common...)...)
	reads, statements := recorded(t, clickhouseURL)
	door := start(t, append([]string{"gateway", "--nats-creds", f.keys.RoleCredentials(credentials.RoleGateway), "--nats-url", f.url, "--clickhouse-url", reads}, flags[:2]...)...)
	awaitReady(t, web, http.StatusOK)
	at := time.Now().AddDate(0, 0, -100).Truncate(time.Second)
	made := func(at time.Time, data any) *schemas.Event {
		event, err := schemas.NewEvent(attacker, "", at, data)
		if err != nil {
			t.Fatal(err)
		}
		return event
	}
	post := func(token string, events ...*schemas.Event) {
		t.Helper()
		testkit.Eventually(t, time.Minute, func() error {
			if status, body := ask(t, http.MethodPost, web+"/v1/events", token, events...); status != http.StatusAccepted {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
	}
	post(f.token[credentials.Programme], made(at, schemas.LabRegistered{Name: "Atelier Nord", Commune: "Lille", Region: "Hauts-de-France"}))
	session := made(at, schemas.TrainingHeld{End: at.Add(time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 7})
	post(f.token[attacker], session)
	if _, err := f.js.Publish(t.Context(), schemas.Subject(attacker, "training.held"), []byte("not an event")); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{"events": "2", "rejections": "1"} {
		testkit.Eventually(t, time.Minute, func() error {
			if got := selected(t, clickhouseURL, "SELECT count() FROM "+what); got != want {
				return fmt.Errorf("%s %s", got, what)
			}
			return nil
		})
	}
	for _, path := range []string{"/v1/labs/atelier-nord/status", "/v1/events/" + session.ID.String(), "/v1/labs/atelier-nord/events", "/programme", "/"} {
		if status, body := ask(t, http.MethodGet, web+path, f.token[attacker]); status >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	// What roles.sql grants the role vitrine_serve is enough for the gateway.
	all := statements()
	for _, sql := range all {
		if verb, _, _ := strings.Cut(sql, " "); verb != "SELECT" && verb != "WITH" {
			t.Errorf("the gateway doesn't only read: %s", sql)
		}
	}
	if len(all) < 5 {
		t.Errorf("%d statements were recorded: %q", len(all), all)
	}
	door.stop()
	counts.stop()
	for _, kind := range []natsd.Refusal{natsd.RefusedPublish, natsd.RefusedSubscribe} {
		if n, _ := f.refusals(kind); n != 0 {
			t.Errorf("the server refused %s %d times:\n%s", kind, n, f.log)
		}
	}
}

// recorded is the address of a database that testkit made, behind a proxy that keeps the beginning of each statement.
func recorded(t *testing.T, databaseURL string) (address string, statements func() []string) {
	t.Helper()
	target, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	database := target.Path
	target.Path = ""
	var mu sync.Mutex
	var all []string
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			t.Error(err)
		}
		r.Out.Body = io.NopCloser(bytes.NewReader(body))
		r.SetURL(target)
		words := strings.Fields(r.In.URL.Query().Get("query") + " " + string(body[:min(len(body), 200)]))
		for len(words) > 0 && strings.HasPrefix(words[0], "--") { // a comment ends with its line, which is gone
			words = strings.Fields(withoutComments(string(body)))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, strings.Join(words[:min(len(words), 12)], " "))
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL + database, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// withoutComments leaves out the lines that are comments.
func withoutComments(sql string) string {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestRolesOfClickHouse lets the engine parse the statements of deploy/clickhouse/roles.sql; it has no accounts of its own
// to run them with.
func TestRolesOfClickHouse(t *testing.T) {
	databaseURL := testkit.ClickHouse(t)
	raw, err := os.ReadFile("../../deploy/clickhouse/roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for sql := range strings.SplitSeq(withoutComments(string(raw)), ";") {
		if sql = strings.TrimSpace(sql); sql == "" {
			continue
		}
		n++
		if got := selected(t, databaseURL, "SELECT formatQuery("+quoted(sql)+")"); !strings.HasPrefix(got, sql[:5]) {
			t.Errorf("%s\nis understood as %s", sql, got)
		}
	}
	if n < 5 {
		t.Errorf("%d statements", n)
	}
}

func quoted(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" }

// selected is what a query answers in a database that testkit made.
func selected(t *testing.T, databaseURL, sql string) string {
	t.Helper()
	slash := strings.LastIndex(databaseURL, "/")
	response, err := http.Get(databaseURL[:slash] + "/?" + url.Values{"database": {databaseURL[slash+1:]}, "query": {sql}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", sql, response.Status, body, err)
	}
	return strings.TrimSpace(string(body))
}

// TestRolesMayNotMore tries for each role what it may do and what it may not, on the server.
func TestRolesMayNotMore(t *testing.T) {
	f := newFortress(t, false)
	api := "$JS.API."
	get := func(seq int) string { raw, _ := json.Marshal(map[string]int{"seq": seq}); return string(raw) }
	// Who may send what: g(ateway), c(onsumer), o(bserver).
	for _, c := range []struct{ what, subject, body, may string }{
		{"publish a lab's event", schemas.Subject(attacker, "training.held"), "{}", "g"},
		{"publish the programme's", schemas.Subject(attacker, "period.approved"), "{}", "g"},
		{"write what was rejected", "vitrine.rejected." + attacker, "{}", "c"},
		{"raise an alert", "vitrine.alerts." + attacker, "{}", "c"},
		{"read an event", api + "STREAM.MSG.GET." + schemas.StreamEvents, get(1), "gc"},
		{"read what was rejected", api + "STREAM.MSG.GET." + schemas.StreamRejected, get(1), "c"},
		{"see how the stream fares", api + "STREAM.INFO." + schemas.StreamEvents, "", "gco"},
		{"see how the consumer fares", api + "CONSUMER.INFO." + schemas.StreamEvents + "." + schemas.ConsumerDurable, "", "gco"},
		{"see all consumers", api + "CONSUMER.LIST." + schemas.StreamEvents, "", "o"},
		{"take events to count", api + "CONSUMER.MSG.NEXT." + schemas.StreamEvents + "." + schemas.ConsumerDurable, `{"batch":1,"no_wait":true}`, "c"},
		{"acknowledge events", "$JS.ACK." + schemas.StreamEvents + "." + schemas.ConsumerDurable + ".1.1.1.1.1", "+ACK", "c"},
		{"make a consumer of its own of all events", api + "CONSUMER.CREATE." + schemas.StreamEvents + ".mine", "{}", ""},
		{"remove the consumer", api + "CONSUMER.DELETE." + schemas.StreamEvents + "." + schemas.ConsumerDurable, "", ""},
		{"pause the consumer", api + "CONSUMER.PAUSE." + schemas.StreamEvents + "." + schemas.ConsumerDurable, "{}", ""},
		{"remove an event", api + "STREAM.MSG.DELETE." + schemas.StreamEvents, get(1), ""},
		{"empty the stream", api + "STREAM.PURGE." + schemas.StreamEvents, "", ""},
		{"remove the stream", api + "STREAM.DELETE." + schemas.StreamEvents, "", ""},
		{"change the stream", api + "STREAM.UPDATE." + schemas.StreamEvents, "{}", ""},
		{"make a stream", api + "STREAM.CREATE.MINE", "{}", ""},
		{"copy the stream", api + "STREAM.SNAPSHOT." + schemas.StreamEvents, "{}", ""},
		{"read who has credentials", api + "CONSUMER.CREATE.KV_" + credentials.Bucket + ".mine", "{}", "g"},
		{"write who has credentials", "$KV." + credentials.Bucket + ".x", "{}", ""},
		{"read the alerts' places", api + "DIRECT.GET.KV_" + alerts.Bucket + ".$KV." + alerts.Bucket + ".x", "", "c"},
		{"write the alerts' places", "$KV." + alerts.Bucket + ".x", "{}", "c"},
		{"claim the figures", "$KV." + claim.Bucket + ".figures", "{}", ""},
		{"ask the server's own account", "$SYS.REQ.SERVER.PING", "", ""},
		{"write into another's inbox", "_INBOX_service.x", "x", ""},
	} {
		may := ""
		for _, role := range credentials.Roles() {
			if f.roleMay(t, role, c.subject, c.body) {
				may += role[:1]
			}
		}
		t.Logf("%-42s %s", c.what, may)
		if may != c.may {
			t.Errorf("%s (%s): %q may, want %q", c.what, c.subject, may, c.may)
		}
	}
	for _, role := range credentials.Roles() {
		for _, subject := range []string{">", schemas.SubjectsOfLabs, "_INBOX_programme.>", "$SYS.>", api + ">"} {
			conn, refused := f.asRole(t, role)
			if _, err := conn.SubscribeSync(subject); err != nil || conn.Flush() != nil {
				t.Fatal(err)
			}
			if !refused() {
				t.Errorf("%s may listen to %s", role, subject)
			}
		}
	}
}

// asRole connects with a role's credentials; refused says whether the server refused anything until the last flush.
func (f *fortress) asRole(t *testing.T, role string) (conn *nats.Conn, refused func() bool) {
	t.Helper()
	options, err := credentials.ConnectOptions(f.keys.RoleCredentials(role), nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	said := false
	conn, err = nats.Connect(f.url, append(options, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		mu.Lock()
		defer mu.Unlock()
		said = said || strings.Contains(strings.ToLower(err.Error()), "permissions violation")
	}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn, func() bool { // the handler runs beside the flush
		for range 20 {
			mu.Lock()
			is := said
			mu.Unlock()
			if is || conn.LastError() != nil {
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}
}

func (f *fortress) roleMay(t *testing.T, role, subject, body string) bool {
	t.Helper()
	conn, refused := f.asRole(t, role)
	defer conn.Close()
	if err := conn.PublishRequest(subject, conn.NewInbox(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return !refused()
}
