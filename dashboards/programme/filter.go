package programme

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/internal/pages"
)

// query is what the reader of the portfolio asked for. It stands in the address, so that it can be kept and sent on.
type query struct {
	asOf                            time.Time // zero: today
	region, archetype, status, text string
	sort                            string
	page                            int // from 1
}

// The values of sort; a column's key is one too. Empty: worst first.
const (
	sortName   = "name"
	sortMean   = "mean"
	sortRegion = "region"
	sortLast   = "last"
)

// maxText bounds what is looked for, in bytes.
const maxText = 100

// readQuery reads the address; ok is false where the day can't be one.
func readQuery(q url.Values) (_ query, ok bool) {
	out := query{region: q.Get("region"), archetype: q.Get("archetype"), status: q.Get("status"), sort: q.Get("sort"), text: strings.TrimSpace(q.Get("q")), page: readPage(q)}
	if len(out.text) > maxText {
		out.text = strings.ToValidUTF8(out.text[:maxText], "")
	}
	out.asOf, ok = readDay(q.Get("as-of"))
	return out, ok
}

// readPage is which page of a list is asked for.
func readPage(q url.Values) int {
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 {
		return n
	}
	return 1
}

// readDay reads a day of an address; an empty one is zero.
func readDay(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil && day.Year() > 1970 && day.Year() < 2106 // what a date of the database can be
}

func dayParameter(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// parameters are those of the address, but for what is to be changed.
func (q query) parameters(change ...string) []string {
	p := []string{"as-of", dayParameter(q.asOf), "region", q.region, "archetype", q.archetype, "status", q.status, "q", q.text, "sort", q.sort}
	for i := 0; i+1 < len(change); i += 2 {
		if at := slices.Index(p, change[i]); at >= 0 && at%2 == 0 {
			p[at+1] = change[i+1]
		} else {
			p = append(p, change[i], change[i+1])
		}
	}
	return p
}

// narrowed says whether anything is filtered.
func (q query) narrowed() bool { return q.region+q.archetype+q.status+q.text != "" }

// takes says whether a lab is to be shown.
func (q query) takes(lab *Lab) bool {
	if q.region != "" && lab.Region != q.region || q.archetype != "" && lab.Archetype != q.archetype || q.status != "" && string(lab.Worst) != q.status {
		return false
	}
	if q.text == "" {
		return true
	}
	in := pages.SortKey(lab.Name + " " + lab.Slug + " " + lab.Commune + " " + lab.Region)
	for word := range strings.FieldsSeq(pages.SortKey(q.text)) {
		if !strings.Contains(in, word) {
			return false
		}
	}
	return true
}
