package main

import (
	"fmt"
	"regexp"
	"strings"
)

// threat is a row of docs/threats.md.
type threat struct {
	Sort, What string
	Tests      []attempt
	Remains    string
}

// attempt is a test or fuzz target of a package.
type attempt struct{ Package, Name string }

var testName = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")

// read takes the rows of the table with five columns whose fourth names tests.
func read(page string) ([]threat, error) {
	var out []threat
	for n, line := range strings.Split(page, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 5 || strings.TrimSpace(cells[0]) == "" {
			continue
		}
		t := threat{Sort: strings.TrimSpace(cells[0]), What: strings.TrimSpace(cells[1]), Remains: strings.TrimSpace(cells[4])}
		for _, m := range testName.FindAllStringSubmatch(cells[3], -1) {
			t.Tests = append(t.Tests, attempt{m[1], m[2]})
		}
		if len(t.Tests) == 0 {
			return nil, fmt.Errorf("line %d: %q has no test", n+1, t.What)
		}
		out = append(out, t)
	}
	return out, nil
}
