package pages

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
)

//go:embed assets
var sharedAssets embed.FS

// asset is a file that the pages load.
type asset struct {
	mediaType   string
	body        []byte
	zipped      []byte
	fingerprint string
}

// Assets are the files that pages load, by name.
type Assets struct {
	prefix string // of their addresses, ends in a slash
	files  map[string]asset
}

// LoadAssets reads the files that all pages share (style.css, icon.svg) and those of the package's folder assets in
// more, which may be nil. prefix begins their addresses, e.g. "/assets/".
func LoadAssets(prefix string, more fs.FS) (Assets, error) {
	all := Assets{prefix: prefix, files: map[string]asset{}}
	for _, files := range []fs.FS{sharedAssets, more} {
		if files == nil {
			continue
		}
		names, err := fs.Glob(files, "assets/*")
		if err != nil {
			return all, fmt.Errorf("read the assets: %w", err)
		}
		for _, name := range names {
			body, err := fs.ReadFile(files, name)
			if err != nil {
				return all, fmt.Errorf("read the assets: %w", err)
			}
			all.files[path.Base(name)] = newAsset(name, body)
		}
	}
	return all, nil
}

func newAsset(name string, body []byte) asset {
	// Not left to the machine's own table of types, which may lack them.
	types := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}
	mediaType, ok := types[path.Ext(name)]
	if !ok {
		mediaType = mime.TypeByExtension(path.Ext(name))
	}
	return asset{mediaType: mediaType, body: body, zipped: zip(body, gzip.BestCompression), fingerprint: digest(body)}
}

// Address is where a page finds the file: it changes with the content, so that browsers may keep it for good.
func (a Assets) Address(name string) string {
	return a.prefix + name + "?v=" + a.files[name].fingerprint
}

// Serve answers with a file, or says that there is none of that name.
func (a Assets) Serve(w http.ResponseWriter, r *http.Request, name string) bool {
	file, ok := a.files[name]
	if !ok {
		return false
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
		return true
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the visitor has left
	}
	return true
}
