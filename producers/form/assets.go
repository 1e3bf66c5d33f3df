package form

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"path"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that the pages load.
type asset struct {
	mediaType   string
	body        []byte
	fingerprint string
}

func loadAssets() (map[string]asset, error) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("form: read the assets: %w", err)
	}
	// Not left to the machine's own table of types, which may lack them.
	types := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}
	all := map[string]asset{}
	for _, e := range entries {
		body, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("form: read the assets: %w", err)
		}
		sum := sha256.Sum256(body)
		all[e.Name()] = asset{mediaType: types[path.Ext(e.Name())], body: body, fingerprint: base64.RawURLEncoding.EncodeToString(sum[:12])}
	}
	return all, nil
}

// assetAddress changes with the content, so that browsers may keep the file for good.
func (h *Handler) assetAddress(name string) string {
	return "/submit/assets/" + name + "?v=" + h.assets[name].fingerprint
}

func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request) {
	file, ok := h.assets[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.mediaType)
	header.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == file.fingerprint {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(file.body) // an error means that the visitor has left
}
