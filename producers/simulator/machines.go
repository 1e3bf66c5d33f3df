package simulator

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"vitrine/schemas"
)

// machineSpec is a machine as the lab's profile lists it.
type machineSpec struct {
	code, category string
	planned        bool   // bought under the agreement
	replaces       string // the code of the machine that it takes over from
}

func smallMachines() []machineSpec {
	return []machineSpec{
		{code: "laser-1", category: "laser_cutter"},
		{code: "fdm-1", category: "printer_3d_fdm"},
		{code: "fdm-2", category: "printer_3d_fdm"},
		{code: "vinyle-1", category: "vinyl_cutter"},
		{code: "electro-1", category: "electronics"},
		{code: "couture-1", category: "textile"},
		{code: "fdm-3", category: "printer_3d_fdm", planned: true},
		{code: "fraiseuse-1", category: "cnc_mill_small", planned: true},
		{code: "laser-2", category: "laser_cutter", planned: true, replaces: "laser-1"},
	}
}

func generalMachines() []machineSpec {
	return append(smallMachines(),
		machineSpec{code: "bois-1", category: "woodworking"},
		machineSpec{code: "resine-1", category: "printer_3d_resin"},
		machineSpec{code: "cnc-1", category: "cnc_mill_large", planned: true})
}

func metalMachines() []machineSpec {
	return append(generalMachines(),
		machineSpec{code: "tour-1", category: "metalworking"},
		machineSpec{code: "fdm-4", category: "printer_3d_fdm"},
		machineSpec{code: "scanner-1", category: "scanner_3d", planned: true})
}

func textileMachines() []machineSpec {
	return append(generalMachines(),
		machineSpec{code: "brodeuse-1", category: "textile"},
		machineSpec{code: "couture-2", category: "textile"},
		machineSpec{code: "traceur-1", category: "large_format_print", planned: true})
}

// use is how a category of machine is used.
type use struct {
	weight   float64 // how busy it is, compared with the busiest
	min, max float64 // hours
	nights   bool    // runs on alone, and is available round the clock
	capacity int64   // of a new machine, in the metric below
	metric   string
	price    int64 // EUR excl. VAT
}

func useOf(category string) use {
	switch category {
	case "laser_cutter":
		return use{weight: 1, min: 0.5, max: 2, capacity: 100, metric: "puissance laser (W)", price: 21000}
	case "printer_3d_fdm":
		return use{weight: 0.8, min: 1, max: 4, nights: true, capacity: 300, metric: "vitesse d'impression (mm/s)", price: 3900}
	case "printer_3d_resin":
		return use{weight: 0.4, min: 2, max: 4, nights: true, capacity: 60, metric: "vitesse d'impression (mm/h)", price: 4800}
	case "vinyl_cutter":
		return use{weight: 0.35, min: 0.5, max: 1, capacity: 1500, metric: "vitesse de coupe (mm/s)", price: 3200}
	case "cnc_mill_large":
		return use{weight: 0.6, min: 1, max: 4, capacity: 3100, metric: "surface utile (cm²)", price: 32000}
	case "cnc_mill_small":
		return use{weight: 0.35, min: 1, max: 3, capacity: 600, metric: "surface utile (cm²)", price: 7800}
	case "electronics":
		return use{weight: 0.6, min: 1, max: 3, capacity: 4, metric: "postes", price: 5200}
	case "textile":
		return use{weight: 0.5, min: 1, max: 3, capacity: 900, metric: "points par minute", price: 6900}
	case "large_format_print":
		return use{weight: 0.3, min: 0.5, max: 1, capacity: 1118, metric: "laize (mm)", price: 5400}
	case "scanner_3d":
		return use{weight: 0.2, min: 0.5, max: 1.5, capacity: 50, metric: "précision (µm)", price: 8900}
	case "metalworking":
		return use{weight: 0.55, min: 1, max: 4, capacity: 2200, metric: "vitesse de broche (tr/min)", price: 14500}
	default:
		return use{weight: 0.6, min: 1, max: 3, capacity: 1, metric: "postes", price: 4000}
	}
}

