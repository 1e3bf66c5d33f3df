package gateway

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"
)

// StatusReader reads how labs stand against their commitments.
type StatusReader interface {
	// Programme is all labs' status today, in the order of their slugs.
	Programme(ctx context.Context) (ProgrammeStatus, error)
}

// EventReader reads events back.
type EventReader interface {
	// Versions are all versions of an event that were ever accepted, the oldest first; none if there is no such event.
	Versions(ctx context.Context, lab string, id uuid.UUID) ([]EventVersion, error)
	// Recent are a lab's events by their latest versions, retracted ones too, the latest in the stream
	// first: at most limit, of those before a sequence in the stream (0: from the end).
	Recent(ctx context.Context, lab string, limit int, before uint64) ([]EventVersion, error)
}

// Exporter writes a relation out.
type Exporter interface {
	// Export gives the rows of a relation, one of [ExportRelations], in a format, one of [ExportFormats].
	// lab "" is all labs. Reading fails where the export breaks off. The caller closes it.
	Export(ctx context.Context, relation, format, lab string) (io.ReadCloser, error)
}

// ExportRelations are what may be exported.
func ExportRelations() []string {
	return []string{"commitment_status", "events", "indicators", "kpi_daily", "kpi_monthly", "kpi_quarterly", "labs"}
}

// ExportFormats are the formats of exports, by their names' endings, with their media types.
func ExportFormats() map[string]string {
	return map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
}

// ProgrammeStatus is how all labs stand on a day.
type ProgrammeStatus struct {
	AsOf string      `json:"as_of"` // YYYY-MM-DD in the programme's zone
	Labs []LabStatus `json:"labs"`
}

// LabStatus is how a lab stands on a day.
type LabStatus struct {
	AsOf           string       `json:"as_of"`
	Lab            string       `json:"lab"`
	Name           string       `json:"name"`
	Commune        string       `json:"commune"`
	Region         string       `json:"region"`
	WorstStatus    string       `json:"worst_status"`
	MeanStatus     string       `json:"mean_status"`
	Events         uint64       `json:"events"`
	LastEvent      *time.Time   `json:"last_event"`
	SilentDays     *int64       `json:"silent_days"`
	OverduePeriods uint64       `json:"overdue_periods"`
	Commitments    []Commitment `json:"commitments"`
}

// Commitment is one commitment of a lab and how it stands; figures are in Unit.
type Commitment struct {
	Indicator string   `json:"indicator"`
	NameFR    string   `json:"name_fr"`
	NameEN    string   `json:"name_en"`
	Unit      string   `json:"unit"`
	Segment   string   `json:"segment"`
	Target    float64  `json:"target"`
	Baseline  *float64 `json:"baseline"`
	Actual    *float64 `json:"actual"`
	Percent   *float64 `json:"percent"`
	Expected  float64  `json:"expected"`
	Pace      *float64 `json:"pace"`
	Projected *float64 `json:"projected"`
	// The range of Projected, and what each month left must bring to reach Target; nil where there is none.
	ProjectedLow   *float64 `json:"projected_low"`
	ProjectedHigh  *float64 `json:"projected_high"`
	NeededPerMonth *float64 `json:"needed_per_month"`
	Direction      string   `json:"direction"`   // up, down or cap; "" if the catalogue hasn't the indicator
	Aggregation    string   `json:"aggregation"` // "" if the catalogue hasn't the indicator
	Status         string   `json:"status"`
	From           string   `json:"from_date"`
	Due            string   `json:"due_date"`
}

// EventVersion is one version of an event.
type EventVersion struct {
	Lab        string          `json:"lab"`
	ID         uuid.UUID       `json:"id"`
	Revision   uint32          `json:"revision"`
	StreamSeq  uint64          `json:"stream_seq"`
	Kind       string          `json:"kind"`
	Source     string          `json:"source"`
	OccurredAt time.Time       `json:"occurred_at"`
	Retracted  bool            `json:"retracted"`
	Reason     string          `json:"reason,omitempty"`
	ReceivedAt time.Time       `json:"received_at"`
	Data       json.RawMessage `json:"data,omitempty"` // absent where a retraction has none
}
