package gateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

const submission = "/v1/labs/atelier-nord/periods/2026-Q1/submission"

func TestWhoSubmitsWhichPeriod(t *testing.T) {
	readers := newReaders()
	r := newRig(t, readers.wire)
	submit := func(path, token string) answer {
		t.Helper()
		return r.do(http.MethodPost, path, token, nil)
	}
	submit(submission, "").want(t, 401, "unauthenticated")
	submit(submission, sud).want(t, 403, "forbidden")
	submit("/v1/labs/Nord/periods/2026-Q1/submission", nord).want(t, 400, "bad_parameter")
	if readers.submitted != "" {
		t.Fatal("it is submitted")
	}
	if a := submit(submission, nord).want(t, 200, ""); !strings.Contains(a.raw, `"state":"submitted"`) {
		t.Error(a.raw)
	}
	submit(submission, programme).want(t, 200, "")
	if a := submit("/v1/labs/atelier-nord/periods/2026-Q2/submission", nord).want(t, 409, "not_over"); a.Detail != "pas terminée" {
		t.Error(a.raw)
	}
	submit("/v1/labs/atelier-nord/periods/2026-Q9/submission", nord).want(t, 404, "not_found")
	submit("/v1/labs/atelier-nord/periods/2026-03/submission", nord).want(t, 503, "uncounted")

	if a := r.get("/v1/labs/atelier-nord/periods", nord).want(t, 200, ""); !strings.Contains(a.raw, `"reason":"Incomplet"`) {
		t.Error(a.raw)
	}
	if a := r.get("/v1/labs/atelier-sud/periods", sud).want(t, 200, ""); strings.TrimSpace(a.raw) != `{"periods":[]}` {
		t.Error(a.raw)
	}
	r.get("/v1/labs/atelier-nord/periods", sud).want(t, 403, "forbidden")
	r.get(submission, nord).want(t, 405, "method_not_allowed")
	readers.fail = errors.New("gone")
	submit(submission, nord).want(t, 503, "unavailable")
	r.get("/v1/labs/atelier-nord/periods", nord).want(t, 503, "unavailable")
	if n := r.streamed(); n != 0 {
		t.Errorf("%d messages were published past the periods", n)
	}
}

func TestPeriodsThatAreNotServed(t *testing.T) {
	r := newRig(t, nil)
	r.get("/v1/labs/atelier-nord/periods", nord).want(t, 501, "not_served")
	r.do(http.MethodPost, submission, nord, nil).want(t, 501, "not_served")
}
