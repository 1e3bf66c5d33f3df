package showcase

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"vitrine/internal/pages"
)

// ErrRemaking is what an error of [Source] wraps while everything that is counted is being made again.
var ErrRemaking = errors.New("showcase: the figures are being made again")

// Source gives what the public may see of the programme. It is asked by one goroutine at a time, and its answer is shared
// between requests: it must not change afterwards.
type Source interface {
	Programme(ctx context.Context) (Programme, error)
}

// Programme is all that the pages show. Every figure in it must be published already: the pages mask nothing, they only
// say what is masked. Days and clock times are shown as they read in each time's own location.
type Programme struct {
	// Through is the last day that the figures cover. Zero: none are published yet.
	Through time.Time
	// Totals are the programme's published figures since its beginning, in the order to show.
	Totals []Figure
	// Labs are all labs, in any order.
	Labs []Lab
	// OpenData are the downloads; nil: none are served.
	OpenData *OpenData
	// Loading is set while the history is still being counted.
	Loading *Progress
}

// Progress is how many events out of how many have been counted. Total 0: not known.
type Progress struct {
	Done, Total uint64
}

// Text is a text in both languages.
type Text struct{ FR, EN string }

func (t Text) in(l pages.Lang) string { return l.Typeset(l.Pick(t.FR, t.EN)) }

// Measure is what a figure counts.
type Measure struct {
	Code string // the indicator's
	Name Text
	Unit string // the catalogue's: "hour", "EUR", "%", …
	// About is whom it counts: "people", "companies", or "" for neither. Threshold is the smallest count above 0 that is
	// published; 0: none is named.
	About     string
	Threshold int
}

// Figure is a published figure since the start, or the place of one that is masked.
type Figure struct {
	Measure
	Value  float64
	Masked bool
	// MaskedLabs is, in a figure of the programme, of how many labs something isn't counted.
	MaskedLabs int
}

// Lab is one lab, what it offers, makes known and reached.
type Lab struct {
	Slug                string // stands in the page's address
	Name                string
	Commune             string
	Region              string
	Archetype           string // its code
	ArchetypeName       Text
	Latitude, Longitude *float64 // degrees, WGS 84; nil: not known
	Opened              time.Time
	Website             string
	Services            []Service // the latest first, as the lists below
	Machines            []Machines
	Mentions            []Item
	Projects            []Item
	Sessions            []Session // to come, the next one first
	Figures             []Figure
	Commitments         []Commitment
}

// Service is a service that was launched.
type Service struct {
	Name  Text   // of its type
	Title string // as the lab says it; empty: none
	URL   string
	Since time.Time
}

// Machines are the machines of a category.
type Machines struct {
	Category Text
	Count    int
}

// Item is a media mention or a documented project.
type Item struct {
	Day     time.Time
	Title   string // empty: none was given
	By      string // the outlet, or the project's code
	Licence Text   // of a project
	URL     string
}

// Session is a training or discovery session to come.
type Session struct {
	Starts, Ends time.Time // in the lab's zone; no Ends: not known
	Training     bool      // else a discovery session
	Title, Place string
	URL          string
}

// Commitment is one promise of a lab, and how it stood on the last day of the release.
type Commitment struct {
	Measure
	Segment Text // narrows the indicator, e.g. to one audience; empty: all of it
	Target  float64
	// Actual and Percent are nil where nothing is published; Masked says that it is kept back.
	Actual, Percent *float64
	Masked          bool
	Status          Status
	From, Due       time.Time // the first and the last day; zero: not shown
}

// OpenData is what can be taken away.
type OpenData struct {
	Files               []File
	Licence, LicenceURL string
	Publisher           string
	Masking             Text
	// Quarter is the last one that is published, e.g. "2026-Q3".
	Quarter string
}

// File is a download.
type File struct {
	Path, Format string
	Bytes        int
}

// title is the lab's name, or what else it can be called.
func (l *Lab) title() string { return cmp.Or(strings.TrimSpace(l.Name), l.Slug) }

// place is the commune and the region, as far as they are known.
func (l *Lab) place() string {
	return strings.Trim(l.Commune+" · "+l.Region, " ·")
}
