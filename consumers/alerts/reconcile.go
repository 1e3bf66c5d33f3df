package alerts

import (
	"cmp"
	"slices"
	"time"
)

// reconcile works out what must be published so that what is raised is what stands: a pure function of the stream, the
// conditions, the labs' names and the moment. The changes of a lab are in order: what goes comes before what comes.
func reconcile(s state, conditions []Condition, names map[string]string, now time.Time) []Alert {
	var changes []Alert
	stands := map[place]Condition{}
	for _, c := range conditions {
		stands[place{c.Lab, c.Key}] = c
	}
	for at, raised := range s.raised {
		c, there := stands[at]
		if there && (c.Sort == raised.Sort || slices.Contains(c.Keep, raised.Sort)) {
			continue
		}
		cleared := now
		if cleared.Before(raised.Raised) {
			cleared = raised.Raised // a clock that went back
		}
		raised.Cleared, raised.Became = &cleared, c.Sort
		changes = append(changes, raised)
	}
	for at, c := range stands {
		raised, there := s.raised[at]
		if c.Sort == "" || there && (c.Sort == raised.Sort || slices.Contains(c.Keep, raised.Sort)) {
			continue
		}
		changes = append(changes, c.alert(alertID(at.lab, at.key, s.times[at]+1), cmp.Or(names[at.lab], at.lab), now))
	}
	slices.SortFunc(changes, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(a.Lab, b.Lab), cmp.Compare(isRaised(a), isRaised(b)), byUrgency(a, b))
	})
	return changes
}

func isRaised(a Alert) int {
	if a.Cleared == nil {
		return 1
	}
	return 0
}
