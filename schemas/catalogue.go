package schemas

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed indicators.yaml
var catalogueFile []byte

// Aggregation is how an indicator's contributions become its value over a period.
type Aggregation string

// The aggregations; indicators.yaml says what each does.
const (
	AggSum      Aggregation = "sum"
	AggDistinct Aggregation = "distinct"
	AggLast     Aggregation = "last"
	AggStock    Aggregation = "stock"
	AggRatio    Aggregation = "ratio"
	AggMax      Aggregation = "max"
)

// Window is how far back from a period's end contributions count in it.
type Window string

// The windows; an empty one in the file is WindowPeriod.
const (
	WindowPeriod     Window = "period"
	WindowCumulative Window = "cumulative"
	WindowRolling    Window = "rolling"
)

// OverLabs is how the figures of several labs become the programme's.
type OverLabs string

// The ways to combine labs; indicators.yaml says what each does, and which one an aggregation has by default.
const (
	LabsSum    OverLabs = "sum"
	LabsUnion  OverLabs = "union"
	LabsRatio  OverLabs = "ratio"
	LabsMedian OverLabs = "median"
	LabsNone   OverLabs = "none"
)

// Indicator is one entry of the catalogue; its fields are explained at the head of indicators.yaml.
type Indicator struct {
	Code        string      `yaml:"code"`
	Name        Text        `yaml:"name"`
	Definition  Text        `yaml:"definition"`
	Level       string      `yaml:"level"`
	Unit        string      `yaml:"unit"`
	Direction   string      `yaml:"direction"`
	Cap         *Decimal    `yaml:"cap"`
	Aggregation Aggregation `yaml:"aggregation"`
	Window      Window      `yaml:"window"`
	Months      int         `yaml:"months"`
	First       bool        `yaml:"first"`
	Repeat      bool        `yaml:"repeat"`
	Age         bool        `yaml:"age"`
	Counts      string      `yaml:"counts"`
	OverLabs    OverLabs    `yaml:"over_labs"`
	Scale       int64       `yaml:"scale"`
	Period      string      `yaml:"period"`
	Segments    []Dimension `yaml:"segments"`
	Numerator   []Source    `yaml:"numerator"`
	Denominator []Source    `yaml:"denominator"`
	Evidence    string      `yaml:"evidence"`
	Phrases     []string    `yaml:"phrases"`
}

// Percent says whether the value is given per hundred.
func (i *Indicator) Percent() bool { return i.Aggregation == AggRatio && i.Unit == "%" }

// Source says which events contribute what.
type Source struct {
	Kinds    []string            `yaml:"kinds"`
	When     map[string][]string `yaml:"when"`
	Unless   map[string][]string `yaml:"unless"`
	Has      []string            `yaml:"has"`
	Having   string              `yaml:"having"`
	List     string              `yaml:"list"`
	Value    []string            `yaml:"value"`
	Weight   int64               `yaml:"weight"`
	Ref      string              `yaml:"ref"`
	State    string              `yaml:"state"`
	Day      string              `yaml:"day"`
	Segments *[]Dimension        `yaml:"segments"`
	Whole    *bool               `yaml:"whole"`
}

// Dimension is what a figure is broken down by: its name, and the field or the list's field that holds the code.
type Dimension struct {
	Name string
	// List is the list whose items hold the code, e.g. "partners"; empty: the event, or the source's item, holds it.
	List  string
	Field string
}

// UnmarshalYAML reads "audience", "size_class:size" or "partner_type:partners.type".
func (d *Dimension) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	name, where, given := strings.Cut(s, ":")
	if !given {
		where = name
	}
	list, field, inList := strings.Cut(where, ".")
	if !inList {
		list, field = "", where
	}
	*d = Dimension{Name: name, List: list, Field: field}
	return nil
}

// Catalogue is the indicators of a programme, in the file's order.
type Catalogue struct {
	Indicators []Indicator
	// Hash tells one catalogue from another: figures made with one aren't mixed with another's.
	Hash string
}

