package rollup

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"testing"
	"time"

	"vitrine/schemas"
)

// zones are some with clock changes at midnight, by half an hour, and by a whole day.
func zones() []string {
	return []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea", "America/Sao_Paulo", "Asia/Tehran", "Australia/Lord_Howe",
		"Pacific/Apia", "Asia/Beirut", "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "Antarctica/Troll", "America/St_Johns", "Asia/Gaza", "Pacific/Fakaofo"}
}

// FuzzPlaceOf checks that what is cut at midnights adds up, and that each piece lies in its day: around
// the changes of clocks, the one of that number since 2000, so many milliseconds from it.
func FuzzPlaceOf(f *testing.F) {
	for which := range zones() {
		for change := range uint16(60) {
			f.Add(uint8(which), change, int32(-2*3600_000), int32(26*3600_000))
		}
	}
	f.Add(uint8(0), uint16(52), int32(0), int32(0))
	calendar, loaded := NewCalendar(), map[string]*time.Location{}
	for _, name := range zones() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			f.Fatal(err)
		}
		loaded[name] = zone
	}
	f.Fuzz(func(t *testing.T, which uint8, change uint16, offset, length int32) {
		zone := loaded[zones()[int(which)%len(zones())]]
		at := time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)
		for range change % 300 {
			if _, next := at.In(zone).ZoneBounds(); !next.IsZero() && next.Year() < 2148 {
				at = next.UTC()
			}
		}
		at = at.Add(time.Duration(offset%(2*86400_000)) * time.Millisecond)
		end := at.Add(time.Duration(max(length, -length, 0)%(7*86400_000+1)) * time.Millisecond)
		e := usage(t, at.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano))
		p := PlaceOf(e, zone)
		checkParts(t, p, at, end, zone)
		if remembered := calendar.PlaceOf(e, zone); !reflect.DeepEqual(remembered, p) {
			t.Errorf("%s to %s in %s: %+v, and with what is remembered %+v", at, end, zone, p, remembered)
		}
	})
}

// usage is an event that lasts.
func usage(t *testing.T, start, end string) *schemas.Event {
	e, err := schemas.Decode(fmt.Appendf(nil, `{"specversion":"1.0","id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","source":"/labs/x","type":"org.vitrine.machine.usage","time":%q,
		"data":{"machine":"m","machine_category":"laser_cutter","end":%q,"origin":"measured"}}`, start, end), time.Date(2148, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func checkParts(t *testing.T, p Place, start, end time.Time, zone *time.Location) {
	t.Helper()
	sum, from := time.Duration(0), start
	for i := range p.Days() {
		part := p.Day(i)
		length := time.Duration(part.Seconds.Micros()) * time.Microsecond
		if length < 0 || length == 0 && i > 0 && i < p.Days()-1 {
			t.Errorf("%s to %s in %s: %s on %s", start, end, zone, length, part.Day)
		}
		if i > 0 && part.Day.Equal(p.Day(i-1).Day) {
			t.Errorf("%s to %s in %s: %s is cut in two", start, end, zone, part.Day)
		}
		// Within a day only a change of clocks can lead to another one.
		for _, at := range turns(from, from.Add(length), zone) {
			if !dayOf(at, zone).Equal(part.Day) {
				t.Errorf("%s to %s in %s: %s counts for %s", start, end, zone, at.In(zone), part.Day)
			}
		}
		from, sum = from.Add(length), sum+length
	}
	if sum != end.Sub(start) || !p.LocalDay.Equal(dayOf(start, zone)) || !p.Start.Equal(start) || !p.End.Equal(end) {
		t.Errorf("%s to %s in %s: days of %s, day %s", start, end, zone, sum, p.LocalDay)
	}
}

// turns are the first and last millisecond of a length of time, and those at each change of clocks in it.
func turns(from, to time.Time, zone *time.Location) (all []time.Time) {
	for at := from; at.Before(to); {
		all = append(all, at)
		_, change := at.In(zone).ZoneBounds()
		if !change.After(at) || change.After(to) {
			change = to
		}
		at = change
		all = append(all, at.Add(-time.Millisecond))
	}
	return all
}

func dayOf(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
}

// TestDaysThatClocksCut has the odd days that fuzzing found, each from two hours before a change.
func TestDaysThatClocksCut(t *testing.T) {
	for _, c := range []struct {
		zone, start, end string
		want             []string
	}{
		{"Pacific/Apia", "2011-12-30T08:00:00Z", "2011-12-30T12:00:00Z", []string{"2011-12-29 7200", "2011-12-31 7200"}}, // no 30 December
		{"Asia/Gaza", "2016-10-28T20:00:00Z", "2016-10-28T23:00:00Z", []string{"2016-10-28 3600", "2016-10-29 7200"}},    // 00:00 to 01:00 twice
		{"America/St_Johns", "2010-11-07T01:31:00Z", "2010-11-07T04:31:00Z", []string{"2010-11-06 3540", "2010-11-07 60", "2010-11-06 3540", "2010-11-07 3660"}},
		{"America/Sao_Paulo", "2018-11-04T02:00:00Z", "2018-11-04T04:00:00Z", []string{"2018-11-03 3600", "2018-11-04 3600"}}, // no 00:00
		{"America/Sao_Paulo", "2018-02-18T00:00:00Z", "2018-02-18T04:00:00Z", []string{"2018-02-17 10800", "2018-02-18 3600"}},
		{"Europe/Paris", "2040-12-31T21:00:00Z", "2041-01-01T00:00:00Z", []string{"2040-12-31 7200", "2041-01-01 3600"}}, // time.ZoneBounds is wrong there
		{"Europe/Paris", "2026-03-28T21:00:00Z", "2026-03-29T22:00:00Z", []string{"2026-03-28 7200", "2026-03-29 82800"}},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		p := PlaceOf(usage(t, c.start, c.end), zone)
		for i := range p.Days() {
			part := p.Day(i)
			got = append(got, part.Day.Format(time.DateOnly)+" "+part.Seconds.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %s to %s: %v, want %v", c.zone, c.start, c.end, got, c.want)
		}
	}
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
		if checked := rules.Check(e, p); fmt.Sprint(checked) != fmt.Sprint(err) {
			t.Errorf("checked: %v, worked out: %v", checked, err)
		}
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
