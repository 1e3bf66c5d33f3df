package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-kit/kit/endpoint"
	kithttp "github.com/go-kit/kit/transport/http"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"vitrine/schemas"
)

const (
	defaultRecent = 20
	maxRecent     = 200
)

// route is one of the gateway's routes that want authentication. Sending and reading have slots of their
// own, so that slow downloads don't keep events out.
type route struct {
	method, path string
	slots        *semaphore.Weighted
	work         time.Duration
	endpoint     endpoint.Endpoint
	decode       kithttp.DecodeRequestFunc
	encode       kithttp.EncodeResponseFunc
}

func (g *Gateway) routes(e endpoints) []route {
	return []route{
		{http.MethodPost, "/v1/events", g.writing, g.cfg.Timeout, e.accept, g.decodeEvents, encodeDelivery},
		{http.MethodPost, "/v1/imports", g.writing, g.cfg.ImportTimeout, e.file, g.decodeFile, encodeImported},
		{http.MethodGet, "/v1/status", g.reading, g.cfg.Timeout, e.programmeStatus, kithttp.NopRequestDecoder, encodeOK},
		{http.MethodGet, "/v1/labs/{lab}/status", g.reading, g.cfg.Timeout, e.labStatus, decodeLab, encodeOK},
		{http.MethodGet, "/v1/labs/{lab}/events", g.reading, g.cfg.Timeout, e.recent, decodeRecent, encodeOK},
		{http.MethodGet, "/v1/labs/{lab}/periods", g.reading, g.cfg.Timeout, e.periods, decodeLab, encodeOK},
		{http.MethodPost, "/v1/labs/{lab}/periods/{period}/submission", g.writing, g.cfg.Timeout, e.submitPeriod, decodePeriod, encodeOK},
		{http.MethodGet, "/v1/events/{id}", g.reading, g.cfg.Timeout, e.versions, decodeVersions, encodeOK},
		{http.MethodGet, "/v1/export/{file}", g.reading, g.cfg.Timeout, e.export, decodeExport, g.encodeExport},
	}
}

// handler puts the routes together; whatever isn't one of them is answered with a problem as well.
func (g *Gateway) handler(e endpoints) http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{"/openapi.json": {http.MethodGet, http.MethodHead}}
	mux.Handle("GET /openapi.json", g.named("/openapi.json", http.HandlerFunc(g.serveOpenAPI)))
	for _, r := range g.routes(e) {
		server := kithttp.NewServer(r.endpoint, r.decode, r.encode, kithttp.ServerErrorEncoder(g.encodeError))
		mux.Handle(r.method+" "+r.path, g.named(r.path, g.authenticate(g.slot(r.slots, r.work, server))))
		methods[r.path] = append(methods[r.path], r.method)
		if r.method == http.MethodGet {
			methods[r.path] = append(methods[r.path], http.MethodHead) // the mux answers it alike
		}
	}
	for path, allowed := range methods {
		mux.Handle(path, g.named(path, g.failing(methodNotAllowed(allowed))))
	}
	mux.Handle("/", g.failing(notFound("cette adresse n'existe pas ; voir /openapi.json", "there is no such address; see /openapi.json")))
	return g.observe(mux)
}

// named notes a request's route, for the log and the metrics.
func (g *Gateway) named(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).route = path
		next.ServeHTTP(w, r)
	})
}

func (g *Gateway) failing(f *Fault) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.encodeError(r.Context(), f, w) })
}

func (g *Gateway) decodeEvents(_ context.Context, r *http.Request) (any, error) {
	return readBatch(r, g.cfg.MaxBody, g.cfg.MaxBatch)
}

func (g *Gateway) decodeFile(_ context.Context, r *http.Request) (any, error) {
	return readFile(r, g.cfg.MaxBody)
}

func decodeLab(_ context.Context, r *http.Request) (any, error) {
	lab, err := slug(r.PathValue("lab"))
	return labRequest{lab}, err
}

func slug(lab string) (string, error) {
	if !schemas.IsSlug(lab) {
		return "", badRequest("bad_parameter", "laboratoire : attendu des minuscules, chiffres et tirets", "lab: expected lower-case letters, digits and dashes")
	}
	return lab, nil
}

func decodeVersions(_ context.Context, r *http.Request) (any, error) {
	var q versionsRequest
	var err error
	if q.id, err = uuid.Parse(r.PathValue("id")); err != nil || len(r.PathValue("id")) != 36 {
		return nil, badRequest("bad_parameter", "id : attendu un UUID", "id: expected a UUID")
	}
	if lab := r.URL.Query().Get("lab"); lab != "" {
		q.lab, err = slug(lab)
	}
	return q, err
}

func decodeRecent(_ context.Context, r *http.Request) (any, error) {
	lab, err := slug(r.PathValue("lab"))
	if err != nil {
		return nil, err
	}
	q := recentRequest{lab: lab, limit: defaultRecent}
	if s := r.URL.Query().Get("limit"); s != "" {
		if q.limit, err = strconv.Atoi(s); err != nil || q.limit < 1 || q.limit > maxRecent {
			return nil, badRequest("bad_parameter", "limit : attendu un entier de 1 à 200", "limit: expected an integer from 1 to 200")
		}
	}
	if s := r.URL.Query().Get("before"); s != "" {
		if q.before, err = strconv.ParseUint(s, 10, 64); err != nil || q.before == 0 {
			return nil, badRequest("bad_parameter", "before : attendu la valeur « before » d'une réponse précédente", "before: expected the “before” of an earlier answer")
		}
	}
	return q, nil
}

func formatSeq(seq uint64) string { return strconv.FormatUint(seq, 10) }

func decodeExport(_ context.Context, r *http.Request) (any, error) {
	relation, format, _ := strings.Cut(r.PathValue("file"), ".")
	return exportRequest{relation, format}, nil
}

func encodeOK(ctx context.Context, w http.ResponseWriter, v any) error {
	writeJSON(w, callOf(ctx).lang, http.StatusOK, mediaJSON, v)
	return nil
}

func encodeDelivery(ctx context.Context, w http.ResponseWriter, v any) error {
	d := v.(Delivery)
	lang := callOf(ctx).lang
	writeJSON(w, lang, http.StatusAccepted, mediaJSON, struct {
		Accepted int            `json:"accepted"`
		Rejected []rejectedItem `json:"rejected"`
	}{len(d.Accepted), d.rejected(lang)})
	return nil
}

func encodeImported(ctx context.Context, w http.ResponseWriter, v any) error {
	f := v.(Imported)
	lang := callOf(ctx).lang
	status := http.StatusAccepted
	if f.DryRun {
		status = http.StatusOK // nothing was accepted
	}
	writeJSON(w, lang, status, mediaJSON, struct {
		DryRun   bool       `json:"dry_run"`
		Rows     int        `json:"rows"`
		Accepted int        `json:"accepted"`
		Rejected []rowError `json:"rejected"`
	}{f.DryRun, f.Sheet.Rows, f.Accepted, rowErrors(f.Refused, lang)})
	return nil
}

// encodeExport sends an export as it comes. One that breaks off ends the connection, so that the client sees it.
func (g *Gateway) encodeExport(ctx context.Context, w http.ResponseWriter, v any) error {
	e := v.(exportResponse)
	defer e.rows.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.cfg.ExportTimeout))
	w.Header().Set("Content-Type", ExportFormats()[e.format])
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.relation+"."+e.format+`"`)
	if _, err := io.Copy(w, e.rows); err != nil {
		callOf(ctx).fault = unreadable(errors.Join(errors.New("the export broke off"), err))
		panic(http.ErrAbortHandler)
	}
	return nil
}
