package fabmanager

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// cancelledReason goes with what is taken back; it is the same at each import.
const cancelledReason = schemas.ReasonCancelledFabManager

// usages tells each machine slot that was reserved and is over. A cancelled one is taken back:
// an earlier import may have told it, when it wasn't cancelled yet.
func (s *session) usages() error {
	var drafts []draft
	for _, r := range s.reservations.records {
		if r.Type != "Machine" {
			continue
		}
		// By time, not in the answer's order: that isn't always the same. A slot's place is a part
		// of its id, so that one moved to another hour replaces itself.
		slots := slices.Clone(r.Slots)
		slices.SortStableFunc(slots, func(a, b slot) int {
			return cmp.Or(a.start.Compare(b.start), a.end.Compare(b.end), cmp.Compare(deref(a.Availability), deref(b.Availability)))
		})
		for i, slot := range slots {
			d, tell, err := s.usage(r, i, slot)
			if err != nil {
				return err
			}
			if tell {
				drafts = append(drafts, d)
			}
		}
	}
	return s.emit(drafts)
}

func (s *session) usage(r *reservation, i int, slot slot) (d draft, tell bool, err error) {
	key := fmt.Sprintf("reservation/%d/slot/%d", r.key(), i)
	record := fmt.Sprintf("reservation %d, slot %s", r.key(), slot.start.In(s.cfg.Zone).Format("2006-01-02 15:04"))
	origin := s.reservations.origin(r.key())
	if slot.end.After(s.now) || slot.start.After(s.now) || !s.r.Overlaps(slot.start, slot.end) {
		return draft{}, false, nil
	}
	if slot.canceled {
		e := importers.Retraction(schemas.RecordID(s.cfg.Lab, System, key), s.cfg.Lab, System, "machine.usage", slot.start.In(s.cfg.Zone), cancelledReason)
		return draft{e, origin, record}, true, nil
	}
	d, err = s.draft(key, slot.start, schemas.MachineUsage{
		Machine:   machineRef(r.slug(), *r.ReservableID),
		Category:  s.cfg.Mapping.machine(r.slug(), r.name()),
		End:       slot.end.In(s.cfg.Zone),
		Origin:    "booked",
		UserType:  s.cfg.Mapping.userType(r.User.group()),
		Companies: s.company(r.User),
	}, origin, record)
	return d, true, err
}

// refPattern is the form of the contract's references.
var refPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,79}$`)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
