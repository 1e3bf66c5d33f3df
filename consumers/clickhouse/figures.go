package clickhouse

import (
	"context"
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
	return selectAll[Figure](ctx, s, "figures_"+grain, clickhouse.Parameters{"lab": lab})
}
