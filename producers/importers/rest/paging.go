package rest

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Total is a count that a header tells, such as X-Total-Count; -1 if it doesn't.
func Total(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// link is one link of a Link header (RFC 8288): an address in angle brackets and its parameters.
var link = regexp.MustCompile(`<([^<>]*)>([^<]*)`)

// Next is the query of the page that the Link header calls the next one; nil if it names none, or
// this one again. Of the address only the query is taken: behind a proxy a system may not know its
// own, and the token must not go elsewhere. Of the query only the named parameters are, so that
// filters and page size stay ours; without names it is taken whole.
func Next(h http.Header, current url.Values, names ...string) url.Values {
	for _, header := range h.Values("Link") {
		for _, found := range link.FindAllStringSubmatch(header, -1) {
			if !isNext(found[2]) {
				continue
			}
			u, err := url.Parse(strings.TrimSpace(found[1]))
			if err != nil {
				return nil
			}
			told, err := url.ParseQuery(u.RawQuery)
			if err != nil {
				return nil
			}
			next := told
			if len(names) > 0 {
				next = maps.Clone(current)
				for _, name := range names {
					if value := told.Get(name); value != "" {
						next.Set(name, value)
					}
				}
			}
			if len(next) == 0 || maps.EqualFunc(next, current, slices.Equal) {
				return nil
			}
			return next
		}
	}
	return nil
}

// isNext says whether a link's parameters hold rel="next".
func isNext(params string) bool {
	for param := range strings.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.Contains(strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)), "next") {
			return true
		}
	}
	return false
}
