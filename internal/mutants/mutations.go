package main

// mutation breaks the protocol in one place. The suite must find it.
type mutation struct {
	name string
	file string // from the repository's root
	old  string // occurs exactly once
	new  string
	// by is the test that must fail; others may, too.
	by string
	// flags are for the suite.
	flags []string
}

const (
	anySchedule    = "TestAnyScheduleIsExact"
	knownSchedules = "TestKnownSchedules"

	consumer  = "consumers/ingest/consumer.go"
	recompute = "consumers/clickhouse/queries/recompute.sql"
	settle    = "consumers/clickhouse/settle.go"
)

// mutations are the breakages: the first five (one of them twice) are those that a protocol like this is most easily built with.
func mutations() []mutation {
	return []mutation{
		{"ack before recompute", consumer,
			`return step{"recompute", c.recompute}, nil`,
			`if _, err := c.ack(ctx); err != nil { return step{}, err }; return step{"recompute", c.recompute}, nil`, anySchedule, nil},
		{"cell version = highest version", recompute, "sum(version) AS cell_version", "max(version) AS cell_version", anySchedule, nil},
		{"highest version, by figures alone", recompute, "sum(version) AS cell_version", "max(version) AS cell_version", anySchedule, []string{"-figures-alone"}},
		{"skip the settle step", consumer,
			"moved, err := c.config.Store.Settle(ctx, keysOf(ids))",
			"moved, err := []clickhouse.Cell(nil), error(nil)", anySchedule, nil},
		{"float sums", recompute, "sum(amount)) AS reduced", "toDecimal128(sum(toFloat64(amount)), 6)) AS reduced", anySchedule, nil},
		{"drop the superseded row", settle, "if k.version.Less(winner.version) {", "if false && k.version.Less(winner.version) {", anySchedule, nil},

		{"recompute only where an event stands now", consumer, "range moved {", "range moved[:0] {", anySchedule, nil},
		{"lose what is rejected", consumer,
			"c.config.Store.InsertRejections(ctx, c.batch.rejected)", "nil", anySchedule, nil},
		{"take any subject", "consumers/ingest/judge.go", "m.subject != want {", `m.subject != want && want == "" {`, anySchedule, nil},
		{"zone of a registration that comes later", "consumers/ingest/zones.go", "if registered && r.seq < seq {", "if registered {", anySchedule, nil},
		{"settle for the first of equal revisions", "consumers/clickhouse/row.go", "v.StreamSeq < o.StreamSeq", "v.StreamSeq > o.StreamSeq", anySchedule, nil},
		{"count every version", recompute, "FROM event_store FINAL", "FROM event_store", anySchedule, nil},
	}
}
