package reports

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
	"vitrine/schemas"
)

// HandlerConfig says what a [Handler] serves.
type HandlerConfig struct {
	Sources Sources
	// Whole calls read, which asks for figures, and fails with a [clickhouse.ErrMadeOtherwise] if they weren't whole all the while. Default: they
	// always are.
	Whole func(ctx context.Context, read func() error) error
	// AtOnce is the most reports that are made at a time; others wait for their turn. Default 2.
	AtOnce int
	// Patience is how long a request may wait for its turn and its report together. Default 60 s.
	Patience time.Duration
	// Only is the one lab whose reports are served; "" serves all labs and the programme. Whoever mounts the handler
	// lets in only those who may read them.
	Only string
	// Logger gets what went wrong. Default: discarded.
	Logger *slog.Logger
}

// Handler serves reports as files: …/{lab or "programme"}/{period}.{format}?lang=fr|en.
type Handler struct {
	config HandlerConfig
	turns  chan struct{}
}

// NewHandler checks the configuration.
func NewHandler(c HandlerConfig) (*Handler, error) {
	var err error
	if c.Sources, err = c.Sources.checked(); err != nil {
		return nil, err
	}
	c.AtOnce, c.Patience = cmp.Or(c.AtOnce, 2), cmp.Or(c.Patience, time.Minute)
	if c.AtOnce < 0 || c.Patience < 0 {
		return nil, errors.New("reports: AtOnce and Patience: expected more than 0")
	}
	if c.Whole == nil {
		c.Whole = func(_ context.Context, read func() error) error { return read() }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{config: c, turns: make(chan struct{}, c.AtOnce)}, nil
}

// ServeHTTP looks at the last two segments of the path alone, so that it may be mounted anywhere.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang, _ := pages.LangOf(r)
	words, err := wordsOf(schemas.Lang(lang))
	if err != nil {
		h.failed(w, r, words, err)
		return
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, words.Must("http.method"), http.StatusMethodNotAllowed)
		return
	}
	folder, file := path.Split(r.URL.Path)
	subject, format := path.Base(folder), strings.TrimPrefix(path.Ext(file), ".")
	period := strings.TrimSuffix(file, path.Ext(file))
	if !slices.Contains(Formats(), format) || h.config.Only != "" && subject != h.config.Only {
		http.Error(w, words.Must("http.none"), http.StatusNotFound)
		return
	}
	asked := time.Now()
	ctx, cancel := context.WithTimeout(r.Context(), h.config.Patience)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		h.busy(w, words)
		return
	}
	waited := time.Since(asked)
	if subject == Programme {
		subject = ""
	}
	var report *Report
	err = h.config.Whole(ctx, func() (err error) {
		report, err = Build(ctx, h.config.Sources, Question{Lab: subject, Period: period, Lang: words.lang})
		return err
	})
	var body bytes.Buffer
	if err == nil {
		err = Write(&body, report, format)
	}
	if err != nil {
		switch late := errors.Is(ctx.Err(), context.DeadlineExceeded) && r.Context().Err() == nil; {
		case late && waited < h.config.Patience/10: // it had nearly all the time, so another try won't help
			given := (h.config.Patience - waited).Round(time.Second)
			h.config.Logger.WarnContext(r.Context(), "a report takes too long for a browser", "path", r.URL.Path, "after", given)
			http.Error(w, words.Must("http.slow", "seconds", strconv.Itoa(int(given.Seconds()))), http.StatusServiceUnavailable)
		case late:
			h.busy(w, words)
		default:
			h.failed(w, r, words, err)
		}
		return
	}
	header := w.Header()
	header.Set("Content-Type", MediaType(format))
	header.Set("Content-Language", string(words.lang))
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	header.Set("Content-Security-Policy", contentPolicy(body.Bytes()))
	disposition := "attachment"
	if format == "html" {
		disposition = "inline"
	}
	header.Set("Content-Disposition", disposition+`; filename="`+report.FileName()+"."+format+`"`)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // an error means that the visitor has left
	}
}

// contentPolicy lets a report's page have the one style sheet that stands in it, known by its sum, and nothing else: no script,
// no other style, nothing from elsewhere, in no frame. A report of another format has none.
func contentPolicy(page []byte) string {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	_, rest, found := bytes.Cut(page, []byte("<style>"))
	sheet, _, closed := bytes.Cut(rest, []byte("</style>"))
	if !found || !closed {
		return policy
	}
	sum := sha256.Sum256(sheet)
	return policy + "; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// failed says in the visitor's language why there is no report.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, words words, err error) {
	var lab *UnknownLab
	var period *BadPeriod
	switch {
	case errors.As(err, &lab):
		http.Error(w, words.Must("http.lab", "lab", lab.Lab), http.StatusNotFound)
	case errors.As(err, &period):
		http.Error(w, words.Must("http.period", "period", period.Period, "last", period.Last), http.StatusNotFound)
	case r.Context().Err() != nil: // nobody waits for it any more
	case errors.Is(err, clickhouse.ErrMadeOtherwise):
		w.Header().Set("Retry-After", "30")
		http.Error(w, words.Must("http.remaking"), http.StatusServiceUnavailable)
	default:
		h.config.Logger.ErrorContext(r.Context(), "a report can't be made", "path", r.URL.Path, "error", err)
		http.Error(w, words.Must("http.failed"), http.StatusInternalServerError)
	}
}

func (h *Handler) busy(w http.ResponseWriter, words words) {
	w.Header().Set("Retry-After", "10")
	http.Error(w, words.Must("http.busy"), http.StatusServiceUnavailable)
}