// machine is one machine of a lab in the course of the history.
type machine struct {
	machineSpec
	use
	from, to day       // in service from, and no longer from, these days
	busy     time.Time // a machine does one thing at a time
	week     day       // the Monday of the last week whose availability was told
	down     day       // out of order until this day
}

// nightChance is how often a printer is left running overnight on an ordinary open day.
const nightChance = 0.10

// nightHours is the mean length of such a print.
const nightHours = 10

// equip gives the lab its machines and plans the day of each commissioning.
func (r *labRun) equip() {
	copies := max(1, int(math.Round(r.scale)))
	planned := 0
	for _, s := range r.Lab.machines {
		if s.planned {
			planned++
		}
	}
	nth, byDay, byNight := 0, 0.0, 0.0 // hours of an ordinary month if every weight were reached
	for _, s := range r.Lab.machines {
		from := r.opens
		if s.planned {
			// Bought over the first half of the agreement, if all goes well.
			at := (0.1 + 0.35*float64(nth)/float64(planned)) / min(1.1, r.pace.machine)
			from = max(r.opens, r.start+day(at*float64(r.end-r.start)))
			nth++
		}
		u := useOf(s.category)
		byDay += float64(copies) * u.weight * r.hoursOpen() * openDays
		if u.nights {
			byNight += float64(copies) * openDays * nightChance * nightHours
		}
		for c := range copies {
			m := machine{machineSpec: s, use: u, from: from, to: math.MaxInt}
			if c > 0 {
				m.code += "-x" + strconv.Itoa(c+1)
				if m.replaces != "" {
					m.replaces += "-x" + strconv.Itoa(c+1)
				}
			}
			r.machines = append(r.machines, m)
		}
	}
	for i := range r.machines {
		m := &r.machines[i]
		for j := range r.machines {
			if r.machines[j].replaces == m.code {
				m.to = r.machines[j].from
				// A machine that is replaced isn't there with the one that replaces it.
				byDay -= m.weight * r.hoursOpen() * openDays
			}
		}
		if m.planned {
			r.plan(m.from, func(d day) { r.commission(m, d) })
		}
	}
	r.busyness = max(0.02, (r.hours*r.scale-byNight)/byDay)
}

// hoursOpen is the mean length of an open day.
func (r *labRun) hoursOpen() float64 { return 9.1 }

// opening says when the lab opens and closes on an open day; Thursday is the evening open lab.
func (r *labRun) opening(d day) (from, to time.Time) {
	switch {
	case d.weekday() == time.Thursday:
		return d.at(r.zone, 10, 0), d.at(r.zone, 21, 30)
	case r.mondays:
		return d.at(r.zone, 9, 0), d.at(r.zone, 17, 30)
	}
	return d.at(r.zone, 10, 0), d.at(r.zone, 18, 30)
}

func (r *labRun) commission(m *machine, d day) {
	data := schemas.MachineCommissioned{Machine: m.code, Category: m.category, Nature: "new"}
	if m.replaces != "" {
		capacity, old := schemas.Int(m.capacity), schemas.Int(m.capacity*7/10)
		data.Nature, data.Replaces = "replacement", m.replaces
		data.CapacityMetric, data.CapacityNew, data.CapacityOld = m.metric, &capacity, &old
	}
	at := d.at(r.zone, 11, 0)
	r.report(at, at.Add(r.act.duration(time.Hour, 72*time.Hour)), "", data)
}

// machinesDay makes the usages and availabilities of an open day; x is the day's intensity.
func (r *labRun) machinesDay(d day, x float64) {
	from, to := r.opening(d)
	for i := range r.machines {
		m := &r.machines[i]
		if d < m.from || d >= m.to {
			continue
		}
		r.availability(m, d, from, to)
		if d < m.down {
			continue
		}
		r.dayUse(m, from, to, x)
		if m.nights {
			r.nightUse(m, d, to, x)
		}
	}
}

