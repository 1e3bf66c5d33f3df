package fabmanager

import (
	"net/url"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// books are a month's revenue, in millionths of a euro.
type books struct {
	streams map[string]int64
	own     int64
	company int64
	// unknown says that there is a customer of whom it isn't known whether it is a company.
	unknown bool
}

// finances tells each month's own revenue: credit less debit of the revenue accounts' item lines,
// without VAT. Refunds are debits. The lines' ids change whenever Fab-manager rebuilds them, so
// the month is the record.
func (s *session) finances() error {
	query := url.Values{"type": {"item"}}
	if !s.r.Since.IsZero() {
		query.Set("after", importers.MonthOf(s.r.Since, s.cfg.Zone).Start().Format(time.RFC3339))
	}
	lines, err := s.accounts(s.ctx, query)
	if err != nil {
		return s.report(err)
	}
	if len(lines.broken) > 0 {
		return s.report(lines.broken...) // no figure rather than a wrong one
	}
	s.lines = lines.records
	return s.revenue(lines.records, "accounting")
}

// revenue tells the months' revenue of accounting lines; origin is where they stand.
func (s *session) revenue(lines []*line, origin string) error {
	months, first, last := map[string]*books{}, time.Time{}, time.Time{}
	items := 0
	for _, l := range lines {
		if l.Type != "item" {
			continue
		}
		items++
		stream, isRevenue := s.cfg.Mapping.stream(l.Account, l.Label)
		if !isRevenue {
			continue
		}
		if first.IsZero() || l.date.Before(first) {
			first = l.date
		}
		if l.date.After(last) {
			last = l.date
		}
		month := importers.MonthOf(l.date, s.cfg.Zone).String()
		if months[month] == nil {
			months[month] = &books{streams: map[string]int64{}}
		}
		s.enter(months[month], l, stream)
	}
	if len(months) == 0 {
		if items > 0 && len(s.cfg.Mapping.Accounts) == 0 {
			return s.report(noRevenueAccount(origin))
		}
		return nil // a lab that doesn't invoice with Fab-manager
	}
	return s.tellMonths(months, first, last, origin)
}

func (s *session) enter(b *books, l *line, stream string) {
	amount := l.Credit.Micros() - l.Debit.Micros()
	b.own += amount
	b.streams[stream] += amount
	if l.User == nil || l.User.Profile == nil {
		b.unknown = true
		return
	}
	switch company, known := s.companies[*l.User.Profile]; {
	case !known:
		b.unknown = true
	case company:
		b.company += amount
	}
}

// tellMonths tells the months from the first line's to the last's: before and after them the lab
// may have kept its accounts elsewhere.
func (s *session) tellMonths(months map[string]*books, first, last time.Time, origin string) error {
	var drafts []draft
	for month := range importers.Months(s.r, first, s.now, s.cfg.Zone) {
		if month.End().Before(first) || month.Start().After(last) {
			continue
		}
		b := months[month.String()]
		if b == nil {
			b = &books{}
		}
		d, err := s.draft("finances/"+month.String(), month.Stamp(), b.report(), origin, "revenue of "+month.String())
		if err != nil {
			return err
		}
		drafts = append(drafts, d)
	}
	return s.emit(drafts)
}

func (b *books) report() schemas.FinancePeriodReported {
	data := schemas.FinancePeriodReported{OwnRevenue: schemas.Micros(b.own)}
	for _, stream := range revenueStreams() {
		if amount := b.streams[stream]; amount != 0 {
			data.Revenues = append(data.Revenues, schemas.Revenue{Stream: stream, Amount: schemas.Micros(amount)})
		}
	}
	// Left out rather than too low; more than the whole it can be when others were refunded.
	if !b.unknown && b.company <= b.own {
		company := schemas.Micros(b.company)
		data.CompanyRevenue = &company
	}
	return data
}

func noRevenueAccount(origin string) error {
	what := schemas.Text{
		FR: "aucun compte ne commence par 7 : indiquez les comptes de recettes sous « accounts » dans le fichier de correspondance (--mapping)",
		EN: "no account begins with 7: name the revenue accounts under `accounts` in the mapping file (--mapping)"}
	return &importers.RecordError{Origin: origin, Field: "account_code", What: what}
}
