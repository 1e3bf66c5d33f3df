package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// States of a rejection.
const (
	StateOpen      = "open"
	StateReplayed  = "replayed"
	StateDiscarded = "discarded"
)

// Resolution is what became of a rejected event.
type Resolution struct {
	StreamSeq  uint64 // of what was rejected
	MarkedSeq  uint64 // in VITRINE_REJECTED, of what says so: the last one counts
	State      string // StateReplayed or StateDiscarded
	ReplayedAs uint64 // the sequence under which it was accepted; 0 if it was discarded
	Reason     string // why it was discarded
	ResolvedAt time.Time
}

// InsertResolutions writes down what became of rejected events; the same ones again change nothing.
func (s *Store) InsertResolutions(ctx context.Context, resolutions []Resolution) (err error) {
	if len(resolutions) == 0 {
		return nil
	}
	defer s.metrics.observe("insert resolutions", time.Now(), &err)
	batch, err := s.conn.PrepareBatch(ctx, s.query("resolution_insert"))
	if err != nil {
		return fmt.Errorf("insert %d resolutions: %w", len(resolutions), err)
	}
	defer batch.Close()
	for _, r := range resolutions {
		if err := batch.Append(r.StreamSeq, r.MarkedSeq, r.State, r.ReplayedAs, r.Reason, r.ResolvedAt); err != nil {
			return fmt.Errorf("insert resolution of message %d: %w", r.StreamSeq, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert %d resolutions: %w", len(resolutions), err)
	}
	s.metrics.rows.WithLabelValues("resolutions").Add(float64(len(resolutions)))
	return nil
}

// LastResolution is the highest MarkedSeq that was written down; 0 if there is none.
func (s *Store) LastResolution(ctx context.Context) (seq uint64, err error) {
	if err := s.conn.QueryRow(ctx, s.query("resolution_last")).Scan(&seq); err != nil {
		return 0, fmt.Errorf("read the last resolution: %w", err)
	}
	return seq, nil
}

// ClearResolutions forgets what became of rejected events. The stream has it.
func (s *Store) ClearResolutions(ctx context.Context) error {
	if err := s.empty(ctx, "clear_resolutions"); err != nil {
		return fmt.Errorf("clear the resolutions: %w", err)
	}
	return nil
}

// RejectionFilter picks rejections. A zero field picks all.
type RejectionFilter struct {
	Seqs             []uint64 // sequences in VITRINE_EVENTS
	Lab, Kind, Code  string
	Field            string // a path, and what lies in it; "data.companies[].siren" is that of every item
	State            string
	Received, Before time.Time // received from the first on, before the second
	Limit            uint64    // the newest so many; FindRejections only
}

func (f RejectionFilter) parameters() clickhouse.Parameters {
	seqs := make([]string, len(f.Seqs))
	for i, seq := range f.Seqs {
		seqs[i] = strconv.FormatUint(seq, 10)
	}
	since, until, limit := int64(0), int64(math.MaxInt64), uint64(math.MaxUint32)
	if !f.Received.IsZero() {
		since = f.Received.UnixMilli()
	}
	if !f.Before.IsZero() {
		until = f.Before.UnixMilli()
	}
	if f.Limit > 0 {
		limit = f.Limit
	}
	return clickhouse.Parameters{
		"seqs": "[" + strings.Join(seqs, ",") + "]", "lab": f.Lab, "kind": f.Kind, "code": f.Code, "field": f.Field, "state": f.State,
		"since": strconv.FormatInt(since, 10), "until": strconv.FormatInt(until, 10), "limit": strconv.FormatUint(limit, 10),
	}
}

// RejectedEvent is a row of rejections without the raw text.
type RejectedEvent struct {
	StreamSeq        uint64     `json:"stream_seq"`
	Lab              string     `json:"lab"`
	Kind             string     `json:"kind"`
	ID               string     `json:"id"`
	Code             string     `json:"code"`
	Field            string     `json:"field"`
	ReasonEN         string     `json:"reason"`
	ReasonFR         string     `json:"reason_fr"`
	Subject          string     `json:"subject"`
	ReceivedAt       time.Time  `json:"received_at"`
	State            string     `json:"state"`
	ResolvedAt       *time.Time `json:"resolved_at"`
	ReplayedAs       *uint64    `json:"replayed_as"`
	ResolutionReason string     `json:"resolution_reason"`
}

// FindRejections are the rejections that match, the oldest first.
func (s *Store) FindRejections(ctx context.Context, f RejectionFilter) ([]RejectedEvent, error) {
	return selectAll[RejectedEvent](ctx, s, "rejections_find", f.parameters())
}

// RejectionCount is how many rejections there are in each state.
type RejectionCount struct {
	Key       string    `json:"key"`
	Open      uint64    `json:"open"`
	Replayed  uint64    `json:"replayed"`
	Discarded uint64    `json:"discarded"`
	Last      time.Time `json:"last"` // when the last one was received
}

// CountRejections counts the rejections that match by "lab", "code" or "field", most open ones first;
// by "" all together, which is no row where there is none.
func (s *Store) CountRejections(ctx context.Context, by string, f RejectionFilter) ([]RejectionCount, error) {
	parameters := f.parameters()
	delete(parameters, "limit")
	parameters["by"] = by
	return selectAll[RejectionCount](ctx, s, "rejections_count", parameters)
}

// RejectedRaw is what is kept of a rejected event's text, redacted and cut.
func (s *Store) RejectedRaw(ctx context.Context, seq uint64) (raw string, err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"seq": strconv.FormatUint(seq, 10)}))
	if err := s.conn.QueryRow(ctx, s.query("rejection_raw")).Scan(&raw); err != nil {
		return "", fmt.Errorf("read what was rejected as message %d: %w", seq, err)
	}
	return raw, nil
}

// Overtaken is the version that was accepted of an event and that is later than the one of this revision
// sent at seq; false if there is none. Publishing that one anew would put it before, or be in vain.
func (s *Store) Overtaken(ctx context.Context, lab string, id uuid.UUID, revision uint32, seq uint64) (v Version, overtaken bool, err error) {
	versions, err := selectAll[Version](ctx, s, "overtaken", clickhouse.Parameters{
		"lab": lab, "id": id.String(), "revision": strconv.FormatUint(uint64(revision), 10), "seq": strconv.FormatUint(seq, 10)})
	if err != nil || len(versions) == 0 {
		return Version{}, false, err
	}
	return versions[0], true, nil
}

// IsOutOfDate says that the database's schema is older than this program's: it must be migrated.
func IsOutOfDate(err error) bool {
	var exception *clickhouse.Exception
	return errors.As(err, &exception) && (exception.Code == codeUnknownIdentifier || exception.Code == codeUnknownTable)
}
