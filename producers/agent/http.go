package agent

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine/producers/importers"
)

// maxHookBytes bounds a webhook's body, and maxHooks how many are taken at once: the address may be
// open to the internet, and the computer small.
const (
	maxHookBytes = 1 << 20
	maxHooks     = 16
)

// Handler serves the status page, the metrics and, unless they have an address of their own, the
// webhooks. The page is answered under addresses and names of this machine alone: a name of the
// internet that points here (DNS rebinding) could read it otherwise, and press its buttons.
func (a *Agent) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.page)
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a.status(r.Context())) // the other side may be gone
	})
	mux.HandleFunc("POST /sources/{source}/run", a.button(a.runNow))
	mux.HandleFunc("POST /refused/again", a.button(a.tryRefused))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.problem(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	if a.cfg.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(a.cfg.Gatherer, promhttp.HandlerOpts{}))
	}
	page := local(mux, a.cfg.File.Listen)
	if a.cfg.File.HooksListen != "" {
		return page
	}
	outer := http.NewServeMux()
	outer.Handle("/hooks/", a.Hooks())
	outer.Handle("/", page)
	return outer
}

// Hooks serves the webhooks alone.
func (a *Agent) Hooks() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{source}", a.hook)
	return mux
}

// local refuses what is asked for under a foreign name, and sets the pages' headers. The name that the
// page listens at isn't foreign.
func local(next http.Handler, listen string) http.Handler {
	hostname, _ := os.Hostname()
	configured, _, _ := net.SplitHostPort(listen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.Trim(strings.ToLower(host), "[]")
		own := host == "localhost" || hostname != "" && (host == strings.ToLower(hostname) || host == strings.ToLower(hostname)+".local") ||
			configured != "" && host == strings.ToLower(configured)
		if !own && net.ParseIP(host) == nil {
			http.Error(w, "this page is answered under this machine's address or name", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// button guards what a form of the page does: its token is known to the page's reader alone.
func (a *Agent) button(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<12)
		l := langOf(r)
		if subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(a.csrf)) != 1 {
			http.Error(w, say(l, "cette page n'est plus à jour : rechargez-la", "this page is out of date: load it again"), http.StatusForbidden)
			return
		}
		if !a.isReady() {
			http.Error(w, say(l, "l'agent démarre", "the agent is starting"), http.StatusServiceUnavailable)
			return
		}
		do(w, r)
	}
}

func (a *Agent) source(name string) *source {
	for _, s := range a.sources {
		if s.spec.Name == name {
			return s
		}
	}
	return nil
}

func (a *Agent) runNow(w http.ResponseWriter, r *http.Request) {
	s := a.source(r.PathValue("source"))
	if s == nil {
		http.NotFound(w, r)
		return
	}
	select {
	case s.now <- struct{}{}:
	default: // it is to be read already
	}
	http.Redirect(w, r, "/#source-"+s.spec.Name, http.StatusSeeOther)
}

func (a *Agent) tryRefused(w http.ResponseWriter, r *http.Request) {
	if _, err := a.spool.unpark(r.Context()); err != nil {
		a.log.Error("refused events can't be tried again", "error", err)
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// hook takes a webhook. Its body may hold personal data, so it isn't kept: the events are made of it
// and spooled before the answer, which the other side repeats its message without.
func (a *Agent) hook(w http.ResponseWriter, r *http.Request) {
	s := a.source(r.PathValue("source"))
	if s == nil || s.feed != importers.Webhook {
		http.NotFound(w, r)
		return
	}
	later := func(reason string, err error) {
		a.log.Warn("a webhook's message was put off", "source", s.spec.Name, "reason", reason, "error", err)
		w.Header().Set("Retry-After", "30")
		http.Error(w, reason, http.StatusServiceUnavailable)
	}
	if !a.isReady() {
		later("the agent is starting", nil)
		return
	}
	select {
	case a.hooks <- struct{}{}:
		defer func() { <-a.hooks }()
	default:
		later("too many messages at once", nil)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHookBytes))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "the body was cut short", http.StatusBadRequest)
		return
	}
	if !s.lock(r.Context(), hookPatience) {
		later("the source is being read", r.Context().Err())
		return
	}
	defer s.unlock()
	m := importers.Message{At: a.clock(), Header: r.Header.Clone(), Query: r.URL.Query(), Body: body}
	if err := a.receive(r.Context(), s, m); err != nil {
		later("try again later", err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
