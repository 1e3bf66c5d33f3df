package showcase

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages by name, each with the frame around it.
type templates map[string]*template.Template

func loadTemplates() (templates, error) {
	all := templates{}
	for _, name := range []string{"home", "lab", "error"} {
		t, err := template.New("frame.html").ParseFS(templateFiles,
			"templates/frame.html", "templates/icons.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("showcase: read the template %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// sheet is a page rendered: whole, before the first byte is sent, so that an
// error never leaves half a page behind a 200.
type sheet struct {
	lang         lang
	body, zipped []byte
	tag          string
}

// worthZipping is the size in bytes from which compression saves a packet.
const worthZipping = 1400

// framed is a page as a template gets it.
type framed interface{ frame() page }

func (p page) frame() page { return p }

func (h *Handler) render(name string, data framed) (sheet, error) {
	var body bytes.Buffer
	if err := h.templates[name].Execute(&body, data); err != nil {
		return sheet{}, fmt.Errorf("showcase: render the page %s: %w", name, err)
	}
	s := sheet{lang: data.frame().Lang, body: body.Bytes(), tag: `W/"` + digest(body.Bytes()) + `"`}
	if len(s.body) >= worthZipping {
		s.zipped = zip(s.body, gzip.BestSpeed)
	}
	return s, nil
}

// send answers with the page, compressed where the browser takes it.
func (s sheet) send(w http.ResponseWriter, r *http.Request, status int) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(s.lang))
	header.Set("Vary", "Accept-Language, Accept-Encoding")
	header.Set("Cache-Control", "no-store")
	if status == http.StatusOK {
		header.Set("Cache-Control", "no-cache") // keep it, but ask whether it still holds
		header.Set("ETag", s.tag)
		if matches(r, s.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := s.body
	if s.zipped != nil && acceptsGzip(r) {
		body = s.zipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the visitor has left
	}
}

// zip compresses b. Neither a known level nor a buffer can fail.
func zip(b []byte, level int) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, level)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return quality(params) > 0
		}
	}
	return false
}

// matches says whether the browser already has what tag stands for.
func matches(r *http.Request, tag string) bool {
	for part := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// digest is short, but long enough to tell any two versions of a page apart.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
