package showcase

import (
	"net/http"
	"strconv"
	"strings"
)

// lang is a language of the pages, as in HTML's lang attribute.
type lang string

const (
	french  lang = "fr"
	english lang = "en"
)

// pick returns the text in the language, or the other one where it is missing.
func (l lang) pick(fr, en string) string {
	if en == "" || (l == french && fr != "") {
		return fr
	}
	return en
}

// parseLang says which language a tag such as "fr-CA" means.
func parseLang(tag string) (lang, bool) {
	primary, _, _ := strings.Cut(tag, "-")
	switch l := lang(strings.ToLower(strings.TrimSpace(primary))); l {
	case french, english:
		return l, true
	}
	return "", false
}

// maxLanguages bounds the work that an Accept-Language header can cause.
const maxLanguages = 32

// langOf returns the visitor's language: the one asked for in the address (and
// then explicit), else the one preferred by the browser, else French.
func langOf(r *http.Request) (l lang, explicit bool) {
	if l, ok := parseLang(r.URL.Query().Get("lang")); ok {
		return l, true
	}
	best, bestQ, n := french, 0.0, 0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Language"), ","), ",") {
		if n++; n > maxLanguages {
			break
		}
		tag, params, _ := strings.Cut(part, ";")
		l, ok := parseLang(tag)
		if !ok {
			continue
		}
		if q := quality(params); q > bestQ {
			best, bestQ = l, q
		}
	}
	return best, false
}

// quality reads "q=0.8"; without it the weight is 1.
func quality(params string) float64 {
	value, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return q
}
