package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A quarter from its submission by the lab over HTTP to its approval and reopening on the command line.
func TestPeriodsFromSubmissionToApproval(t *testing.T) {
	const lab = "atelier-nord"
	addrs, web, natsURL, clickhouseURL := addresses(t)
	start(t, append([]string{"up", "--data", t.TempDir()}, addrs...)...)
	awaitReady(t, web, http.StatusOK)
	tokens := issue(t, natsURL, lab, "atelier-sud")
	js := testkit.JetStream(t, natsURL)
	send := func(at string, data any) {
		t.Helper()
		when, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		e, err := schemas.NewEvent(lab, "", when, data)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), schemas.Subject(lab, e.Kind()), raw); err != nil {
			t.Fatal(err)
		}
	}
	period := func(status int, stdin, args string, want ...string) string {
		t.Helper()
		fields := strings.Fields(args)
		for i := range fields {
			fields[i] = strings.ReplaceAll(fields[i], "_", " ")
		}
		got, out, errs := command(t, stdin, natsURL, append([]string{"period", "--clickhouse-url", clickhouseURL}, fields...)...)
		if got != status {
			t.Errorf("period %s: exit status %d, want %d\n%s%s", args, got, status, out, errs)
		}
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("period %s: %q isn't in\n%s%s", args, w, out, errs)
			}
		}
		return out
	}

	send("2025-01-02", schemas.AgreementSigned{Agreement: "C1", Start: "2025-01-01", End: "2025-12-31",
		Reporting: []schemas.ReportingDue{{Period: "2025-Q1", Due: "2025-04-15"}, {Period: "2025-Q2", Due: "2025-07-15"}},
		Commitments: []schemas.Commitment{{Indicator: "D02", Target: schemas.Int(50), From: "2025-01-01", Due: "2025-12-31", Mode: "cumulative"},
			{Indicator: "V02", Segment: "scope=national", Target: schemas.Int(2), From: "2025-01-01", Due: "2025-12-31", Mode: "cumulative"}}})
	send("2025-02-10", schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: new(int64(12))})
	waitCounted(t, natsURL)

	period(2, "", "", "expected one of adjustments, approve, list, reopen, send-back, show, submit")
	period(0, "", "list --state overdue", "2025-Q1", "▼ overdue", "on "+time.Now().Format("2006"))
	period(0, "", "list --lang fr --as-of 2025-03-01", "2025-T1", "… pas terminée")
	period(2, "", "list --state late", "expected one of upcoming")
	period(2, "", "show atelier-nord", "expected the lab and the period")
	period(1, "", "show atelier-nord 2025-Q3", "those asked for are 2025-Q1 (due 2025-04-15), 2025-Q2")
	period(0, "", "show atelier-nord 2025-Q1", "Discovery attendance", " 12 │", "Commitments without a figure in the period: 1", "V02")
	period(1, "", "approve atelier-nord 2025-Q1 --yes", "hasn't submitted")

	url := web + "/v1/labs/" + lab + "/periods"
	if status, body := ask(t, http.MethodPost, url+"/2025-Q1/submission", tokens["atelier-sud"]); status != http.StatusForbidden {
		t.Errorf("another lab submits: %d %s", status, body)
	}
	if status, body := ask(t, http.MethodPost, url+"/2025-Q1/submission", tokens[lab]); status != http.StatusOK || !strings.Contains(body, `"state":"submitted"`) {
		t.Errorf("the lab submits: %d %s", status, body)
	}
	if status, body := ask(t, http.MethodPost, url+"/2025-Q1/submission", tokens[lab]); status != http.StatusConflict || !strings.Contains(body, "problems/already_submitted") {
		t.Errorf("a second click: %d %s", status, body)
	}
	// The programme's kinds stay closed to the lab's token.
	mine, err := schemas.NewEvent(lab, "", time.Now(), schemas.PeriodApproved{Period: "2025-Q1"})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, http.MethodPost, web+"/v1/events", tokens[lab], mine); status != http.StatusForbidden {
		t.Errorf("the lab approves its own period: %d %s", status, body)
	}

	period(2, "", "send-back atelier-nord 2025-Q1", "--reason: say why")
	period(0, "", "send-back atelier-nord 2025-Q1 --reason Il_manque_mars", "✔ atelier-nord, 2025-Q1")
	if _, body := ask(t, http.MethodGet, url, tokens[lab]); !strings.Contains(body, "Il manque mars") {
		t.Errorf("the lab isn't told why: %s", body)
	}
	period(0, "", "submit atelier-nord 2025-T1 --lang fr", "✔ atelier-nord, 2025-T1 : déclarée")
	period(2, "", "approve atelier-nord 2025-Q1", "Approve these figures? [y/N]", "--yes is missing")
	period(1, "n\n", "approve atelier-nord 2025-Q1", "Approve these figures? [y/N]", "nothing was approved")
	period(0, "y\n", "approve atelier-nord 2025-Q1 --comment Vu", "approved, the figures are frozen")
	// What arrives for the approved quarter is an adjustment, with the event behind it.
	send("2025-03-20", schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: new(int64(5))})
	send("2025-03-21", schemas.MachineUsage{Machine: "laser-1", Category: "laser_cutter", Origin: "measured", End: time.Date(2025, 3, 21, 1, 30, 0, 0, time.UTC)})
	waitCounted(t, natsURL)
	testkit.Eventually(t, time.Minute, func() error { // the approved figures are frozen within seconds
		if n := query(t, clickhouseURL, "SELECT count() FROM period_approvals WHERE frozen_at IS NOT NULL"); n != "1" {
			return fmt.Errorf("%s approvals are frozen", n)
		}
		return nil
	})
	period(0, "", "adjustments atelier-nord 2025-T1", "D02 Discovery attendances", "approved 12 on", "today 17, difference +5", "discovery.held", "arrived", "/labs/atelier-nord",
		"U01 Machine hours", "difference +1.5 h", "│    – │ 1.5 │") // what it adds is in hours, too
	period(0, "", "adjustments atelier-nord 2025-Q2", "No figure of an approved period has changed")
	period(1, "", "submit atelier-nord 2025-Q1 --lang fr", "demandez au programme de la rouvrir")
	period(0, "", "reopen atelier-nord 2025-Q1 --reason Une_facture", "has to submit it again")
	var shown struct {
		Period struct{ State, Reason string }
		Story  []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(period(0, "", "show atelier-nord 2025-Q1 --json")), &shown); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range shown.Story {
		kinds = append(kinds, strings.TrimPrefix(e.Kind, "period."))
	}
	if shown.Period.State != "reopened" || shown.Period.Reason != "Une facture" || !slices.Equal(kinds, []string{"submitted", "reopened", "submitted", "approved", "reopened"}) {
		t.Errorf("%+v", shown)
	}
}
