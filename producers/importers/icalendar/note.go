package icalendar

import (
	"html"
	"regexp"
	"strconv"
	"strings"
)

// Properties that say who came, for programs that write calendars.
const (
	attendanceProperty = "X-VITRINE-ATTENDANCE"
	companiesProperty  = "X-VITRINE-ATTENDANCE-COMPANIES"
)

// note is what a calendar's entry says about who came.
type note struct {
	// people is how many came; nil if it isn't said.
	people *int64
	// companies is how many of them came from companies; nil if it isn't said.
	companies *int64
	// unclear says that there is something in the place of the number that is none.
	unclear bool
}

const (
	peopleWords    = `(?:participants?|participations?|pr(?:é|e\x{301}|e)sents?|attendance|attendees?)`
	companiesWords = `(?:(?:dont|of whom|from)\s+)?(?:entreprises?|companies|company)`
	numberThen     = `\s*[:=]\s*([0-9]{1,6})\s*`
	andCompanies   = `(?:[,;(\[/\-–]?\s*` + companiesWords + numberThen + `[)\]]?)?`
)

var (
	peopleLine    = regexp.MustCompile(`(?i)^` + peopleWords + numberThen + andCompanies + `\.?$`)
	companiesLine = regexp.MustCompile(`(?i)^` + companiesWords + numberThen + `\.?$`)
	unclearLine   = regexp.MustCompile(`(?i)^` + peopleWords + `\s*[:=]`)
	titleEnd      = regexp.MustCompile(`(?i)^(.*?)[\s,;(\[/\-–—]*\b` + peopleWords + numberThen + andCompanies + `[)\]]?$`)
	lineBreak     = regexp.MustCompile(`(?i)<br\s*/?>|</p>|</div>|</li>|\r?\n`)
	tag           = regexp.MustCompile(`<[^>]*>`)
)

// noteOf is who came, as an entry says it, and its title without that. The property comes before
// the description, and the description before the title.
func noteOf(c *component) (title string, n note) {
	title = strings.Join(strings.Fields(c.text("SUMMARY")), " ")
	if m := titleEnd.FindStringSubmatch(title); m != nil {
		title = m[1]
		n = note{people: number(m[2]), companies: number(m[3])}
	}
	if d := noteIn(c.text("DESCRIPTION")); d != (note{}) {
		n = d
	}
	if c.first(attendanceProperty) != nil {
		n = note{people: number(c.text(attendanceProperty)), companies: number(c.text(companiesProperty))}
		n.unclear = n.people == nil
	}
	return title, n
}

// noteIn finds who came in a description, which may be HTML (Google's is). Nothing else of it is used.
func noteIn(description string) (n note) {
	if len(description) > 64<<10 {
		description = description[:64<<10]
	}
	for line := range strings.SplitSeq(lineBreak.ReplaceAllString(description, "\n"), "\n") {
		line = strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(line, ""))), " ")
		if m := peopleLine.FindStringSubmatch(line); m != nil {
			if n.people != nil && *n.people != *number(m[1]) {
				n.unclear = true // two numbers
			}
			n.people = number(m[1])
			if m[2] != "" {
				n.companies = number(m[2])
			}
		} else if m := companiesLine.FindStringSubmatch(line); m != nil {
			n.companies = number(m[1])
		} else if unclearLine.MatchString(line) {
			n.unclear = true
		}
	}
	if n.people == nil {
		n.companies = nil // of nobody
	}
	return n
}

func number(s string) *int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 || n > 999_999 {
		return nil
	}
	return &n
}
