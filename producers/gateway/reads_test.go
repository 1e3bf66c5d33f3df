package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"vitrine/producers/gateway"
)

func TestWhoReadsWhat(t *testing.T) {
	r := newRig(t, newReaders().wire)
	id := known.String()
	for _, c := range []struct {
		path, token string
		status      int
		code        string
	}{
		{"/v1/status", programme, 200, ""},
		{"/v1/status", nord, 403, "forbidden"},
		{"/v1/status", "", 401, "unauthenticated"},
		{"/v1/labs/atelier-nord/status", nord, 200, ""},
		{"/v1/labs/atelier-nord/status", programme, 200, ""},
		{"/v1/labs/atelier-nord/status", sud, 403, "forbidden"},
		{"/v1/labs/atelier-nord/status", "wrong", 401, "unauthenticated"},
		{"/v1/labs/nobody/status", programme, 404, "not_found"},
		{"/v1/labs/Not%20a%20slug/status", programme, 400, "bad_parameter"},
		{"/v1/events/" + id, nord, 200, ""},
		{"/v1/events/" + id, sud, 404, "not_found"},
		{"/v1/events/" + id + "?lab=atelier-nord", sud, 403, "forbidden"},
		{"/v1/events/" + id + "?lab=atelier-nord", programme, 200, ""},
		{"/v1/events/" + id, programme, 400, "lab_missing"},
		{"/v1/events/12", nord, 400, "bad_parameter"},
		{"/v1/labs/atelier-nord/events", nord, 200, ""},
		{"/v1/labs/atelier-nord/events?limit=1&before=12", nord, 200, ""},
		{"/v1/labs/atelier-nord/events?limit=0", nord, 400, "bad_parameter"},
		{"/v1/labs/atelier-nord/events?limit=201", nord, 400, "bad_parameter"},
		{"/v1/labs/atelier-nord/events?before=x", nord, 400, "bad_parameter"},
		{"/v1/labs/atelier-nord/events", sud, 403, "forbidden"},
		{"/v1/labs/atelier-sud/events", sud, 200, ""},
		{"/v1/export/kpi_monthly.csv", nord, 200, ""},
		{"/v1/export/kpi_monthly.csv", "", 401, "unauthenticated"},
		{"/v1/export/kpi_monthly.xml", nord, 404, "not_found"},
		{"/v1/export/rejections.csv", nord, 404, "not_found"},
		{"/v1/nothing", nord, 404, "not_found"},
		{"/v1/imports", nord, 405, "method_not_allowed"},
	} {
		r.get(c.path, c.token).want(t, c.status, c.code)
	}
}

func TestWhatIsRead(t *testing.T) {
	readers := newReaders()
	r := newRig(t, readers.wire)
	a := r.get("/v1/events/"+known.String(), nord)
	if len(a.Events) != 2 || a.Events[1].Revision != 1 || !a.Events[1].Retracted || string(a.Events[0].Data) != `{"attendees":5}` {
		t.Error(a.raw)
	}
	if a = r.get("/v1/labs/atelier-nord/events?limit=1&before=77", nord); len(a.Events) != 1 || a.Before != "4" || readers.before != 77 {
		t.Error(a.raw)
	}
	if a = r.get("/v1/labs/atelier-sud/events", sud); !strings.Contains(a.raw, `"events":[]`) || a.Before != "" {
		t.Error(a.raw)
	}
	if a = r.get("/v1/labs/atelier-nord/status", nord); !strings.Contains(a.raw, `"lab":"atelier-nord"`) || strings.Contains(a.raw, "sud") {
		t.Error(a.raw)
	}
	for path, want := range map[string][2]string{
		"kpi_monthly.csv": {"text/csv; charset=utf-8", "lab\natelier-nord\n"},
		"labs.json":       {"application/json", `[{"lab":"atelier-nord"}]`},
		"events.parquet":  {"application/vnd.apache.parquet", "PAR1atelier-nord"},
	} {
		a := r.get("/v1/export/"+path, nord)
		if a.header.Get("Content-Type") != want[0] || a.raw != want[1] || a.header.Get("Content-Disposition") != `attachment; filename="`+path+`"` {
			t.Errorf("%s: %v %s", path, a.header, a.raw)
		}
		if a := r.get("/v1/export/"+path, programme); strings.Contains(a.raw, "nord") {
			t.Errorf("%s: the programme isn't given all labs: %s", path, a.raw)
		}
	}
}

