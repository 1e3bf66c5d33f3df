package simulator

import "time"

// day is a civil day, counted from 1 January 1970; which instant it begins at depends on the zone.
type day int

func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return civilDay(y, m, d)
}

func civilDay(y int, m time.Month, d int) day {
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) civil() (int, time.Month, int) { return d.utc().Date() }

func (d day) weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

func (d day) String() string { return d.utc().Format(time.DateOnly) }

// at is an hour of the day in a zone; minutes may exceed the hour.
func (d day) at(zone *time.Location, hour, minute int) time.Time {
	y, m, dd := d.civil()
	return time.Date(y, m, dd, hour, minute, 0, 0, zone)
}

func (d day) firstOfMonth() day {
	y, m, _ := d.civil()
	return civilDay(y, m, 1)
}

// addMonths counts from the first of a month.
func (d day) addMonths(n int) day {
	y, m, dd := d.civil()
	return civilDay(y, m+time.Month(n), dd)
}

func (d day) firstOfQuarter() day {
	y, m, _ := d.civil()
	return civilDay(y, (m-1)/3*3+1, 1)
}

// season is how busy each month is, 1 being an ordinary one. School holidays empty the labs;
// September fills them.
type season [12]float64

func seasonOf(zone string) season {
	if zone == "Indian/Reunion" { // long holidays over Christmas and January, short ones in August
		return season{0.55, 1.05, 1.05, 1, 0.9, 1, 0.85, 0.95, 1.15, 1.1, 1.1, 0.7}
	}
	return season{0.95, 0.9, 1.05, 0.95, 0.9, 1, 0.75, 0.6, 1.2, 1.15, 1.1, 0.85}
}

// closedFor says whether every lab of a zone is closed on a day: public holidays and the labs'
// own weeks in summer and at Christmas.
func closedFor(d day, zone string) bool {
	y, m, dd := d.civil()
	switch [2]int{int(m), dd} {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{5, 8}, [2]int{7, 14}, [2]int{8, 15}, [2]int{11, 1}, [2]int{11, 11}, [2]int{12, 25}:
		return true
	}
	if d == easter(y)+1 || d == easter(y)+39 || d == easter(y)+50 {
		return true
	}
	if m == time.December && dd >= 23 || m == time.January && dd <= 3 {
		return true
	}
	if zone == "Indian/Reunion" {
		return m == time.January && dd <= 14
	}
	return m == time.August && dd >= 4 && dd <= 20
}

// easter is Easter Sunday (Meeus, Jones and Butcher's algorithm).
func easter(y int) day {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return civilDay(y, time.Month(n/31), n%31+1)
}

// clockChanges says whether the clocks change in the night that follows a day.
func clockChanges(d day, zone *time.Location) bool {
	_, before := d.at(zone, 12, 0).Zone()
	_, after := (d + 1).at(zone, 12, 0).Zone()
	return before != after
}
