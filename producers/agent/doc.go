// Package agent is the program at the lab: it asks the lab's sources on schedules, takes what they
// tell by themselves (webhooks, MQTT), keeps the events in a spool on its own disk and forwards
// them to the programme, in order per source and once in effect.
//
//	sources ─► events ─► spool (durable) ─► ledger ─► programme
//	           personal data ends before the spool
//
// The spool is a JetStream stream of the agent's own, not a leaf node that the programme's server
// mirrors: a mirror needs rights on the programme's side, ties both servers' accounts together, and
// can't be told to hold what it has while the disk fills up. So the programme's side sees a
// lab's publisher, or its HTTP client, and nothing else. The server itself is started by the
// command; here it is an address.
//
// Order: an event goes to the spool, then into the ledger (what was sent of each record), and only
// then may the source go on behind it. A process killed between any two steps says an event
// twice, and never leaves one out. In the spool each event has a message id, which every attempt to
// forward it repeats, so that the programme's stream holds it once.
package agent
