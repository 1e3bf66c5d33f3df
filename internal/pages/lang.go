package pages

import (
	"net/http"
	"strconv"
	"strings"
)

// Lang is a language of the pages, as in HTML's lang attribute.
type Lang string

// The languages.
const (
	French  Lang = "fr"
	English Lang = "en"
)

// Langs are all languages, in the order of the switch.
func Langs() []Lang { return []Lang{French, English} }

// Own is the language's name in itself.
func (l Lang) Own() string {
	if l == French {
		return "Français"
	}
	return "English"
}

// Pick returns the text in the language, or the other one where it is missing.
func (l Lang) Pick(fr, en string) string {
	if en == "" || (l == French && fr != "") {
		return fr
	}
	return en
}

// ParseLang says which language a tag such as "fr-CA" means.
func ParseLang(tag string) (Lang, bool) {
	primary, _, _ := strings.Cut(tag, "-")
	switch l := Lang(strings.ToLower(strings.TrimSpace(primary))); l {
	case French, English:
		return l, true
	}
	return "", false
}

// maxLanguages bounds the work that an Accept-Language header can cause.
const maxLanguages = 32

// LangOf returns the visitor's language: the one asked for in the address (and
// then explicit), else the one preferred by the browser, else French.
func LangOf(r *http.Request) (l Lang, explicit bool) {
	if l, ok := ParseLang(r.URL.Query().Get("lang")); ok {
		return l, true
	}
	best, bestQ, n := French, 0.0, 0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Language"), ","), ",") {
		if n++; n > maxLanguages {
			break
		}
		tag, params, _ := strings.Cut(part, ";")
		l, ok := ParseLang(tag)
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
