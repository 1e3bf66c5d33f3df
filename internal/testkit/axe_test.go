package testkit

import (
	"net/url"
	"slices"
	"testing"
)

// TestAxeFinds shows that the check can fail, and that a good page passes.
func TestAxeFinds(t *testing.T) {
	ctx := Browser(t)
	address := func(body string) string {
		return "data:text/html," + url.PathEscape(`<!DOCTYPE html><html lang="en"><head><title>Page</title></head><body><main><h1>Page</h1>`+body+`</main></body></html>`)
	}
	Visit(t, ctx, address(`<img src="x.png"><input type="text"><p style="color:#bbb;background:#fff">pale</p>`), 390, "light")
	var ids []string
	for _, f := range axe(t, ctx, "bad") {
		ids = append(ids, f.ID)
	}
	for _, id := range []string{"image-alt", "label", "color-contrast"} {
		if !slices.Contains(ids, id) {
			t.Errorf("%s isn't found: %v", id, ids)
		}
	}
	Visit(t, ctx, address(`<label>Name <input type="text"></label>`), 390, "light")
	Accessible(t, ctx, "good")
}
