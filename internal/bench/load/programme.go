package load

import (
	"time"

	"vitrine/schemas"
)

// programme writes the registration of a lab, or in every second message its agreement: 27 months, of which three are still to
// come, with commitments for the figures that the load moves most.
func (l *Load) programme(b []byte, i int) (string, []byte) {
	signing := i%2 == 1
	r := random(l.Seed + uint64(i/2))
	w := &writer{Load: l, b: b, lab: i / 2, r: r}
	start := l.Until.UTC().AddDate(-2, 0, 0)
	start = time.Date(start.Year(), start.Month(), 1, 9, 0, 0, 0, time.UTC)
	w.at = start.Unix()
	kind := "agreement.signed"
	if !signing {
		w.at -= 25 * secondsOfDay
		kind = "lab.registered"
	}
	w.sent = w.at
	name := l.labs[w.lab].name
	w.text(`{"specversion":"1.0","id":"`)
	identity := l.random(-1-i, forIdentity)
	w.id(&identity)
	w.text(`","source":"/labs/`)
	w.text(name)
	w.text(`","type":"`)
	w.text(schemas.TypePrefix + kind)
	w.text(`","time":"`)
	w.time(w.at)
	w.text(`","data":{`)
	if signing {
		w.agreement(start)
	} else {
		w.registration()
	}
	w.text(`}}`)
	return schemas.Subject(name, kind), w.b
}

func (w *writer) registration() {
	w.text(`"name":"Fab lab `)
	w.int(w.lab + 1)
	w.text(`","commune":"Commune `)
	w.int(w.lab/3 + 1)
	w.text(`","department":"29","region":"Bretagne","archetype":"`)
	w.int(w.lab%6 + 1)
	w.text(`","zone":`)
	w.quoted(w.labs[w.lab].zone)
	w.text(`,"opened":"`)
	w.b = w.days.appendDate(w.b, w.at)
	w.text(`"`)
}

func (w *writer) agreement(start time.Time) {
	from, due := start.Format(time.DateOnly), start.AddDate(2, 3, -1).Format(time.DateOnly)
	w.text(`"agreement":`)
	w.ref("convention", w.lab+1)
	w.text(`,"programme":"AFN","start":`)
	w.quoted(from)
	w.field("end_date")
	w.quoted(due)
	w.text(`,"grant":150000,"planned_budget":240000,"aid_rate_cap":70,"commitments":[`)
	for i, c := range []struct {
		indicator, segment string
		target             int
		quarterly          bool
	}{
		{"D01", "audience=general_public", 60, false}, {"D01", "audience=companies", 20, false}, {"D02", "", 2000, false}, {"T01", "", 30, true}, {"T02", "", 1500, false},
		{"K01", "", 12, false}, {"U01", "", 4000, false}, {"C01", "", 30, false}, {"C04", "", 60, false}, {"V01", "", 20, false}, {"V03", "", 40, false},
	} {
		if i > 0 {
			w.text(",")
		}
		w.text(`{"indicator":`)
		w.quoted(c.indicator)
		if c.segment != "" {
			w.field("segment")
			w.quoted(c.segment)
		}
		w.field("target")
		w.int(max(1, c.target*w.r.between(50, 200)/100))
		w.field("from")
		w.quoted(from)
		w.field("due")
		w.quoted(due)
		if c.quarterly {
			w.text(`,"mode":"periodic","every":"quarter"}`)
		} else {
			w.text(`,"mode":"cumulative"}`)
		}
	}
	w.text("]")
}
