// Package producers publishes events on NATS JetStream. Everything that sends events goes through
// its [Publisher]: the gateway, the command line, the importers, the lab agent and programs of
// others that use it as an SDK. In five lines, errors left out:
//
//	p, _ := producers.New(producers.Config{URL: url})
//	_ = p.Connect(ctx)
//	defer p.Close()
//	event, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
//	receipt, err := p.Publish(ctx, event)
//
// A [Publisher] says "accepted" only once JetStream has stored the event. It checks each event
// with [schemas.Decode] before, as the consumers do after, so that what it accepts isn't rejected
// later. A program that may use HTTPS alone takes package client, which speaks to the gateway.
package producers
