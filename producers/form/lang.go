package form

import (
	"net/http"

	"golang.org/x/text/language"

	"vitrine/schemas"
)

// langOf is the visitor's language: the one asked for in the address (and then explicit), else the
// one that the browser prefers, else French.
func langOf(r *http.Request) (l schemas.Lang, explicit bool) {
	switch asked := schemas.Lang(r.URL.Query().Get("lang")); asked {
	case schemas.French, schemas.English:
		return asked, true
	}
	matcher := language.NewMatcher([]language.Tag{language.French, language.English})
	// A header that can't be read is as good as none.
	if tag, _ := language.MatchStrings(matcher, r.Header.Get("Accept-Language")); base(tag) == "en" {
		return schemas.English, false
	}
	return schemas.French, false
}

func base(t language.Tag) string {
	b, _ := t.Base()
	return b.String()
}
