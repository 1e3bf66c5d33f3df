package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// charter is an event of the programme's own kinds as the registry reads it. They are few, so they are kept whole.
type charter struct {
	lab, kind string
	id        uuid.UUID
	day       Day
	revision  uint32
	seq       uint64
	received  int64 // milliseconds
	data      []byte
}

// read decodes the data; the door has checked them.
func (c charter) read(into any) {
	if err := json.Unmarshal(c.data, into); err != nil {
		panic(fmt.Sprintf("message %d was accepted, but its data can't be read: %v", c.seq, err))
	}
}

const (
	kindAgreement = "agreement.signed"
	kindSubmitted = "period.submitted"
)

// registration is the data of lab.registered.
type registration struct {
	Name, Commune, INSEE, Department, Region, Archetype, Zone, Opened, Website string
	Latitude, Longitude                                                        *schemas.Decimal
}

// agreement is the data of agreement.signed. A whole number may be written 5.0, so it is read as a decimal.
type agreement struct {
	charter         `json:"-"`
	Agreement       string
	Programme       string
	Start           string
	End             string `json:"end_date"`
	Grant           *schemas.Decimal
	PlannedBudget   *schemas.Decimal `json:"planned_budget"`
	AidRateCap      *schemas.Decimal `json:"aid_rate_cap"`
	MachinesPlanned *schemas.Decimal `json:"machines_planned"`
	Reporting       []schemas.ReportingDue
	Commitments     []schemas.Commitment
}

// charters are a lab's live events of a kind, in the stream's order.
func (o *Oracle) charters(lab, kind string) []charter {
	var out []charter
	for c := range o.liveCharters(lab) {
		if c.kind == kind {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b charter) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

func (o *Oracle) liveCharters(lab string) iter.Seq[charter] {
	return func(yield func(charter) bool) {
		for v := range o.Live(lab) {
			if c, kept := o.labs[lab].charters[v.Seq]; kept && !yield(c) {
				return
			}
		}
	}
}

// registered is a lab's registration as of the latest revision; false where it has none.
func (o *Oracle) registered(lab string) (charter, registration, bool) {
	all := o.charters(lab, kindRegistered)
	if len(all) == 0 {
		return charter{}, registration{}, false
	}
	latest := slices.MaxFunc(all, func(a, b charter) int { return cmp.Or(cmp.Compare(a.revision, b.revision), cmp.Compare(a.seq, b.seq)) })
	var r registration
	latest.read(&r)
	return latest, r, true
}

// agreements are those in force: of each number the one that came last.
func (o *Oracle) agreements(lab string) []agreement {
	var out []agreement
	for _, c := range o.charters(lab, kindAgreement) {
		a := agreement{charter: c}
		c.read(&a)
		out = slices.DeleteFunc(out, func(before agreement) bool { return before.Agreement == a.Agreement })
		out = append(out, a)
	}
	return out
}

// labRows is what the relation labs should hold of a lab.
func (o *Oracle) labRows(lab string) []row {
	c, r, known := o.registered(lab)
	if !known {
		return nil
	}
	return []row{given(row{
		"lab": lab, "name": r.Name, "commune": r.Commune, "insee": r.INSEE, "department": r.Department, "region": r.Region,
		"archetype": r.Archetype, "zone": cmp.Or(r.Zone, o.zone.String()), "website": r.Website,
		"revision": number32(c.revision), "received_at": number64(c.received),
	}, row{"latitude": decimal(r.Latitude), "longitude": decimal(r.Longitude), "opened": r.Opened})}
}

// agreementRows is what agreements should hold.
func (o *Oracle) agreementRows(lab string) []row {
	var out []row
	for _, a := range o.agreements(lab) {
		out = append(out, given(row{
			"lab": lab, "id": a.id.String(), "agreement": a.Agreement, "programme": a.Programme, "start_date": a.Start, "end_date": a.End,
			"revision": number32(a.revision), "received_at": number64(a.received), "data": string(a.data),
		}, row{
			"grant_amount": decimal(a.Grant), "planned_budget": decimal(a.PlannedBudget), "aid_rate_cap": decimal(a.AidRateCap),
			"machines_planned": decimal(a.MachinesPlanned),
		}))
	}
	return out
}

// commitmentRows is what commitments should hold.
func (o *Oracle) commitmentRows(lab string) []row {
	var out []row
	for _, c := range o.commitments(lab) {
		steps := ""
		for _, s := range c.steps {
			steps += fmt.Sprintf("%s: %s; ", s.day, text(s.value))
		}
		out = append(out, given(row{
			"lab": lab, "agreement": c.agreement, "number": strconv.Itoa(c.number), "indicator": c.indicator, "segment": c.segment,
			"target": text(c.target), "from_date": c.from.String(), "due_date": c.due.String(), "mode": c.mode, "every": c.every, "steps": steps,
		}, row{"baseline": text(c.baseline)}))
	}
	return out
}

// indicatorRows is what indicators should hold.
func indicatorRows(c *schemas.Catalogue) []row {
	var out []row
	for position, i := range c.Indicators {
		dimensions, phrases := "", ""
		for _, d := range i.Segments {
			dimensions += d.Name + ";"
		}
		for _, p := range i.Phrases {
			phrases += p + ";"
		}
		out = append(out, given(row{
			"code": i.Code, "position": strconv.Itoa(position), "name_fr": i.Name.FR, "name_en": i.Name.EN, "unit": i.Unit,
			"aggregation": string(i.Aggregation), "definition_fr": i.Definition.FR, "definition_en": i.Definition.EN,
			"level": i.Level, "direction": i.Direction, "window": string(i.Window), "months": strconv.Itoa(i.Months),
			"first": strconv.FormatBool(i.First), "repeat": strconv.FormatBool(i.Repeat), "age": strconv.FormatBool(i.Age),
			"counts": i.Counts, "scale": strconv.FormatInt(i.Scale, 10), "period": i.Period, "segments": dimensions, "phrases": phrases,
			"over_labs": string(i.OverLabs), "catalogue": c.Hash,
		}, row{"cap": decimal(i.Cap)}))
	}
	return out
}

func number32(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func number64(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(d *schemas.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}
