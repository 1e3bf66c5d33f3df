package showcase

import (
	"compress/gzip"
	"embed"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that the pages load.
type asset struct {
	mediaType   string
	body        []byte
	zipped      []byte
	fingerprint string
}

// assets are the files by name.
type assets map[string]asset

func loadAssets() (assets, error) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("showcase: read the assets: %w", err)
	}
	// Not left to the machine's own table of types, which may lack them.
	types := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	all := assets{}
	for _, e := range entries {
		body, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("showcase: read the assets: %w", err)
		}
		mediaType, ok := types[path.Ext(e.Name())]
		if !ok {
			mediaType = mime.TypeByExtension(path.Ext(e.Name()))
		}
		all[e.Name()] = asset{
			mediaType:   mediaType,
			body:        body,
			zipped:      zip(body, gzip.BestCompression),
			fingerprint: digest(body),
		}
	}
	return all, nil
}

// address is where a page finds the file: it changes with the content, so that
// browsers may keep it for good.
func (a assets) address(name string) string { return "/assets/" + name + "?v=" + a[name].fingerprint }

func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request) {
	file, ok := h.assets[r.PathValue("file")]
	if !ok {
		h.serveNotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.mediaType)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == file.fingerprint {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, tag := file.body, `"`+file.fingerprint+`"`
	if acceptsGzip(r) && len(file.zipped) < len(file.body) {
		body, tag = file.zipped, `"`+file.fingerprint+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", tag)
	if matches(r, tag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the visitor has left
	}
}
