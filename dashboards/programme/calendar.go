package programme

import (
	"slices"
	"strings"
	"time"
)

// calendar is a year of activity, a square for each day.
type calendar struct {
	Halves  []half
	Summary string // what it shows, in words
	Steps   []step
	Months  []monthCount // the latest first
}

// half is half a year: two of them stand side by side, or under each other on a phone.
type half struct {
	Label  string
	Width  int
	Height int
	Months []mark
	Days   []mark // the letters of the week's days
	Cells  []square
}

type mark struct {
	X, Y int
	Text string
}

type square struct {
	X, Y, Level int
	Title       string
}

// step says what a darkness means.
type step struct {
	Level int
	Text  string
}

type monthCount struct{ Month, Events, Days string }

const (
	pitch      = 14 // from one square to the next
	leftOfWeek = 24
	topOfWeek  = 18
	weeksShown = 53
)

// calendar draws the last twelve months; nil where nothing happened in them.
func (t texts) calendar(activity []DayCount, today time.Time) *calendar {
	end := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	monday := end.AddDate(0, 0, -(int(end.Weekday())+6)%7)
	first := monday.AddDate(0, 0, -7*(weeksShown-1))
	counts, total, active := map[time.Time]int{}, 0, 0
	var busiest DayCount
	for _, d := range activity {
		day := time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 0, 0, 0, 0, time.UTC)
		if day.Before(first) || day.After(end) || d.Events <= 0 {
			continue
		}
		counts[day] += d.Events
		total, active = total+d.Events, active+1
		if d.Events > busiest.Events {
			busiest = DayCount{day, d.Events}
		}
	}
	if total == 0 {
		return nil
	}
	bounds := levels(counts)
	c := &calendar{Steps: t.steps(bounds), Months: t.months(counts, first, end)}
	c.Summary = t.Must("calendar.summary", "from", t.Date(first), "to", t.Date(end), "events", t.Count("calendar.events", total),
		"days", t.Count("calendar.days", active), "busiest", t.Date(busiest.Day), "most", t.Lang.Number(float64(busiest.Events)))
	split := first.AddDate(0, 0, 7*((weeksShown+1)/2))
	c.Halves = []half{t.half(counts, bounds, first, split.AddDate(0, 0, -1)), t.half(counts, bounds, split, end)}
	return c
}

// levels are the highest counts of the first three of four levels of darkness, each with a quarter of the active days.
func levels(counts map[time.Time]int) [3]int {
	var all []int
	for _, n := range counts {
		all = append(all, n)
	}
	slices.Sort(all)
	var b [3]int
	for i := range b {
		b[i] = all[min(len(all)-1, len(all)*(i+1)/4)]
		if i > 0 {
			b[i] = max(b[i], b[i-1]+1)
		}
	}
	return b
}

func levelOf(n int, bounds [3]int) int {
	if n == 0 {
		return 0
	}
	for i, bound := range bounds {
		if n <= bound {
			return i + 1
		}
	}
	return 4
}

func (t texts) steps(b [3]int) []step {
	number := func(n int) string { return t.Lang.Number(float64(n)) }
	between := func(from, to int) string {
		if from == to {
			return number(from)
		}
		return number(from) + "–" + number(to)
	}
	return []step{{0, "0"}, {1, between(1, b[0])}, {2, between(b[0]+1, b[1])}, {3, between(b[1]+1, b[2])}, {4, t.Must("calendar.more", "n", number(b[2]+1))}}
}

func (t texts) half(counts map[time.Time]int, bounds [3]int, from, to time.Time) half {
	weeks := int(to.Sub(from).Hours()/24)/7 + 1
	h := half{Width: leftOfWeek + weeks*pitch, Height: topOfWeek + 7*pitch}
	total := 0
	for i, letter := range strings.Fields(t.Must("days.letters")) {
		if i%2 == 0 {
			h.Days = append(h.Days, mark{X: 0, Y: topOfWeek + i*pitch + 10, Text: letter})
		}
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		age := int(day.Sub(from).Hours() / 24)
		x, y := leftOfWeek+age/7*pitch, topOfWeek+age%7*pitch
		n := counts[day]
		total += n
		h.Cells = append(h.Cells, square{X: x, Y: y, Level: levelOf(n, bounds), Title: t.Date(day) + t.Must("colon") + t.Count("calendar.events", n)})
		// A month's name stands over its first whole week, if there is room for it.
		if age%7 == 0 && day.Day() <= 7 && x < h.Width-2*pitch {
			h.Months = append(h.Months, mark{X: x, Y: 11, Text: t.month(day.Month())})
		}
	}
	h.Label = t.Must("calendar.half", "from", t.Date(from), "to", t.Date(to), "events", t.Count("calendar.events", total))
	return h
}

func (t texts) months(counts map[time.Time]int, first, end time.Time) []monthCount {
	var all []monthCount
	names := strings.Fields(t.Must("months"))
	for month := time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, time.UTC); month.AddDate(0, 1, 0).After(first); month = month.AddDate(0, -1, 0) {
		events, days := 0, 0
		for day := month; day.Month() == month.Month(); day = day.AddDate(0, 0, 1) {
			if n := counts[day]; n > 0 {
				events, days = events+n, days+1
			}
		}
		all = append(all, monthCount{Month: names[month.Month()-1] + " " + month.Format("2006"), Events: t.Lang.Number(float64(events)), Days: t.Lang.Number(float64(days))})
	}
	return all
}
