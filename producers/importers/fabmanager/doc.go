// Package fabmanager imports a lab's activity from Fab-manager, over its OpenAPI (version 1) or
// from saved pages of it.
//
//	Fab-manager                          Vitrine
//	a machine's reserved slot            machine.usage; cancelled: retracted
//	a training session with bookings     training.held if somebody was validated, else training.cancelled
//	an event                             discovery.held
//	subscriptions at a month's end       membership.count.reported
//	accounting lines of a month          finance.period.reported
//
// Only what is over is imported, and what counts is when it took place, not when it was booked.
//
// What the API doesn't tell can't be imported: an event that was deleted, a session that nobody
// booked, a space's reservations (no kind of event is about them).
package fabmanager
