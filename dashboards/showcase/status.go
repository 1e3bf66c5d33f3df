package showcase

// Status is how a commitment stands.
type Status string

// The statuses. Within and Exceeded are those of a cap.
const (
	StatusAchieved   Status = "achieved"
	StatusOnTrack    Status = "on_track"
	StatusAtRisk     Status = "at_risk"
	StatusLate       Status = "late"
	StatusMissed     Status = "missed"
	StatusWithin     Status = "within"
	StatusExceeded   Status = "exceeded"
	StatusNoData     Status = "no_data"
	StatusNotStarted Status = "not_started"
)

// worstFirst is every status, in the order in which it wants attention. No data
// comes before what goes well: it may hide anything.
func worstFirst() []Status {
	return []Status{
		StatusMissed, StatusLate, StatusExceeded, StatusAtRisk, StatusNoData,
		StatusOnTrack, StatusWithin, StatusAchieved, StatusNotStarted,
	}
}

// bestFirst is the order of the segments in a bar: what is done stands left.
func bestFirst() []Status {
	return []Status{
		StatusAchieved, StatusWithin, StatusOnTrack, StatusAtRisk, StatusLate,
		StatusExceeded, StatusMissed, StatusNoData, StatusNotStarted,
	}
}

// rank is s's place in worstFirst; a status unknown here comes last.
func (s Status) rank() int {
	all := worstFirst()
	for i, other := range all {
		if s == other {
			return i
		}
	}
	return len(all)
}

// known says whether the pages have a word, an icon and a colour for s.
func (s Status) known() bool { return s.rank() < len(worstFirst()) }
