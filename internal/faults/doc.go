// Package faults is the fault suite: real processes of NATS, ClickHouse, `vitrine consume` and a
// publisher that counts what was accepted, under kills, cuts, lost replies, full disks and clock jumps.
// Each scenario ends with `vitrine verify` exact and accepted = stored + rejected, to the event.
//
//	publisher ─► gate ─► NATS ◄─ gate ◄─ vitrine consume (1 to 3) ─► gate ─► ClickHouse
//
// `go test` runs a short form; `make faults` the long one.
package faults
