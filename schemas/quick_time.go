package schemas

import "time"

// plainInstant reads a time as nearly all senders write it, 2026-03-12T18:00:00+01:00 or …Z, and gives what the door makes of it.
func plainInstant(s []byte) (time.Time, bool) {
	const plain = "2006-01-02T15:04:05"
	if len(s) <= len(plain) || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	var d digitReader
	year, month, day := 100*d.two(s[0:])+d.two(s[2:]), d.two(s[5:]), d.two(s[8:])
	hour, minute, second := d.two(s[11:]), d.two(s[14:]), d.two(s[17:])
	if d.wrong || year < 2000 || year > 2148 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	at := daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second)
	switch sign := s[len(plain)]; {
	case sign == 'Z' && len(s) == len(plain)+1:
		return time.Unix(at, 0).UTC(), true
	case (sign == '+' || sign == '-') && len(s) == len(plain)+6 && s[22] == ':':
		hours, minutes := d.two(s[20:]), d.two(s[23:])
		if d.wrong || hours > 23 || minutes > 59 {
			return time.Time{}, false
		}
		offset := hours*3600 + minutes*60
		if sign == '-' {
			offset = -offset
		}
		t := time.Unix(at-int64(offset), 0)
		// As time.Parse does: the machine's own zone, if it has that offset then.
		if _, own := t.Zone(); own != offset {
			t = t.In(time.FixedZone("", offset))
		}
		return t, !t.Before(earliest)
	}
	return time.Time{}, false
}

// digitReader reads numbers of two digits and remembers whether one was none.
type digitReader struct{ wrong bool }

func (d *digitReader) two(s []byte) int {
	tens, units := s[0]-'0', s[1]-'0'
	if tens > 9 || units > 9 {
		d.wrong = true
	}
	return int(tens)*10 + int(units)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days; the year begins in March, so that the leap day is its last (Fliegel and Van Flandern's way).
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468)
}
