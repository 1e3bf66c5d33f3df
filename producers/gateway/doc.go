// Package gateway is the HTTP door for labs' own programs: events and files in, statuses, events and
// exports out.
//
//	             HTTP handler                                go-kit
//	┌─────────────────────────────────────────┐ ┌───────────────────────────────────────┐
//	observe ─► route ─► authenticate ─► a slot ─► decode ─► endpoint ─► Service ─► encode
//	(id, log,           (who, lockout)  (bound)            (rate)      (counted)
//	 metrics, panics)
//
// It answers "accepted" only after JetStream's acknowledgement ([producers.Publisher]); what it can't
// confirm is answered with 503 and may be sent again, all of it. What it reads back it reads through
// the small interfaces of reads.go and imports.go, which the binary wires.
package gateway
