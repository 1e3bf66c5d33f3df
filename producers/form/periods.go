package form

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"vitrine/schemas"
)

// Periods are the reporting periods of labs.
type Periods interface {
	// Periods are a lab's, in time's order.
	Periods(ctx context.Context, lab string) ([]Period, error)
	// Figures are those of one period once the lab's last events are counted, [ErrNoPeriod] if there is no such period.
	Figures(ctx context.Context, lab, period string) (PeriodFigures, error)
	// Submit tells the programme that a period's data are complete. An error with a method In([schemas.Lang]) string says
	// why that may not be, and is shown to the person; any other is taken as one that passes.
	Submit(ctx context.Context, lab, period string) error
}

// ErrNoPeriod says that a lab has no such period.
var ErrNoPeriod = errors.New("form: the lab has no such period")

// Period is a reporting period of a lab, with the values of period_states.
type Period struct {
	Period      string     // "2026-Q1" or "2026-03"
	Due         *time.Time // the last day to submit it on; nil: nobody asks for it any more
	State       string
	SubmittedAt *time.Time
	Reason      string // why it was sent back or reopened last
}

// open says that it is the lab's turn.
func (p Period) open() bool {
	return slices.Contains([]string{"open", "overdue", "sent_back", "reopened"}, p.State)
}

// PeriodFigures is a period with what would be submitted.
type PeriodFigures struct {
	Period
	Figures []PeriodFigure
	// Missing are the commitments that the period has no figure of.
	Missing []schemas.Text
}

// PeriodFigure is an indicator's figure of a period.
type PeriodFigure struct {
	Name  schemas.Text
	Value *float64 // nil: a ratio of nothing
	Unit  string
}

// periodStates are those of the contract.
func periodStates() []string {
	return []string{"upcoming", "open", "overdue", "submitted", "sent_back", "approved", "reopened"}
}

// periodRow is a period as shown.
type periodRow struct {
	Name, State, Due, Reason, Href string
	Tag                            string // how the state is drawn
	Urgent                         bool   // its date has passed, or it came back
	Open                           bool
}

func (t texts) period(p Period, zone *time.Location) periodRow {
	row := periodRow{Name: p.Period, State: p.State, Open: p.open(), Urgent: p.State == "overdue" || p.State == "sent_back" || p.State == "reopened"}
	if t.lang == schemas.French {
		row.Name = strings.Replace(p.Period, "-Q", "-T", 1)
	}
	if slices.Contains(periodStates(), p.State) {
		row.State = t.must("periods.state." + p.State)
	}
	switch p.State {
	case "approved":
		row.Tag = "good"
	case "submitted", "upcoming": // nothing wants the lab's attention
		row.Tag = "source"
	}
	switch submitted := p.State == "submitted" || p.State == "approved"; {
	case submitted && p.SubmittedAt != nil:
		row.Due = t.must("periods.submitted", "date", t.date(p.SubmittedAt.In(zone)))
	case !submitted && p.Due != nil:
		row.Due = t.must("periods.due", "date", t.date(*p.Due))
	}
	if p.State == "sent_back" || p.State == "reopened" {
		row.Reason = p.Reason
	}
	return row
}

// How many periods the start page lists that don't want anything of the lab.
const periodsShown = 4

// periodsOf are the lab's periods for the start page: those that wait for it first, then the last others that have begun.
func (h *Handler) periodsOf(v *visit, p page) []periodRow {
	if h.config.Periods == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	list, err := h.config.Periods.Periods(ctx, v.session.lab)
	if err != nil {
		h.missed(v, "the periods", err)
		return nil
	}
	var waiting, others []periodRow
	for _, period := range list {
		row := v.texts.period(period, v.zone)
		row.Href = p.Link("/submit/periods/" + period.Period)
		switch {
		case row.Open:
			waiting = append(waiting, row)
		case period.State == "upcoming": // the next one alone
			if len(others) == 0 || others[len(others)-1].State != row.State {
				others = append(others, row)
			}
		default:
			others = append(others, row)
		}
	}
	if len(others) > periodsShown {
		others = others[len(others)-periodsShown:]
	}
	slices.Reverse(others)
	return append(waiting, others...)
}

type periodPage struct {
	page
	Row     periodRow
	Figures []shownFigure
	Missing []string
	Action  string
	Notice  string
}

type shownFigure struct{ Name, Value string }

func (h *Handler) period(v *visit) { h.showPeriod(v, http.StatusOK, "") }

func (h *Handler) showPeriod(v *visit, status int, notice string) {
	if h.config.Periods == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	read, err := h.config.Periods.Figures(ctx, v.session.lab, v.r.PathValue("period"))
	switch {
	case errors.Is(err, ErrNoPeriod):
		h.problem(v, http.StatusNotFound, "404")
		return
	case err != nil:
		h.unavailable(v, "a period's figures couldn't be read", err)
		return
	}
	p := periodPage{page: h.newPage(v, "periods.title", "/submit/periods/"+read.Period.Period), Row: v.texts.period(read.Period, v.zone), Notice: notice}
	p.Action = p.Link("/submit/periods/" + read.Period.Period)
	for _, f := range read.Figures {
		shown := shownFigure{Name: v.texts.say(f.Name), Value: "–"}
		if f.Value != nil {
			shown.Value = v.texts.value(*f.Value, f.Unit)
		}
		p.Figures = append(p.Figures, shown)
	}
	for _, m := range read.Missing {
		p.Missing = append(p.Missing, v.texts.say(m))
	}
	h.show(v, status, "period", p)
}

func (h *Handler) submitPeriod(v *visit) {
	period := v.r.PathValue("period")
	if h.config.Periods == nil {
		h.problem(v, http.StatusNotFound, "404")
		return
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.PublishTimeout+h.config.ReadTimeout)
	defer cancel()
	err := h.config.Periods.Submit(ctx, v.session.lab, period)
	var said interface {
		error
		In(l schemas.Lang) string
	}
	switch {
	case err == nil:
		v.redirect("/submit/periods/" + period)
	case errors.Is(err, ErrNoPeriod):
		h.problem(v, http.StatusNotFound, "404")
	case errors.Is(err, ErrRemaking):
		h.unavailable(v, "a period couldn't be submitted", err)
	case errors.As(err, &said):
		h.showPeriod(v, http.StatusConflict, typeset(said.In(v.texts.lang), v.texts.lang))
	default:
		h.unavailable(v, "a period couldn't be submitted", err)
	}
}
