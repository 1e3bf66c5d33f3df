package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

func TestAcceptedMeansStored(t *testing.T) {
	r := newRig(t, nil)
	for i, c := range []struct {
		name, media, text string
		accepted          int
	}{
		{"one", schemas.ContentTypeEvent, one(t, event(t, "atelier-nord", 1)), 1},
		{"a list", schemas.ContentTypeBatch, list(t, events(t, "atelier-nord", 3)...), 3},
		{"one by its shape", "application/json; charset=UTF-8", " \ufeff"[1:] + one(t, event(t, "atelier-nord", 2)), 1},
		{"a list by its shape", "application/json", "\n" + list(t, event(t, "atelier-nord", 3)), 1},
		{"an empty list", schemas.ContentTypeBatch, "[]", 0},
		{"the same again", schemas.ContentTypeEvent, one(t, event(t, "atelier-nord", 1)), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.streamed()
			a := r.postRaw(nord, c.media, c.text).want(t, http.StatusAccepted, "")
			if a.Accepted != c.accepted || !strings.Contains(a.raw, `"rejected":[]`) {
				t.Errorf("%d: %s", i, a.raw)
			}
			if got := r.streamed() - before; got != c.accepted {
				t.Errorf("the stream got %d messages, want %d", got, c.accepted)
			}
		})
	}
	msg, err := mustStream(t, r).GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if msg.Header.Get(schemas.HeaderPublisher) != "gateway/atelier-nord" || msg.Subject != "vitrine.events.atelier-nord.training.held" {
		t.Errorf("stored as %s with %v", msg.Subject, msg.Header)
	}
	if string(msg.Data) != one(t, event(t, "atelier-nord", 1)) {
		t.Errorf("stored %s", msg.Data)
	}
	r.wantMetric(7, "vitrine_gateway_events_total", "result", "accepted")
	r.wantMetric(6, "vitrine_gateway_requests_total", "route", "/v1/events", "method", "POST", "status", "202")
	r.wantMetric(6, "vitrine_gateway_request_seconds", "route", "/v1/events")
	r.wantMetric(0, "vitrine_gateway_in_flight")
}

