package form

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"vitrine/internal/pages/session"
	"vitrine/schemas"
)

// maxFormBytes bounds what is posted, but for files.
const maxFormBytes = 1 << 20

// Handler serves the pages; see the package for how to mount it. It is safe for concurrent use.
// Make one with [New].
type Handler struct {
	config    Config
	keeper    *session.Keeper
	metrics   *metrics
	texts     map[schemas.Lang]texts
	templates map[string]*template.Template
	assets    map[string]asset
	accepted  accepted
	shelf     shelf
	throttle  session.Throttle
	labs      *registry
	origins   *http.CrossOriginProtection
	mux       *http.ServeMux
}

// New checks the configuration, registers the metrics and reads the embedded files. It starts nothing.
func New(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Handler{config: config, accepted: accepted{labs: map[string][]acceptedEntry{}}, shelf: shelf{files: map[string]*shelved{}},
		labs:    newRegistry(config.Labs, config.Clock),
		origins: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	if h.keeper, err = newKeeper(config); err != nil {
		return nil, err
	}
	if h.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if h.templates, err = loadTemplates(); err != nil {
		return nil, err
	}
	if h.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if h.metrics, err = newMetrics(config.Registerer); err != nil {
		return nil, err
	}
	h.routes()
	return h, nil
}

func (h *Handler) routes() {
	h.mux.HandleFunc("GET /submit/assets/{file}", h.serveAsset)
	h.mux.HandleFunc("POST /submit/signin", h.visitor(h.signIn))
	for pattern, serve := range h.pages() {
		h.mux.HandleFunc(pattern, h.visitor(h.signedIn(serve)))
	}
}

// pages are those for who is signed in, by their patterns.
func (h *Handler) pages() map[string]func(*visit) {
	return map[string]func(*visit){
		"GET /submit":                   h.home,
		"GET /submit/{$}":               h.home,
		"POST /submit/signout":          h.signOut,
		"GET /submit/new/{kind}":        h.newEntry,
		"POST /submit/new/{kind}":       h.sendEntry,
		"GET /submit/correct/{id}":      h.correct,
		"POST /submit/correct/{kind}":   h.sendEntry,
		"GET /submit/retract/{id}":      h.retract,
		"POST /submit/retract/{id}":     h.sendRetraction,
		"GET /submit/done/{id}":         h.done,
		"GET /submit/entries":           h.entries,
		"GET /submit/progress":          h.progress,
		"POST /submit/file":             h.readFile,
		"GET /submit/file/{key}":        h.showFile,
		"POST /submit/file/{key}":       h.sendFile,
		"GET /submit/periods/{period}":  h.period,
		"POST /submit/periods/{period}": h.submitPeriod,
		"GET /submit/templates/{file}":  h.template,
		"/submit/":                      func(v *visit) { h.problem(v, http.StatusNotFound, "404") },
	}
}

// contentPolicy lets a page load its own files, and send forms to itself alone.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ServeHTTP answers a request below /submit.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	h.mux.ServeHTTP(w, r)
}

// visit is a request with who makes it.
type visit struct {
	w        http.ResponseWriter
	r        *http.Request
	texts    texts
	explicit bool // the language was asked for in the address
	session  signed
	lab      Lab // of the session; its zone is in zone
	zone     *time.Location
	// remaking says that something wasn't read for the page because it is being made again.
	remaking bool
}

// visitor begins a visit; a POST must come from our own page, with the session's token in it.
func (h *Handler) visitor(serve func(*visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r}
		l, explicit := langOf(r)
		v.texts, v.explicit = h.texts[l], explicit
		v.session = signed{Session: h.keeper.Of(w, r)}
		if r.Method == http.MethodPost {
			limit := int64(maxFormBytes)
			if r.URL.Path == filePath {
				limit += h.config.MaxFileBytes
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			if r.URL.Path == filePath && v.session.Token == "" {
				// Nobody fills the memory and the disk who isn't signed in. It is read all the same: else the browser
				// would show a broken connection.
				_, _ = io.Copy(io.Discard, r.Body) // whatever comes of it, she is asked to sign in
				serve(v)
				return
			}
			parse := parseForm
			if r.URL.Path == filePath {
				parse = h.parseFile(w)
			}
			if err := parse(r); err != nil {
				status, key := http.StatusBadRequest, "400"
				if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
					status, key = http.StatusRequestEntityTooLarge, "413"
				}
				h.problem(v, status, key)
				return
			}
			defer func() {
				if r.MultipartForm != nil {
					_ = r.MultipartForm.RemoveAll() // its temporary files are the system's to remove at worst
				}
			}()
			if err := h.origins.Check(r); err != nil || !h.keeper.Holds(v.session.Session, r.PostFormValue("csrf")) && v.session.Token != "" {
				h.problem(v, http.StatusForbidden, "403")
				return
			}
		}
		serve(v)
	}
}

