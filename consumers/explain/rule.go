package explain

import (
	"time"

	"vitrine/schemas"
)

// Rule is how contributions become a figure.
type Rule string

// The rules.
const (
	Sum        Rule = "sum"        // amounts of the period are added
	Distinct   Rule = "distinct"   // each reference of the period counts once
	First      Rule = "first"      // each reference counts in the period that it first appears in
	Max        Rule = "max"        // the highest amount of the period
	Ratio      Rule = "ratio"      // numerator ÷ denominator, over the period
	Cumulative Rule = "cumulative" // numerator ÷ denominator, since the beginning
	Rolling    Rule = "rolling"    // numerator ÷ denominator, over the last months
	Repeat     Rule = "repeat"     // references seen in two or more quarters of the last months ÷ all seen
	Last       Rule = "last"       // what was said last
	Age        Rule = "age"        // the days since the last event
	Stock      Rule = "stock"      // the references that are active at the end
	Kinds      Rule = "kinds"      // the different segments among the references that are active at the end
)

func ruleOf(i *schemas.Indicator) Rule {
	switch {
	case i.First:
		return First
	case i.Age:
		return Age
	case i.Counts != "":
		return Kinds
	case i.Aggregation == schemas.AggStock && i.Numerator[0].State != "":
		return Stock
	case i.Aggregation == schemas.AggLast, i.Aggregation == schemas.AggStock:
		return Last
	case i.Window == schemas.WindowCumulative:
		return Cumulative
	case i.Repeat:
		return Repeat
	case i.Window == schemas.WindowRolling:
		return Rolling
	}
	return Rule(i.Aggregation)
}

// beginning is before every event, and the first day of ClickHouse's Date.
var beginning = time.Unix(0, 0).UTC()

// window gives the days from..to that a figure counts; from is zero where that is all since the beginning.
// What is needed to tell what counts begins at readFrom. To lies before the period where it has no figure yet.
func (a *Answer) window() (from, readFrom, to time.Time) {
	p, end := a.Period, a.Period.End()
	known := earlier(end, a.AsOf)
	switch a.Rule {
	case First:
		return p.Start, beginning, end
	case Cumulative, Last, Age, Stock, Kinds:
		return time.Time{}, beginning, known
	case Rolling:
		periods := a.Indicator.Months
		if p.Grain == Quarter {
			periods /= 3
		}
		from = p.plus(1 - periods).Start
		return from, from, known
	case Repeat:
		// A quarter counts in the periods that end within the months from its start.
		from = PeriodOf(Quarter, p.Next().Start.AddDate(0, -a.Indicator.Months, 0)).Start
		if from.AddDate(0, a.Indicator.Months, 0).Before(p.Next().Start) {
			from = from.AddDate(0, 3, 0)
		}
		return from, from, known
	}
	return p.Start, p.Start, end
}

// RuleOf says how an indicator's contributions become its figure.
func RuleOf(i *schemas.Indicator) Rule { return ruleOf(i) }

// Reach is the first and the last day whose events may decide an indicator's figure over a period, looked at from its end.
func Reach(i *schemas.Indicator, p Period) (from, to time.Time) {
	a := Answer{Question: Question{Indicator: i, Period: p, AsOf: p.End()}, Rule: ruleOf(i)}
	_, from, to = a.window()
	return from, to
}