// DefaultCatalogue is the one that is compiled in: the 47 indicators of the call.
func DefaultCatalogue() *Catalogue { return defaultCatalogue() }

var defaultCatalogue = sync.OnceValue(func() *Catalogue {
	c, err := ParseCatalogue(catalogueFile)
	if err != nil {
		panic(err) // it is compiled in, and a test reads it
	}
	return c
})

// ParseCatalogue reads an indicators.yaml and checks that every kind, field and list that it names
// exists. Its errors name the line or the indicator, and what was expected.
func ParseCatalogue(raw []byte) (*Catalogue, error) {
	var file struct {
		Indicators []Indicator `yaml:"indicators"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(PlainYAML(raw)), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		return nil, fmt.Errorf("indicator catalogue: %w", err)
	}
	sum := sha256.Sum256(raw)
	c := &Catalogue{Indicators: file.Indicators, Hash: hex.EncodeToString(sum[:8])}
	seen := map[string]bool{}
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		if ind.Window == "" {
			ind.Window = WindowPeriod
		}
		if ind.Scale == 0 {
			ind.Scale = 1
		}
		if ind.OverLabs == "" {
			ind.OverLabs = ind.usuallyOverLabs()
		}
		for _, s := range [][]Source{ind.Numerator, ind.Denominator} {
			for j := range s {
				if s[j].Weight == 0 {
					s[j].Weight = 1
				}
			}
		}
		if seen[ind.Code] {
			return nil, fmt.Errorf("indicator catalogue: %s stands there twice", ind.Code)
		}
		seen[ind.Code] = true
		if err := ind.check(); err != nil {
			return nil, fmt.Errorf("indicator catalogue: %s: %w", ind.Code, err)
		}
	}
	return c, nil
}

// Lookup finds an indicator by its code.
func (c *Catalogue) Lookup(code string) (*Indicator, bool) {
	for i := range c.Indicators {
		if c.Indicators[i].Code == code {
			return &c.Indicators[i], true
		}
	}
	return nil, false
}

func (i *Indicator) check() error {
	switch {
	case !formats()["indicator"].valid(i.Code):
		return fmt.Errorf("code %q: expected %s", i.Code, formats()["indicator"].help.EN)
	case i.Name.FR == "" || i.Name.EN == "":
		return fmt.Errorf("name: expected both fr and en")
	case !slices.Contains([]Aggregation{AggSum, AggDistinct, AggLast, AggStock, AggRatio, AggMax}, i.Aggregation):
		return fmt.Errorf("aggregation %q: expected sum, distinct, last, stock, ratio or max", i.Aggregation)
	case !slices.Contains([]Window{WindowPeriod, WindowCumulative, WindowRolling}, i.Window):
		return fmt.Errorf("window %q: expected period, cumulative or rolling", i.Window)
	case (i.Window == WindowRolling) != (i.Months > 0):
		return fmt.Errorf("months %d: expected a number with window rolling, none without", i.Months)
	case i.Window != WindowPeriod && i.Aggregation != AggRatio:
		return fmt.Errorf("window %s: expected with aggregation ratio only", i.Window)
	case i.Repeat && i.Window != WindowRolling:
		return fmt.Errorf("repeat: expected with window rolling only")
	case i.First && i.Aggregation != AggDistinct:
		return fmt.Errorf("first: expected with aggregation distinct only")
	case (i.Aggregation == AggRatio) != (len(i.Denominator) > 0):
		return fmt.Errorf("denominator: expected with aggregation ratio, and only there")
	case len(i.Numerator) == 0:
		return fmt.Errorf("numerator: expected at least one source")
	case i.Scale < 1:
		return fmt.Errorf("scale %d: expected at least 1", i.Scale)
	}
	for _, s := range append(slices.Clone(i.Numerator), i.Denominator...) {
		if err := i.checkSource(s); err != nil {
			return err
		}
		if (s.State == "") != (i.Numerator[0].State == "") { // there would be two figures
			return fmt.Errorf("state: expected with all sources of a stock, or with none")
		}
	}
	return i.checkOverLabs()
}

// usuallyOverLabs is how labs are combined where the file doesn't say. Companies are the same for all labs and unite;
// other references (a machine's, a project's) are a lab's own.
func (i *Indicator) usuallyOverLabs() OverLabs {
	switch {
	case i.Aggregation == AggRatio:
		return LabsRatio
	case i.Aggregation == AggDistinct && i.countsCompanies():
		return LabsUnion
	case i.Aggregation == AggMax, i.Aggregation == AggLast:
		return LabsMedian
	}
	return LabsSum
}

func (i *Indicator) countsCompanies() bool {
	return !slices.ContainsFunc(i.Numerator, func(s Source) bool { return s.Ref != "company" })
}

func (i *Indicator) checkOverLabs() error {
	may := []OverLabs{LabsMedian, LabsNone}
	switch i.Aggregation {
	case AggSum, AggLast, AggStock, AggDistinct:
		may = append(may, LabsSum)
	case AggRatio:
		may = append(may, LabsRatio)
	}
	if i.Aggregation == AggDistinct && i.countsCompanies() {
		may = append(may, LabsUnion)
	}
	if !slices.Contains(may, i.OverLabs) {
		return fmt.Errorf("over_labs %q: expected one of %v for this indicator", i.OverLabs, may)
	}
	return nil
}

// The names that aren't fields but worked out from the event.
var (
	virtualNumbers = []string{"seconds", "days_since_start", "day_number"}
	virtualCodes   = []string{"on_time", "due_or_later", "kind"}
	virtualRefs    = []string{"company", "lab"}
)

func (i *Indicator) checkSource(s Source) error {
	if len(s.Kinds) == 0 {
		return fmt.Errorf("kinds: expected at least one")
	}
	needsRef := i.Aggregation == AggDistinct || s.State != ""
	if needsRef && s.Ref == "" {
		return fmt.Errorf("ref: expected what to count once")
	}
	if s.State != "" && (i.Aggregation != AggStock || s.State != "active" && s.State != "ended") {
		return fmt.Errorf("state %q: expected active or ended, in a stock", s.State)
	}
	for _, name := range s.Kinds {
		if name == "*" {
			continue
		}
		kind, known := KindByName(name)
		if !known {
			return fmt.Errorf("kind %q is none of the contract's", name)
		}
		inner := kind.shape
		if s.List != "" {
			f, ok := kind.shape.field(s.List)
			if !ok || f.typ != typeList {
				return fmt.Errorf("list %q: kind %s has no such list", s.List, name)
			}
			inner = f.items
		}
		fields := slices.Concat(s.Has, s.Value)
		for field := range s.When {
			fields = append(fields, field)
		}
		for field := range s.Unless {
			fields = append(fields, field)
		}
		if s.Ref != "" && !slices.Contains(virtualRefs, s.Ref) {
			fields = append(fields, s.Ref)
		}
		if s.Day != "" {
			fields = append(fields, s.Day)
		}
		for _, d := range i.DimensionsOf(s) {
			if d.List == "" {
				fields = append(fields, d.Field)
			}
		}
		for _, field := range fields {
			_, inItem := inner.field(field)
			_, inEvent := kind.shape.field(field)
			if !inItem && !inEvent && !slices.Contains(virtualNumbers, field) && !slices.Contains(virtualCodes, field) {
				return fmt.Errorf("field %q: kind %s has no such field", field, name)
			}
		}
	}
	return nil
}

// DimensionsOf are the dimensions that a source's contributions are given by.
func (i *Indicator) DimensionsOf(s Source) []Dimension {
	if s.Segments != nil {
		return *s.Segments
	}
	return i.Segments
}

func (o *object) field(name string) (*field, bool) {
	i, ok := o.byName[name]
	if !ok {
		return nil, false
	}
	return &o.fields[i], true
}
