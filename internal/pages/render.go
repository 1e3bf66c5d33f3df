package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// Templates are pages by name.
type Templates map[string]*template.Template

// LoadTemplates reads templates/{name}.html for each name, with templates/frame.html around it and the parts that
// all pages share: "icons", once in the body, and "badge" for a [Badge]. More parts are given by their paths.
func LoadTemplates(files fs.FS, names []string, parts ...string) (Templates, error) {
	all := Templates{}
	for _, name := range names {
		t, err := template.New("frame.html").ParseFS(templateFiles, "templates/*.html")
		if err == nil {
			t, err = t.ParseFS(files, append(append([]string{"templates/frame.html"}, parts...), "templates/"+name+".html")...)
		}
		if err != nil {
			return nil, fmt.Errorf("read the template %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// Sheet is a page rendered: whole, before the first byte is sent, so that an
// error never leaves half a page behind a 200.
type Sheet struct {
	lang         Lang
	body, zipped []byte
	tag          string
}

// worthZipping is the size in bytes from which compression saves a packet.
const worthZipping = 1400

// Render makes a page.
func (t Templates) Render(name string, lang Lang, data any) (Sheet, error) {
	var body bytes.Buffer
	if err := t[name].Execute(&body, data); err != nil {
		return Sheet{}, fmt.Errorf("render the page %s: %w", name, err)
	}
	s := Sheet{lang: lang, body: body.Bytes(), tag: `W/"` + digest(body.Bytes()) + `"`}
	if len(s.body) >= worthZipping {
		s.zipped = zip(s.body, gzip.BestSpeed)
	}
	return s, nil
}

// Send answers with the page, compressed where the browser takes it. A browser keeps a page of status 200 and asks
// whether it still holds.
func (s Sheet) Send(w http.ResponseWriter, r *http.Request, status int) {
	s.send(w, r, status, "no-cache")
}

// SendPrivate is Send for a page that somebody signed in for: no cache on the way may keep it.
func (s Sheet) SendPrivate(w http.ResponseWriter, r *http.Request, status int) {
	s.send(w, r, status, "private, no-cache")
}

func (s Sheet) send(w http.ResponseWriter, r *http.Request, status int, cache string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(s.lang))
	header.Set("Vary", "Accept-Language, Accept-Encoding")
	header.Set("Cache-Control", "no-store")
	if status == http.StatusOK {
		header.Set("Cache-Control", cache) // keep it, but ask whether it still holds
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