// memoryForFiles is how much of an upload is kept in memory while it is read, in bytes; the rest
// goes to a temporary file.
const memoryForFiles = 4 << 20

func parseForm(r *http.Request) error {
	// ParseMultipartForm would swallow what is wrong with a plain form.
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "multipart/form-data" {
		return r.ParseMultipartForm(memoryForFiles)
	}
	return r.ParseForm()
}

// parseFile is parseForm for a file, which gets the time that a slow line takes, and then to be read, instead of the
// server's. The server reads on to see whether the browser goes away, and would take its own deadline for that. A test's
// recorder has no deadlines.
func (h *Handler) parseFile(w http.ResponseWriter) func(*http.Request) error {
	return func(r *http.Request) error {
		control, within := http.NewResponseController(w), h.config.SendTimeout
		_ = control.SetReadDeadline(time.Now().Add(within))
		_ = control.SetWriteDeadline(time.Now().Add(within + h.config.ReadTimeout))
		if err := parseForm(r); err != nil {
			return err
		}
		_ = control.SetReadDeadline(time.Time{})
		_ = control.SetWriteDeadline(time.Now().Add(within + h.config.ReadTimeout))
		return nil
	}
}

// signedIn lets those in whose token still is a lab's, and shows the others where to sign in.
func (h *Handler) signedIn(serve func(*visit)) func(*visit) {
	return func(v *visit) {
		if v.session.Token == "" {
			h.askToSignIn(v, v.r.URL.Path, v.r.PostForm, "")
			return
		}
		lab, err := h.config.Accounts.Lab(v.r.Context(), v.session.Token)
		switch {
		case errors.Is(err, ErrToken):
			h.keeper.End(v.w, v.r)
			v.session = signed{Session: h.keeper.Begin(v.w, v.r, "")}
			h.askToSignIn(v, v.r.URL.Path, v.r.PostForm, "signin.revoked")
			return
		case err != nil:
			h.unavailable(v, "whose token it is couldn't be checked", err)
			return
		}
		v.session.lab = lab
		if err := h.findLab(v); err != nil {
			h.unavailable(v, "the lab couldn't be read", err)
			return
		}
		serve(v)
	}
}

// findLab reads the lab's name and zone. Without its zone nothing is taken: a time in the wrong
// one would count on the wrong day.
func (h *Handler) findLab(v *visit) error {
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	lab, err := h.labs.of(ctx, v.session.lab)
	if err != nil {
		return err
	}
	v.lab, v.zone = lab, h.config.Zone
	if lab.Zone != "" {
		if v.zone, err = time.LoadLocation(lab.Zone); err != nil {
			return fmt.Errorf("form: zone of the lab %s: %w", v.session.lab, err)
		}
	}
	return nil
}

func (h *Handler) unavailable(v *visit, what string, err error) {
	if v.r.Context().Err() != nil {
		return // the visitor has left
	}
	h.config.Logger.WarnContext(v.r.Context(), "the form can't go on: "+what, "lab", v.session.lab, "error", err)
	notice, key := "notice.unavailable", "503"
	if errors.Is(err, ErrRemaking) {
		notice, key = "notice.remaking", "remaking"
	}
	if k, ok := typedKind(v.r); ok { // what was typed mustn't be lost: it comes back with the page
		h.showEntry(v, http.StatusServiceUnavailable, k, entryForm{in: v.r.PostForm, notice: notice})
		return
	}
	h.problem(v, http.StatusServiceUnavailable, key)
}

// missed notes what a page does without.
func (h *Handler) missed(v *visit, what string, err error) {
	v.remaking = v.remaking || errors.Is(err, ErrRemaking)
	h.config.Logger.WarnContext(v.r.Context(), "the form can't read "+what, "lab", v.session.lab, "error", err)
}

// redirect leads on after a POST, in the language that was asked for.
func (v *visit) redirect(path string) {
	if v.explicit {
		path += "?lang=" + url.QueryEscape(string(v.texts.lang))
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
}
