package form

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vitrine/internal/pages/session"
	"vitrine/schemas"
)

// signed is a session, and whose token it is.
type signed struct {
	session.Session
	lab string
}

// newKeeper keeps the form's sessions.
func newKeeper(c Config) (*session.Keeper, error) {
	return session.New(session.Config{Key: c.Key, Purpose: "form", Path: "/submit", Length: c.Session, Secure: c.Secure, Clock: c.Clock})
}

type signInPage struct {
	page
	Action  string
	Next    string
	Error   string
	Notice  string
	Carried []carried // what was being sent when the session ended
}

// carried is a value that goes through the sign-in unseen.
type carried struct{ Name, Value string }

// askToSignIn shows the page. next is where it leads on; typed, if any, is what was posted there,
// which comes back once signed in.
func (h *Handler) askToSignIn(v *visit, next string, typed url.Values, problem string) {
	p := signInPage{page: h.newPage(v, "signin.title", "/submit"), Next: localPath(next)}
	p.Action = p.Link("/submit/signin")
	if problem != "" {
		p.Error = v.texts.must(problem)
	}
	if _, isForm := kindOfPath(p.Next); isForm && len(typed) > 0 {
		p.Notice = v.texts.must("signin.kept")
		for _, name := range slices.Sorted(maps.Keys(typed)) {
			if carries(name) {
				p.Carried = append(p.Carried, carried{Name: name, Value: typed.Get(name)})
			}
		}
	}
	status := http.StatusOK
	if problem != "" || v.r.Method == http.MethodPost {
		status = http.StatusUnauthorized
	}
	h.show(v, status, "signin", p)
}

// carries says whether a posted value belongs to an entry.
func carries(name string) bool {
	for _, prefix := range []string{"f.", "n.", "when_", "was_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == inID || name == inRevision || name == inSystem
}

// localPath is a path below /submit; anything else becomes /submit, so that nobody is led elsewhere.
func localPath(path string) string {
	if path == "/submit" || strings.HasPrefix(path, "/submit/") && !strings.ContainsAny(path, "\\?#") {
		return path
	}
	return "/submit"
}

// kindOfPath is the kind whose form is posted to a path.
func kindOfPath(path string) (schemas.Kind, bool) {
	for _, prefix := range []string{"/submit/new/", "/submit/correct/"} {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			return labKind(name)
		}
	}
	return schemas.Kind{}, false
}

// typedKind is the kind of a request that brings what was typed in a form.
func typedKind(r *http.Request) (schemas.Kind, bool) {
	if r.Method != http.MethodPost || r.URL.Path == "/submit/signin" {
		return schemas.Kind{}, false
	}
	return kindOfPath(r.URL.Path)
}

func (h *Handler) signIn(v *visit) {
	in := v.r.PostForm
	now := h.config.Clock()
	next := localPath(in.Get("next"))
	if !h.keeper.Holds(v.session.Session, in.Get("csrf")) {
		h.askToSignIn(v, next, in, "signin.cookies")
		return
	}
	address := h.config.Remote(v.r)
	if h.throttle.Blocked(address, now) {
		h.metrics.signIns.WithLabelValues(resultThrottled).Inc()
		v.w.Header().Set("Retry-After", "60")
		h.problem(v, http.StatusTooManyRequests, "429")
		return
	}
	token := strings.TrimSpace(in.Get("token"))
	if token == "" {
		h.askToSignIn(v, next, in, "signin.empty")
		return
	}
	lab, err := h.config.Accounts.Lab(v.r.Context(), token)
	switch {
	case errors.Is(err, ErrToken):
		h.throttle.Failed(address, now)
		h.metrics.signIns.WithLabelValues(resultRefused).Inc()
		h.config.Logger.WarnContext(v.r.Context(), "a sign-in to the form was refused", "address", address)
		h.askToSignIn(v, next, in, "signin.wrong")
		return
	case err != nil:
		h.metrics.signIns.WithLabelValues(resultUnavailable).Inc()
		h.config.Logger.WarnContext(v.r.Context(), "a sign-in to the form couldn't be checked", "error", err)
		h.askToSignIn(v, next, in, "signin.unavailable")
		return
	}
	h.metrics.signIns.WithLabelValues(resultAccepted).Inc()
	v.session = signed{Session: h.keeper.Begin(v.w, v.r, token), lab: lab}
	k, isForm := kindOfPath(next)
	if !isForm || in.Get(inID) == "" {
		v.redirect(next)
		return
	}
	if err := h.findLab(v); err != nil {
		h.config.Logger.WarnContext(v.r.Context(), "the form can't read the lab", "lab", lab, "error", err)
	}
	h.showEntry(v, http.StatusOK, k, entryForm{in: in, notice: "notice.back"})
}

func (h *Handler) signOut(v *visit) {
	h.keeper.End(v.w, v.r)
	v.w.Header().Set("Clear-Site-Data", `"storage"`) // what the script remembered of the last entries
	v.redirect("/submit")
}
