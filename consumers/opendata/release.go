package opendata

import (
	"time"

	"vitrine/schemas"
)

// Release is everything in figures that is published when a quarter has ended. It is what the pages, the downloads and the
// next release are made from; none of them may look at anything else.
type Release struct {
	// Quarter is the last quarter that it covers.
	Quarter Quarter `json:"quarter"`
	// First is the first quarter of the programme.
	First Quarter `json:"first"`
	// Made is when it was made.
	Made time.Time `json:"made"`
	Notice
	// Indicators are the ones published, in the catalogue's order; Withheld those that aren't, and why.
	Indicators []Indicator `json:"indicators"`
	Withheld   []Withheld  `json:"withheld"`
	// Programme are the figures over all labs, Labs each lab's, in the order of their codes.
	Programme []Figure `json:"programme"`
	Labs      []Lab    `json:"labs"`
}

// Notice is what whoever takes the data away has to know.
type Notice struct {
	// Publisher is who gives the data out, Source what it was made of.
	Publisher string       `json:"publisher"`
	Source    schemas.Text `json:"source"`
	// Licence is under which terms.
	Licence Licence `json:"licence"`
	// Masking says how small figures are kept back.
	Masking schemas.Text `json:"masking"`
	// Dictionary is the address of the description of the fields.
	Dictionary string `json:"dictionary"`
}

// Licence is the terms of use.
type Licence struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Indicator is one that is published.
type Indicator struct {
	Code       string       `json:"code"`
	Name       schemas.Text `json:"name"`
	Definition schemas.Text `json:"definition"`
	Unit       string       `json:"unit"`
	// Aggregation, Level and Direction are the catalogue's.
	Aggregation string `json:"aggregation"`
	Level       string `json:"level"`
	Direction   string `json:"direction"`
	// About is whom it counts: "people", "companies", or "" for neither.
	About string `json:"about,omitempty"`
	// Threshold is the smallest figure above 0 that is published; 0: there is none.
	Threshold int `json:"threshold,omitempty"`
}

// Withheld is an indicator that isn't published.
type Withheld struct {
	Code string       `json:"code"`
	Name schemas.Text `json:"name"`
	Why  schemas.Text `json:"why"`
}

// Lab is a lab's entry in the registry, its figures and its commitments.
type Lab struct {
	Entry
	Figures     []Figure     `json:"figures"`
	Commitments []Commitment `json:"commitments"`
}

// Figure is one figure, or the place of one that is masked.
type Figure struct {
	Indicator string `json:"indicator"`
	// Total says that it covers everything since the start, as far as it is published: From to To. Else it is a quarter's.
	Total bool `json:"total,omitempty"`
	// From and To are the first and the last quarter that it covers. They differ in a quarter's figure where smaller quarters before
	// it were added to it; its own quarter is To.
	From Quarter `json:"from"`
	To   Quarter `json:"to"`
	// Value is nil where the figure is masked, and where there is none (a ratio without a denominator).
	Value *schemas.Decimal `json:"value"`
	// Masked says that the figure is kept back, because it is small or would tell a small one.
	Masked bool `json:"masked,omitempty"`
	// MaskedLabs is, in a figure of the programme, of how many labs the quarter is masked and not counted here.
	MaskedLabs int `json:"masked_labs,omitempty"`
	// CountedIn is the quarter whose figure a masked quarter was added to; 0: none yet.
	CountedIn Quarter `json:"counted_in,omitzero"`
}

// Commitment is a promise of a lab, and how it stood at the end of the release's quarter.
type Commitment struct {
	Indicator    string           `json:"indicator"`
	Segment      string           `json:"segment,omitempty"`
	SegmentLabel schemas.Text     `json:"segment_label,omitzero"`
	From         string           `json:"from"` // days, YYYY-MM-DD
	Due          string           `json:"due"`
	Target       schemas.Decimal  `json:"target"`
	Baseline     *schemas.Decimal `json:"baseline,omitempty"`
	// Actual, Percent (of the target) and Status are missing where the commitment is masked.
	Actual  *schemas.Decimal `json:"actual"`
	Percent *schemas.Decimal `json:"percent"`
	Status  string           `json:"status,omitempty"`
	Masked  bool             `json:"masked,omitempty"`
}
