// Package icalendar imports what a lab's calendar (iCalendar, RFC 5545) says of its events and
// trainings.
//
//	calendar                                           Vitrine
//	a discovery event that is over and confirmed       discovery.held
//	a training that is over and confirmed              training.held
//	a discovery event that was cancelled or deleted    a retraction
//	a training that was cancelled or deleted           training.cancelled
//	over, but not confirmed                            nothing: a warning says that it awaits confirmation
//	anything else (meetings, private entries)          nothing
//
// A calendar says what is planned, not what happened. So each instance is confirmed by the number
// of those who came: in the calendar itself, by a line “Participants : 23” in its description (or at
// the end of its title, or in the property X-VITRINE-ATTENDANCE), or in a file of confirmations.
//
// An instance's id is made of its entry's UID and the day for which it was planned at first, so that
// it stays the same when the instance is moved, or the whole series to another hour. Descriptions are read
// for that one line and not kept; organisers and attendees aren't read at all, nor are entries whose
// CLASS isn't PUBLIC.
package icalendar
