package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"
)

// Figure is one row of kpi_daily, kpi_monthly or kpi_quarterly.
type Figure struct {
	Lab, Indicator string
	Period         time.Time // its first day
	Segment        string    // "" is the whole
	Value          *decimal.Decimal
	Numerator      decimal.Decimal
	Denominator    *decimal.Decimal
}

// Figures are a lab's figures by period: "day", "month" or "quarter".
func (s *Store) Figures(ctx context.Context, grain, lab string) ([]Figure, error) {
	var out []Figure
	err := s.conn.Select(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"lab": lab})), &out, s.query("figures_"+grain))
	if err != nil {
		return nil, fmt.Errorf("read the figures of %s by %s: %w", lab, grain, err)
	}
	return out, nil
}
