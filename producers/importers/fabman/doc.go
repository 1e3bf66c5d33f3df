// Package fabman imports a lab's machine hours from Fabman: over its REST API (version 1), and by
// the webhook of its activity log.
//
//	Fabman's activity log                             Vitrine
//	"allowed" on a machine, stopped                   machine.usage, measured, from switching on to off
//	the same, deleted or no longer of that sort       retracted
//	"allowed", still running                          nothing until it is stopped
//	"denied", "reboot", …, doors and check-ins        nothing
//
// A list doesn't tell deletions: they are found among what the state remembers, the sessions of the 30 days before the last one, as
// far as a reading goes back. Without a state only the webhook tells them.
//
// The hours are those of the whole session, its idle time included: what the call counts is for how
// long a machine was taken. An activity that Fabman stopped by a time-out or while the machine was
// offline counts with the times that Fabman gives, and is reported as an [importers.Warning].
//
// An event's revision is the log entry's lockVersion, so that the newest state of an entry counts
// in whatever order poll and webhook tell it.
//
// What can't be imported, and why:
//
//   - members: Fabman tells how many there are today, not how many there were at a month's end, and
//     who had a package then can be read only with the persons themselves;
//   - trainings: they are kept per person and day, without a session, its hours or its places;
//   - user types and companies: they stand in the members' own records, which aren't read;
//   - bookings: a booked machine that was used stands in the activity log.
//
// Of members nothing is read: not even the id that a log entry holds.
package fabman
