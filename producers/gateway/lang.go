package gateway

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"vitrine/schemas"
)

// languages are those of the answers; French where no other is asked for, as on the pages.
func languages() []schemas.Lang { return []schemas.Lang{schemas.French, schemas.English} }

func newMatcher() language.Matcher {
	var tags []language.Tag
	for _, l := range languages() {
		tags = append(tags, language.Make(string(l)))
	}
	return language.NewMatcher(tags)
}

// maxAcceptLanguage bounds the work that the header can cause, in bytes.
const maxAcceptLanguage = 512

// lang is the language that the client prefers (Accept-Language).
func (g *Gateway) lang(r *http.Request) schemas.Lang {
	header := strings.Join(r.Header.Values("Accept-Language"), ",")
	if header == "" || len(header) > maxAcceptLanguage {
		return schemas.French
	}
	_, i := language.MatchStrings(g.matcher, header)
	return languages()[i]
}
