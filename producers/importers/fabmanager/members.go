package fabmanager

import (
	"maps"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// members tells at each month's end how many people had a subscription that ran.
func (s *session) members() error {
	subscriptions, err := walk(s.ctx, s.source, "subscriptions", nil, func() *subscription { return &subscription{} })
	if err != nil {
		return err
	}
	plans, err := walk(s.ctx, s.source, "plans", nil, func() *plan { return &plan{} })
	if err != nil {
		return err
	}
	if err := s.report(plans.broken...); err != nil {
		return err
	}
	if len(subscriptions.broken) > 0 {
		return s.report(subscriptions.broken...) // no figure rather than a wrong one
	}
	if len(subscriptions.records) == 0 {
		return nil // a lab that doesn't use them; it may report its members otherwise
	}
	groups := map[int64]int64{}
	for _, p := range plans.records {
		groups[p.key()] = deref(p.GroupID)
	}
	first := slices.MinFunc(subscriptions.records, func(a, b *subscription) int { return a.created.Compare(b.created) }).created
	var drafts []draft
	for month := range importers.Months(s.r, first, s.now, s.cfg.Zone) {
		d, err := s.draft("members/"+month.String(), month.Stamp(), s.count(subscriptions.records, groups, month.End()),
			"subscriptions", "members at the end of "+month.String())
		if err != nil {
			return err
		}
		drafts = append(drafts, d)
	}
	return s.emit(drafts)
}

// count counts the people with a subscription at a month's end, by the group that their plan is
// for: it says what they were then, while a person's group is today's.
func (s *session) count(subscriptions []*subscription, groups map[int64]int64, end time.Time) schemas.MembershipCountReported {
	at := end.Add(-time.Nanosecond)
	data := schemas.MembershipCountReported{}
	counted := map[int64]bool{}
	byType := map[string]int64{}
	for _, sub := range subscriptions {
		// A member who renewed early has two; a deleted member has no id left and can't have been told from others.
		if !sub.active(at) || sub.UserID != nil && counted[*sub.UserID] {
			continue
		}
		if sub.UserID != nil {
			counted[*sub.UserID] = true
		}
		data.Members++
		if userType := s.cfg.Mapping.userType(s.groups[groups[deref(sub.PlanID)]]); userType != "" {
			byType[userType]++
		}
	}
	for _, userType := range slices.Sorted(maps.Keys(byType)) {
		data.ByUserType = append(data.ByUserType, schemas.MemberCount{UserType: userType, Members: byType[userType]})
	}
	return data
}
