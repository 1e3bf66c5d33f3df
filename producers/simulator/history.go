package simulator

import (
	"bytes"
	"container/heap"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"time"

	"vitrine/schemas"

	"github.com/google/uuid"
)

// draft is a message before it is written out.
type draft struct {
	pub       time.Time
	seq       int // in order of making, where pub is the same
	lab       *Lab
	subject   string // the lab that the subject names
	system    string
	id        uuid.UUID
	at        time.Time
	data      any // nil in a retraction
	kind      string
	revision  int64
	retracted bool
	reason    string
	duplicate bool
	flaw      flaw
}

// message writes a draft out: the same draft gives the same bytes.
func (d draft) message() Message {
	e := &schemas.Event{SpecVersion: "1.0", ID: d.id, Source: schemas.SourceOf(d.lab.Slug, d.system), Type: schemas.TypePrefix + d.kind,
		Time: d.at, Revision: d.revision, Retracted: d.retracted, Reason: d.reason}
	if d.data != nil {
		e.Data = marshal(d.data)
	}
	m := Message{Subject: schemas.Subject(d.subject, d.kind), Event: e, Raw: marshal(e), Valid: d.flaw == flawless, Published: d.pub}
	switch d.flaw {
	case flawless:
		return m
	case flawUnknownField:
		m.Raw = bytes.Replace(m.Raw, []byte(`"data":{`), []byte(`"data":{"couleur_du_filament":"bleu",`), 1)
	case flawTruncated:
		m.Raw = m.Raw[:len(m.Raw)*2/3]
	}
	m.Event = nil
	return m
}

