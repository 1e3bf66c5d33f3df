package clickhouse

import (
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Row is one version of an event as it is stored. What it contributes follows from it and from the catalogue.
type Row struct {
	Lab, Kind   string
	ID          uuid.UUID
	Version     Version
	Retracted   bool
	Superseded  bool // the event now stands under another kind or day; Version is that one's
	Source      string
	Reason      string
	Place       rollup.Place
	ReceivedAt  time.Time
	Measures    []Measure
	Segments    []Segment
	CompanyRefs []string
	Data        []byte // JSON
}

func (r *Row) event() EventID { return EventID{r.Lab, r.ID} }

// Measure is one of the numbers in an event's data, Segment one of its codes, each by its field's name.
type (
	Measure struct {
		Name   string
		Amount schemas.Decimal
	}
	Segment struct{ Name, Code string }
)

// Version orders an event's versions: by revision, then by sequence in the stream.
type Version struct {
	Revision  uint32
	StreamSeq uint64
}

// Less says whether v is the older.
func (v Version) Less(o Version) bool {
	return v.Revision < o.Revision || v.Revision == o.Revision && v.StreamSeq < o.StreamSeq
}

// Cell is what is recomputed and written as a unit.
type Cell struct {
	Lab, Kind string
	LocalDay  time.Time // midnight UTC
}

// EventID identifies an event.
type EventID struct {
	Lab string
	ID  uuid.UUID
}

// Rejection is an event that can't be accepted, with why.
type Rejection struct {
	StreamSeq     uint64
	Lab, Kind, ID string
	Code, Field   string
	Reason        schemas.Text
	Subject       string
	ReceivedAt    time.Time
	Raw           string
}