func TestReadsFail(t *testing.T) {
	readers := newReaders()
	r := newRig(t, readers.wire)
	readers.fail = errors.New("the database of 10.1.2.3 is gone")
	for _, path := range []string{"/v1/status", "/v1/labs/atelier-nord/status", "/v1/labs/atelier-nord/events", "/v1/events/" + known.String() + "?lab=atelier-nord", "/v1/export/labs.csv"} {
		if a := r.get(path, programme).want(t, http.StatusServiceUnavailable, "unavailable"); strings.Contains(a.raw, "10.1.2.3") {
			t.Errorf("the cause is told outside: %s", a.raw)
		}
	}
	r.wantMetric(5, "vitrine_gateway_refused_total", "reason", "unavailable")
	if !strings.Contains(r.log.String(), "10.1.2.3") {
		t.Error("the cause isn't logged")
	}
	bare := newRigAt(t, r.url, nil)
	for _, path := range []string{"/v1/status", "/v1/labs/atelier-nord/events", "/v1/events/" + known.String() + "?lab=atelier-nord", "/v1/export/labs.csv"} {
		bare.get(path, programme).want(t, http.StatusNotImplemented, "not_served")
	}
}

// While figures are made again nobody is told half of them, and each is told so in its own words.
func TestFiguresBeingMadeAgain(t *testing.T) {
	readers := newReaders()
	r := newRig(t, readers.wire)
	readers.fail = fmt.Errorf("%w: rebuilding", gateway.ErrRemaking)
	for _, path := range []string{"/v1/status", "/v1/labs/atelier-nord/status", "/v1/labs/atelier-nord/events", "/v1/labs/atelier-nord/periods", "/v1/events/" + known.String() + "?lab=atelier-nord", "/v1/export/labs.csv"} {
		a := r.get(path, programme, "Accept-Language", "fr").want(t, http.StatusServiceUnavailable, "remaking")
		if a.header.Get("Retry-After") != "30" || !strings.Contains(a.raw, "en cours de recalcul") {
			t.Errorf("%s: %v %s", path, a.header, a.raw)
		}
		if a := r.get(path, programme, "Accept-Language", "en"); !strings.Contains(a.raw, "being recalculated") {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	r.do(http.MethodPost, "/v1/labs/atelier-nord/periods/2026-Q1/submission", nord, nil).want(t, http.StatusServiceUnavailable, "remaking")
}

// An export that breaks off must not look whole.
func TestAnExportThatBreaksOff(t *testing.T) {
	readers := newReaders()
	readers.export = func(string, string, string) io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("atelier-nord\n", 10_000)), iotest.ErrReader(errors.New("gone"))))
	}
	r := newRig(t, readers.wire)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.server.URL+"/v1/export/labs.csv", nil)
	req.Header.Set("Authorization", "Bearer "+nord)
	resp, err := r.server.Client().Do(req)
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Fatal("the client sees nothing of it")
	}
	r.wantMetric(1, "vitrine_gateway_requests_total", "route", "/v1/export/{file}")
	if !strings.Contains(r.log.String(), "broke off") {
		t.Error(r.log.String())
	}
}

func TestHeadersKeepBrowsersSafe(t *testing.T) {
	r := newRig(t, func(c *gateway.Config) { newReaders().wire(c) })
	a := r.get("/v1/status", programme, "X-Request-Id", "018f6b7e-2a3c-7b8e-9d10-1a2b3c4d5e6f")
	for name, want := range map[string]string{"X-Request-Id": "018f6b7e-2a3c-7b8e-9d10-1a2b3c4d5e6f", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a := r.do(http.MethodDelete, "/v1/events", nord, nil).want(t, http.StatusMethodNotAllowed, "method_not_allowed"); a.header.Get("Allow") != "POST" {
		t.Error(a.header)
	}
}

// What bounds a body's arrival doesn't cut a long answer.
func TestAnExportMayTakeLongerThanABody(t *testing.T) {
	readers := newReaders()
	r := newRig(t, func(c *gateway.Config) {
		c.ReadTimeout = 20 * time.Millisecond
		c.Statuses, c.Events, c.Exporter = readers, readers, slowExporter{}
	})
	if a := r.get("/v1/export/labs.csv", nord).want(t, http.StatusOK, ""); a.raw != "whole" {
		t.Error(a.raw)
	}
}

type slowExporter struct{}

func (slowExporter) Export(ctx context.Context, _, _, _ string) (io.ReadCloser, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(200 * time.Millisecond): // ten times ReadTimeout
		return io.NopCloser(strings.NewReader("whole")), nil
	}
}
