package form

import (
	"net/http"
	"path/filepath"
	"strings"
)

// template gives an empty file to fill in: {kind}.xlsx or {kind}.csv.
func (h *Handler) template(v *visit) {
	file := v.r.PathValue("file")
	format := strings.TrimPrefix(filepath.Ext(file), ".")
	k, known := labKind(strings.TrimSuffix(file, "."+format))
	mediaType := map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[format]
	if h.config.Templates == nil || !known || mediaType == "" {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	var body strings.Builder
	if err := h.config.Templates.Template(&body, k.Name, format, v.texts.lang); err != nil {
		h.unavailable(v, "a template can't be written", err)
		return
	}
	v.w.Header().Set("Content-Type", mediaType)
	v.w.Header().Set("Content-Disposition", `attachment; filename="vitrine-`+k.Name+"."+format+`"`)
	_, _ = v.w.Write([]byte(body.String()))
}
