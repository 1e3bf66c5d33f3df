package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is what a verification found.
type Report struct {
	// AsOf is the day that the figures were compared as of.
	AsOf Day `json:"as_of"`
	// LastSeq is the stream's last message that was compared.
	LastSeq  uint64 `json:"last_seq"`
	Messages int    `json:"messages"`
	Accepted int    `json:"accepted"`
	Rejected int    `json:"rejected"`
	Labs     int    `json:"labs"`
	// FrozenOtherwise is how many approvals were frozen by another catalogue than the present one: their figures weren't compared.
	FrozenOtherwise int `json:"frozen_otherwise"`

	Checks []Check `json:"checks"`
	// Differences are the first ones of each check, in words; Check.Differing counts them all.
	Differences []Difference `json:"differences"`

	// How long it took until the pipeline was at rest, to compute everything anew, and to compare.
	Waited   time.Duration `json:"waited_ns"`
	Computed time.Duration `json:"computed_ns"`
	Compared time.Duration `json:"compared_ns"`
	// PeakMemory is the most memory that the verifying process ever held, in bytes, as its operating system
	// counts it (the highest resident set); 0 where it doesn't tell.
	PeakMemory uint64 `json:"peak_memory_bytes"`
}

// Check is one sort of thing compared: how many there should be, how many there are, and how many
// are missing, too many or different.
type Check struct {
	Name      string `json:"check"`
	Expected  int    `json:"expected"`
	Found     int    `json:"found"`
	Differing int    `json:"differing"`
}

// Difference is one thing that isn't as it should be.
type Difference struct {
	Check     string `json:"check"`
	Lab       string `json:"lab,omitempty"`
	Indicator string `json:"indicator,omitempty"`
	Period    string `json:"period,omitempty"`
	Segment   string `json:"segment,omitempty"`
	// What says which one where an indicator and period don't: "message 17", "training.held on 2026-03-05".
	What     string `json:"what,omitempty"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// nothing stands for what isn't there.
const nothing = "nothing"

// String is the difference in full words.
func (d Difference) String() string {
	var where []string
	add := func(label, value string) {
		if value != "" {
			where = append(where, strings.TrimSpace(label+" "+value))
		}
	}
	add("lab", d.Lab)
	add("indicator", d.Indicator)
	add("period", d.Period)
	add("segment", d.Segment)
	add("", d.What)
	return fmt.Sprintf("%s: %s: expected %s, found %s", d.Check, strings.Join(where, ", "), d.Expected, d.Found)
}

// sort puts the differences into the checks' order: neither a map nor ClickHouse has one.
func (r *Report) sort() {
	order := map[string]int{}
	for i, c := range r.Checks {
		order[c.Name] = i
	}
	slices.SortFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(order[a.Check], order[b.Check]), cmp.Compare(a.String(), b.String()))
	})
}

// Exact says whether nothing differs.
func (r Report) Exact() bool {
	for _, c := range r.Checks {
		if c.Differing > 0 || c.Found != c.Expected {
			return false
		}
	}
	return len(r.Checks) > 0
}

// MarshalText writes a day as YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
