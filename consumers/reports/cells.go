package reports

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/internal/pages"
)

func text(s string) Cell { return Cell{Text: s} }

// foreign is text that a lab wrote.
func foreign(s string) Cell {
	if s == "" {
		return Cell{Text: none}
	}
	return Cell{Text: s, Foreign: true}
}

func (w words) num(v decimal.Decimal, unit string) Cell {
	return Cell{Text: w.value(v, unit), Number: &v, Unit: unit}
}

func (w words) opt(v *decimal.Decimal, unit string) Cell {
	if v == nil {
		return Cell{Text: none}
	}
	return w.num(*v, unit)
}

func (w words) diff(v decimal.Decimal, unit string) Cell {
	return Cell{Text: w.signed(v, unit), Number: &v, Unit: unit}
}

// compared are what was approved, what is today and the difference, with as many decimals as they take to add up.
func (w words) compared(a adjustment, unit string) (approved, now, difference Cell) {
	places := pages.Compared(decimals(decimal.Zero, unit), a.Approved, a.Now, a.Difference)
	write := func(v *decimal.Decimal, unit string) Cell {
		if v == nil {
			return text(none)
		}
		return Cell{Text: w.valueTo(*v, unit, places), Number: v, Unit: unit, Places: &places}
	}
	approved, now, difference = write(a.Approved, unit), write(a.Now, unit), write(a.Difference, pages.UnitOfDifference(unit))
	if a.Difference != nil && a.Difference.IsPositive() {
		difference.Text = "+" + difference.Text
	}
	return approved, now, difference
}

func (w words) count(n uint64) Cell { return w.num(decimal.NewFromUint64(n), "") }

// some is a count in a table where most are 0.
func (w words) some(n uint64) Cell {
	if n == 0 {
		return Cell{Text: "·"}
	}
	return w.count(n)
}

func (w words) date(t time.Time) Cell {
	if t.IsZero() {
		return Cell{Text: none}
	}
	return Cell{Text: w.day(t), Date: t}
}

// dayOf is a moment's day.
func (w words) dayOf(at time.Time) Cell {
	y, m, d := at.In(w.zone).Date()
	return w.date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

func (w words) statusCell(code string) Cell { return Cell{Text: w.status(code), Status: code} }

func (w words) stateCell(code string) Cell { return Cell{Text: w.state(code), Status: code} }

// exactly takes back the decimal of at most six places that a float was made of.
func exactly(v float64) decimal.Decimal {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return decimal.Zero
	}
	return decimal.NewFromFloat(v).Round(6)
}

func exactlyOpt(v *float64) *decimal.Decimal {
	if v == nil {
		return nil
	}
	d := exactly(*v)
	return &d
}

func line(cells ...Cell) Row { return Row{Cells: cells} }
