package verify

import (
	"testing"

	"vitrine/schemas"
)

// What is wrong in what is kept of an approved period, and so in what differs from it.
func TestVerifyFindsAWrongSnapshot(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	promises := `'indicator': 'D01', 'target': 2, 'from': '2025-01-01', 'due': '2025-12-31', 'mode': 'cumulative'`
	s.publish(
		sent{id: 1, kind: "lab.registered", data: registered, time: "2025-01-01T00:00:00+01:00"},
		sent{id: 2, kind: "agreement.signed", time: "2025-01-01T00:00:00+01:00",
			data: `'agreement': 'A1', 'start': '2025-01-01', 'end_date': '2025-12-31', 'commitments': [{` + promises + `}]`},
		sent{id: 3, kind: "discovery.held", data: discovery, time: "2025-05-05T10:00:00+02:00"},
		sent{id: 4, kind: kindApproved, data: `'period': '2025-Q2'`, time: "2025-07-10T10:00:00+02:00"},
		sent{id: 5, kind: "discovery.held", data: discovery, time: "2025-05-06T10:00:00+02:00"},
	)
	s.consume(schemas.DefaultCatalogue(), 10)
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)

	s.exec(`INSERT INTO snapshot_store SELECT * REPLACE (value + 2 AS value, numerator + 2 AS numerator) FROM snapshot_store FINAL WHERE indicator = 'D01' AND segment = ''`)
	s.exec(`INSERT INTO snapshot_commitment_store SELECT * REPLACE ('achieved' AS status) FROM snapshot_commitment_store FINAL`)
	got := []string{}
	for _, d := range s.verify(schemas.DefaultCatalogue()).Differences {
		got = append(got, d.String())
	}
	expect(t, got,
		"period_snapshots: lab a, indicator D01, period 2025-Q2, approval 4: expected numerator 1, value 1, found numerator 3, value 3",
		"period_commitments: lab a, indicator D01, period 2025-Q2, agreement A1, commitment 1, approval 4: expected status on_track, found status achieved",
		"period_adjustments: lab a, indicator D01, period 2025-Q2, approval 4: expected approved 1, approved_numerator 1, difference 1, "+
			"found approved 3, approved_numerator 3, difference -1",
	)
}
