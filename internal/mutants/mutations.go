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

	count   = "consumers/ingest/count.go"
	reduce  = "consumers/clickhouse/cellreducer.go"
	shelf   = "consumers/clickhouse/shelf.go"
	settle  = "consumers/clickhouse/settle.go"
	seen    = "consumers/clickhouse/seen.go"
	places  = "consumers/clickhouse/seenplaces.go"
	version = "cell.version = plus(cell.version, version)"
	highest = "if v := version; v.High > cell.version.High || v.High == cell.version.High && v.Low > cell.version.Low { cell.version = v }"
)

// mutations are the breakages: the first five (one of them twice) are those that a protocol like this is most easily built with.
func mutations() []mutation {
	return []mutation{
		{"ack before recompute", count,
			`return c.announce(b), nil`,
			`if _, err := c.ack(b).do(ctx); err != nil { return step{}, err }; return c.announce(b), nil`, anySchedule, nil},
		{"cell version = highest version", reduce, version, highest, anySchedule, nil},
		{"highest version, by figures alone", reduce, version, highest, anySchedule, []string{"-figures-alone"}},
		{"skip the settle step", count,
			"moved, err := c.config.Store.Settle(ctx, b.doubtful)",
			"moved, err := b.moved[:0], error(nil)", anySchedule, nil},
		{"float sums", reduce, "item.amount = proto.Int128(plus(proto.UInt128(item.amount), proto.UInt128(amount)))",
			"sum := int64((float64(int64(item.amount.Low))/1e6 + float64(int64(amount.Low))/1e6) * 1e6); item.amount = proto.Int128{Low: uint64(sum), High: uint64(sum >> 63)}", anySchedule, nil},
		{"drop the superseded row", settle, "if k.version.Less(winner.version) {", "if false && k.version.Less(winner.version) {", anySchedule, nil},

		{"recompute only where an event stands now", count, "b.moved = moved", "b.moved = moved[:0]", anySchedule, nil},
		{"lose what is rejected", count,
			"c.config.Store.InsertRejections(ctx, b.rejected)", "nil", anySchedule, nil},
		{"take any subject", "consumers/ingest/judge.go", "if !e.OnSubject(m.subject) {", "if false && !e.OnSubject(m.subject) {", anySchedule, nil},
		{"zone of a registration that comes later", "consumers/ingest/zones.go", "if registered && r.seq < seq {", "if registered {", anySchedule, nil},
		{"settle for the first of equal revisions", "consumers/clickhouse/row.go", "v.StreamSeq < o.StreamSeq", "v.StreamSeq > o.StreamSeq", anySchedule, nil},
		{"count every version", "consumers/clickhouse/queries/cell_events.sql", "FROM event_store FINAL", "FROM event_store", anySchedule, nil},
		{"trust what is remembered, whoever wrote since", shelf, "written && sum == state.expected", "written || sum == state.expected", anySchedule, nil},
		{"take whatever comes for new", seen, "!h.filter.Check(hash)", "true || !h.filter.Check(hash)", anySchedule, nil},
		{"take what comes again for unmoved", places, "known && stands == p.place(row)", "known && (true || stands == p.place(row))", anySchedule, nil},
		{"trust what was seen, whoever stored since", seen, "!there || sum != h.expected", "!there || sum == 0", knownSchedules, nil},
		{"announce the batch's rows alone", count, "c.config.Store.Announce(ctx, b.rows, b.moved, c.shelf)", "c.config.Store.Announce(ctx, b.rows, nil, c.shelf)", knownSchedules, nil},
		{"add a correction to what it corrects", "consumers/clickhouse/shelfadd.go", "replaced = replaced || again", "replaced = false && again", anySchedule, nil},
	}
}