// dayUse fills a machine's day: pauses and usages in turn, so that they never overlap.
func (r *labRun) dayUse(m *machine, from, to time.Time, x float64) {
	busy := min(0.88, m.weight*r.busyness*x)
	mean := (m.min + m.max) / 2
	pause := mean * (1 - busy) / busy
	at := from
	if m.busy.After(at) {
		at = m.busy
	}
	// The first pause began before the day did.
	at = at.Add(hours(pause * r.use.Float64()))
	for {
		length := hours(r.use.float(m.min, m.max))
		if m.nights {
			length = hours(m.min + (m.max-m.min)*r.use.Float64()*r.use.Float64()*2)
			length = min(length, hours(m.max))
		}
		start, end := r.measured(at), r.measured(at.Add(length))
		if left := to.Sub(start); left < 20*time.Minute {
			return
		} else if end.After(to) && !m.nights {
			end = to
		}
		r.reportUse(m, start, end)
		m.busy = end
		at = end.Add(hours(pause * r.use.float(0.1, 1.9)))
	}
}

// nightUse leaves a print running when the lab closes.
func (r *labRun) nightUse(m *machine, d day, to time.Time, x float64) {
	p := nightChance * x
	if clockChanges(d, r.zone) {
		p = 0.9 // those nights are where sums go wrong, so let them be in the history
	}
	start := to.Add(-r.use.duration(time.Minute, time.Hour))
	if !r.use.chance(p) || m.busy.After(start) {
		return
	}
	end := start.Add(hours(r.use.float(nightHours-3, nightHours+3)))
	r.reportUse(m, r.measured(start), r.measured(end))
	m.busy = end
}

// measured rounds a time as the source knows it: to the second by a meter, to a quarter of an
// hour in a booking, to five minutes by hand.
func (r *labRun) measured(t time.Time) time.Time {
	switch r.origin {
	case "booked":
		return t.Round(15 * time.Minute)
	case "declared":
		return t.Round(5 * time.Minute)
	}
	return t.Truncate(time.Second)
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

func (r *labRun) reportUse(m *machine, start, end time.Time) {
	if !end.After(start) {
		return
	}
	data := schemas.MachineUsage{Machine: m.code, Category: m.category, End: end, Origin: r.origin}
	data.UserType, data.Companies = r.user(dayOf(start))
	r.reportRecord(start, r.sent(end, time.Minute, 40*time.Minute), "reservation", data)
}

// user is who used a machine, as far as the lab tells.
func (r *labRun) user(d day) (userType string, firms []schemas.Company) {
	switch {
	case r.use.chance(0.06):
		return "", nil // nobody noted it
	case r.use.chance(r.firmShare):
		firm := r.firm(r.use, d)
		if r.use.chance(0.25) {
			return weighted(r.use, []choice[string]{{"self_employed", 3}, {"startup", 2}}), nil
		}
		switch firm.Size {
		case "micro":
			return weighted(r.use, []choice[string]{{"self_employed", 4}, {"startup", 2}, {"sme", 2}}), []schemas.Company{firm}
		case "pme":
			return "sme", []schemas.Company{firm}
		}
		return "large_company", []schemas.Company{firm}
	}
	return weighted(r.use, []choice[string]{{"individual", 55}, {"student_jobseeker", 30}, {"education_body", 9}, {"public_body", 6}}), nil
}

// availability tells when a machine could be used: one event per open day, but one per week for
// the printers, which are available round the clock from the week's opening to Sunday morning.
func (r *labRun) availability(m *machine, d day, from, to time.Time) {
	var downtime *int64
	if d >= m.down && r.use.chance(0.008) {
		m.down = d + day(r.use.between(1, 3))
	}
	data := schemas.MachineAvailability{Machine: m.code, Category: m.category, End: to}
	if m.nights {
		monday := d - day((int(d.weekday())+6)%7)
		if m.week == monday {
			return
		}
		m.week = monday
		data.End = (monday + 6).at(r.zone, 8, 0)
		if r.use.chance(0.05) {
			downtime = new(int64(r.use.between(1, 16)) * 1800)
		}
	} else if d < m.down {
		downtime = new(int64(to.Sub(from) / time.Second))
	}
	data.Downtime = downtime
	r.report(from, r.sent(data.End, time.Minute, time.Hour), r.system, data)
}

// recordKey is the source's own key of a record, as an importer would find it.
func (r *labRun) recordKey(what string) string {
	r.records++
	return fmt.Sprintf("%s:%d", what, r.records)
}
