// Package fabmanager imports a lab's activity from Fab-manager: over its OpenAPI (version 1), from
// saved pages of it, or from its accounting export.
//
//	Fab-manager                          Vitrine
//	a machine's reserved slot            machine.usage; cancelled: retracted
//	a machine's availability             machine.availability
//	a training session with bookings     training.held if somebody was validated, else training.cancelled
//	an event                             discovery.held
//	subscriptions at a month's end       membership.count.reported
//	accounting lines of a month          finance.period.reported
//
// Only what is over is imported, and what counts is when it took place, not when it was booked. A
// deleted customer's usage stays, of an unknown type of user.
//
// # What is read
//
//	list             for
//	reservations     usages, trainings; the customers' groups
//	user_trainings   whether a session was held
//	trainings        the places offered
//	availabilities   when machines are open
//	machines         their names there: availabilities hold only ids
//	events           discovery events and their attendance
//	subscriptions    members
//	plans            the members' groups at the time
//	accounting       revenue
//
// # What isn't, and why
//
//   - machines as machine.commissioned: a machine's created_at is when it was entered, not when it was put into service.
//   - availabilities of trainings that nobody booked: they were offered, nothing was called off.
//   - spaces, and reservations of them: no kind of event is about a room's use.
//   - users: nothing is wanted of persons but their group, which comes with their bookings.
//   - invoices, prices, plan_categories, bookable_machines: no indicator needs them.
//   - what was deleted, and machines taken out of an availability: a list doesn't say what it no longer
//     holds. Cancel in Fab-manager rather than delete; an event already imported is taken back by hand.
//   - whether a machine was disabled or an availability locked: only today's state is told.
//
// # Reading again
//
// The API finds reservations and subscriptions by when they were made, and has no list of changes;
// cancelling a slot doesn't touch the reservation's updated_at. Its filter by availability leaves out
// a reservation's other slots, so it isn't used. With a [importers.State], most readings ask for what was booked
// since the last one and since the oldest booking that wasn't settled then (a slot when it is over, a session when its
// participants can't be validated any more), and for openings since. Everything is read once in
// [Config.FullEvery]: that finds changes of what was settled, and tells events, members and revenue.
//
// # Exports
//
// The accounting export (CSV, French or English, UTF-8 or ISO-8859-1) gives a month's own revenue
// under the id that the API gives it, so that a month counts once, as it was imported last. It
// doesn't say who is a company, so their share is unknown then: prefer the API. It must cover whole
// months, each in one file. The exports of reservations and statistics give no events: their date
// is that of the booking, and neither has the slots' hours nor keys. (They differ from the API on
// purpose: for the sample's month Fab-manager's own statistics show 9 hours by date of booking, where 10 took place.)
//
// Given beside a live source or saved pages, exports are compared with what is imported: bookings,
// hours and revenue by month. Each difference is an [importers.Warning]; no event comes of it.
package fabmanager
