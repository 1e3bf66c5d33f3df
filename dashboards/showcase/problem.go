package showcase

import (
	"log/slog"
	"net/http"
	"strconv"
)

// problem is an answer other than the page asked for.
type problem struct {
	status  int
	key     string // its texts are error.{key}.title, .text and .todo
	lab     string // the slug asked for
	retry   int    // seconds until it's worth trying again; 0: never. The page doesn't reload by itself: that would interrupt who reads it
	command string // what an operator can run
}

type errorPage struct {
	page
	Code, Heading, Text, Todo, Command string
	Next                               choice // where to go from here
}

// serveError answers with a page that says what happened and what to do.
func (h *Handler) serveError(w http.ResponseWriter, r *http.Request, e problem) {
	v := visitorOf(r)
	key := "error." + e.key
	heading := h.texts[v.lang].Must(key + ".title")
	p := errorPage{page: h.newPage(v, address{path: r.URL.EscapedPath()}, heading), Heading: heading, Command: e.command}
	if e.status == http.StatusMethodNotAllowed {
		// The switch leads to where reading works.
		p.page = h.newPage(v, address{path: "/"}, heading)
	}
	t := p.texts
	p.Code = t.Must("error.status", "code", strconv.Itoa(e.status))
	p.Text = t.Must(key+".text", "lab", short(e.lab))
	p.Todo = t.Must(key + ".todo")
	p.Next = choice{Label: t.Must("nav.back"), Href: p.Home}
	if e.retry > 0 {
		p.Next = choice{Label: t.Must("error.retry"), Href: address{path: r.URL.EscapedPath(), lang: v.explicit()}.String()}
		w.Header().Set("Retry-After", strconv.Itoa(e.retry))
	}
	answer, err := h.render("error", p)
	if err != nil {
		h.config.Logger.LogAttrs(r.Context(), slog.LevelError, "an error page can't be rendered", slog.Any("error", err))
		http.Error(w, http.StatusText(e.status), e.status)
		return
	}
	answer.Send(w, r, e.status)
}

// serveFailure answers when a page couldn't be rendered, and says why in the log alone.
func (h *Handler) serveFailure(w http.ResponseWriter, r *http.Request, err error) {
	h.config.Logger.LogAttrs(r.Context(), slog.LevelError, "a page of the showcase can't be rendered", slog.Any("error", err))
	h.serveError(w, r, problem{status: http.StatusInternalServerError, key: "500"})
}