// marshal writes a contract type, of which none can fail: they hold no floats, channels or cycles.
func marshal(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// queue orders drafts by publication. It is a heap.
type queue []draft

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if !q[i].pub.Equal(q[j].pub) {
		return q[i].pub.Before(q[j].pub)
	}
	return q[i].seq < q[j].seq
}
func (q *queue) Push(x any) { *q = append(*q, x.(draft)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// drafts walks the history day by day, holding back what is published later.
func (p *Programme) drafts() iter.Seq[draft] {
	return func(yield func(draft) bool) {
		var pending queue
		seq := 0
		push := func(d draft) {
			d.seq = seq
			seq++
			heap.Push(&pending, d)
		}
		runs := p.runs(push)
		var registry []draft
		for _, r := range runs {
			registry = append(registry, r.register()...)
		}
		for _, programmeFirst := range []string{"lab.registered", "agreement.signed"} {
			for _, d := range registry {
				if d.kind == programmeFirst && !yield(d) {
					return
				}
			}
		}
		drain := func(until time.Time) bool {
			for len(pending) > 0 && pending[0].pub.Before(until) {
				if !yield(heap.Pop(&pending).(draft)) {
					return false
				}
			}
			return true
		}
		paris := p.end.Location()
		for d := p.first; d < p.until; d++ {
			for _, r := range runs {
				r.day(d)
			}
			// A day behind, because days begin earlier at the eastern labs.
			if !drain(d.at(paris, 0, 0)) {
				return
			}
		}
		drain(p.end)
	}
}

// labRun is a lab in the course of one walk.
type labRun struct {
	*Lab
	zone      *time.Location
	seed      uint64
	scale     float64
	months    int     // of the programme
	effective float64 // the agreement's length in ordinary months of activity
	busyness  float64 // what the machines' weights must be multiplied by to give the lab's hours
	emit      func(draft)
	others    []Lab // whose subjects are mistaken for this lab's

	ids, use, act, biz, noise, agenda rng

	machines     []machine
	firmPool     []schemas.Company
	partnerships []partnership
	agreement    draft
	spreads      struct{ training, public, forFirms, others, joint, media, visits, projects, services *spread }
	planned      []plannedAct
	next         int // of planned

	records, mentions, published, invoices int
}

// plannedAct is done on a day that was fixed beforehand.
type plannedAct struct {
	day day
	do  func(day)
}

// runs prepares the labs for a walk; emit takes what they publish.
func (p *Programme) runs(emit func(draft)) []*labRun {
	pools := firmPools(p.seed, p.labs, p.scale)
	runs := make([]*labRun, len(p.labs))
	for i := range p.labs {
		l := p.labs[i] // a copy, which nobody else sees
		stream := func(theme string) rng { return newRNG(p.seed, l.Slug+"/"+theme) }
		r := &labRun{Lab: &l, zone: p.zones[i], seed: p.seed, scale: p.scale, months: p.months, emit: emit, firmPool: pools[i],
			ids: stream("ids"), use: stream("use"), act: stream("act"), biz: stream("biz"), noise: stream("noise"), agenda: stream("agenda")}
		r.others = slices.Concat(p.labs[:i], p.labs[i+1:])
		for d := l.start; d <= l.end; d++ {
			r.effective += r.intensity(d) / openDays
		}
		r.spreads.training, r.spreads.public, r.spreads.forFirms = newSpread(r.act), newSpread(r.act), newSpread(r.act)
		r.spreads.others, r.spreads.joint, r.spreads.media = newSpread(r.act), newSpread(r.act), newSpread(r.act)
		r.spreads.visits, r.spreads.projects, r.spreads.services = newSpread(r.act), newSpread(r.act), newSpread(r.biz)
		r.equip()
		r.planMoney()
		r.planBusiness()
		r.planAgreement()
		slices.SortStableFunc(r.planned, func(a, b plannedAct) int { return int(a.day - b.day) })
		runs[i] = r
	}
	return runs
}

// plan has something done on a day; never, if the history ends before.
func (r *labRun) plan(d day, do func(day)) {
	r.planned = append(r.planned, plannedAct{day: d, do: do})
}

// day lives through one day.
func (r *labRun) day(d day) {
	for r.next < len(r.planned) && r.planned[r.next].day <= d {
		r.planned[r.next].do(r.planned[r.next].day)
		r.next++
	}
	if d == d.firstOfMonth() {
		r.monthEnd(d)
	}
	if x := r.intensity(d); x > 0 {
		r.machinesDay(d, x)
		r.activityDay(d, x)
		r.businessDay(d, x)
		r.announcements(d, x)
	}
}

// sent is when something that ended is published: lo to hi later, or with the week's entries on
// Friday evening.
func (r *labRun) sent(end time.Time, lo, hi time.Duration) time.Time {
	pub := end.Add(r.ids.duration(lo, hi))
	if !r.weekly {
		return pub
	}
	d := dayOf(pub.In(r.zone))
	friday := d + day((int(time.Friday)-int(d.weekday())+7)%7)
	if at := friday.at(r.zone, 17, 30).Add(r.ids.duration(0, 20*time.Minute)); at.After(pub) {
		return at
	}
	return (friday + 7).at(r.zone, 17, 40)
}

// draft makes a draft with a new id.
func (r *labRun) draft(at, pub time.Time, system string, data any) draft {
	kind, known := schemas.KindOf(data)
	if !known {
		panic("simulator: data of no kind") // a mistake in this package, and its tests walk all of it
	}
	return draft{pub: pub, lab: r.Lab, subject: r.Slug, system: system, id: r.ids.uuidV7(at), at: at, data: data, kind: kind.Name}
}

// report publishes an activity, with the mistakes that people make.
func (r *labRun) report(at, pub time.Time, system string, data any) {
	r.withNoise(r.draft(at, pub, system, data))
}

// reportRecord is report for a record of the lab's booking system: imported, its id follows from
// the system's own key.
func (r *labRun) reportRecord(at, pub time.Time, what string, data any) {
	d := r.draft(at, pub, r.system, data)
	if r.system == "fabmanager" {
		// The seed is in the key, so that two seeds' histories may be loaded into one database.
		d.id = schemas.RecordID(r.Slug, r.system, strconv.FormatUint(r.seed, 36)+":"+r.recordKey(what))
	}
	r.withNoise(d)
}

// push publishes a draft, unless the lab has gone silent by then.
func (r *labRun) push(d draft) {
	if stops := r.stops.at(r.zone, 0, 0); r.Storyline == StorySilent && !d.pub.Before(stops) {
		return
	}
	r.emit(d)
}

// walkCounts counts the history without writing it out.
func (p *Programme) walkCounts() Counts {
	type version struct {
		revision  int64
		retracted bool
	}
	type key struct {
		lab string
		id  uuid.UUID
	}
	var c Counts
	latest := map[key]version{}
	for d := range p.drafts() {
		c.Messages++
		switch {
		case d.flaw != flawless:
			c.Invalid++
			continue
		case d.duplicate:
			c.Duplicates++
		case d.retracted:
			c.Retractions++
		case d.revision > 0:
			c.Corrections++
		}
		k := key{d.lab.Slug, d.id}
		if have, known := latest[k]; !known || d.revision >= have.revision {
			latest[k] = version{d.revision, d.retracted}
		}
	}
	c.Events = len(latest)
	for _, v := range latest {
		if !v.retracted {
			c.Live++
		}
	}
	return c
}