func mustStream(t testing.TB, r *rig) jetstream.Stream {
	t.Helper()
	r.streamed()
	stream, err := r.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// However much is wrong, the answer is about as large as what was sent: 64 of them are in memory at once.
func TestAnswerToMuchThatIsWrongIsBounded(t *testing.T) {
	r := newRig(t, nil)
	bad := make([]any, 200)
	for i := range bad {
		e := with(t, event(t, "atelier-nord", i), "data.attendees", 5)
		for n := range 200 {
			e["data"].(map[string]any)[fmt.Sprintf("x%d", n)] = 0
		}
		bad[i] = e
	}
	a := r.post(nord, bad...).want(t, http.StatusUnprocessableEntity, "invalid")
	if len(a.Rejected) != len(bad) || len(a.Errors) != 1000 {
		t.Errorf("%d events are named, and %d problems", len(a.Rejected), len(a.Errors))
	}
	if sent := len(list(t, bad...)); len(a.raw) > 4*sent {
		t.Errorf("%d bytes are answered with %d", sent, len(a.raw))
	}
	for i, e := range a.Rejected {
		if e.Index != i || e.Error == "" || e.ID == "" {
			t.Fatalf("event %d is named as %+v", i, e)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	r := newRig(t, nil)
	good, bad := event(t, "atelier-nord", 1), with(t, event(t, "atelier-nord", 2), "data.attendees", -3)
	bad["data"].(map[string]any)["companies"] = []any{map[string]any{"siren": "123"}}
	a := r.post(nord, good, bad, 7, event(t, "atelier-sud", 3)).want(t, http.StatusAccepted, "")
	if a.Accepted != 1 || len(a.Rejected) != 3 {
		t.Fatal(a.raw)
	}
	first := a.Rejected[0]
	if first.Index != 1 || first.ID != bad["id"] || len(first.Errors) != 2 || first.Field != first.Errors[0].Field || first.Error == "" {
		t.Errorf("%+v", first)
	}
	var pointers []string
	for _, e := range first.Errors {
		pointers = append(pointers, e.Pointer+" "+e.Code)
	}
	if slices.Sort(pointers); !slices.Equal(pointers, []string{"/1/data/attendees implausible", "/1/data/companies/0/siren bad_format"}) {
		t.Errorf("%q", pointers)
	}
	if second := a.Rejected[1]; second.Index != 2 || second.Pointer != "/2" || second.Code != schemas.CodeType {
		t.Errorf("%+v", second)
	}
	if third := a.Rejected[2]; third.Index != 3 || third.Pointer != "/3/source" || third.Code != "forbidden_lab" || third.Field != "source" {
		t.Errorf("%+v", third)
	}
	if got := r.streamed(); got != 1 {
		t.Errorf("%d messages in the stream", got)
	}
	for result, n := range map[string]float64{"accepted": 1, "rejected": 2, "forbidden": 1, "unconfirmed": 0} {
		r.wantMetric(n, "vitrine_gateway_events_total", "result", result)
	}
}

func TestNothingAcceptable(t *testing.T) {
	r := newRig(t, nil)
	bad := with(t, event(t, "atelier-nord", 2), "data.attendees", -3)
	a := r.postRaw(nord, schemas.ContentTypeEvent, one(t, bad)).want(t, http.StatusUnprocessableEntity, "invalid")
	if a.Accepted != 0 || len(a.Rejected) != 1 || len(a.Errors) != 1 || a.Errors[0].Pointer != "/data/attendees" || a.Errors[0].ID != bad["id"] {
		t.Error(a.raw)
	}
	a = r.post(nord, bad, event(t, "atelier-sud", 1)).want(t, http.StatusUnprocessableEntity, "invalid")
	if len(a.Rejected) != 2 || len(a.Errors) != 2 || a.Errors[1].Index != 1 || a.Errors[1].Pointer != "/1/source" {
		t.Error(a.raw)
	}
	// Larger than any event may be, and yet a readable request.
	huge := with(t, event(t, "atelier-nord", 1), "reason", strings.Repeat("a", schemas.MaxEventBytes))
	a = r.postRaw(nord, schemas.ContentTypeEvent, one(t, huge)).want(t, http.StatusUnprocessableEntity, "invalid")
	if a.Errors[0].Code != schemas.CodeTooLarge {
		t.Error(a.raw)
	}
	if got := r.streamed(); got != 0 {
		t.Errorf("%d messages in the stream", got)
	}
}

func TestEachSendsItsOwnAlone(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range []struct {
		name, token string
		event       any
		status      int
		code        string
	}{
		{"another lab's activity", nord, event(t, "atelier-sud", 1), http.StatusForbidden, "forbidden_lab"},
		{"the programme's kind", nord, registration(t, "atelier-nord"), http.StatusForbidden, "forbidden_kind"},
		{"a lab's activity by the programme", programme, event(t, "atelier-nord", 1), http.StatusForbidden, "forbidden_kind"},
		{"the programme's kind by the programme", programme, registration(t, "atelier-nord"), http.StatusAccepted, ""},
		{"a lab's own", sud, event(t, "atelier-sud", 1), http.StatusAccepted, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.streamed()
			a := r.post(c.token, c.event)
			if c.status == http.StatusAccepted {
				a.want(t, c.status, "")
			} else if a.want(t, c.status, "forbidden"); a.Errors[0].Code != c.code {
				t.Error(a.raw)
			}
			if got := r.streamed() - before; got != a.Accepted {
				t.Errorf("%d messages more in the stream, %d accepted", got, a.Accepted)
			}
		})
	}
	r.wantMetric(3, "vitrine_gateway_refused_total", "reason", "forbidden")
	r.wantMetric(3, "vitrine_gateway_events_total", "result", "forbidden")
}

func TestUnreadableBodies(t *testing.T) {
	r := newRig(t, nil)
	valid := one(t, event(t, "atelier-nord", 1))
	for _, c := range []struct {
		name, media, text string
		status            int
		code              string
	}{
		{"nothing", schemas.ContentTypeEvent, " ", 400, "empty"},
		{"no JSON", schemas.ContentTypeEvent, `{"id":`, 400, "not_json"},
		{"two events", "application/json", valid + valid, 400, "not_json"},
		{"an object for a list", schemas.ContentTypeBatch, valid, 400, "not_a_list"},
		{"a list for one", schemas.ContentTypeEvent, "[" + valid + "]", 400, "not_an_event"},
		{"a list cut short", schemas.ContentTypeBatch, "[" + valid, 400, "not_json"},
		{"no content type", "", valid, 415, "unsupported"},
		{"another content type", "text/plain", valid, 415, "unsupported"},
		{"another character set", "application/json; charset=iso-8859-1", valid, 415, "unsupported"},
	} {
		t.Run(c.name, func(t *testing.T) { r.postRaw(nord, c.media, c.text).want(t, c.status, c.code) })
	}
	a := r.postRaw(nord, schemas.ContentTypeEvent, valid, "Content-Encoding", "br").want(t, 415, "unsupported_encoding")
	if a.header.Get("Accept-Encoding") != "gzip, identity" {
		t.Error(a.header)
	}
	if got := r.streamed(); got != 0 {
		t.Errorf("%d messages in the stream", got)
	}
}

func TestTheLanguageAskedFor(t *testing.T) {
	r := newRig(t, nil)
	bad := one(t, with(t, event(t, "atelier-nord", 2), "data.attendees", -3))
	french, english := "corrigez", "correct what"
	for header, want := range map[string]string{
		"": french, "fr-CA": french, "en": english, "en-GB,fr;q=0.5": english, "de": french, "de, en;q=0.8": english,
		"*": french, ";;;": french, strings.Repeat("en,", 1000): french,
	} {
		var headers []string
		if header != "" {
			headers = []string{"Accept-Language", header}
		}
		a := r.postRaw(nord, schemas.ContentTypeEvent, bad, headers...).want(t, http.StatusUnprocessableEntity, "invalid")
		lang := map[string]string{french: "fr", english: "en"}[want]
		if !strings.Contains(a.Detail, want) || a.header.Get("Content-Language") != lang || !strings.Contains(a.header.Get("Vary"), "Accept-Language") {
			t.Errorf("%.40q: %s %v", header, a.raw, a.header)
		}
		if invraisemblable := strings.Contains(a.Errors[0].Error, "invraisemblable"); invraisemblable != (lang == "fr") {
			t.Errorf("%.40q: %s", header, a.raw)
		}
	}
}

// Nothing of what a client sends reaches the log: it may be personal data, refused or not.
func TestTheLogHoldsNothingOfWhatIsSent(t *testing.T) {
	r := newRig(t, newReaders().wire)
	secret := "jeanne.martin"
	r.post(nord, event(t, "atelier-nord", 1), with(t, event(t, "atelier-nord", 2), "reason", secret+"@example.org")).want(t, http.StatusAccepted, "")
	r.get("/v1/labs/atelier-nord/events?before="+secret, nord).want(t, http.StatusBadRequest, "bad_parameter")
	r.get("/v1/"+secret, nord, "X-Request-Id", secret).want(t, http.StatusNotFound, "not_found")
	r.get("/v1/status", secret).want(t, http.StatusUnauthorized, "unauthenticated")
	r.do(strings.ToUpper(secret[:6]), "/v1/status", nord, nil).want(t, http.StatusMethodNotAllowed, "method_not_allowed")
	r.wantMetric(5, "vitrine_gateway_requests_total")
	log := r.log.String()
	if strings.Contains(strings.ToLower(log), "jeanne") || strings.Contains(log, "example.org") || strings.Contains(log, nord) {
		t.Error(log)
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines: %s", len(lines), log)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"method": "POST", "route": "/v1/events", "status": "202", "as": "atelier-nord", "level": "INFO"} {
		if got := fmt.Sprint(line[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if line["request_id"] == "" || line["took"] == nil || line["bytes"] == nil {
		t.Error(lines[0])
	}
}
