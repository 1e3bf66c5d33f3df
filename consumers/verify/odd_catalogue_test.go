package verify

import (
	"strings"
	"testing"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// What a programme may add to the catalogue, and hardly will: things that are counted once or switched with a value, negative weights,
// a length by itself, several sources of different sorts.
func TestVerifyAnOddCatalogue(t *testing.T) {
	c, err := schemas.ParseCatalogue([]byte(`
indicators:
  - {code: X3, name: {fr: "Machines", en: "Machines"}, level: output, unit: "machine", aggregation: stock, segments: [machine_category],
     numerator: [{kinds: [machine.commissioned], ref: machine, state: active, value: [capacity_new]}]}
  - {code: X4, name: {fr: "Machines used", en: "Machines used"}, level: output, unit: "machine", aggregation: distinct, segments: [machine_category],
     numerator: [{kinds: [machine.usage], ref: machine, value: [seconds, seconds]}]}
  - {code: X5, name: {fr: "Machines first used", en: "Machines first used"}, level: output, unit: "machine", aggregation: distinct, first: true,
     numerator: [{kinds: [machine.usage], ref: machine, value: [seconds], weight: -2}]}
  - {code: X6, name: {fr: "Shortest usage", en: "Shortest usage"}, level: output, unit: "machine", aggregation: max, segments: [machine, machine_category],
     numerator: [{kinds: [machine.usage], value: [seconds], weight: -1}]}
  - {code: X7, name: {fr: "Last length or capacity", en: "Last length or capacity"}, level: output, unit: "h", aggregation: last, scale: 3600, segments: [machine],
     numerator: [{kinds: [machine.usage], value: [seconds]}, {kinds: [machine.commissioned], value: [capacity_new]}]}
  - {code: X8, name: {fr: "Days since the last usage", en: "Days since the last usage"}, level: output, unit: "d", aggregation: last, age: true, segments: [machine],
     numerator: [{kinds: [machine.usage], value: [day_number]}]}
  - {code: Y1, name: {fr: "Machines used again", en: "Machines used again"}, level: output, unit: "%", aggregation: ratio, window: rolling, months: 3, repeat: true, segments: [machine_category],
     numerator: [{kinds: [machine.usage], ref: machine}], denominator: [{kinds: [machine.usage], ref: machine, value: [seconds]}]}
  - {code: Y2, name: {fr: "Machines less seconds, by capacity", en: "Machines less seconds, by capacity"}, level: output, unit: "%", aggregation: ratio, window: cumulative, segments: [machine],
     numerator: [{kinds: [machine.usage], ref: machine}, {kinds: [machine.usage], value: [seconds], weight: -1}], denominator: [{kinds: [machine.commissioned], value: [capacity_new, capacity_old], segments: []}]}
  - {code: Y3, name: {fr: "Machine categories", en: "Machine categories"}, level: output, unit: "type", aggregation: stock, counts: machine_category, segments: [machine_category],
     numerator: [{kinds: [machine.commissioned], ref: machine, state: active}, {kinds: [machine.usage], ref: machine, state: ended, segments: []}]}
  - {code: Y4, name: {fr: "Seconds", en: "Seconds"}, level: output, unit: "x", aggregation: sum, segments: [machine],
     numerator: [{kinds: [machine.usage], value: [seconds], weight: -1, whole: false}, {kinds: [machine.usage], value: [seconds, seconds], segments: []}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := newSystemOn(t, c, testkit.ClickHouse(t), schemas.Cluster{})
	usage := func(at, end, machine string) sent {
		return sent{kind: "machine.usage", time: at, data: `'machine': '` + machine + `', 'machine_category': 'laser_cutter', 'end': '` + end + `', 'origin': 'measured'`}
	}
	var promises []string
	for _, ind := range c.Indicators {
		for _, segment := range []string{"", "machine=m1", "machine_category=laser_cutter"} {
			for _, target := range []string{"2", "0.5", "100000"} {
				if segment == "" {
					promises = append(promises, `{'indicator': '`+ind.Code+`', 'target': `+target+`, 'from': '2025-01-15', 'due': '2025-12-31', 'mode': 'cumulative'}`)
				} else {
					promises = append(promises, `{'indicator': '`+ind.Code+`', 'segment': '`+segment+`', 'target': `+target+`, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'periodic', 'every': 'quarter'}`)
				}
			}
		}
	}
	moved, again := usage("2025-03-03T20:00:00+01:00", "2025-03-04T01:00:00+01:00", "m5"), usage("2025-06-03T20:00:00+02:00", "2025-06-04T01:00:00+02:00", "m5")
	moved.id, again.id = 100, 100
	s.publish(
		sent{kind: "lab.registered", time: "2025-01-01T10:00:00+01:00", data: registered},
		sent{kind: "agreement.signed", time: "2025-01-01T10:00:00+01:00", data: `'agreement': 'A1', 'start': '2025-01-01', 'end_date': '2025-12-31', 'commitments': [` + strings.Join(promises, ", ") + `]`},
		sent{kind: "machine.commissioned", time: "2025-01-10T10:00:00+01:00", data: `'machine': 'm1', 'machine_category': 'laser_cutter', 'nature': 'replacement', 'replaces': 'm0', 'capacity_new': 15, 'capacity_old': 10.5`},
		sent{kind: "machine.commissioned", time: "2025-02-10T10:00:00+01:00", data: `'machine': 'm2', 'machine_category': 'vinyl_cutter', 'nature': 'new', 'capacity_new': 1`},
		usage("2025-01-31T20:00:00+01:00", "2025-02-01T03:00:00.5+01:00", "m1"),
		usage("2025-02-28T20:00:00+01:00", "2025-03-02T03:00:00+01:00", "m1"),
		usage("2025-06-30T20:00:00+02:00", "2025-06-30T20:00:00+02:00", "m2"),
		usage("2025-06-30T20:00:00+02:00", "2025-06-30T21:00:00+02:00", "m3"),
		moved,
		sent{kind: kindApproved, data: `'period': '2025-Q1'`, time: "2025-07-10T10:00:00+02:00"},
		sent{kind: kindApproved, data: `'period': '2025-06'`, time: "2025-07-10T10:00:00+02:00"},
		usage("2025-03-31T22:00:00+02:00", "2025-04-01T02:00:00+02:00", "m4"),
		again, // of March, now of June
	)
	s.consume(c, 60)
	r := s.verify(c)
	if r.Rejected != 0 {
		t.Errorf("%d messages are rejected", r.Rejected)
	}
	r.failIfNotExact(t)
}
