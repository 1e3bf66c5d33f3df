// Package alerts tells the programme what needs somebody's attention: a commitment that turned late, a lab
// that fell silent, a deadline, rejected events that wait.
//
//	ClickHouse ─► Find ─► conditions ─► Reconcile ◄─ what is raised
//	                                        │              ▲
//	                                        ▼              │ read
//	                              VITRINE_ALERTS (raised, cleared) ─► Sender ─► webhook, mail
//
// The stream is the memory: what is raised follows from its messages alone, and a change is published only if
// the lab's subject hasn't moved since, so that several processes never raise anything twice.
package alerts
