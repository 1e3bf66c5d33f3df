package pages

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

// WorstFirst is every status, in the order in which it wants attention. No data
// comes before what goes well: it may hide anything.
func WorstFirst() []Status {
	return []Status{
		StatusMissed, StatusLate, StatusExceeded, StatusAtRisk, StatusNoData,
		StatusOnTrack, StatusWithin, StatusAchieved, StatusNotStarted,
	}
}

// BestFirst is the order of the segments in a bar: what is done stands left.
func BestFirst() []Status {
	return []Status{
		StatusAchieved, StatusWithin, StatusOnTrack, StatusAtRisk, StatusLate,
		StatusExceeded, StatusMissed, StatusNoData, StatusNotStarted,
	}
}

// Rank is s's place in WorstFirst; a status unknown here comes last.
func (s Status) Rank() int {
	all := WorstFirst()
	for i, other := range all {
		if s == other {
			return i
		}
	}
	return len(all)
}

// Known says whether the pages have a word, an icon and a colour for s.
func (s Status) Known() bool { return s.Rank() < len(WorstFirst()) }

// Badge is a status in a word, with the class that gives it its colour and its icon's name.
type Badge struct {
	Status Status
	Icon   string
	Text   string
}

// Badge is how the pages show a status.
func (t Texts) Badge(s Status) Badge {
	if !s.Known() {
		// A status newer than this program: its own name says more than nothing.
		return Badge{Status: "other", Icon: string(StatusNoData), Text: string(s)}
	}
	return Badge{Status: s, Icon: string(s), Text: t.Must("status." + string(s))}
}
