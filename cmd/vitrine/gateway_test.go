package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers/credentials"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// issue gives labs tokens, as vitrine lab add does.
func issue(t *testing.T, natsURL string, names ...string) map[string]string {
	t.Helper()
	keys, err := credentials.EnsureKeys(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: testkit.JetStream(t, natsURL), URL: natsURL, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, name := range names {
		issued, err := registry.Add(t.Context(), name)
		if err != nil && !errors.Is(err, credentials.ErrNotTold) { // the test's server keeps no accounts
			t.Fatal(err)
		}
		tokens[name] = issued.Token
	}
	return tokens
}

// ask sends a request to a gateway and reads what it answers.
func ask(t *testing.T, method, url, token string, events ...*schemas.Event) (status int, body string) {
	t.Helper()
	var in io.Reader
	if len(events) > 0 {
		raw, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, in)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if in != nil {
		req.Header.Set("Content-Type", schemas.ContentTypeBatch)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// From a lab's program to its figures and back: the commands as they are run, a consumer and a gateway apart.
func TestTheGatewayFromEndToEnd(t *testing.T) {
	natsURL, clickhouseURL := testkit.NATS(t), testkit.ClickHouse(t)
	flags, web, _, _ := addresses(t)
	common := []string{"--nats-url", natsURL, "--clickhouse-url", clickhouseURL}
	start(t, append([]string{"consume", "--http-addr", "127.0.0.1:0"}, common...)...)
	door := start(t, append(append([]string{"gateway"}, common...), flags[:2]...)...)
	tokens := issue(t, natsURL, "atelier-nord", "atelier-sud", credentials.Programme)
	awaitReady(t, web, http.StatusOK)

	at := time.Now().AddDate(0, 0, -1).Truncate(time.Second)
	made := func(lab string, data any) *schemas.Event {
		event, err := schemas.NewEvent(lab, "", at, data)
		if err != nil {
			t.Fatal(err)
		}
		return event
	}
	registration := made("atelier-nord", schemas.LabRegistered{Name: "Atelier Nord", Commune: "Lille", Region: "Hauts-de-France"})
	session := made("atelier-nord", schemas.TrainingHeld{End: at.Add(time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 7})
	// A token counts once the gateway has heard of it.
	testkit.Eventually(t, time.Minute, func() error {
		if status, body := ask(t, http.MethodPost, web+"/v1/events", tokens[credentials.Programme], registration); status != http.StatusAccepted {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
	for token, want := range map[string]int{tokens["atelier-nord"]: 202, tokens["atelier-sud"]: 403, tokens["programme"]: 403, "vit_atelier-nord_guess": 401} {
		if status, body := ask(t, http.MethodPost, web+"/v1/events", token, session); status != want {
			t.Errorf("got %d, want %d: %s", status, want, body)
		}
	}

	nord := tokens["atelier-nord"]
	var versions struct {
		Events []struct{ Data schemas.TrainingHeld }
	}
	testkit.Eventually(t, time.Minute, func() error {
		status, body := ask(t, http.MethodGet, web+"/v1/events/"+session.ID.String(), nord)
		if status != http.StatusOK {
			return fmt.Errorf("%d %s", status, body)
		}
		return json.Unmarshal([]byte(body), &versions)
	})
	if len(versions.Events) != 1 || versions.Events[0].Data.Attendees != 7 {
		t.Errorf("%+v", versions)
	}
	for path, want := range map[string]string{
		"/v1/labs/atelier-nord/events?limit=5": session.ID.String(),
		"/v1/labs/atelier-nord/status":         `"name":"Atelier Nord"`,
	} {
		testkit.Eventually(t, time.Minute, func() error { // a status is answered again for two seconds
			if status, body := ask(t, http.MethodGet, web+path, nord); status != http.StatusOK || !strings.Contains(body, want) {
				return fmt.Errorf("%s: %d %s", path, status, body)
			}
			return nil
		})
	}
	status, body := ask(t, http.MethodGet, web+"/v1/export/events.csv", nord)
	records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if status != http.StatusOK || err != nil || len(records) != 3 { // the head, the registration and the session
		t.Errorf("%d, %v: %s", status, err, body)
	}
	if status, body := ask(t, http.MethodGet, web+"/v1/status", tokens[credentials.Programme]); status != http.StatusOK || !strings.Contains(body, "atelier-nord") {
		t.Errorf("%d %s", status, body)
	}
	for path, want := range map[string]string{"/": "<html", "/metrics": `vitrine_gateway_events_total{result="accepted"} 2`, "/openapi.json": `"openapi":"3.1.0"`} {
		if status, body := ask(t, http.MethodGet, web+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d without %s", path, status, want)
		}
	}

	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("atelier-nord "+nord+"\n\natelier-sud "+tokens["atelier-sud"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	exit, out, errs := command(t, "", natsURL, "bench", "gateway", "--url", web, "--tokens", file, "--events", "101", "--batch", "10", "--gzip")
	if exit != 0 || !strings.Contains(out, "101 / 101") {
		t.Errorf("bench: %d %s %s", exit, out, errs)
	}
	testkit.Eventually(t, time.Minute, func() error {
		_, body := ask(t, http.MethodGet, web+"/v1/export/events.json", tokens[credentials.Programme])
		var rows []struct{ Lab string }
		if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows) != 103 {
			return fmt.Errorf("%d rows, %v", len(rows), err)
		}
		return nil
	})
	exportsAreTheLabsOwn(t, web, tokens)
	door.stop()
}

// exportsAreTheLabsOwn looks for a lab in what another one may export.
func exportsAreTheLabsOwn(t *testing.T, web string, tokens map[string]string) {
	t.Helper()
	at := time.Now().AddDate(0, -2, 0).Truncate(time.Second)
	var all []*schemas.Event
	for _, lab := range []string{"atelier-nord", "atelier-sud"} {
		for _, data := range []any{
			schemas.LabRegistered{Name: lab, Commune: "Lille", Region: "Hauts-de-France"},
			schemas.AgreementSigned{Agreement: "a", Start: at.Format(time.DateOnly), End: at.AddDate(1, 0, 0).Format(time.DateOnly), Commitments: []schemas.Commitment{{
				Indicator: "T01", Target: schemas.Int(10), From: at.Format(time.DateOnly), Due: at.AddDate(1, 0, 0).Format(time.DateOnly), Mode: "cumulative"}}},
		} {
			event, err := schemas.NewEvent(lab, "", at, data)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, event)
		}
	}
	if status, body := ask(t, http.MethodPost, web+"/v1/events", tokens[credentials.Programme], all...); status != http.StatusAccepted || !strings.Contains(body, `"accepted":4`) {
		t.Fatalf("%d %s", status, body)
	}
	for _, relation := range gateway.ExportRelations() {
		formats := []string{"json"} // Parquet, and most CSV, come of the same query
		if relation == "events" || relation == "labs" {
			formats = append(formats, "csv")
		}
		for _, format := range formats {
			file := web + "/v1/export/" + relation + "." + format
			if relation != "indicators" && format == "json" {
				testkit.Eventually(t, time.Minute, func() error {
					if _, body := ask(t, http.MethodGet, file, tokens[credentials.Programme]); !strings.Contains(body, "atelier-sud") {
						return fmt.Errorf("%s doesn't hold the lab yet", file)
					}
					return nil
				})
			}
			if status, body := ask(t, http.MethodGet, file, tokens["atelier-nord"]); status != http.StatusOK || strings.Contains(body, "atelier-sud") {
				t.Errorf("%s shows another lab, or nothing: %d", file, status)
			}
		}
	}
}

func TestBenchUsedWrongly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("atelier-nord secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	spoiled := file + ".spoiled"
	if err := os.WriteFile(spoiled, []byte("atelier-nord secret\nsecret2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"":                                    "tokens",
		"--tokens " + file + " --labs 2":      "has tokens of 1",
		"--tokens " + file + " --batch 0":     "--batch 0",
		"--tokens " + file + " --url here":    "--url",
		"--tokens " + spoiled:                 "line 2",
		"--tokens " + spoiled + ".not.there":  "no such file",
		"--tokens " + file + " --events many": "events",
	} {
		status, _, errs := command(t, "", "", append([]string{"bench", "gateway"}, strings.Fields(args)...)...)
		if status == 0 || !strings.Contains(errs, want) || strings.Contains(errs, "secret") {
			t.Errorf("%s: %d %s", args, status, errs)
		}
	}
	for args, want := range map[string]string{"--trusted-proxies nowhere": "--trusted-proxies", "--tls-cert x": "--tls-key",
		"--lab-rate NaN": "--lab-rate", "--lab-rate Inf": "--lab-rate", "--lab-rate 0": "--lab-rate", "--lab-rate -1": "--lab-rate", "--concurrent 0": "--concurrent"} {
		natsURL, _ := natsWithStreams(t)
		status, _, errs := command(t, "", natsURL, append([]string{"gateway", "--http-addr", "127.0.0.1:0"}, strings.Fields(args)...)...)
		if status != 2 || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s", args, status, errs)
		}
	}
}
