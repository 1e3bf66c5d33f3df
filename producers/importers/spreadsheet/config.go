package spreadsheet

import (
	"fmt"
	"time"

	"vitrine/schemas"
)

// System names the source in the events.
const System = "tableur"

// Bounds of what is read at all.
const (
	// MaxBytes is the largest file.
	MaxBytes = 20 << 20
	// MaxRows is the last row of a sheet that may hold something.
	MaxRows = 100_000
	// MaxColumns is how many columns a sheet may have.
	MaxColumns = 200
	// maxUnzipped is how large a workbook may become unpacked, in bytes; 100,000 rows of a template take a half.
	maxUnzipped = 128 << 20
	// maxCells bounds the filled cells of a file: each takes a few hundred bytes while it is read.
	maxCells = 1_500_000
	// maxMerged bounds the merged cells of a sheet.
	maxMerged = 2_000
	// maxCellText is the longest text of a cell, in bytes: what a spreadsheet program lets a cell hold, in UTF-8.
	maxCellText = 4 * 32_767
)

// Config says how a file is understood. Lab is required.
type Config struct {
	// Lab is the lab that the events are about.
	Lab string
	// Zone is the lab's; dates and times are local. Default Europe/Paris.
	Zone *time.Location
	// Kind is that of the rows of a sheet that doesn't say it, e.g. "training.held"; empty: such a sheet is refused.
	Kind string
	// Mapping says what the lab's own headers and words mean; nil: they are known by themselves.
	Mapping *Mapping
	// Clock is the time that "in the future" is judged by; nil: [time.Now].
	Clock func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if !schemas.IsSlug(c.Lab) {
		return c, fmt.Errorf("spreadsheet: Lab is %q: expected a lab's code in lower-case letters, digits and dashes", c.Lab)
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			return c, fmt.Errorf("spreadsheet: Zone isn't given, and the default can't be loaded: %w", err)
		}
		c.Zone = zone
	}
	if c.Kind != "" {
		if _, ok := labKind(c.Kind); !ok {
			return c, &KindError{Found: c.Kind}
		}
	}
	if c.Mapping == nil {
		c.Mapping = &Mapping{}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c, nil
}

// labKind finds a kind that labs publish: a spreadsheet holds no other.
func labKind(name string) (schemas.Kind, bool) {
	k, known := schemas.KindByName(name)
	return k, known && !k.Programme
}

// labKinds are the kinds that a spreadsheet may hold, in the contract's order.
func labKinds() []schemas.Kind {
	var kinds []schemas.Kind
	for _, k := range schemas.Kinds() {
		if !k.Programme {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
