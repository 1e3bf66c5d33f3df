package programme

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"vitrine/internal/pages"
	"vitrine/internal/pages/session"
)

// visit is a request with who makes it.
type visit struct {
	w        http.ResponseWriter
	r        *http.Request
	texts    texts
	explicit bool // the language was asked for in the address
	session  session.Session
	signedIn bool
	// before is when the page was read whose figures are being made again; zero: they aren't, or nothing was read of them.
	before time.Time
}

// read gives what h keeps of an answer, or asks for it. While the figures are being made again it is what was read before, and the page says so.
func read[T any](h *Handler, v *visit, key string, question func(context.Context) (T, error)) (T, error) {
	out, err := ask(v.r.Context(), h.cache, key, question)
	if !errors.Is(err, ErrRemaking) {
		return out, err
	}
	a, ok := h.cache.kept(key)
	if !ok {
		return out, err
	}
	if v.before.IsZero() || a.since.Before(v.before) {
		v.before = a.since
	}
	return a.value.(T), nil
}

// visitor begins a visit; a POST must come from our own page, with the session's token in it.
func (h *Handler) visitor(serve func(*visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, explicit := pages.LangOf(r)
		v := &visit{w: w, r: r, texts: h.texts[l], explicit: explicit, session: h.keeper.Of(w, r)}
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
			if err := r.ParseForm(); err != nil {
				h.problem(v, http.StatusBadRequest, "400")
				return
			}
			if err := h.origins.Check(r); err != nil || !h.keeper.Holds(v.session, r.PostFormValue("csrf")) && v.session.Token != "" {
				h.problem(v, http.StatusForbidden, "403")
				return
			}
		}
		serve(v)
	}
}

// signedIn lets those in whose token still is the programme's, and shows the others where to sign in.
func (h *Handler) signedIn(serve func(*visit)) func(*visit) {
	return func(v *visit) {
		if v.session.Token == "" {
			h.askToSignIn(v, v.here(), "")
			return
		}
		err := h.config.Accounts.Check(v.r.Context(), v.session.Token)
		switch {
		case errors.Is(err, ErrToken), errors.Is(err, ErrLabToken):
			h.keeper.End(v.w, v.r)
			v.session = h.keeper.Begin(v.w, v.r, "")
			h.askToSignIn(v, v.here(), "signin.revoked")
			return
		case err != nil:
			h.unavailable(v, err)
			return
		}
		v.signedIn = true
		serve(v)
	}
}

// here is the page that was asked for, to come back to.
func (v *visit) here() string {
	if v.r.Method != http.MethodGet {
		return root
	}
	return v.r.URL.RequestURI()
}

// localPath is an address below /programme; anything else becomes /programme, so that nobody is led elsewhere.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path != root && !hasPrefixPath(u.Path) {
		return root
	}
	return u.RequestURI()
}

func hasPrefixPath(path string) bool { return len(path) > len(root) && path[:len(root)+1] == root+"/" }

// redirect leads on after a POST, in the language that was asked for.
func (v *visit) redirect(address string) {
	if v.explicit {
		u, err := url.Parse(address)
		if err == nil {
			q := u.Query()
			q.Set("lang", string(v.texts.Lang))
			u.RawQuery = q.Encode()
			address = u.String()
		}
	}
	http.Redirect(v.w, v.r, address, http.StatusSeeOther)
}

// failed answers where something couldn't be read.
func (h *Handler) failed(v *visit, err error) {
	switch {
	case errors.Is(err, context.Canceled) && v.r.Context().Err() != nil: // the visitor has left
	case errors.Is(err, ErrUnknown):
		h.problem(v, http.StatusNotFound, "404")
	default:
		h.unavailable(v, err)
	}
}

func (h *Handler) unavailable(v *visit, err error) {
	if v.r.Context().Err() != nil {
		return // the visitor has left
	}
	h.config.Logger.ErrorContext(v.r.Context(), "a page of the programme has nothing to show", "page", v.r.URL.Path, "error", err)
	if errors.Is(err, ErrRemaking) {
		h.problem(v, http.StatusServiceUnavailable, "remaking")
		return
	}
	h.problem(v, http.StatusServiceUnavailable, "503")
}
