package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"vitrine/producers/gateway"
	"vitrine/producers/gateway/internal/client"
	"vitrine/schemas"
)

// document is what the gateway serves, read as OpenAPI 3.1.
func document(t testing.TB, r *rig) *openapi3.T {
	t.Helper()
	a := r.get("/openapi.json", "")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		t.Fatal(a.status, a.header)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(a.raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDocumentIsValid(t *testing.T) {
	doc := document(t, newRig(t, nil))
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	for _, kind := range schemas.Kinds() {
		if s := doc.Components.Schemas[kind.Name]; s == nil || s.Value == nil || len(s.Value.Properties) == 0 {
			t.Errorf("no schema of %s", kind.Name)
		}
	}
	limits := doc.Components.Schemas["Batch"].Value.MaxItems
	if limits == nil || *limits != gateway.DefaultMaxBatch || !strings.Contains(doc.Info.Description, "8 MiB") || gateway.DefaultMaxBody != 8<<20 || gateway.DefaultRate != 1000 {
		t.Error("the document's limits aren't the defaults")
	}
	for _, relation := range gateway.ExportRelations() {
		file := doc.Paths.Find("/v1/export/{file}").Get.Parameters.GetByInAndName("path", "file").Schema.Value.Pattern
		if !strings.Contains(file, relation) {
			t.Errorf("export of %s isn't in the document", relation)
		}
	}
}

// checking is an HTTP client that holds each request and answer against the document.
type checking struct {
	t      testing.TB
	router routers.Router
	// faulty lets a request through that the document doesn't allow.
	faulty bool
	seen   map[string]bool // "GET /v1/status 200"
}

func (c *checking) Do(req *http.Request) (*http.Response, error) {
	c.t.Helper()
	var sent []byte
	if req.Body != nil {
		sent, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	route, parameters, err := c.router.FindRoute(req)
	if err != nil {
		c.t.Errorf("%s %s isn't in the document: %v", req.Method, req.URL.Path, err)
		return nil, err
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: parameters, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true}}
	if err := openapi3filter.ValidateRequest(req.Context(), in); err != nil && !c.faulty {
		c.t.Errorf("the request isn't the document's: %v", err)
	}
	req.Body = io.NopCloser(bytes.NewReader(sent))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	response := route.Operation.Responses.Status(resp.StatusCode)
	if response == nil {
		c.t.Errorf("%s %s answers %d, which the document doesn't name", req.Method, route.Path, resp.StatusCode)
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(raw)), Options: in.Options})
	if err != nil {
		c.t.Errorf("%s %s: the answer %d isn't the document's: %v\n%s", req.Method, route.Path, resp.StatusCode, err, raw)
	}
	c.seen[route.Method+" "+route.Path+" "+resp.Status[:3]] = true
	return resp, nil
}

// with is the generated client with a token.
func (c *checking) with(r *rig, token string) *client.ClientWithResponses {
	c.t.Helper()
	api, err := client.NewClientWithResponses(r.server.URL, client.WithHTTPClient(c), client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}))
	if err != nil {
		c.t.Fatal(err)
	}
	return api
}

