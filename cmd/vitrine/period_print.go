package main

import (
	"encoding/json"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/schemas"
)

// periodStates are the states of a period, in the order of its life.
func periodStates() []string {
	return []string{clickhouse.PeriodUpcoming, clickhouse.PeriodOpen, clickhouse.PeriodOverdue, clickhouse.PeriodSubmitted,
		clickhouse.PeriodSentBack, clickhouse.PeriodApproved, clickhouse.PeriodReopened}
}

// periodStateName is a state for people, with a sign that doesn't rely on colour.
func (env *environment) periodStateName(state string) string {
	switch state {
	case clickhouse.PeriodUpcoming:
		return env.say("… pas terminée", "… not over")
	case clickhouse.PeriodOpen:
		return env.say("○ à déclarer", "○ to be submitted")
	case clickhouse.PeriodOverdue:
		return env.say("▼ en retard", "▼ overdue")
	case clickhouse.PeriodSubmitted:
		return env.say("● déclarée", "● submitted")
	case clickhouse.PeriodSentBack:
		return env.say("▲ renvoyée", "▲ sent back")
	case clickhouse.PeriodApproved:
		return env.say("✔ validée", "✔ approved")
	default:
		return env.say("▲ rouverte", "▲ reopened")
	}
}

func (env *environment) printPeriods(all []clickhouse.PeriodState, day time.Time) {
	env.line(env.say("Périodes de déclaration au %s : %d", "Reporting periods on %s: %d"), day.Format(time.DateOnly), len(all))
	if len(all) == 0 {
		return
	}
	t := env.newTable(env.say("Fab lab", "Lab"), env.say("Période", "Period"), env.say("Échéance", "Due"), env.say("État", "State"),
		env.say("Déclarée", "Submitted"), env.say("À temps", "On time"), env.say("Validée", "Approved"), env.say("Renvois", "Returns"), env.say("Motif", "Reason"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 8, Align: text.AlignRight}, {Number: 9, WidthMax: 44, WidthMaxEnforcer: folding}})
	for _, p := range all {
		reason := p.Reason
		if p.State == clickhouse.PeriodApproved {
			reason = "" // it is settled
		}
		t.AppendRow(table.Row{p.Lab, periods.Name(p.Period, env.Config.Lang), dayOrDash(p.Due), env.periodStateName(p.State), env.momentOrDash(p.SubmittedAt),
			env.yesNo(p.OnTime), env.momentOrDash(p.ApprovedAt), orDash(p.Reopenings), reason})
	}
	t.Render()
}

func (env *environment) printLook(c *schemas.Catalogue, l *periods.Look) {
	lang := env.Config.Lang
	env.line(env.say("%s, %s (du %s au %s) : %s", "%s, %s (%s to %s): %s"), l.Lab, periods.Name(l.Period, lang), l.Starts.Format(time.DateOnly), l.Ends.Format(time.DateOnly), env.periodStateName(l.State))
	env.line(env.say("Échéance : %s", "Due: %s"), dayOrDash(l.Due))
	for _, e := range l.Story {
		what := map[string]string{"period.submitted": env.say("déclarée", "submitted"), "period.approved": env.say("validée", "approved"),
			"period.reopened": env.say("renvoyée ou rouverte", "sent back or reopened")}[e.Kind]
		if e.Words != "" {
			what += env.say(" : ", ": ") + e.Words
		}
		env.line("  %s  %s", env.momentOrDash(&e.At), what)
	}
	figures := l.Whole()
	if len(figures) > 0 {
		t := env.newTable("", env.say("Indicateur", "Indicator"), env.say("Chiffre de la période", "Figure of the period"))
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 60, WidthMaxEnforcer: folding}, {Number: 3, Align: text.AlignRight}})
		for _, f := range figures {
			name, value := f.Indicator, env.decimalOrDash(f.Value)
			if i, known := c.Lookup(f.Indicator); known {
				name = i.Name.In(lang)
				if f.Value != nil {
					value += env.unit(i.Unit)
				}
			}
			t.AppendRow(table.Row{f.Indicator, name, value})
		}
		t.Render()
	}
	env.line(env.say("%s ; empreinte %s", "%s; digest %s"), env.counted(len(l.Figures), "chiffre, segments compris|chiffres, segments compris", "figure with its segments|figures with their segments"), l.Digest)
	if len(l.Missing) == 0 {
		return
	}
	env.line(env.say("Engagements sans chiffre dans la période : %d", "Commitments without a figure in the period: %d"), len(l.Missing))
	for _, m := range l.Missing {
		name := m.Indicator + " " + schemas.Text{FR: m.NameFR, EN: m.NameEN}.In(lang)
		if m.Segment != "" {
			name += " – " + schemas.SegmentLabel(m.Segment).In(lang)
		}
		env.line("  ○ %s", name)
	}
}

// lookJSON is a look for programs; numbers are texts, so that none is rounded on the way.
func lookJSON(l *periods.Look) map[string]any {
	type figure struct {
		Indicator   string           `json:"indicator"`
		Segment     string           `json:"segment"`
		Value       *decimal.Decimal `json:"value"`
		Numerator   decimal.Decimal  `json:"numerator"`
		Denominator *decimal.Decimal `json:"denominator"`
	}
	figures := []figure{}
	for _, f := range l.Figures {
		figures = append(figures, figure{f.Indicator, f.Segment, f.Value, f.Numerator, f.Denominator})
	}
	return map[string]any{"period": l.PeriodState, "story": l.Story, "figures": figures, "commitments": l.Commitments, "missing": l.Missing, "digest": l.Digest}
}

func (env *environment) printJSON(v any) error {
	out := json.NewEncoder(env.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

func dayOrDash(day *time.Time) string {
	if day == nil {
		return "–"
	}
	return day.Format(time.DateOnly)
}

// momentOrDash is a moment's day in the programme's zone.
func (env *environment) momentOrDash(at *time.Time) string {
	if at == nil {
		return "–"
	}
	return at.In(env.Config.Zone).Format(time.DateOnly)
}

func (env *environment) decimalOrDash(v *decimal.Decimal) string {
	if v == nil {
		return "–"
	}
	return env.number(v.InexactFloat64())
}

func (env *environment) yesNo(v *bool) string {
	switch {
	case v == nil:
		return "–"
	case *v:
		return env.say("oui", "yes")
	}
	return env.say("non", "no")
}
