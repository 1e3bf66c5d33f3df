// Package client sends events to a programme's gateway over HTTP. It is what labs behind firewalls
// use, the lab agent among them, and an SDK for programs of others: it speaks as
// [producers.Publisher] does, with the same totals and results. In five lines, errors left out:
//
//	c, _ := client.New(client.Config{URL: url, Token: token})
//	defer c.Close()
//	event, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
//	err := c.Publish(ctx, event)
//	fmt.Println("accepted:", err == nil)
//
// An event counts as accepted only once the gateway has said so, which it does after the event is
// stored. Sending an event again is always safe.
package client
