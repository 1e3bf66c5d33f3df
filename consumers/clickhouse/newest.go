package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Position is a message's place in the stream.
type Position struct {
	StreamSeq  uint64
	ReceivedAt time.Time // when the stream stored it, to the millisecond
}

// Newest are the last n messages that were stored or rejected, the newest first; none in an empty
// database. It reads two columns of all versions: ask at a start or for a report, not at each batch.
func (s *Store) Newest(ctx context.Context, n uint8) ([]Position, error) {
	return selectAll[Position](ctx, s, "newest", clickhouse.Parameters{"n": strconv.Itoa(int(n))})
}
