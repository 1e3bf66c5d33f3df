package opendata

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"vitrine/schemas"
)

// Handler serves /open-data and below, /agenda.ics and /labs/{lab}/agenda.ics, for everybody: no credentials, open to pages of other origins.
type Handler struct {
	keeper *Keeper
	mux    *http.ServeMux

	mu    sync.Mutex
	made  *Release // of which files are
	files map[string]body
}

// body is what an address answers; zipped is nil where that saves nothing.
type body struct{ plain, zipped []byte }

func newBody(plain []byte) body {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(plain) // a buffer doesn't fail
	_ = w.Close()
	if b.Len() < len(plain)*9/10 {
		return body{plain, b.Bytes()}
	}
	return body{plain, nil}
}

// NewHandler serves what a keeper has.
func NewHandler(k *Keeper) *Handler {
	h := &Handler{keeper: k, mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /open-data", h.index)
	h.mux.HandleFunc("GET /open-data/index.json", h.index) // whatever a program says that it accepts
	h.mux.HandleFunc("GET /open-data/{file}", h.file)
	h.mux.HandleFunc("GET /agenda.ics", h.agenda)
	h.mux.HandleFunc("GET /labs/{lab}/agenda.ics", h.agenda)
	return h
}

// Patterns are what a mux has to route to a [Handler].
func Patterns() []string {
	return []string{"GET /open-data", "GET /open-data/{file}", "GET /agenda.ics", "GET /labs/{lab}/agenda.ics"}
}

// ServeHTTP answers GET and HEAD.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	h.mux.ServeHTTP(w, r)
}

// download is a file that the index lists.
type download struct {
	Path   string `json:"path"`
	Format string `json:"format"`
	Type   string `json:"media_type"`
	Bytes  int    `json:"bytes"`
}

// index says which files there are, and what stands in them.
func (h *Handler) index(w http.ResponseWriter, r *http.Request) {
	release, files, ok := h.release(w)
	if !ok {
		return
	}
	out := struct {
		Quarter Quarter   `json:"quarter"`
		Made    time.Time `json:"made"`
		Notice
		Files      []download  `json:"files"`
		Agenda     string      `json:"agenda"`
		Columns    []Column    `json:"columns"`
		Indicators []Indicator `json:"indicators"`
		Withheld   []Withheld  `json:"withheld"`
	}{Quarter: release.Quarter, Made: release.Made, Notice: release.Notice, Agenda: "/agenda.ics", Columns: Columns(), Indicators: release.Indicators, Withheld: release.Withheld}
	for _, f := range formats() {
		name := f.name(release)
		out.Files = append(out.Files, download{Path: "/open-data/" + name, Format: f.format, Type: f.mediaType, Bytes: len(files[name].plain)})
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		h.keeper.config.Logger.Error("open data's index can't be written", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	send(w, r, "index.json", "application/json", "public, max-age=300", release, newBody(b))
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) {
	release, files, ok := h.release(w)
	if !ok {
		return
	}
	for _, f := range formats() {
		if name := f.name(release); name == r.PathValue("file") {
			cache := "public, max-age=86400"
			if !strings.Contains(name, release.Quarter.String()) {
				cache = "public, max-age=300"
			}
			send(w, r, name, f.mediaType, cache, release, files[name])
			return
		}
	}
	http.Error(w, "Ce fichier n'existe pas, ou plus ; les derniers sont listés ici : /open-data / There is no such file, or no longer; the latest are listed here: /open-data", http.StatusNotFound)
}

// release is the last one with its files; it answers by itself where there is none.
func (h *Handler) release(w http.ResponseWriter) (*Release, map[string]body, bool) {
	release := h.keeper.Release()
	if release == nil {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Aucun trimestre n'est encore publié. / "+ErrNone.Error(), http.StatusServiceUnavailable)
		return nil, nil, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.made != release {
		files, err := Files(release)
		if err != nil {
			h.keeper.config.Logger.Error("open data can't be written", "error", err)
			http.Error(w, "internal error", http.StatusInternalServerError)
			return nil, nil, false
		}
		h.made, h.files = release, map[string]body{}
		for name, b := range files {
			h.files[name] = newBody(b)
		}
	}
	return release, h.files, true
}

func (h *Handler) agenda(w http.ResponseWriter, r *http.Request) {
	d, err := h.keeper.Directory(r.Context())
	if err != nil {
		if r.Context().Err() == nil {
			h.keeper.config.Logger.Error("the agenda can't be read", "error", err)
		}
		w.Header().Set("Retry-After", "30")
		http.Error(w, "L'agenda n'est pas disponible pour l'instant. / The agenda isn't available at present.", http.StatusServiceUnavailable)
		return
	}
	lab := r.PathValue("lab")
	if lab != "" && !d.has(lab) {
		http.Error(w, "Cet atelier est inconnu. / This lab is unknown.", http.StatusNotFound)
		return
	}
	l := schemas.French
	if r.URL.Query().Get("lang") == string(schemas.English) {
		l = schemas.English
	}
	var b bytes.Buffer
	if err := Agenda(&b, d, lab, l); err != nil {
		h.keeper.config.Logger.Error("the agenda can't be written", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	send(w, r, "agenda.ics", "text/calendar; charset=utf-8", "public, max-age=300", nil, newBody(b.Bytes()))
}

func (d *Directory) has(lab string) bool {
	for _, o := range d.Labs {
		if o.Lab == lab {
			return true
		}
	}
	return false
}

// send answers with a file, or that it hasn't changed.
func send(w http.ResponseWriter, r *http.Request, name, mediaType, cache string, release *Release, b body) {
	head := w.Header()
	out := b.plain
	if b.zipped != nil {
		head.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			out = b.zipped
			head.Set("Content-Encoding", "gzip")
		}
	}
	sum := sha256.Sum256(out)
	head.Set("Content-Type", mediaType)
	head.Set("Cache-Control", cache)
	head.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	head.Set("X-Content-Type-Options", "nosniff")
	var made time.Time
	if release != nil {
		made = release.Made
		head.Set("Link", "<"+release.Licence.URL+`>; rel="license"`)
	}
	if strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".parquet") {
		head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	http.ServeContent(w, r, "", made, bytes.NewReader(out))
}
