// Package producers publishes events on NATS JetStream. Everything that sends events goes through
// its [Publisher]: the gateway, the command line, the importers, the lab agent and programs of
// others that use it as an SDK.
//
// A [Publisher] says "accepted" only once JetStream has stored the event. It checks each event
// with [schemas.Decode] before, as the consumers do after, so that what it accepts isn't rejected
// later.
package producers
