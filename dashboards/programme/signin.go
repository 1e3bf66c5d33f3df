package programme

import (
	"errors"
	"net/http"
	"strings"
)

type signInPage struct {
	page
	Action, Next string
	Error        string
	Lab          bool   // the token was a lab's
	Submit       string // where labs go
}

// askToSignIn shows the page. next is where it leads on.
func (h *Handler) askToSignIn(v *visit, next, problem string) {
	p := signInPage{page: h.newPage(v, "signin.title"), Next: localPath(next)}
	p.Action, p.Submit = p.Link(root+"/signin"), p.Link("/submit")
	status := http.StatusOK
	if problem != "" {
		p.Error, p.Lab = v.texts.Must(problem), problem == "signin.lab"
	}
	if problem != "" || v.r.Method == http.MethodPost || v.r.URL.Path != root {
		status = http.StatusUnauthorized
	}
	h.show(v, status, "signin", p)
}

func (h *Handler) signIn(v *visit) {
	in, now := v.r.PostForm, h.config.Clock()
	next := localPath(in.Get("next"))
	if !h.keeper.Holds(v.session, in.Get("csrf")) {
		h.askToSignIn(v, next, "signin.cookies")
		return
	}
	address := h.config.Remote(v.r)
	if h.throttle.Blocked(address, now) {
		h.metrics.signIns.WithLabelValues("throttled").Inc()
		v.w.Header().Set("Retry-After", "60")
		h.problem(v, http.StatusTooManyRequests, "429")
		return
	}
	token := strings.TrimSpace(in.Get("token"))
	if token == "" {
		h.askToSignIn(v, next, "signin.empty")
		return
	}
	err := h.config.Accounts.Check(v.r.Context(), token)
	switch {
	case errors.Is(err, ErrLabToken):
		h.metrics.signIns.WithLabelValues("lab").Inc()
		h.askToSignIn(v, next, "signin.lab")
		return
	case errors.Is(err, ErrToken):
		h.throttle.Failed(address, now)
		h.metrics.signIns.WithLabelValues("refused").Inc()
		h.config.Logger.WarnContext(v.r.Context(), "a sign-in to the programme's pages was refused", "address", address)
		h.askToSignIn(v, next, "signin.wrong")
		return
	case err != nil:
		h.metrics.signIns.WithLabelValues("unavailable").Inc()
		h.config.Logger.WarnContext(v.r.Context(), "a sign-in to the programme's pages couldn't be checked", "error", err)
		h.askToSignIn(v, next, "signin.unavailable")
		return
	}
	h.metrics.signIns.WithLabelValues("accepted").Inc()
	h.keeper.Begin(v.w, v.r, token)
	v.redirect(next)
}

func (h *Handler) signOut(v *visit) {
	h.keeper.End(v.w, v.r)
	v.w.Header().Set("Clear-Site-Data", `"cache"`) // nobody sees the pages by going back
	v.redirect(root)
}
