package reports

import (
	"time"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// material is what is known of a lab for a report.
type material struct {
	span
	// asOf is the day that the figures are looked at from: the period's last, or today in a period that goes on.
	asOf      time.Time
	catalogue *schemas.Catalogue
	sheet     clickhouse.LabSheet
	// agreements are those that had begun by the period's end, the latest first; where none had, the first one.
	agreements []clickhouse.AgreementSheet
	figures    map[slice]clickhouse.Figure // of the period
	months     map[slice]map[time.Time]clickhouse.Figure
	promises   []promise
	series     []promise // the same at the ends of months
	items      []clickhouse.Item
	conduct    clickhouse.Conduct
	counted    map[string]clickhouse.Counted // by indicator
	rejected   uint64                        // rejected events that wait
	overdue    uint64                        // periods that the lab should have submitted, today
	// state is the period's; nil if nobody asks for it and nobody told of it.
	state *clickhouse.PeriodState
	// approval is the one in force; nil if there is none, or if it is later than asOf. frozen says that figures and
	// promises are those that it froze.
	approval    *clickhouse.Approval
	frozen      bool
	adjustments []adjustment
}

// approvalSeq is where the stream tells the approval in force first; 0 without one.
func (m *material) approvalSeq() uint64 {
	if m.approval == nil {
		return 0
	}
	return m.approval.Seq
}

// silent is how many days before the period's end the last activity lies; nil if there was none.
func (m *material) silent() *int64 {
	v := m.figure("Q01", "")
	if v == nil {
		return nil
	}
	days := v.IntPart()
	return &days
}

// worst is the commitments' worst status; "no_data" where none has a verdict.
func (m *material) worst() string {
	n := tally(m.promises)
	n["achieved"], n["missed"] = n["achieved"]+n["within"], n["missed"]+n["exceeded"]
	for _, status := range []string{"missed", "late", "at_risk", "on_track", "achieved"} {
		if n[status] > 0 {
			return status
		}
	}
	if n["not_started"] > 0 && n["no_data"] == 0 {
		return "not_started"
	}
	return "no_data"
}

// agreement is the one of the period: the latest; nil if there is none.
func (m *material) agreement() *clickhouse.AgreementSheet {
	if len(m.agreements) == 0 {
		return nil
	}
	return &m.agreements[0]
}

// total is what an amount comes to over the agreements, as what was paid and received is that of all of them; nil if none has it.
func (m *material) total(amount func(clickhouse.AgreementSheet) *decimal.Decimal) *decimal.Decimal {
	var sum *decimal.Decimal
	for _, a := range m.agreements {
		if v := amount(a); v != nil {
			sum = new(orZero(sum).Add(*v))
		}
	}
	return sum
}

// granted is what the programme grants.
func (m *material) granted() *decimal.Decimal {
	return m.total(func(a clickhouse.AgreementSheet) *decimal.Decimal { return a.Grant })
}

// planned is the eligible budget: the one that the budget execution rate goes by, as approved where the period is.
func (m *material) planned() *decimal.Decimal {
	if f := m.figures[slice{"I02", ""}]; !orZero(f.Denominator).IsZero() {
		return f.Denominator
	}
	return m.total(func(a clickhouse.AgreementSheet) *decimal.Decimal { return a.PlannedBudget })
}

// ceiling is the highest aid rate; nil if there is none.
func (m *material) ceiling() *decimal.Decimal {
	if a := m.agreement(); a != nil {
		return a.AidRateCap
	}
	return nil
}

// paid is the eligible expenditure paid since the start.
func (m *material) paid() decimal.Decimal {
	if f, ok := m.figures[slice{"I02", ""}]; ok {
		return f.Numerator
	}
	return m.sinceStart("I01", "")
}

// slice is an indicator in a segment; "" is the whole.
type slice struct{ indicator, segment string }

// figure is a figure of the period; nil if there is none.
func (m *material) figure(indicator, segment string) *decimal.Decimal {
	if f, ok := m.figures[slice{indicator, segment}]; ok {
		return f.Value
	}
	return nil
}

// figureOrZero is what a count or sum amounts to where nothing was said.
func (m *material) figureOrZero(indicator, segment string) decimal.Decimal {
	if v := m.figure(indicator, segment); v != nil {
		return *v
	}
	return decimal.Zero
}

// parts are the segments of a dimension in which an indicator has a figure of the period.
func (m *material) parts(indicator, dimension string) []string {
	var segments []string
	for key := range m.figures {
		if key.indicator == indicator && dimensionOf(key.segment) == dimension {
			segments = append(segments, key.segment)
		}
	}
	return segments
}

// sinceStart sums an indicator's months up to the period's end.
func (m *material) sinceStart(indicator, segment string) decimal.Decimal {
	sum := decimal.Zero
	for month, f := range m.months[slice{indicator, segment}] {
		if !month.After(m.asOf) && f.Value != nil {
			sum = sum.Add(*f.Value)
		}
	}
	return sum
}

// indicator is the catalogue's; one that it doesn't have any more goes by its code.
func (m *material) indicator(code string) *schemas.Indicator {
	if i, ok := m.catalogue.Lookup(code); ok {
		return i
	}
	return &schemas.Indicator{Code: code, Name: schemas.Text{FR: code, EN: code}}
}

// empty says that nothing at all is known of the period.
func (m *material) empty() bool { return m.conduct.Events == 0 && m.conduct.Retracted == 0 }
