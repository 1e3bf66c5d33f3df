package reports

import (
	"context"
	"strconv"

	"vitrine/consumers/clickhouse"
)

// labReport makes a lab's report.
func (e *edition) labReport(ctx context.Context, q Question, sheet clickhouse.LabSheet) (*Report, error) {
	m := e.raw.of(sheet, e.span, e.asOf, e.Sources)
	if err := e.takeApart(ctx, m); err != nil {
		return nil, err
	}
	w := e.words
	r := e.newReport(q)
	r.Title = w.Must("title.lab." + e.grain)
	r.Subject = sheet.Name
	r.Head = w.labHead(m)
	r.Sections = []Section{
		w.labSummary(m),
		w.commitments(m.promises, m),
		w.evolution(m),
		w.activity(m),
		w.partners(m),
		w.companies(m),
		w.expenditure(m),
		w.business(m),
		w.adjusted(m),
		w.quality(m),
		w.account(m),
		w.method(m),
	}
	e.sayState(r, m)
	return r, nil
}

// sayState says whether the figures are the approved ones.
func (e *edition) sayState(r *Report, m *material) {
	w := e.words
	switch {
	case m.frozen:
		r.Provisional = false
		r.State = w.Must("approved", "date", w.Date(m.approval.ApprovedAt.In(e.Zone)))
		r.Proof = e.proof("proof.approved", m.approval.Seq)
		if m.approval.Comment != "" {
			r.Head = append(r.Head, Fact{w.Must("head.comment"), foreign(m.approval.Comment)})
		}
	case m.approval != nil:
		r.State = w.Must("freezing", "date", w.Date(m.asOf))
	case m.state != nil:
		r.State = w.Must("provisional.state", "date", w.Date(m.asOf), "state", w.state(m.state.State))
		switch m.state.State {
		case "sent_back":
			r.Head = append(r.Head, Fact{w.Must("head.sentback"), foreign(m.state.Reason)})
		case "reopened":
			r.Head = append(r.Head, Fact{w.Must("head.reopened"), foreign(m.state.Reason)})
		}
	}
}

// proof says what figures were made from.
func (e *edition) proof(key string, sequence uint64) string {
	return e.Must(key, "version", e.Version, "sequence", strconv.FormatUint(sequence, 10), "date", e.Date(e.asOf),
		"catalogue", e.Catalogue.Hash[:min(12, len(e.Catalogue.Hash))])
}

// newReport is a report without its content.
func (e *edition) newReport(q Question) *Report {
	w := e.words
	q.Period, q.Lang = e.name, w.lang
	r := &Report{
		Question: q, Lang: w.lang, Period: w.period(e.starts, e.grain), Starts: e.starts, Ends: e.ends,
		Notice: w.Must("notice"), Made: e.made, MadeText: w.Must("made", "moment", w.Moment(e.made)),
		Provisional: true, State: w.Must("provisional", "date", w.Date(e.asOf)),
		Proof: e.proof("proof", e.raw.sequence),
	}
	return r
}

func (w words) labHead(m *material) Facts {
	head := Facts{
		{w.Must("head.commune"), text(m.sheet.Commune + w.bracketed(m.sheet.Department))},
		{w.Must("head.region"), text(orNone(m.sheet.Region))},
		{w.Must("head.period"), text(w.Must("fromto", "from", w.Date(m.starts), "to", w.Date(m.ends)))},
	}
	if len(m.agreements) == 0 {
		return append(head, Fact{w.Must("head.agreement"), text(w.Must("head.noagreement"))})
	}
	for _, a := range m.agreements {
		head = append(head,
			Fact{w.Must("head.agreement"), text(a.Agreement)},
			Fact{w.Must("head.duration"), text(w.Must("fromto", "from", w.Date(a.Starts), "to", w.Date(a.Ends)))})
		if a.Grant != nil {
			head = append(head, Fact{w.Must("head.grant"), w.num(*a.Grant, "EUR")})
		}
		if a.PlannedBudget != nil {
			head = append(head, Fact{w.Must("head.budget"), w.num(*a.PlannedBudget, "EUR")})
		}
		if a.AidRateCap != nil {
			head = append(head, Fact{w.Must("head.cap"), w.num(*a.AidRateCap, "%")})
		}
	}
	return head
}

func (w words) bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}
