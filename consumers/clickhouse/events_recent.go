package clickhouse

import (
	"context"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// RecentEvents are a lab's events by their latest versions, retracted ones too, the latest in the stream first:
// at most limit, of those before a sequence in the stream; 0 is from the end.
func (s *Store) RecentEvents(ctx context.Context, lab string, limit int, before uint64) ([]VersionOf, error) {
	return selectAll[VersionOf](ctx, s, "events_recent", clickhouse.Parameters{
		"lab": lab, "limit": strconv.Itoa(limit), "before": strconv.FormatUint(before, 10),
	})
}