// The generated client does all that the document has, against the real gateway, and each answer is what
// the document says.
func TestTheGeneratedClient(t *testing.T) {
	openapi3filter.RegisterBodyDecoder("application/vnd.apache.parquet", openapi3filter.FileBodyDecoder)
	r := newRig(t, func(c *gateway.Config) {
		newReaders().wire(c)
		c.Importer = &lines{t: t}
		c.MaxBatch, c.Rate, c.Burst = 3, 0.001, 12
	})
	doc := document(t, r)
	doc.Servers = openapi3.Servers{{URL: r.server.URL}} // the document's own is "/", wherever it is served
	router, err := legacy.NewRouter(doc, openapi3.EnableSchemaFormatValidation())
	if err != nil {
		t.Fatal(err)
	}
	c := &checking{t: t, router: router, seen: map[string]bool{}}
	ctx, english := t.Context(), "en"
	lab, other, all, nobody := c.with(r, nord), c.with(r, sud), c.with(r, programme), c.with(r, "")
	send := func(api *client.ClientWithResponses, media, text string) *client.SendEventsResponse {
		t.Helper()
		out, err := api.SendEventsWithBodyWithResponse(ctx, &client.SendEventsParams{AcceptLanguage: &english}, media, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}

	var typed client.Event
	if err := json.Unmarshal([]byte(one(t, event(t, "atelier-nord", 1))), &typed); err != nil {
		t.Fatal(err)
	}
	if out, err := lab.SendEventsWithApplicationCloudeventsPlusJSONBodyWithResponse(ctx, nil, typed); err != nil || out.JSON202 == nil || out.JSON202.Accepted != 1 {
		t.Fatal(out, err)
	}
	if out, err := lab.SendEventsWithApplicationCloudeventsBatchPlusJSONBodyWithResponse(ctx, nil, []client.Event{typed, typed}); err != nil || out.JSON202 == nil || out.JSON202.Accepted != 2 {
		t.Fatal(out, err)
	}
	bad := with(t, event(t, "atelier-nord", 2), "data.attendees", -3)
	c.faulty = true // from here on, requests are wrong on purpose
	if out := send(lab, schemas.ContentTypeBatch, list(t, event(t, "atelier-nord", 3), bad, event(t, "atelier-sud", 1))); out.JSON202 == nil || len(out.JSON202.Rejected) != 2 {
		t.Error(out.Status())
	}
	for _, wrong := range []struct {
		api         *client.ClientWithResponses
		media, text string
		status      int
	}{
		{lab, schemas.ContentTypeEvent, one(t, bad), 422},
		{lab, schemas.ContentTypeEvent, "{", 400},
		{nobody, schemas.ContentTypeEvent, one(t, bad), 401},
		{lab, schemas.ContentTypeEvent, one(t, event(t, "atelier-sud", 1)), 403},
		{lab, schemas.ContentTypeBatch, list(t, events(t, "atelier-nord", 4)...), 413},
		{lab, "text/plain", "x", 415},
	} {
		out := send(wrong.api, wrong.media, wrong.text)
		if out.StatusCode() != wrong.status {
			t.Errorf("got %s, want %d", out.Status(), wrong.status)
		}
	}
	for range 4 {
		if send(other, schemas.ContentTypeBatch, list(t, events(t, "atelier-sud", 3)...)).StatusCode() == 429 {
			break
		}
	}
	if out := send(other, schemas.ContentTypeBatch, list(t, events(t, "atelier-sud", 3)...)); out.StatusCode() != 429 || out.ApplicationproblemJSON429 == nil {
		t.Error(out.Status())
	}
	c.faulty = false

	dry := client.SendFileParamsDryRunN1
	file := func(params *client.SendFileParams, text string) int {
		t.Helper()
		out, err := lab.SendFileWithBodyWithResponse(ctx, params, "text/csv", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return out.StatusCode()
	}
	if got := []int{file(nil, "1 2"), file(&client.SendFileParams{DryRun: &dry}, "1 x"), file(nil, "1 x"), file(nil, "PK")}; got[0] != 202 || got[1] != 200 || got[2] != 422 || got[3] != 400 {
		t.Error(got)
	}

	limit := 1
	if out, err := lab.LabStatusWithResponse(ctx, "atelier-nord", nil); err != nil || out.JSON200 == nil || out.JSON200.Lab != "atelier-nord" {
		t.Error(out, err)
	}
	if out, err := other.LabStatusWithResponse(ctx, "atelier-nord", nil); err != nil || out.StatusCode() != 403 {
		t.Error(out, err)
	}
	if out, err := all.LabStatusWithResponse(ctx, "nobody", nil); err != nil || out.StatusCode() != 404 {
		t.Error(out, err)
	}
	if out, err := all.ProgrammeStatusWithResponse(ctx, nil); err != nil || out.JSON200 == nil || len(out.JSON200.Labs) != 2 {
		t.Error(out, err)
	}
	if out, err := lab.ProgrammeStatusWithResponse(ctx, nil); err != nil || out.StatusCode() != 403 {
		t.Error(out, err)
	}
	if out, err := lab.RecentEventsWithResponse(ctx, "atelier-nord", &client.RecentEventsParams{Limit: &limit}); err != nil || out.JSON200 == nil || len(out.JSON200.Events) != 1 {
		t.Error(out, err)
	}
	if out, err := lab.PeriodsWithResponse(ctx, "atelier-nord", nil); err != nil || out.JSON200 == nil || len(out.JSON200.Periods) != 2 {
		t.Error(out, err)
	}
	for period, status := range map[string]int{"2026-Q1": 200, "2026-Q2": 409, "2026-03": 503, "2026-Q4": 404} {
		if out, err := all.SubmitPeriodWithResponse(ctx, "atelier-nord", period, nil); err != nil || out.StatusCode() != status {
			t.Error(period, out.Status(), err)
		}
	}
	if out, err := lab.EventVersionsWithResponse(ctx, known, nil); err != nil || out.JSON200 == nil || len(out.JSON200.Events) != 2 {
		t.Error(out, err)
	}
	for _, name := range []string{"labs.csv", "labs.json", "labs.parquet"} {
		if out, err := lab.ExportWithResponse(ctx, name, nil); err != nil || out.StatusCode() != 200 || len(out.Body) == 0 {
			t.Error(name, out, err)
		}
	}
	if out, err := nobody.DocumentWithResponse(ctx); err != nil || out.StatusCode() != 200 {
		t.Error(out, err)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !c.seen[method+" "+path+" 200"] && !c.seen[method+" "+path+" 202"] {
				t.Errorf("%s %s was never done", method, path)
			}
		}
	}
	if len(c.seen) < 20 {
		t.Errorf("only %d different answers were held against the document", len(c.seen))
	}
}
