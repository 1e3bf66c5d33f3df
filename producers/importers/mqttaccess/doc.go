// Package mqttaccess makes machine usages of what access controllers of the Fabomatic kind say
// over MQTT: a message on "machine/7" when a card starts and stops the machine.
//
//	message on a machine's topic       Vitrine
//	stopuse with its duration          machine.usage that ends when the message came
//	stopuse that was sent again later  machine.usage from the startuse that it belongs to; see below
//	startuse, inuse                    nothing: remembered, to place a later stop and to miss it
//	alive and all others               nothing
//
// The messages have no time: theirs is when the agent received them. A controller that was cut off
// keeps its messages and sends them later, marked "replay". Such a stop says how long the machine
// ran, but not when. If the start had come through, the usage is counted from there. If not, all
// that is known is that it ended before the message came: it is counted as if it ended then, on
// that day, and a warning says so. Nothing is lost or counted twice by that, but a usage near the
// end of a month may count in the next one.
//
// A session without a stop isn't counted, because its end would be made up; a warning names the
// machine after [StaleAfter].
//
// Whose card it was is never decoded, so it can be in no event, message or memory.
package mqttaccess
