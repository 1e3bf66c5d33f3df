package load

import (
	"strconv"
	"strings"

	"vitrine/schemas"
)

// kind is a kind of event that labs send.
type kind struct {
	name     string
	perMille int
	data     func(*writer)
	subject  string // with * for the lab
}

// writer appends one event.
type writer struct {
	*Load
	b        []byte
	r        random // for figures
	lab      int    // index
	at, sent int64  // Unix seconds
	duration int64  // seconds, of kinds that last
}

// event writes the labs' n-th message as an event of its own, or a correction of it as of so many messages later.
// Corrections of the same event differ in later: it serves as the revision.
func (l *Load) event(b []byte, n, later int) (string, []byte) {
	id := l.random(n, forIdentity)
	k := l.dispatcher[id.below(len(l.dispatcher))]
	w := &writer{Load: l, b: b, lab: l.pickLab(&id), r: l.random(n, forFigures)}
	w.when(&id, n)
	retracted := false
	if later > 0 {
		w.r = l.random(n+later, forFigures)
		switch w.r.below(10) {
		case 0:
			retracted = true
		case 1, 2, 3: // typed into the wrong month
			w.at -= int64(w.r.between(20, 45)) * secondsOfDay
		}
	}
	w.text(`{"specversion":"1.0","id":"`)
	w.id(&id)
	w.text(`","source":"/labs/`)
	w.text(l.labs[w.lab].name)
	w.text(one(&id, []string{"/fabmanager", "/badges", "/saisie"}))
	w.text(`","type":"`)
	w.text(schemas.TypePrefix)
	w.text(k.name)
	w.text(`","time":"`)
	w.time(w.at)
	w.text(`","datacontenttype":"application/json","dataschema":"https://vitrine.example.org/schemas/`)
	w.text(k.name)
	w.text(`/1"`)
	if later > 0 {
		w.text(`,"revision":`)
		w.int(later)
		w.text(`,"reason":"Erreur de saisie"`)
	}
	if retracted {
		w.text(`,"retracted":true}`)
	} else {
		w.text(`,"data":{`)
		k.data(w)
		w.text(`}}`)
	}
	return strings.Replace(k.subject, "*", l.labs[w.lab].name, 1), w.b
}

// pickLab gives large labs more: the first tenth sends about a fifth of all.
func (l *Load) pickLab(r *random) int {
	i, j := r.below(len(l.labs)), r.below(len(l.labs))
	if r.chance(50) {
		return i * j / len(l.labs)
	}
	return i
}

// when says when the event was sent, began and ended, in that order from the load's end backwards.
func (w *writer) when(r *random, n int) {
	w.duration = int64(r.between(1, 24)) * 600
	var lag int64
	if w.Shape == Backfill {
		w.sent = w.until - int64(r.below(historyDays*secondsOfDay))
		lag = int64(r.below(secondsOfDay))
	} else {
		w.sent = w.until - int64(w.Over.Seconds()*float64(w.Events-n)/float64(w.Events))
		switch p := r.below(10_000); {
		case p < late:
			lag = int64(r.between(7, historyDays-10)) * secondsOfDay
		case p < 1000: // the week's sheet
			lag = int64(r.below(6 * secondsOfDay))
		case p < 4000:
			lag = int64(r.below(secondsOfDay))
		default:
			lag = int64(r.below(7200))
		}
	}
	w.at = w.sent - lag - w.duration
}

// id writes a UUIDv7 of the sending time, or what an imported record's UUIDv5 looks like.
func (w *writer) id(r *random) {
	var u [16]byte
	high, low := r.next(), r.next()
	version := byte(0x50)
	if r.below(10_000) >= imported {
		version = 0x70
		high = uint64(w.sent*1000+int64(high>>32%1000))<<16 | high&0xffff
	}
	for i := range 8 {
		u[i], u[8+i] = byte(high>>(56-8*i)), byte(low>>(56-8*i))
	}
	u[6], u[8] = u[6]&0x0f|version, u[8]&0x3f|0x80
	const hex = "0123456789abcdef"
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			w.b = append(w.b, '-')
		}
		w.b = append(w.b, hex[c>>4], hex[c&15])
	}
}

func (w *writer) text(s string)  { w.b = append(w.b, s...) }
func (w *writer) int(n int)      { w.b = strconv.AppendInt(w.b, int64(n), 10) }
func (w *writer) time(at int64)  { w.b = w.days.appendTime(w.b, at, w.labs[w.lab].offset) }
func (w *writer) field(s string) { w.text(`,"`); w.text(s); w.text(`":`) }

// quoted writes a text that needs no escapes.
func (w *writer) quoted(s string) { w.text(`"`); w.text(s); w.text(`"`) }

// euros writes an amount in cents.
func (w *writer) euros(cents int) {
	w.int(cents / 100)
	w.b = append(w.b, '.', digit(int64(cents/10%10)), digit(int64(cents%10)))
}

// ref writes "prefix-n".
func (w *writer) ref(prefix string, n int) {
	w.text(`"`)
	w.text(prefix)
	w.text("-")
	w.int(n)
	w.text(`"`)
}
