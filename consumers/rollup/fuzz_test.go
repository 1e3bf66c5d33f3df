package rollup

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"vitrine/schemas"
)

// zones are some with clock changes at midnight, by half an hour, and by a whole day.
func zones() []string {
	return []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea", "America/Sao_Paulo", "Asia/Tehran", "Australia/Lord_Howe",
		"Pacific/Apia", "Asia/Beirut", "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "Antarctica/Troll", "America/St_Johns", "Asia/Gaza", "Pacific/Fakaofo"}
}

// FuzzPlaceOf checks that what is cut at midnights adds up, and that each piece lies in its day.
func FuzzPlaceOf(f *testing.F) {
	f.Add(uint8(0), int64(1774738800_000), int64(6*3600_000)) // the spring night in Paris
	f.Add(uint8(4), int64(1541296800_000), int64(90_000_000)) // São Paulo skips a midnight
	f.Add(uint8(5), int64(1521664200_000-3600_000), int64(7200_000))
	f.Add(uint8(7), int64(1325160000_000), int64(4*86400_000)) // Samoa skips 30 December 2011
	f.Add(uint8(9), int64(1540695600_000), int64(86400_000))
	f.Fuzz(func(t *testing.T, which uint8, start, length int64) {
		name := zones()[int(which)%len(zones())]
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		const from, to = 946684800_000, 5649350400_000 // 2000 to 2148, as the door has it
		at := time.UnixMilli(from + abs(start)%(to-from)).UTC()
		end := at.Add(time.Duration(abs(length)%(7*86400_000+1)) * time.Millisecond)
		e := &schemas.Event{Time: at, Values: schemas.Values{Codes: map[string]string{"end": end.Format(time.RFC3339Nano)}}}
		checkParts(t, PlaceOf(e, zone), at, end, zone)
	})
}

func abs(n int64) int64 { return max(n, -n, 0) }

func checkParts(t *testing.T, p Place, start, end time.Time, zone *time.Location) {
	t.Helper()
	sum, from := time.Duration(0), start
	for i, part := range p.Parts {
		length := time.Duration(part.Seconds.Micros()) * time.Microsecond
		if length < 0 || length == 0 && i > 0 && i < len(p.Parts)-1 {
			t.Errorf("%s to %s in %s: %s on %s", start, end, zone, length, part.Day)
		}
		if i > 0 && !part.Day.After(p.Parts[i-1].Day) {
			t.Errorf("%s to %s in %s: %s after %s", start, end, zone, part.Day, p.Parts[i-1].Day)
		}
		if last := from.Add(length - time.Millisecond); length > 0 && (!dayOf(from, zone).Equal(part.Day) || !dayOf(last, zone).Equal(part.Day)) {
			t.Errorf("%s to %s in %s: from %s to %s lies on %s, not %s", start, end, zone, from.In(zone), last.In(zone), dayOf(from, zone), part.Day)
		}
		from, sum = from.Add(length), sum+length
	}
	if sum != end.Sub(start) || !p.LocalDay.Equal(dayOf(start, zone)) || !p.Start.Equal(start) || !p.End.Equal(end) {
		t.Errorf("%s to %s in %s: parts of %s, day %s", start, end, zone, sum, p.LocalDay)
	}
}

func dayOf(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
}

// FuzzFacts checks what an accepted event contributes: the same each time, by indicators of the
// catalogue, in amounts that ClickHouse's columns hold, on days that its dates do; hours of use add
// up to the whole use.
func FuzzFacts(f *testing.F) {
	event := func(kind, data string) []byte {
		return fmt.Appendf(nil, `{"specversion":"1.0","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x","type":"org.vitrine.%s","time":"2026-03-28T22:00:00+01:00","data":%s}`, kind, data)
	}
	f.Add(event("machine.usage", `{"machine":"m","machine_category":"laser_cutter","end":"2026-03-30T04:00:00+02:00","origin":"measured","user_type":"sme"}`))
	f.Add(event("training.held", `{"end":"2026-03-28T23:30:00+01:00","topic":"safety","audience":"companies","attendees":2000,"companies":[{"siren":"732829320","size":"pme"},{"ref":"c"}]}`))
	f.Add(event("finance.period.reported", `{"own_revenue":1e9,"company_revenue":0.000001}`))
	f.Add(event("milestone.reached", `{"milestone":"m","due":"2026-03-28","agreement_start":"1970-01-01"}`))
	f.Add(event("membership.count.reported", `{"members":9,"by_user_type":[{"user_type":"sme","members":4}]}`))
	rules, catalogue := NewRules(schemas.DefaultCatalogue()), schemas.DefaultCatalogue()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2140, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := schemas.Decode(raw, now)
		if err != nil {
			return
		}
		p := PlaceOf(e, zone)
		checkParts(t, p, p.Start, p.End, zone)
		facts, err := rules.Facts(e, p)
		again, errAgain := rules.Facts(e, p)
		if fmt.Sprint(facts, err) != fmt.Sprint(again, errAgain) {
			t.Fatalf("two answers: %v, %v; %v, %v", facts, err, again, errAgain)
		}
		if e.Retracted && len(facts) > 0 {
			t.Errorf("retracted, and yet: %v", facts)
		}
		hours := new(big.Int)
		for _, fact := range facts {
			ind, known := catalogue.Lookup(fact.Indicator)
			if !known || fact.Part == Denominator && len(ind.Denominator) == 0 {
				t.Errorf("no such indicator: %+v", fact)
			}
			if y := fact.Day.Year(); y < 1970 || y > 2148 || !fact.Day.Equal(fact.Day.Truncate(24*time.Hour)) {
				t.Errorf("%s on %s", fact.Indicator, fact.Day)
			}
			if fact.Indicator == "U01" && fact.Part == Numerator && fact.Segment == "" {
				hours.Add(hours, big.NewInt(fact.Amount.Micros()))
			}
		}
		if e.Kind() == "machine.usage" && hours.Sign() != 0 && hours.Int64() != p.End.Sub(p.Start).Microseconds() {
			t.Errorf("%s of use are counted as %s µs", p.End.Sub(p.Start), hours)
		}
		if written, err := json.Marshal(e); err == nil {
			twice, err := schemas.Decode(written, now)
			if err != nil {
				t.Fatal(err)
			}
			same, err := rules.Facts(twice, PlaceOf(twice, zone))
			if fmt.Sprint(facts, err) != fmt.Sprint(same, err) {
				t.Errorf("written and read again it counts otherwise: %v, %v", facts, same)
			}
		}
	})
}
