package clickhouse

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"vitrine/consumers/rollup"
)

// Erasure says what is to be erased of a lab.
type Erasure struct {
	Lab string
	// Event is the only event to erase, with all its versions; [uuid.Nil] is all that is known of the lab.
	Event uuid.UUID
	// From is the first message that is erased, UpTo the last that may be: what came later stays.
	From, UpTo uint64
}

func (e Erasure) parameters() clickhouse.Parameters {
	p := clickhouse.Parameters{"lab": e.Lab, "id": "", "to": strconv.FormatUint(e.UpTo, 10)}
	if e.Event != uuid.Nil {
		p["id"] = e.Event.String()
	}
	return p
}

// approvals are those whose frozen figures go: of the lab, those approved so far; of an event, all that may have counted it.
func (e Erasure) approvals() clickhouse.Parameters {
	p := clickhouse.Parameters{"lab": e.Lab, "from": "0", "to": strconv.FormatUint(e.UpTo, 10)}
	if e.Event != uuid.Nil {
		p["from"], p["to"] = strconv.FormatUint(e.From, 10), strconv.FormatUint(math.MaxUint64, 10)
	}
	return p
}

// Erase takes an event, or a lab, out of all tables and computes the lab's other cells anew, by the rules of the catalogue. Nobody else may write
// meanwhile. It may be repeated; one that was interrupted leaves cells away, and must be.
func (s *Store) Erase(ctx context.Context, rules *rollup.Rules, e Erasure) error {
	// What shows a frozen figure goes first, then the figure.
	for _, q := range []string{"erase_snapshot_marks", "erase_snapshot_store", "erase_snapshot_commitment_store"} {
		if err := s.erase(ctx, q, e.approvals()); err != nil {
			return err
		}
	}
	if err := s.forgetWrites(ctx); err != nil {
		return err
	}
	for _, q := range []string{"erase_events", "erase_keys", "erase_versions", "erase_rejections"} {
		if err := s.erase(ctx, q, e.parameters()); err != nil {
			return err
		}
	}
	if err := s.erase(ctx, "erase_cells", clickhouse.Parameters{"lab": e.Lab}); err != nil {
		return err
	}
	cells, err := selectAll[Cell](ctx, s, "erase_lab_cells", clickhouse.Parameters{"lab": e.Lab})
	if err != nil {
		return err
	}
	for done := 0; done < len(cells); done += recomputeAtOnce {
		if err := s.RecomputeWhole(ctx, rules, cells[done:min(done+recomputeAtOnce, len(cells))]); err != nil {
			return err
		}
	}
	return s.NoteWrites(ctx)
}

// RejectedBefore are the messages of the stream of events that are rejected and were received before a time: what [Store.EraseRejections] takes out, in no order.
func (s *Store) RejectedBefore(ctx context.Context, before time.Time) ([]uint64, error) {
	rows, err := selectAll[struct{ StreamSeq uint64 }](ctx, s, "rejections_before", receivedBefore(before))
	seqs := make([]uint64, len(rows))
	for i, r := range rows {
		seqs[i] = r.StreamSeq
	}
	return seqs, err
}

// EraseRejections takes rejections out that were received before a time.
func (s *Store) EraseRejections(ctx context.Context, before time.Time) error {
	return s.erase(ctx, "erase_rejections_before", receivedBefore(before))
}

func receivedBefore(t time.Time) clickhouse.Parameters {
	return clickhouse.Parameters{"before": strconv.FormatInt(t.UnixMilli(), 10)}
}

// Frozen is how many approved periods of a lab have frozen figures that an erasure takes away.
func (s *Store) Frozen(ctx context.Context, e Erasure) (n uint64, err error) {
	if err := s.conn.QueryRow(clickhouse.Context(ctx, clickhouse.WithParameters(e.approvals())), s.query("erase_frozen")).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the frozen periods of %s: %w", e.Lab, err)
	}
	return n, nil
}

// erase runs a mutation and waits until it has rewritten what it concerns, on all servers. ClickHouse removes the former files some minutes later.
func (s *Store) erase(ctx context.Context, query string, p clickhouse.Parameters) (err error) {
	defer s.metrics.observe("erase", time.Now(), &err)
	return s.empty(clickhouse.Context(ctx, clickhouse.WithParameters(p)), query)
}
